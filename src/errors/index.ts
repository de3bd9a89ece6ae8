export * from "./definition.js";
export * from "./secret-mask.js";
export * from "./sluice-error.js";
