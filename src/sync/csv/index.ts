export * from "./byte.js";
export * from "./canonical.js";
export * from "./file-source.js";
export * from "./header-hint.js";
export * from "./output-file.js";
export * from "./record-batch.js";
export * from "./record-fault.js";
export * from "./record-reader.js";
