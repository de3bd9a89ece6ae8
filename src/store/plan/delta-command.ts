import type { DeltaRow } from "../../sync/index.js";
import { clearedSlots } from "./cleared-slots.js";
import type { TypePlan } from "./repository-plan.js";

/** What a command of a delta does to the resource of its key: the row that is there afterwards, in the order of the type's slots; null: none. */
export interface CommandResult {
  readonly after: readonly (string | null)[] | null;
  /** It was meant for a resource that is not there, which is counted and said. */
  readonly missing: "update" | "delete" | null;
}

/**
 * Commands of an incremental session, connectors §2.4: insert and update write every mapped column, merge the cells that are not empty and clears the columns that
 * it names; a key that is missing is created by all three. A delete of a missing key does nothing. `stored`: the resource's mapped values, null where there is none. Pure.
 * Throws SYNC_FILE_COLUMNS for a column to clear that is not mapped.
 */
export const commandResult = (type: TypePlan, row: DeltaRow, stored: readonly (string | null)[] | null): CommandResult => {
  switch (row.command) {
    case "delete":
      return { after: null, missing: stored === null ? "delete" : null };
    case "insert":
      return { after: row.fields, missing: null };
    case "update":
      return { after: row.fields, missing: stored === null ? "update" : null };
    case "merge": {
      if (stored === null) return { after: row.fields, missing: null };
      const cleared = clearedSlots(type, row.cleared);
      const after = type.slots.map((slot, index) => row.fields[index] ?? (cleared.includes(slot) ? null : (stored[index] ?? null)));
      return { after, missing: null };
    }
  }
};
