import type { RunOptions } from "../synchronization.js";
import type { MaintenanceConnection } from "./maintenance-dialect.js";
import { othersTurn } from "./others-turn.js";

/** Numbers of resources that one statement goes over: some tens of milliseconds on an embedded database, during which nothing else of this process runs. */
const stretch = 20_000;

/** Where versions and links lie, by a column that leads into the primary key. */
const historyTables = [
  { table: "UR_Resources", ofEach: null, column: "Id" },
  { table: "UR_ResourceLinks", ofEach: "Mapping", column: "R1_Id" },
] as const;

/**
 * Task instances that something tells the story of: versions and links they opened or closed, rows they staged, heads they made. `history`: versions that ended by then are left out, null: none is.
 * `withApplied`: whether rows that were applied name their task, too.
 */
export const namedTasks = async (
  connection: MaintenanceConnection,
  { history, withApplied }: { readonly history: string | null; readonly withApplied: boolean },
  { onProgress }: RunOptions,
): Promise<ReadonlySet<number>> => {
  const named = new Set<number>();
  for (const { table, ofEach, column } of historyTables) {
    const parts =
      ofEach === null ? [null] : (await connection.all(`SELECT DISTINCT ${ofEach} FROM ${table}`)).map(([part]) => Number(part));
    for (const part of parts) {
      const own = part === null ? "1 = 1" : `${ofEach} = ${part}`;
      const [[least, most] = [null, null]] = await connection.all(`SELECT MIN(${column}), MAX(${column}) FROM ${table} WHERE ${own}`);
      if (least === null || least === undefined) continue;
      for (let from = Number(least); from <= Number(most); from += stretch) {
        onProgress({ step: "looking for instances that nothing names", rows: from });
        const sql = `SELECT DISTINCT ChangedBy, ClosedBy FROM ${table} WHERE ${own} AND ${column} BETWEEN ${from} AND ${from + stretch - 1} AND ValidTo > ?`;
        for (const tasks of await connection.all(sql, history ?? "")) for (const task of tasks) if (task !== null) named.add(Number(task));
        await othersTurn();
      }
    }
  }
  for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"]) {
    const staged = withApplied ? "" : " WHERE State <> 'applied'";
    for (const [task] of await connection.all(`SELECT DISTINCT TaskInstance FROM ${table}${staged}`)) named.add(Number(task));
  }
  for (const [task] of await connection.all("SELECT TaskInstance FROM UM_ConnectorHeads")) named.add(Number(task));
  return named;
};
