import type { ConnectorMappings, Slot, SynchronizeCounters } from "../../model/index.js";
import type { Population, ScopeCounts } from "../../sync/index.js";
import type { NavigationCounts } from "./navigation-counts.js";
import type { LinkPlan, RepositoryPlan, TypePlan } from "./repository-plan.js";

export interface StagedCounts {
  readonly counters: Omit<SynchronizeCounters, "orphans">;
  readonly scopes: readonly ScopeCounts[];
  readonly populations: readonly Population[];
}

interface CommandCounts {
  insert: number;
  update: number;
  delete: number;
}
const none: Readonly<CommandCounts> = { insert: 0, update: 0, delete: 0 };

/** Staged rows of a task instance by command: resources by type number, links by mapping number. */
export type CountsByNumber = ReadonlyMap<number, Readonly<CommandCounts>>;

/** Takes rows of number, command and count. */
export const countsByNumber = (rows: Iterable<readonly unknown[]>): CountsByNumber => {
  const counts = new Map<number, CommandCounts>();
  for (const [number, command, count] of rows) {
    const of = counts.get(Number(number)) ?? { ...none };
    of[command as keyof CommandCounts] = Number(count);
    counts.set(Number(number), of);
  }
  return counts;
};

/** What was staged by a session of `connector`. */
export interface StagedSet {
  readonly plan: RepositoryPlan;
  readonly connector: ConnectorMappings;
  readonly byType: CountsByNumber;
  readonly byMapping: CountsByNumber;
  readonly navigations: NavigationCounts;
  /** The session's own mappings whose file has no rows. */
  readonly emptyFiles: ReadonlySet<string>;
}

/** Open resources by type number and open link rows by mapping number, before anything is applied. */
export interface OpenCounts {
  readonly types: ReadonlyMap<number, number>;
  readonly links: ReadonlyMap<number, number>;
}

interface Scope {
  readonly types: readonly TypePlan[];
  readonly links: readonly LinkPlan[];
}

/** Types and links that matter: touched ones, and the session's own, whose thresholds are all shown. */
const touched = ({ plan, connector, byType, byMapping, navigations }: StagedSet): Scope => ({
  types: [...plan.types.values()].filter((type) => byType.has(type.number) || type.connector === connector.connector),
  links: plan.links.filter(
    (link) => byMapping.has(link.number) || navigations.byMapping.has(link.number) || link.connector === connector.connector,
  ),
});

const ownedBy = ({ types, links }: Scope, name: string): Scope => ({
  types: types.filter((type) => type.connector === name),
  links: links.filter((link) => link.connector === name),
});

/** All that a connector owns, whether touched or not. */
const fullyOwned = ({ types, links }: RepositoryPlan, name: string): Scope => ownedBy({ types: [...types.values()], links }, name);

/** Connectors whose rows are touched, other than the session's own. */
const otherConnectors = ({ types, links }: Scope, own: string): string[] =>
  [...new Set([...types, ...links].map(({ connector }) => connector))].filter((name): name is string => name !== null && name !== own);

/** Entity types that keep an association in a column of theirs. */
const ownersOf = (link: LinkPlan): TypePlan[] =>
  [link.side1, link.side2].filter(({ navigation }) => navigation !== null).map(({ type }) => type);

const mappingsOf = ({ links }: RepositoryPlan, association: string): LinkPlan[] =>
  links.filter((link) => link.mapping.identifier === association);

/** The types and link-row mappings whose open rows `composeCounts` needs. */
export const basesOf = (set: StagedSet): { readonly types: ReadonlySet<TypePlan>; readonly links: ReadonlySet<LinkPlan> } => {
  const scope = touched(set);
  const others = otherConnectors(scope, set.connector.connector).map((name) => fullyOwned(set.plan, name));
  const closing = scope.links.filter((link) => (set.byMapping.get(link.number)?.delete ?? 0) > 0);
  return {
    types: new Set([...scope.types, ...others.flatMap(({ types }) => types), ...scope.links.flatMap(ownersOf)]),
    links: new Set(
      [
        ...scope.links,
        ...others.flatMap(({ links }) => links),
        ...closing.flatMap((link) => mappingsOf(set.plan, link.mapping.identifier)),
      ].filter(({ isLinkRow }) => isLinkRow),
    ),
  };
};

const scopeCounts = (
  { byType, byMapping, navigations }: StagedSet,
  open: OpenCounts,
  scope: string,
  limits: ScopeCounts["limits"],
  counted: Scope,
  based: Scope,
): ScopeCounts => {
  const total = { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksUpdated: 0, linksDeleted: 0 };
  for (const type of counted.types) {
    const counts = byType.get(type.number) ?? none;
    total.inserted += counts.insert;
    total.updated += counts.update;
    total.deleted += counts.delete;
    total.linksUpdated += navigations.changed.get(type.number) ?? 0;
  }
  for (const link of counted.links) {
    const counts = byMapping.get(link.number) ?? none;
    total.linksInserted += counts.insert;
    total.linksDeleted += counts.delete;
  }
  return {
    scope,
    limits,
    ...total,
    resources: based.types.reduce((n, type) => n + (open.types.get(type.number) ?? 0), 0),
    links: based.links.reduce((n, link) => n + (open.links.get(link.number) ?? 0), 0),
  };
};

