export { findPackage } from "./catalogue/packages.js";
export type * from "./configuration.js";
export { loadWorkspace } from "./load.js";
export { nearestName } from "./nearest.js";
export { configurationReference } from "./reference-document.js";
export type { MissedRuns, Overlap, SchedulerSettings } from "./settings/scheduler-settings.js";
export type * from "./settings.js";
export { writeXsd } from "./xsd.js";
