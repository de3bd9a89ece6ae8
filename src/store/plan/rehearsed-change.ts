import type { RehearsedChange } from "../synchronization.js";
import type { RepositoryPlan, TypePlan } from "./repository-plan.js";
import type { SlotChanges } from "./slot-changes.js";

/** A staged row of UR_ResourceChanges. */
export interface StagedResource {
  readonly command: RehearsedChange["command"];
  readonly type: number;
  readonly key: string;
  readonly changes: SlotChanges;
}

/** Ids that the navigations of staged rows hold: whose mapping keys `rehearsedResource` needs. */
export const navigationIds = (plan: RepositoryPlan, rows: readonly StagedResource[]): Set<number> => {
  const ids = new Set<number>();
  for (const { type, changes } of rows) {
    for (const slot of plan.typeByNumber.get(type)?.navigationSlots ?? []) {
      for (const id of changes[slot] ?? []) if (id !== null) ids.add(Number(id));
    }
  }
  return ids;
};

const columnOf = (type: TypePlan | undefined, slot: string): string => {
  const index = (type?.slots as readonly string[] | undefined)?.indexOf(slot) ?? -1;
  return type?.columns[index] ?? slot;
};

/** A staged row as a rehearsal shows it (design §7.9): by column of the mapping, navigations by the mapping key of their target. Pure. */
export const rehearsedResource = (
  plan: RepositoryPlan,
  { command, type: number, key, changes }: StagedResource,
  keys: ReadonlyMap<number, string>,
): RehearsedChange => {
  const type = plan.typeByNumber.get(number);
  const values: Record<string, readonly [string | null, string | null]> = {};
  for (const [slot, [before, after]] of Object.entries(changes)) {
    const isNavigation = type?.navigationSlots.has(slot) === true;
    const shown = (value: string | number | null): string | null => {
      if (value === null) return null;
      return isNavigation ? (keys.get(Number(value)) ?? `resource ${value}`) : String(value);
    };
    values[columnOf(type, slot)] = [shown(before), shown(after)];
  }
  return { scope: "resource", identifier: type?.identifier ?? `entity type ${number}`, command, keys: [key], values };
};

/** A staged row of UR_ResourceLinkChanges as a rehearsal shows it. Pure. */
export const rehearsedLink = (
  plan: RepositoryPlan,
  command: RehearsedChange["command"],
  mapping: number,
  key1: string,
  key2: string,
): RehearsedChange => ({
  scope: "link",
  identifier: plan.links.find(({ number }) => number === mapping)?.mapping.identifier ?? `mapping ${mapping}`,
  command,
  keys: [key1, key2],
  values: {},
});
