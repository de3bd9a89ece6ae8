import type { Counters, JobState, Progress, RecordedError, SkipReason, TaskState, ThresholdResult } from "../model/index.js";
import type { LockHolder } from "../store/index.js";

/** A task as live progress names it. */
export interface TaskLine {
  readonly taskInstance: number;
  readonly task: string;
  readonly type: string;
  /** Effective group from 0. */
  readonly level: number;
  readonly connector: string | null;
  readonly isValidation: boolean;
}

/** What a run reports while it goes on. Each is sent after its rows were written; progress is sent as it comes. */
export type RunEvent =
  /** The instance exists. Every task of the run in order; a resumed instance's validations last. */
  | { readonly kind: "opened"; readonly jobInstance: number; readonly job: string; readonly tasks: readonly TaskLine[] }
  /** Who holds the locks that it waits for; sent again when that changes. */
  | { readonly kind: "waiting"; readonly jobInstance: number; readonly waitingFor: readonly LockHolder[] }
  | { readonly kind: "jobState"; readonly jobInstance: number; readonly state: JobState; readonly message: string | null }
  | { readonly kind: "taskStarted"; readonly task: TaskLine }
  | { readonly kind: "taskProgress"; readonly task: TaskLine; readonly progress: Progress }
  | {
      readonly kind: "taskEnded";
      readonly task: TaskLine;
      readonly state: TaskState;
      readonly producedOutput: boolean | null;
      readonly counters: Counters | null;
      readonly thresholds: readonly ThresholdResult[];
      readonly error: RecordedError | null;
      /** Why it is Blocked, or a reason such as `nothing prepared`. */
      readonly message: string | null;
    }
  | {
      readonly kind: "taskSkipped";
      readonly task: TaskLine;
      readonly reason: SkipReason;
      /** Of a task left out from the start: which instance blocks its connector and how to go on, or who switched it off. */
      readonly message: string | null;
    };

export type OnRunEvent = (event: RunEvent) => void;
