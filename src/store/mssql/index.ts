export { mssqlTarget } from "./connection-string.js";
export { mssqlFailures } from "./failure.js";
export { mssqlMaintenance } from "./maintenance.js";
export { migrateMssql } from "./migrate.js";
export { databaseName, openMssql, serverTime } from "./open.js";
export { createMssqlSynchronization } from "./synchronization/index.js";
