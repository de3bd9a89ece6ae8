import { existsSync } from "node:fs";
import { isoTime, systemTiming, type Timing } from "../model/index.js";
import { createMaintenance, type Maintenance, type MigrationOutcome, type MigrationRequest } from "./maintenance/index.js";
import { sqliteMaintenance } from "./sqlite/maintenance.js";
import { migrateSqlite } from "./sqlite/migrate.js";
import type { DatabaseSetting } from "./store.js";

/** A database before it is a repository: what `sluice database migrate` and `status` look at, whatever its tables are. */
export interface DatabaseTool {
  /** Null where there is nothing to look at yet: an embedded database that nobody made. */
  readonly maintenance: Maintenance | null;
  migrate(request: MigrationRequest): Promise<MigrationOutcome>;
}

/** Connects to nothing by itself. Throws DB_CONNECTION_STRING. */
export const databaseTool = async (setting: DatabaseSetting, timing: Timing = systemTiming): Promise<DatabaseTool> => {
  if (setting.kind === "sqlite") {
    const { path } = setting;
    return {
      maintenance: existsSync(path) ? createMaintenance(sqliteMaintenance(path, timing)) : null,
      migrate: (request) => migrateSqlite(path, request, timing),
    };
  }
  const { migrateMssql, mssqlMaintenance, mssqlTarget } = await import("./mssql/index.js");
  const target = mssqlTarget(setting.connectionString);
  return {
    maintenance: createMaintenance(mssqlMaintenance(target)),
    migrate: (request) => migrateMssql(target, request, isoTime(timing)),
  };
};
