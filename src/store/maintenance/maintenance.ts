import type { RepositoryModel, RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import { type DatabaseStatus, readDatabaseStatus } from "./database-status.js";
import { type OptimizeCounts, type OptimizeRequest, optimizeHistory } from "./history-optimization.js";
import { type PurgeCounts, type PurgeRequest, purgeHistory } from "./history-purge.js";
import { arrangeIndexes, type IndexChanges } from "./key-index-set.js";
import { removeLeftovers } from "./leftover-rows.js";
import type { MaintenanceDialect } from "./maintenance-dialect.js";
import { type RecordNeeds, readRecordNeeds } from "./record-needs.js";
import { purgeRecords, type RecordPurgeCounts, type RecordPurgeRequest } from "./record-purge.js";
import type { UpkeepOutcome, UpkeepRequest } from "./upkeep.js";
import { arrangeViews, type ViewChanges } from "./view-set.js";

/** Looking after a database: what `sluice database …` and the maintenance tasks do. Every piece of work opens a connection of its own. */
export interface Maintenance {
  /** In whatever state the tables are. */
  status(options: RunOptions): Promise<DatabaseStatus>;
  /** Makes the indexes that the configuration calls for and drops those of ours that it no longer does. */
  indexes(model: RepositoryModel, options: RunOptions & { readonly dryRun: boolean }): Promise<IndexChanges>;
  /** Makes the `zz_*` views anew. Throws DB_VIEW_TAKEN. */
  views(model: RepositoryModel, options: RunOptions & { readonly dryRun: boolean }): Promise<ViewChanges>;
  /** Removes history (connectors §2.8). */
  purge(request: PurgeRequest, options: RunOptions): Promise<PurgeCounts>;
  /** Removes what ended of the record of jobs, in batches; history of resources stays. Throws DB_*. */
  purgeRecords(request: RecordPurgeRequest, options: RunOptions): Promise<RecordPurgeCounts>;
  /** What of the files beside the record is needed, of sessions that ended by the moment. Throws DB_*. */
  recordNeeds(before: string, options: RunOptions): Promise<RecordNeeds>;
  /** Merges former versions (connectors §2.8). */
  optimize(request: OptimizeRequest, options: RunOptions): Promise<OptimizeCounts>;
  /** Rebuilds, reorganizes and counts what needs it. */
  upkeep(request: UpkeepRequest, options: RunOptions): Promise<UpkeepOutcome>;
  /** Removes staged rows that nobody can apply any more; gives how many. */
  removeLeftovers(options: RunOptions): Promise<number>;
}

export const createMaintenance = (dialect: MaintenanceDialect): Maintenance => ({
  status: (options) => readDatabaseStatus(dialect, options),
  indexes: (model, options) => arrangeIndexes(dialect, model, options),
  views: (model, options) => arrangeViews(dialect, model, options),
  purge: (request, options) => purgeHistory(dialect, request, options),
  purgeRecords: (request, options) => withConnection(dialect, options, (connection) => purgeRecords(connection, dialect, request, options)),
  recordNeeds: (before, options) => withConnection(dialect, options, (connection) => readRecordNeeds(connection, before)),
  optimize: (request, options) => optimizeHistory(dialect, request, options),
  upkeep: (request, options) => dialect.upkeep(request, options),
  removeLeftovers: (options) => removeLeftovers(dialect, options),
});