/**
 * Counts by scope, with the base of each (design §8): all staged rows against the session's own connector, and each in the mapping and connector that own the
 * row (design §7.6). `open` counts at least what `basesOf` names. `navigations`: the populations that `navigationPopulation` made. Pure.
 */
export const composeCounts = (set: StagedSet, open: OpenCounts, navigations: readonly Population[]): StagedCounts => {
  const { plan, connector, byType, emptyFiles } = set;
  const scope = touched(set);
  const own = connector.connector;
  const all = scopeCounts(set, open, `Connector ${own}`, connector.limits, scope, ownedBy(scope, own));
  const scopes: ScopeCounts[] = [all];
  for (const name of otherConnectors(scope, own)) {
    const limits = plan.connectors.get(name)?.limits ?? {};
    scopes.push(scopeCounts(set, open, `Connector ${name}`, limits, ownedBy(scope, name), fullyOwned(plan, name)));
  }
  for (const type of scope.types) {
    const one = { types: [type], links: [] };
    scopes.push(scopeCounts(set, open, `EntityType ${type.identifier}`, type.limits, one, one));
  }
  for (const link of scope.links) {
    const one = { types: [], links: [link] };
    scopes.push({
      ...scopeCounts(set, open, `EntityAssociation ${link.mapping.identifier}`, link.mapping.limits, one, one),
      // A navigation kept in a column counts in its association too, on the resources that have it.
      linksUpdated: set.navigations.byMapping.get(link.number) ?? 0,
      resources: ownersOf(link).reduce((n, type) => n + (open.types.get(type.number) ?? 0), 0),
    });
  }
  return {
    counters: {
      inserted: all.inserted,
      updated: all.updated,
      deleted: all.deleted,
      linksInserted: all.linksInserted,
      linksDeleted: all.linksDeleted,
    },
    scopes,
    populations: [
      ...scope.types.map((type) => ({
        scope: `EntityType ${type.identifier}`,
        closed: byType.get(type.number)?.delete ?? 0,
        open: open.types.get(type.number) ?? 0,
        isFileEmpty: emptyFiles.has(type.identifier),
      })),
      ...linkPopulations(set, scope.links, open),
      ...navigations,
    ],
  };
};

/** An association may be loaded by several mappings: its population is all their links together. */
const linkPopulations = (
  { plan, connector, byMapping, emptyFiles }: StagedSet,
  links: readonly LinkPlan[],
  open: OpenCounts,
): Population[] => {
  const deleted = (link: LinkPlan): number => byMapping.get(link.number)?.delete ?? 0;
  return [...new Set(links.filter((link) => link.isLinkRow).map((link) => link.mapping.identifier))].flatMap((association) => {
    const mappings = mappingsOf(plan, association);
    const closed = mappings.reduce((n, link) => n + deleted(link), 0);
    if (closed === 0) return [];
    return [
      {
        scope: `EntityAssociation ${association}`,
        closed,
        open: mappings.reduce((n, link) => n + (open.links.get(link.number) ?? 0), 0),
        isFileEmpty: emptyFiles.has(association) && mappings.some((link) => link.connector === connector.connector && deleted(link) > 0),
      },
    ];
  });
};

/** A navigation kept in a column of which some are cleared, or of which owners close. */
export interface ClosingNavigation {
  readonly link: LinkPlan;
  readonly type: TypePlan;
  readonly navigation: Slot;
  readonly cleared: number;
  /** Resources that close, with or without this navigation. */
  readonly owners: number;
}

export const closingNavigations = ({ plan, navigations, byType }: StagedSet): ClosingNavigation[] =>
  plan.links.flatMap((link) =>
    [link.side1, link.side2].flatMap(({ type, navigation }) => {
      if (navigation === null) return [];
      const cleared = navigations.cleared.get(`${type.number}:${navigation}`) ?? 0;
      const owners = byType.get(type.number)?.delete ?? 0;
      return cleared + owners === 0 ? [] : [{ link, type, navigation, cleared, owners }];
    }),
  );

/** Takes how many of a navigation close, and how many are open (at least one more where some stay). */
export const navigationPopulation = (
  { connector, emptyFiles }: StagedSet,
  { link, cleared }: ClosingNavigation,
  closed: number,
  open: number,
): Population => ({
  scope: `EntityAssociation ${link.mapping.identifier}`,
  closed,
  open,
  isFileEmpty: cleared > 0 && link.connector === connector.connector && emptyFiles.has(link.mapping.identifier),
});
