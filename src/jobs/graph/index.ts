export { formatPlan, type PlanFormat } from "./plan.js";
export { type PlannedTask, planDifferences, planHash, plannedTasks, remainingTasksHash } from "./plan-hash.js";
export type { TaskSelection } from "./selection.js";
export { compileTaskGraph, graphFindings, singleTaskGraph, type TaskGraph, type TaskNode } from "./task-graph.js";
