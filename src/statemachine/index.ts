export type { JobEvent, JobSnapshot } from "./job-chart.js";
export type { ChartTask, TasksToSkip } from "./job-context.js";
export { accepts, advance, changedRecords, currentGroup, decisions, jobState, newInstance, taskRecords } from "./job-snapshot.js";
export { rebuild } from "./rebuild.js";
export { type TaskRecord, validationKey } from "./task-record.js";
export { type ParentOutcome, verdict } from "./verdict.js";
