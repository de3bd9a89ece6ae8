export { type ClockPut, clockPuts } from "./clock-put.js";
export { isValidCron } from "./cron-expression.js";
export { type DueSpan, dueRuns, dueSpan, nextRun } from "./due-runs.js";
export { decideMissed, decideMissedSpan, type MissedSpanDecision, policyOf } from "./missed-runs.js";
export { longestRuns, type PlannedJob, plannedJobs } from "./planned-job.js";
export { type PlannedRun, plannedRuns } from "./planned-run.js";
export { localTimeZone } from "./time-zone.js";
