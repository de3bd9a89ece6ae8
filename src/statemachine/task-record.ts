import type { SkipReason, TaskState } from "../model/index.js";

/**
 * What the machine knows of one task instance, and the part of a `UJ_TaskInstances` row that a rebuild needs.
 * A validation is a record of its own beside the record of the task that it validates (jobs-and-tasks §3.5).
 */
export interface TaskRecord {
  /** Unique in the job instance; a validation's key is made by `validationKey`. */
  readonly taskKey: string;
  readonly state: TaskState;
  /** null until the task ended (design §4). */
  readonly producedOutput: boolean | null;
  /** Set exactly when the state is Skipped. */
  readonly skippedBecause: SkipReason | null;
  readonly isValidation: boolean;
  /** Key of the Blocked task that a validation handles; null for every other task. */
  readonly validationOf: string | null;
}

/** The record of a task that waits for its group. */
export const notStarted = (taskKey: string): TaskRecord => ({
  taskKey,
  state: "NotStarted",
  producedOutput: null,
  skippedBecause: null,
  isValidation: false,
  validationOf: null,
});

/** The key of the n-th validation (from 1) of a task in its instance: a task may block, conflict and be resumed again. */
export const validationKey = (taskKey: string, n: number): string => `${taskKey}#validation${n}`;

/** The record of the n-th validation (from 1) of a Blocked task. */
export const newValidation = (taskKey: string, n: number): TaskRecord => ({
  ...notStarted(validationKey(taskKey, n)),
  isValidation: true,
  validationOf: taskKey,
});
