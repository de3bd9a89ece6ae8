export type { ConfigurationSource, Look } from "./configuration-source.js";
export { readCurrent } from "./current-configuration.js";
export { configurationOf, type PresentConfiguration } from "./instance-configuration.js";
export { openConfigurationSource } from "./open-configuration-source.js";
export { keepSnapshot, listSnapshots, pruneSnapshots } from "./snapshot-folder.js";
export { snapshotFolder } from "./snapshot-path.js";
