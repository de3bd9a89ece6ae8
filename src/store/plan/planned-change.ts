import type { PropertyNames } from "./property-names.js";
import type { StagedResource } from "./rehearsed-change.js";
import type { RepositoryPlan } from "./repository-plan.js";

type ChangeCommand = "insert" | "update" | "delete";

/** What a plan says of one resource: each property before and after, navigations by the mapping key of their target. */
export interface PlannedResource {
  readonly resource: string;
  readonly command: ChangeCommand;
  readonly key: string;
  readonly values: Readonly<Record<string, readonly [string | null, string | null]>>;
}

/** What a plan says of one link row. `connector`: whose mapping keeps it, which need not be the session's. */
export interface PlannedLink {
  readonly link: string;
  readonly connector: string;
  readonly command: "insert" | "delete";
  readonly key1: string;
  readonly key2: string;
}

/** What a plan says of something that a source said (design §6, links). `unresolved`: why it names no resources, null where it does. */
export interface PlannedClaim {
  readonly claim: string;
  readonly connector: string;
  readonly command: "add" | "remove" | "resolve";
  readonly key1: string;
  readonly key2: string;
  readonly unresolved: string | null;
}

/** One line of a plan. */
export type PlannedChange = PlannedResource | PlannedLink | PlannedClaim;

/** The line of a change: equal changes give equal text, which is how a plan is held against what it would do now. */
export const changeLine = (change: PlannedChange): string => JSON.stringify(change);

/** A staged row of UR_ResourceChanges as a plan names it. `keys`: the mapping keys of the resources that its navigations name (`navigationIds`). Pure. */
export const plannedResource = (
  plan: RepositoryPlan,
  names: PropertyNames,
  { command, type: number, key, changes }: StagedResource,
  keys: ReadonlyMap<number, string>,
): PlannedResource => {
  const type = plan.typeByNumber.get(number);
  const entityType = type?.identifier ?? String(number);
  const values = Object.entries(changes).map(([slot, change]) => {
    const isNavigation = type?.navigationSlots.has(slot) === true;
    const shown = change.map((value) => {
      if (value === null) return null;
      return isNavigation ? (keys.get(Number(value)) ?? `resource ${value}`) : String(value);
    }) as [string | null, string | null];
    return [names.nameOf(entityType, slot), shown] as const;
  });
  return { resource: entityType, command, key, values: Object.fromEntries(values) };
};

const ownerOf = (plan: RepositoryPlan, number: number): { readonly association: string; readonly connector: string } => {
  const link = plan.links.find((each) => each.number === number);
  return { association: link?.mapping.identifier ?? `mapping ${number}`, connector: link?.connector ?? "" };
};

/** A staged row of UR_ResourceLinkChanges: Command, Mapping, Key1, Key2. Pure. */
export const plannedLink = (plan: RepositoryPlan, [command, mapping, key1, key2]: readonly unknown[]): PlannedLink => {
  const { association, connector } = ownerOf(plan, Number(mapping));
  return { link: association, connector, command: command as PlannedLink["command"], key1: String(key1), key2: String(key2) };
};

/** A staged row of UR_LinkKeyChanges: Command, Mapping, Key1, Key2, Reason. Pure. */
export const plannedClaim = (plan: RepositoryPlan, [command, mapping, key1, key2, reason]: readonly unknown[]): PlannedClaim => {
  const { association, connector } = ownerOf(plan, Number(mapping));
  return {
    claim: association,
    connector,
    command: command as PlannedClaim["command"],
    key1: String(key1),
    key2: String(key2),
    unresolved: reason === null || reason === undefined ? null : String(reason),
  };
};

/** Columns of UR_LinkKeyChanges that `plannedClaim` and `isReasonAlone` read, in their order. */
export const claimColumns = "Command, Mapping, Key1, Key2, Reason, R1_Before, R2_Before, R1_After, R2_After";

/**
 * Whether a staged claim changes nothing but the reason why it names nobody: what looks like a missing key depends on which rows were there when somebody looked, and is no part of a plan.
 */
export const isReasonAlone = (row: readonly unknown[]): boolean => {
  const [command, , , , , before1, before2, after1, after2] = row.map((value) =>
    value === null || value === undefined ? "" : String(value),
  );
  return command === "resolve" && before1 === after1 && before2 === after2;
};
