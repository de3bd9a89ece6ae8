import type { SkipReason } from "../model/index.js";
import { notStarted, type TaskRecord } from "./task-record.js";

/** What the machine needs of a task graph's node; the nodes of `src/jobs/graph` have it. */
export interface ChartTask {
  readonly taskKey: string;
  /** Effective level from 0; a task's parents are in lower groups. */
  readonly group: number;
  /** Keys of the parents that are part of this run. */
  readonly parents: readonly string[];
  readonly continueOnError: boolean;
  /** False: the task is no part of this run and gets no record. */
  readonly isSelected: boolean;
}

/** A task graph as the machine sees it: nodes by group, then by document order. */
export interface ChartGraph {
  readonly nodes: readonly ChartTask[];
}

/** Tasks left out from the start, by key: a connector that is blocked (jobs-and-tasks §3.5) or deactivated. */
export type TasksToSkip = ReadonlyMap<string, Extract<SkipReason, "connectorBlocked" | "connectorDeactivated">>;

/** The context of the job chart: the plan, which never changes, and the record of every task by its key. */
export interface JobContext {
  /** Selected tasks only, by group, then by document order. */
  readonly tasks: readonly ChartTask[];
  readonly toSkip: TasksToSkip;
  /** The tasks in the order of the plan, then validations in the order they were added. */
  readonly records: ReadonlyMap<string, TaskRecord>;
}

/** The context of an instance of which nothing has run yet. */
export const newContext = (graph: ChartGraph, toSkip: TasksToSkip): JobContext => {
  const tasks = graph.nodes.filter((node) => node.isSelected);
  return { tasks, toSkip, records: new Map(tasks.map((task) => [task.taskKey, notStarted(task.taskKey)])) };
};
