export * from "./definition.js";
export * from "./sluice-error.js";
