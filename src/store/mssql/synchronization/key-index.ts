import type { KeyIndex } from "../../maintenance/index.js";
import { openEnd } from "../../open-end.js";
import type { TypePlan } from "../../plan/index.js";
import type { Database } from "./database.js";

export { currentRows } from "../../plan/index.js";

/** Characters that are left of a name where a server keeps it in small letters, lengthened by the table's and, from here on, by a digest. */
const keptOfName = 31;

/** Condition that a table has an index of a name, however the server spells it. */
const hasIndex = (table: string, name: string): string => {
  const small = name.toLowerCase();
  const lengthened = `${small}${table.toLowerCase()}`.slice(0, keptOfName).replace(/_/g, "[_]");
  return `EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('${table}') AND (LOWER(name) = '${small}' OR LOWER(name) LIKE '${lengthened}%'))`;
};

export const keyIndexName = ({ type, slot }: Pick<KeyIndex, "type" | "slot">): string => `IX_UR_Resources_${type}_${slot}`;

export const createKeyIndex = (index: Pick<KeyIndex, "type" | "slot">): string =>
  `CREATE INDEX ${keyIndexName(index)} ON UR_Resources (${index.slot}) WHERE Type = ${index.type} AND ValidTo = '${openEnd}'`;

/**
 * Filtered indexes over a type's current rows, by its mapping key and by the keys that links look up by. None is unique: the server holds two keys for equal that differ in
 * trailing blanks only. To be called once what the transaction loads is loaded: an index is built faster than it is fed, and from here to the commit
 * readers of the table wait. No statement needs them to be right.
 */
export const ensureKeyIndexes = async (db: Database, type: Pick<TypePlan, "number" | "slots" | "lookupSlots">): Promise<void> => {
  const slots = new Set([...type.slots.slice(0, 1), ...type.lookupSlots]);
  if (slots.size === 0) return;
  const statements = [...slots].map((slot) => {
    const index = { type: type.number, slot };
    return `IF NOT ${hasIndex("UR_Resources", keyIndexName(index))}
      ${createKeyIndex(index)}`;
  });
  await db.batch(statements.join(";\n"));
};
