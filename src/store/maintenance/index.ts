export type { DatabaseStatus } from "./database-status.js";
export { parseStretches } from "./history-merge.js";
export { usualBatch } from "./history-purge.js";
export { createMaintenance, type Maintenance } from "./maintenance.js";
export type { KeyIndex, LongStatement, MaintenanceConnection, MaintenanceDialect, Value } from "./maintenance-dialect.js";
export type { MigrationOutcome, MigrationRequest } from "./migration.js";
export type { RecordNeeds } from "./record-needs.js";
export type { RecordPurgeCounts } from "./record-purge.js";
export { isMaintained, rebuildRange, type UpkeepOutcome, type UpkeepRequest, upkeepDefaults } from "./upkeep.js";
