import { openEnd } from "../../open-end.js";
import type { TypePlan } from "../../plan/index.js";
import type { Database } from "./database.js";

/**
 * Filtered indexes over current rows: unique for the mapping key, plain for keys that links look up by. The condition repeats the literals of
 * every statement, or SQLite would not use the index.
 */
export const ensureKeyIndexes = (db: Database, type: TypePlan): void => {
  const [keySlot] = type.slots;
  const where = `WHERE Type = ${type.number} AND ValidTo = '${openEnd}'`;
  if (keySlot !== undefined) {
    db.exec(`CREATE UNIQUE INDEX IF NOT EXISTS UX_UR_Resources_${type.number}_${keySlot} ON UR_Resources (${keySlot}) ${where}`);
  }
  for (const slot of type.lookupSlots) {
    if (slot === keySlot) continue;
    db.exec(`CREATE INDEX IF NOT EXISTS IX_UR_Resources_${type.number}_${slot} ON UR_Resources (${slot}) ${where}`);
  }
};
