import type { ConnectorMappings, SynchronizeCounters } from "../../../model/index.js";
import type { Population, ScopeCounts } from "../../../sync/index.js";
import { openEnd } from "../../open-end.js";
import type { Database } from "./database.js";
import { currentRows } from "./key-index.js";
import type { NavigationCounts } from "./link-resolution.js";
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
const none = (): CommandCounts => ({ insert: 0, update: 0, delete: 0 });

const byNumber = (db: Database, sql: string, task: number): Map<number, CommandCounts> => {
  const counts = new Map<number, CommandCounts>();
  for (const [number, command, count] of db.all(sql, task)) {
    const of = counts.get(Number(number)) ?? none();
    of[command as keyof CommandCounts] = Number(count);
    counts.set(Number(number), of);
  }
  return counts;
};

const openResources = (db: Database, type: TypePlan): number => db.count(`SELECT count(*) FROM UR_Resources WHERE ${currentRows(type)}`);
const openLinks = (db: Database, link: LinkPlan): number =>
  db.count(`SELECT count(*) FROM UR_ResourceLinks WHERE Mapping = ${link.number} AND ValidTo = '${openEnd}'`);

/**
 * Counts the staged rows of a task instance by scope, with the base of each (design §8): all of them against the session's own connector, and each in the
 * mapping and connector that own the row (design §7.6). `emptyFiles`: the session's own mappings whose file has no rows. Bases are the open resources and links before anything is applied.
 */
export const countStaged = (
  db: Database,
  plan: RepositoryPlan,
  connector: ConnectorMappings,
  navigations: NavigationCounts,
  emptyFiles: ReadonlySet<string>,
  task: number,
): StagedCounts => {
  const byType = byNumber(db, "SELECT Type, Command, count(*) FROM UR_ResourceChanges WHERE TaskInstance = ? GROUP BY Type, Command", task);
  const byMapping = byNumber(
    db,
    "SELECT Mapping, Command, count(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ? GROUP BY Mapping, Command",
    task,
  );
  // Types and links that matter: touched ones, and the session's own, whose thresholds are all shown.
  const types = [...plan.types.values()].filter((type) => byType.has(type.number) || type.connector === connector.connector);
  const links = plan.links.filter(
    (link) => byMapping.has(link.number) || navigations.byMapping.has(link.number) || link.connector === connector.connector,
  );
  const typeBase = new Map(types.map((type) => [type.number as number, openResources(db, type)]));
  const linkBase = new Map(links.map((link) => [link.number as number, link.isLinkRow ? openLinks(db, link) : 0]));

  const sum = (
    scope: string,
    limits: ScopeCounts["limits"],
    counted: { types: TypePlan[]; links: LinkPlan[] },
    based: { types: TypePlan[]; links: LinkPlan[] },
  ): ScopeCounts => {
    const total = { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksUpdated: 0, linksDeleted: 0 };
    for (const type of counted.types) {
      const counts = byType.get(type.number) ?? none();
      total.inserted += counts.insert;
      total.updated += counts.update;
      total.deleted += counts.delete;
      total.linksUpdated += navigations.changed.get(type.number) ?? 0;
    }
    for (const link of counted.links) {
      const counts = byMapping.get(link.number) ?? none();
      total.linksInserted += counts.insert;
      total.linksDeleted += counts.delete;
    }
    return {
      scope,
      limits,
      ...total,
      resources: based.types.reduce((n, type) => n + (typeBase.get(type.number) ?? 0), 0),
      links: based.links.reduce((n, link) => n + (linkBase.get(link.number) ?? 0), 0),
    };
  };
  const owned = (name: string) => ({
    types: types.filter((type) => type.connector === name),
    links: links.filter((link) => link.connector === name),
  });

  const all = sum(`Connector ${connector.connector}`, connector.limits, { types, links }, owned(connector.connector));
  const others = new Set([...types.map((type) => type.connector), ...links.map((link) => link.connector)]);
  others.delete(connector.connector);
  others.delete(null);
  const scopes: ScopeCounts[] = [all];
  for (const name of others) {
    if (name !== null) scopes.push(sum(`Connector ${name}`, plan.connectors.get(name)?.limits ?? {}, owned(name), fullyOwned(plan, name)));
  }
  for (const type of types)
    scopes.push(sum(`EntityType ${type.identifier}`, type.limits, { types: [type], links: [] }, { types: [type], links: [] }));
  for (const link of links) {
    const one = { types: [], links: [link] };
    // A navigation kept in a column counts in its association too, on the resources that have it.
    const owners = [link.side1, link.side2].filter(({ navigation }) => navigation !== null).map(({ type }) => type);
    scopes.push({
      ...sum(`EntityAssociation ${link.mapping.identifier}`, link.mapping.limits, one, one),
      linksUpdated: navigations.byMapping.get(link.number) ?? 0,
      resources: owners.reduce((n, type) => n + (typeBase.get(type.number) ?? openResources(db, type)), 0),
    });
  }

  // A connector that is only touched: its base is all it owns, whether touched or not.
  function fullyOwned(repository: RepositoryPlan, name: string): { types: TypePlan[]; links: LinkPlan[] } {
    const mine = {
      types: [...repository.types.values()].filter((type) => type.connector === name),
      links: repository.links.filter((link) => link.connector === name),
    };
    for (const type of mine.types) if (!typeBase.has(type.number)) typeBase.set(type.number, openResources(db, type));
    for (const link of mine.links) if (!linkBase.has(link.number)) linkBase.set(link.number, link.isLinkRow ? openLinks(db, link) : 0);
    return mine;
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
      ...types.map((type) => ({
        scope: `EntityType ${type.identifier}`,
        closed: byType.get(type.number)?.delete ?? 0,
        open: typeBase.get(type.number) ?? 0,
        isFileEmpty: emptyFiles.has(type.identifier),
      })),
      ...linkPopulations(db, plan, links, byMapping, connector.connector, emptyFiles),
      ...navigationPopulations(db, plan, navigations, byType, connector.connector, emptyFiles, task),
    ],
  };
};

