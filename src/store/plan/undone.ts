import { SluiceError } from "../../errors/index.js";
import type { Slot, SynchronizeCounters, TaskInstanceId } from "../../model/index.js";
import type { LinkPlan, RepositoryPlan, TypePlan } from "./repository-plan.js";

/** Conflicts listed by name; the rest is counted. */
export const listedConflicts = 20;

/** That the history does not hold all that a task instance changed. `reason` begins with "because". */
export const notHeld = (taskInstance: TaskInstanceId, reason: string): SluiceError<"SYNC_UNDO_HISTORY"> =>
  new SluiceError("SYNC_UNDO_HISTORY", { taskInstance, reason });

/** Rows are turned back by the slots of today: they must be those that the task instance wrote. `loadedWith` undefined: its session is gone. Throws SYNC_UNDO_HISTORY. */
export const requireSameMappings = (
  { undone, connector, mappingHash }: { readonly undone: TaskInstanceId; readonly connector: string; readonly mappingHash: string },
  loadedWith: string | null | undefined,
): void => {
  if (loadedWith === mappingHash) return;
  const reason =
    loadedWith === undefined
      ? "because the record of its session is gone"
      : `because mappings or entity types of ${connector} were changed since`;
  throw notHeld(undone, reason);
};

/** Refuses a task instance whose counters say more, or less, than the history holds. Throws SYNC_UNDO_HISTORY. */
export const requireHeld = (taskInstance: TaskInstanceId, said: SynchronizeCounters, held: Omit<SynchronizeCounters, "orphans">): void => {
  const names = [
    ["inserts", "inserted"],
    ["updates", "updated"],
    ["deletes", "deleted"],
    ["new links", "linksInserted"],
    ["deleted links", "linksDeleted"],
  ] as const;
  const missing = names.filter(([, name]) => said[name] !== held[name]);
  if (missing.length === 0) return;
  const list = missing.map(([what, name]) => `${held[name]} of its ${said[name]} ${what}`).join(", ");
  const why = "the others were overwritten in place (HistoryPrecision), or the history was purged or merged";
  throw notHeld(taskInstance, `because the history holds ${list}: ${why}`);
};

/** That a later task instance may have overwritten versions of this one. */
export const overwrittenInPlace = (taskInstance: TaskInstanceId, later: number): SluiceError<"SYNC_UNDO_HISTORY"> =>
  notHeld(
    taskInstance,
    `because task instance ${later} overwrote something in place (HistoryPrecision) since, and the history does not say in which rows`,
  );

/** What stands in the way of an undo: the first of it by name, all of it counted. */
export class ConflictList {
  readonly #conflicts: string[] = [];
  #count = 0;

  /** `count` of one kind, of which the first are named. */
  add(names: readonly string[], count = names.length): void {
    this.#count += count;
    this.#conflicts.push(...names.slice(0, listedConflicts - this.#conflicts.length));
  }

  /** Throws SYNC_UNDO_CONFLICT where there are any. */
  refuse(taskInstance: TaskInstanceId): void {
    if (this.#count === 0) return;
    const more = this.#count - this.#conflicts.length;
    const conflicts = more > 0 ? [...this.#conflicts, `and ${more} more`] : this.#conflicts;
    throw new SluiceError("SYNC_UNDO_CONFLICT", { taskInstance, count: this.#count, conflicts });
  }
}

/** A navigation that a mapping of the undone connector fills. */
export interface OwnNavigation {
  readonly link: LinkPlan;
  readonly slot: Slot;
  /** Which side's row it is kept in. */
  readonly owner: 1 | 2;
}

/** The navigations of a type's rows that a connector's own mappings fill. */
export const ownNavigations = (plan: RepositoryPlan, connector: string, type: TypePlan): readonly OwnNavigation[] =>
  plan.links.flatMap((link) => {
    if (link.connector !== connector) return [];
    return ([1, 2] as const).flatMap((owner): OwnNavigation[] => {
      const side = owner === 1 ? link.side1 : link.side2;
      return side.type === type && side.navigation !== null ? [{ link, slot: side.navigation, owner }] : [];
    });
  });

/** A pair that a mapping said: `wanted` 1 comes back, 0 goes. */
export type UndonePair = readonly [mapping: number, wanted: 0 | 1, resource1: number, resource2: number];

/** The pairs that come back and go with a navigation of a resource. Pure. */
export const navigationPairs = (
  { link, owner }: OwnNavigation,
  resource: number,
  was: number | null,
  is: number | null,
): readonly UndonePair[] => {
  if (was === is) return [];
  const pair = (target: number | null, wanted: 0 | 1): readonly UndonePair[] => {
    if (target === null) return [];
    return [owner === 1 ? [link.number, wanted, resource, target] : [link.number, wanted, target, resource]];
  };
  return [...pair(was, 1), ...pair(is, 0)];
};

/** What is not exactly as it was: links follow from what sources say, and others may have said something since. Takes how many links stay, come or go besides, and navigations differ. */
export const undoNotes = (left: number, more: number, navigations: number): readonly string[] => [
  ...(left === 0 ? [] : [`${left} of its links stay as they are now, since that is what the sources said last`]),
  ...(more === 0 ? [] : [`${more} links that others said since come or go with their resources`]),
  ...(navigations === 0 ? [] : [`${navigations} navigations are not what they were, since others said something else meanwhile`]),
];
