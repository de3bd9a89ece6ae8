export type { Decisions } from "./decision.js";
export type { JobEvent, JobSnapshot } from "./job-chart.js";
export type { ChartGraph, ChartTask, TasksToSkip } from "./job-context.js";
export { accepts, advance, changedRecords, currentGroup, decisions, jobState, newInstance, taskRecords } from "./job-snapshot.js";
export { type JobRow, rebuild } from "./rebuild.js";
export { type TaskRecord, validationKey } from "./task-record.js";
export { type ParentOutcome, type Verdict, verdict } from "./verdict.js";
