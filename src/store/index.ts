export { type DatabaseTool, databaseTool } from "./database.js";
export {
  type DatabaseStatus,
  type Maintenance,
  type MigrationOutcome,
  parseStretches,
  type RecordNeeds,
  type RecordPurgeCounts,
  rebuildRange,
  upkeepDefaults,
  usualBatch,
} from "./maintenance/index.js";
export { type PlanContent, type PlanHeader, readPlan, type SectionLines, writePlan } from "./plan/index.js";
export * from "./reading/index.js";
export * from "./records/index.js";
export { openStore, type Store, type StoreOptions, synchronizationModule } from "./store.js";
export type {
  RehearsedChange,
  RehearsedSession,
  RehearseRequest,
  RepositoryModel,
  SynchronizeOutcome,
} from "./synchronization.js";
