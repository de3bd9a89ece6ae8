import { SluiceError } from "../../errors/index.js";
import type { Slot } from "../../model/index.js";
import type { TypePlan } from "./repository-plan.js";

/** The slots of the columns that a merge clears (design §5). Throws SYNC_FILE_COLUMNS for a header that is not mapped. */
export const clearedSlots = (type: TypePlan, headers: readonly string[]): Slot[] =>
  headers.map((header) => {
    const slot = type.slots[type.columns.indexOf(header)];
    if (slot === undefined) throw new SluiceError("SYNC_FILE_COLUMNS", { expected: type.columns.join(", "), found: header });
    return slot;
  });
