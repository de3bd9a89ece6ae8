export * from "./reading/index.js";
export * from "./records/index.js";
export { openStore, type Store, type StoreOptions } from "./store.js";
export type { RepositoryModel, SynchronizeOutcome } from "./synchronization.js";
