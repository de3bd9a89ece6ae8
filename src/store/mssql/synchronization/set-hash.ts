import { createHash } from "node:crypto";
import type { Database, Value } from "./database.js";

const pageSize = 5_000;

/** Columns that hold numbers: the driver gives those of 64 bits as text. */
const numbers: ReadonlySet<string> = new Set(["Type", "Mapping", "ResourceId", "R1_Id", "R2_Id", "R1_After", "R2_After"]);

/**
 * Lower-case hex SHA-256 over the staged set of a task instance in the order of its rows: what a person looked at (`changes`) is what `resume --expect`
 * applies (design §8).
 */
export const stagedSetHash = async (db: Database, task: number): Promise<string> => {
  const hash = createHash("sha256");
  for (const [table, columns] of [
    ["UR_ResourceChanges", ["Command", "Type", "Key", "ResourceId", "Changes"]],
    ["UR_ResourceLinkChanges", ["Command", "Mapping", "R1_Id", "R2_Id"]],
    ["UR_LinkKeyChanges", ["Command", "Mapping", "Key1", "Key2", "R1_After", "R2_After"]],
  ] as const) {
    hash.update(`${table}\n`);
    const list = columns.map((column) => `[${column}]`).join(", ");
    const plain = (value: Value, index: number): Value => (value !== null && numbers.has(columns[index] ?? "") ? Number(value) : value);
    for (let after = 0; ; ) {
      const rows = await db.all(
        `SELECT TOP (${pageSize}) Id, ${list} FROM ${table} WHERE TaskInstance = ${task} AND Id > ? ORDER BY Id`,
        after,
      );
      for (const [, ...values] of rows) hash.update(`${JSON.stringify(values.map(plain))}\n`);
      const last = rows.at(-1);
      if (last === undefined) break;
      after = Number(last[0]);
    }
  }
  return hash.digest("hex");
};
