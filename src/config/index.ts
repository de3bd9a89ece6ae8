export { findPackage } from "./catalogue/packages.js";
export { canExport, needsWholeExport, synchronizationType } from "./change-source.js";
export type * from "./configuration.js";
export {
  type AttributeDifference,
  type ConfigurationDifferences,
  configurationDifferences,
  type ElementDifference,
} from "./difference/index.js";
export { configurationFiles, loadWorkspace, type WorkspaceOptions } from "./load.js";
export { fillPlaceholders, type MailPlaceholder } from "./mail-placeholder.js";
export { nearestName } from "./nearest.js";
export { configurationReference } from "./reference-document.js";
export { configurationText, connectorJobName, connectorTaskName } from "./scaffolding/index.js";
export type { MailSettings, NotificationSettings, NotifyCommand, ToldState } from "./settings/notification-settings.js";
export type { MissedRuns, Overlap, SchedulerSettings } from "./settings/scheduler-settings.js";
export type * from "./settings.js";
export { loadSnapshot, withoutSecretValues } from "./snapshot/index.js";
export { writeXsd } from "./xsd.js";
