export * from "./file-settings.js";
export * from "./setting-reader.js";
export * from "./source-file.js";
export * from "./trim.js";
