export * from "./canonical-fields.js";
export * from "./canonical-file.js";
export * from "./compare-files.js";
export {
  clearedColumn,
  commandColumn,
  type DeltaCommand,
  type DeltaRow,
  deltaCommands,
  hasClearedColumn,
  joinCleared,
  readDelta,
  splitCleared,
} from "./delta-file.js";
export * from "./fold.js";
