export { formatPlan, type PlanFormat, planFormats } from "./plan.js";
export { type PlanDifference, type PlannedTask, planDifferences, planHash, plannedTasks, remainingTasksHash } from "./plan-hash.js";
export type { TaskSelection } from "./selection.js";
export { compileTaskGraph, graphFindings, singleTaskGraph, type TaskGraph, type TaskGraphOptions, type TaskNode } from "./task-graph.js";
