export * from "./reading/index.js";
export * from "./records/index.js";
export { type DatabaseSetting, openStore, type Store, type StoreOptions } from "./store.js";
export type {
  RepositoryModel,
  ResumeRequest,
  RunOptions,
  SynchronizationStore,
  SynchronizeOutcome,
  SynchronizeRequest,
} from "./synchronization.js";
