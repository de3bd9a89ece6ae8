import type { Slot } from "../../model/index.js";
import type { TypePlan } from "./repository-plan.js";

/** Before and after of each slot that changes; a text, the id of a navigation's target, or null. */
export type SlotChanges = Record<string, [string | number | null, string | number | null]>;

/** A look-up key that comes to a resource or goes from it. */
export interface MovedKey {
  readonly slot: Slot;
  readonly key: string;
  readonly isAdded: boolean;
}

/** What differs between two rows in the order of a type's slots; null stands for no row. Values are compared exactly (design §6). */
export const slotChanges = (
  type: TypePlan,
  before: readonly (string | null)[] | null,
  after: readonly (string | null)[] | null,
): SlotChanges => {
  const changes: SlotChanges = {};
  type.slots.forEach((slot, index) => {
    const from = before?.[index] ?? null;
    const to = after?.[index] ?? null;
    if (from !== to) changes[slot] = [from, to];
  });
  return changes;
};

/** The look-up keys that come and go with a change. */
export const movedKeys = (type: TypePlan, changes: SlotChanges): MovedKey[] => {
  const moved: MovedKey[] = [];
  for (const slot of type.lookupSlots) {
    const change = changes[slot];
    if (change === undefined) continue;
    change.forEach((key, index) => {
      if (key !== null) moved.push({ slot, key: String(key), isAdded: index === 1 });
    });
  }
  return moved;
};
