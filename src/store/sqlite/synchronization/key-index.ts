import type { KeyIndex } from "../../maintenance/index.js";
import { openEnd } from "../../open-end.js";
import type { TypePlan } from "../../plan/index.js";
import type { Database } from "./database.js";

export const keyIndexName = ({ type, slot, isMappingKey }: KeyIndex): string =>
  `${isMappingKey ? "UX" : "IX"}_UR_Resources_${type}_${slot}`;

/** Makes an index unless it is there. The condition repeats the literals of every statement, or SQLite would not use the index. */
export const createKeyIndex = (index: KeyIndex): string =>
  `CREATE ${index.isMappingKey ? "UNIQUE " : ""}INDEX IF NOT EXISTS ${keyIndexName(index)} ON UR_Resources (${index.slot}) ` +
  `WHERE Type = ${index.type} AND ValidTo = '${openEnd}'`;

/** Filtered indexes over current rows: unique for the mapping key, plain for keys that links look up by. */
export const ensureKeyIndexes = (db: Database, type: TypePlan): void => {
  const [keySlot] = type.slots;
  if (keySlot !== undefined) db.exec(createKeyIndex({ type: type.number, slot: keySlot, isMappingKey: true }));
  for (const slot of type.lookupSlots) {
    if (slot !== keySlot) db.exec(createKeyIndex({ type: type.number, slot, isMappingKey: false }));
  }
};
