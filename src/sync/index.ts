export * from "./comparison/index.js";
export * from "./csv/index.js";
export * from "./folded-key.js";
export * from "./manifest.js";
export * from "./prepare/index.js";
export * from "./previous.js";
export * from "./threshold.js";
export * from "./worker.js";
