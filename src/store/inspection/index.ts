import type { DatabaseSetting } from "../store.js";
import { inspectSqlite } from "./inspect-sqlite.js";
import type { DatabaseInspection } from "./inspection.js";

export type { DatabaseInspection, ServerFacts } from "./inspection.js";
export type { RecordFacts } from "./record-facts.js";

/** Looks at a database without changing it: an embedded one must be there. Never throws. `now` is this machine's clock (ms since 1970). */
export const inspectDatabase = async (setting: DatabaseSetting, now: () => number): Promise<DatabaseInspection> => {
  if (setting.kind === "sqlite") return inspectSqlite(setting.path);
  // Loaded here: with an embedded database nobody waits for the server's driver.
  const { inspectMssql } = await import("./inspect-mssql.js");
  return inspectMssql(setting.connectionString, now);
};
