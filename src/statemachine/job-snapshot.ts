import { initialTransition, transition } from "xstate";
import type { JobState } from "../model/index.js";
import { type Decisions, decisionsWhileRunning, decisionsWhileValidating, groupOf } from "./decision.js";
import { type JobEvent, type JobSnapshot, jobMachine } from "./job-chart.js";
import { type ChartGraph, newContext, type TasksToSkip } from "./job-context.js";
import type { TaskRecord } from "./task-record.js";

const stateOfChart = {
  waiting: "Waiting",
  running: "InProgress",
  validating: "InProgress",
  cancelling: "InProgress",
  halting: "InProgress",
  completed: "Completed",
  warning: "Warning",
  errored: "Errored",
  blocked: "Blocked",
  cancelled: "Cancelled",
  aborted: "Aborted",
} as const satisfies Record<JobSnapshot["value"], JobState>;

/** A new instance, waiting for its locks. Takes the task graph and the tasks that are left out from the start. */
export const newInstance = (graph: ChartGraph, toSkip: TasksToSkip = new Map()): JobSnapshot =>
  initialTransition(jobMachine, newContext(graph, toSkip))[0];

/** Whether the instance takes this event now; a command asks before it acts, a wrong state is its exit 64 (design §4). */
export const accepts = (snapshot: JobSnapshot, event: JobEvent): boolean => snapshot.can(event);

/**
 * The snapshot after an event. Pure: the runner writes what changed, then goes on from the result.
 * Throws where the chart does not take the event: a task that is not next, not running, or not of this instance, is a fault of the caller,
 * and an event lost in silence would be a task lost.
 */
export const advance = (snapshot: JobSnapshot, event: JobEvent): JobSnapshot => {
  if (!accepts(snapshot, event)) {
    const task = "taskKey" in event ? ` of ${event.taskKey}` : "";
    throw new Error(`the job chart does not take ${event.type}${task} in its state ${snapshot.value}`);
  }
  return transition(jobMachine, snapshot, event)[0];
};

/** What the runner has to do next: start, skip, or note the end (design §9). Derived from the snapshot alone. */
export const decisions = (snapshot: JobSnapshot): Decisions => {
  switch (snapshot.value) {
    case "running":
      return decisionsWhileRunning(snapshot.context);
    case "validating":
      return decisionsWhileValidating(snapshot.context);
    case "waiting":
    case "cancelling":
    case "halting":
      return { start: [], skip: [] };
    default:
      return { start: [], skip: [], end: stateOfChart[snapshot.value] };
  }
};

/** The state of the job instance by its documented name (design §1). */
export const jobState = (snapshot: JobSnapshot): JobState => stateOfChart[snapshot.value];

/** The lowest effective level, from 0, with a task that runs or has not started; null when there is none. A Blocked task does not count. */
export const currentGroup = (snapshot: JobSnapshot): number | null => groupOf(snapshot.context);

/** The records of all tasks in the order of the plan, then validations in the order they were added. */
export const taskRecords = (snapshot: JobSnapshot): readonly TaskRecord[] => [...snapshot.context.records.values()];

/** The records that differ, and those that are new: the rows to write for an event. */
export const changedRecords = (before: JobSnapshot, after: JobSnapshot): readonly TaskRecord[] =>
  taskRecords(after).filter((record) => {
    const former = before.context.records.get(record.taskKey);
    return former === undefined || former.state !== record.state;
  });
