export { type ClockPut, clockPuts } from "./clock-put.js";
export { isValidCron } from "./cron-expression.js";
export { type DueSpan, dueRuns, dueSpan, nextRun } from "./due-runs.js";
export { decideMissed, decideMissedSpan, type MissedDecision, type MissedSpanDecision, policyOf } from "./missed-runs.js";
export { longestRuns, type PlannedJob, plannedJobs } from "./planned-job.js";
export { type Collision, type PlannedRun, plannedRuns } from "./planned-run.js";
export type { ClockChange } from "./scheduled-moment.js";
export { localTimeZone } from "./time-zone.js";
