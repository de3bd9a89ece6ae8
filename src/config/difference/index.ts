export { type ConfigurationDifferences, configurationDifferences } from "./configuration-differences.js";
export type { AttributeDifference, ElementDifference } from "./element-difference.js";
