export type * from "./configuration.js";
export { loadWorkspace, type WorkspaceOptions } from "./load.js";
export { nearestName } from "./nearest.js";
export { configurationReference } from "./reference-document.js";
export type * from "./settings.js";
export { writeXsd } from "./xsd.js";