/** An association may be loaded by several mappings: its population is all their links together. */
const linkPopulations = (
  db: Database,
  plan: RepositoryPlan,
  touched: readonly LinkPlan[],
  byMapping: ReadonlyMap<number, CommandCounts>,
  connector: string,
  emptyFiles: ReadonlySet<string>,
): Population[] =>
  [...new Set(touched.filter((link) => link.isLinkRow).map((link) => link.mapping.identifier))].flatMap((association) => {
    const mappings = plan.links.filter((link) => link.mapping.identifier === association);
    const closed = mappings.reduce((n, link) => n + (byMapping.get(link.number)?.delete ?? 0), 0);
    if (closed === 0) return [];
    const isFileEmpty =
      emptyFiles.has(association) && mappings.some((link) => link.connector === connector && (byMapping.get(link.number)?.delete ?? 0) > 0);
    const open = mappings.reduce((n, link) => n + openLinks(db, link), 0);
    return [{ scope: `EntityAssociation ${association}`, closed, open, isFileEmpty }];
  });

/** Navigations kept in a column: cleared ones, and those that close with their owner. Counted only where some are cleared or owners close. */
const navigationPopulations = (
  db: Database,
  plan: RepositoryPlan,
  navigations: NavigationCounts,
  byType: ReadonlyMap<number, CommandCounts>,
  connector: string,
  emptyFiles: ReadonlySet<string>,
  task: number,
): Population[] => {
  const populations: Population[] = [];
  for (const link of plan.links) {
    for (const { type, navigation } of [link.side1, link.side2]) {
      if (navigation === null) continue;
      const cleared = navigations.cleared.get(`${type.number}:${navigation}`) ?? 0;
      const owners = byType.get(type.number)?.delete ?? 0;
      if (cleared + owners === 0) continue;
      const closing =
        owners === 0
          ? 0
          : db.count(
              `SELECT count(*) FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'
               WHERE c.TaskInstance = ? AND c.Command = 'delete' AND c.Type = ${type.number} AND r.${navigation} IS NOT NULL`,
              task,
            );
      const closed = cleared + closing;
      if (closed === 0) continue;
      // One more than would close is enough to know that some stay.
      const open = db.count(
        `SELECT count(*) FROM (SELECT 1 FROM UR_Resources WHERE ${currentRows(type)} AND ${navigation} IS NOT NULL LIMIT ?)`,
        closed + 1,
      );
      const isFileEmpty = cleared > 0 && link.connector === connector && emptyFiles.has(link.mapping.identifier);
      populations.push({ scope: `EntityAssociation ${link.mapping.identifier}`, closed, open, isFileEmpty });
    }
  }
  return populations;
};

/** Unresolved links of the connector's mappings as they are now, or as they will be once the staged claims are applied. */
export const countOrphans = (db: Database, plan: RepositoryPlan, connector: string, staged: number | null): number => {
  let orphans = 0;
  for (const link of plan.links) {
    if (link.connector !== connector) continue;
    orphans += db.count("SELECT count(*) FROM UR_LinkKeys WHERE Mapping = ? AND Reason IS NOT NULL", link.number);
    if (staged === null) continue;
    orphans += db.count(
      `SELECT count(*) FILTER (WHERE c.Reason IS NOT NULL) - count(*) FILTER (WHERE l.Reason IS NOT NULL)
       FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND l.Key1 = c.Key1 AND l.Key2 = c.Key2
       WHERE c.TaskInstance = ? AND c.Mapping = ?`,
      staged,
      link.number,
    );
  }
  return orphans;
};
