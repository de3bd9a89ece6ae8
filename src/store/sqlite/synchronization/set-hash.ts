import { createHash } from "node:crypto";
import { inOrderOfId } from "./apply.js";
import type { Database, Value } from "./database.js";

const pageSize = 1_000;

/**
 * Lower-case hex SHA-256 over the staged set of a task instance in the order of its rows: what a person looked at (`changes`) is what `resume --expect`
 * applies (design §8).
 */
export const stagedSetHash = (db: Database, task: number): string => {
  const hash = createHash("sha256");
  for (const columns of [
    ["UR_ResourceChanges", "Command, Type, Key, ResourceId, Changes"],
    ["UR_ResourceLinkChanges", "Command, Mapping, R1_Id, R2_Id"],
    ["UR_LinkKeyChanges", "Command, Mapping, Key1, Key2, R1_After, R2_After"],
  ] as const) {
    const [table, list] = columns;
    hash.update(`${table}\n`);
    const page = db.prepare(
      `SELECT Id, ${list} FROM ${table} ${inOrderOfId} WHERE TaskInstance = ? AND Id > ? ORDER BY Id LIMIT ${pageSize}`,
    );
    for (let after: Value = 0; ; ) {
      const rows = page.all(task, after);
      for (const [, ...values] of rows) hash.update(`${JSON.stringify(values)}\n`);
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last[0] ?? null;
    }
  }
  return hash.digest("hex");
};
