export { type Head, requireChain } from "./chain.js";
export { clearedSlots } from "./cleared-slots.js";
export { currentRows } from "./current-rows.js";
export { commandResult } from "./delta-command.js";
export { enforced } from "./gate.js";
export { MissingResources } from "./missing-resources.js";
export { countNavigation, type NavigationCounts, noNavigations, type StagedNavigation } from "./navigation-counts.js";
export { NearKeys } from "./near-keys.js";
export { type OwnSide, ownKeyMove, ownSidesOf } from "./own-side.js";
export {
  type PlanContent,
  type PlanHeader,
  plannedChange,
  readPlan,
  type SectionLines,
  sectionLines,
  writePlan,
} from "./plan-file.js";
export {
  changeLine,
  claimColumns,
  isReasonAlone,
  type PlannedChange,
  plannedClaim,
  plannedLink,
  plannedResource,
} from "./planned-change.js";
export {
  PlanDifferences,
  type PlannedRow,
  plannedRow,
  plannedSection,
  plannedValues,
  requireSameLine,
} from "./planned-section.js";
export { PropertyNames } from "./property-names.js";
export { navigationIds, rehearsedLink, rehearsedResource, type StagedResource } from "./rehearsed-change.js";
export {
  derivePlan,
  type LinkPlan,
  type LinkSide,
  mappingOf,
  type RepositoryPlan,
  type TypePlan,
} from "./repository-plan.js";
export { pairSeparator, readSetAside, saysLinks } from "./rows-set-aside.js";
export { readSessionDelta } from "./session-delta.js";
export { type CheckStop, deltaFileOf, eachRecord, emptyFilesOf, openSortedFile, sortedFileOf, watched } from "./session-file.js";
export { movedKeys, type SlotChanges, slotChanges } from "./slot-changes.js";
export {
  basesOf,
  type ClosingNavigation,
  closingNavigations,
  composeCounts,
  countsByNumber,
  navigationPopulation,
  type StagedCounts,
  type StagedSet,
} from "./staged-counts.js";
export { mostRowsLookedAt, StandingRows } from "./stands-out.js";
export { clashOf, type RecordedProperty, slottedProperties } from "./stored-property.js";
export {
  ConflictList,
  listedConflicts,
  navigationPairs,
  notHeld,
  type OwnNavigation,
  overwrittenInPlace,
  ownNavigations,
  requireHeld,
  requireSameMappings,
  undoNotes,
} from "./undone.js";
export { notListed, type Unresolved, UnresolvedReport } from "./unresolved-report.js";
