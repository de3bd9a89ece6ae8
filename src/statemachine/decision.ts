import type { JobState, SkipReason } from "../model/index.js";
import type { ChartTask, JobContext } from "./job-context.js";
import type { TaskRecord } from "./task-record.js";
import { verdict } from "./verdict.js";

/** What the runner has to do next, and nothing else. */
export interface Decisions {
  /** Keys of the tasks and validations to start now, in document order. */
  readonly start: readonly string[];
  /** Tasks to skip now, with the reason, in document order. */
  readonly skip: readonly { readonly taskKey: string; readonly reason: SkipReason }[];
  /** Present when the instance has come to its end, or stands Blocked. */
  readonly end?: JobState;
}

const nothing: Decisions = { start: [], skip: [] };

/** Worst first: a job ends in the first of these that one of its tasks is in (jobs-and-tasks §3.4). */
const worstFirst = ["Aborted", "Errored", "Blocked", "Cancelled", "Warning"] as const;
export type EndOfRun = (typeof worstFirst)[number] | "Completed";

const taskRecords = (context: JobContext): TaskRecord[] => [...context.records.values()].filter((record) => !record.isValidation);
const isOpen = (record: TaskRecord): boolean => record.state === "NotStarted" || record.state === "InProgress";

/** A job's state by what its tasks came to. Validations do not count: what they did shows in the tasks they validated. */
const worst = (context: JobContext): EndOfRun => {
  const states = new Set(taskRecords(context).map((record) => record.state));
  return worstFirst.find((state) => states.has(state)) ?? "Completed";
};

export const hasBlockedTask = (context: JobContext): boolean => taskRecords(context).some((record) => record.state === "Blocked");
export const hasRunningTask = (context: JobContext): boolean =>
  [...context.records.values()].some((record) => record.state === "InProgress");
/** Validations not ended, in the order of the plan. */
const openValidations = (context: JobContext): TaskRecord[] => {
  const open = [...context.records.values()].filter((record) => record.isValidation && isOpen(record));
  return context.tasks.flatMap((task) => open.filter((record) => record.validationOf === task.taskKey));
};

export const hasOpenValidation = (context: JobContext): boolean => openValidations(context).length > 0;

/** The tasks of the lowest group that has one not started or running; empty when there is none. A Blocked one is not open: it waits for a person. */
const currentTasks = (context: JobContext): readonly ChartTask[] => {
  const open = context.tasks.filter((task) => {
    const record = context.records.get(task.taskKey);
    return record !== undefined && isOpen(record);
  });
  return open.filter((task) => task.group === open[0]?.group);
};

/**
 * How a run ends now, or null while it goes on (jobs-and-tasks §3.4): the mates of a failed or blocked task finish, those not
 * yet launched included, because a group is one launch; no later group starts. After an abort nothing starts at all.
 */
export const endOfRun = (context: JobContext): EndOfRun | null => {
  const result = worst(context);
  const [next] = currentTasks(context);
  if (next === undefined || result === "Aborted") return result;
  const stopped = context.tasks.some((task) => {
    const state = context.records.get(task.taskKey)?.state;
    return task.group < next.group && (state === "Errored" || state === "Blocked");
  });
  return stopped ? result : null;
};

/** What to do while the tasks of a group run. */
export const decisionsWhileRunning = (context: JobContext): Decisions => {
  if (endOfRun(context) !== null) return nothing;
  const start: string[] = [];
  const skip: { taskKey: string; reason: SkipReason }[] = [];
  for (const task of currentTasks(context)) {
    if (context.records.get(task.taskKey)?.state !== "NotStarted") continue;
    const parents = task.parents.flatMap((parent) => context.records.get(parent) ?? []);
    const reason = context.toSkip.get(task.taskKey) ?? verdict(parents);
    if (reason === "run") start.push(task.taskKey);
    else skip.push({ taskKey: task.taskKey, reason });
  }
  return { start, skip };
};

/** What to do while Blocked tasks are validated: one after the other, since one writer at a time applies (design §10). */
export const decisionsWhileValidating = (context: JobContext): Decisions => {
  const [first] = openValidations(context);
  if (first === undefined || hasRunningTask(context)) return nothing;
  return { start: [first.taskKey], skip: [] };
};

/** The lowest effective level with a task that runs or has not started, or null when there is none. */
export const groupOf = (context: JobContext): number | null => currentTasks(context)[0]?.group ?? null;
