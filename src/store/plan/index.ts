export { currentRows } from "./current-rows.js";
export { enforced } from "./gate.js";
export { countNavigation, type NavigationCounts, noNavigations, type StagedNavigation } from "./navigation-counts.js";
export { NearKeys } from "./near-keys.js";
export {
  derivePlan,
  type LinkPlan,
  type LinkSide,
  mappingOf,
  type RepositoryPlan,
  type TypePlan,
} from "./repository-plan.js";
export { pairSeparator, readSetAside, saysLinks } from "./rows-set-aside.js";
export { type CheckStop, eachRecord, emptyFilesOf, openSortedFile, sortedFileOf, watched } from "./session-file.js";
export { movedKeys, type SlotChanges, slotChanges } from "./slot-changes.js";
export {
  basesOf,
  closingNavigations,
  composeCounts,
  countsByNumber,
  navigationPopulation,
  type StagedCounts,
  type StagedSet,
} from "./staged-counts.js";
export { clashOf, type RecordedProperty, slottedProperties } from "./stored-property.js";
export { notListed, type Unresolved, UnresolvedReport } from "./unresolved-report.js";
