import {
  type Counters,
  type JobInstanceId,
  jobInstanceId,
  type Progress,
  type RecordedError,
  type SessionGuid,
  type SkipReason,
  sessionGuid,
  type TaskInstanceId,
  type TaskState,
  type ThresholdResult,
  taskInstanceId,
} from "../../model/index.js";
import { type Row, textOrNull } from "./job-instance.js";
import { parsed } from "./stored-json.js";

/** A row of `UJ_TaskInstances`. Every task of a run has one from the moment its instance opens. */
export interface TaskInstance {
  readonly id: TaskInstanceId;
  readonly jobInstance: JobInstanceId;
  /** Unique in the job instance; a task that stands twice in its job has two. */
  readonly taskKey: string;
  /** The task's identifier. */
  readonly task: string;
  /** Element name: `ExportTask`. */
  readonly type: string;
  /** Effective group from 0. */
  readonly level: number;
  readonly position: number;
  readonly state: TaskState;
  readonly isValidation: boolean;
  /** The Blocked task instance that a validation handles. */
  readonly validationOf: TaskInstanceId | null;
  readonly connector: string | null;
  /** null until the task ended. */
  readonly producedOutput: boolean | null;
  readonly skippedBecause: SkipReason | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly lastProgressAt: string | null;
  readonly progress: Progress | null;
  readonly counters: Counters | null;
  readonly thresholds: readonly ThresholdResult[];
  readonly error: RecordedError | null;
  /** Why it blocked, or a reason such as `nothing prepared`. */
  readonly message: string | null;
  readonly session: SessionGuid | null;
  /** From 1; each resume that takes it up again makes another one. All else is about the present one. */
  readonly attempt: number;
}

/** A task as it gets its row. */
export interface NewTask {
  readonly taskKey: string;
  readonly task: string;
  readonly type: string;
  readonly level: number;
  readonly position: number;
  readonly connector: string | null;
  /** Set for a validation. */
  readonly validationOf?: TaskInstanceId;
}

/** What changed of a task. What is absent stays as it is. */
export interface TaskChange {
  readonly id: TaskInstanceId;
  readonly state: TaskState;
  readonly producedOutput?: boolean | null;
  readonly skippedBecause?: SkipReason | null;
  readonly counters?: Counters;
  readonly thresholds?: readonly ThresholdResult[];
  readonly error?: RecordedError;
  readonly message?: string | null;
}

export const taskInstanceOf = (row: Row): TaskInstance => {
  const session = textOrNull(row.Session);
  return {
    id: taskInstanceId(Number(row.Id)),
    jobInstance: jobInstanceId(Number(row.JobInstance)),
    taskKey: String(row.TaskKey),
    task: String(row.Task),
    type: String(row.Type),
    level: Number(row.Level),
    position: Number(row.Position),
    state: String(row.State) as TaskState,
    isValidation: Number(row.IsValidation) !== 0,
    validationOf: row.ValidationOf === null ? null : taskInstanceId(Number(row.ValidationOf)),
    connector: textOrNull(row.Connector),
    producedOutput: row.ProducedOutput === null ? null : Number(row.ProducedOutput) !== 0,
    skippedBecause: textOrNull(row.SkippedBecause) as SkipReason | null,
    startedAt: textOrNull(row.StartDate),
    endedAt: textOrNull(row.EndDate),
    lastProgressAt: textOrNull(row.LastProgressUpdate),
    progress: parsed<Progress>(row.Progress),
    counters: parsed<Counters>(row.Counters),
    thresholds: parsed<readonly ThresholdResult[]>(row.Thresholds) ?? [],
    error: parsed<RecordedError>(row.Error),
    message: textOrNull(row.Message),
    session: session === null ? null : sessionGuid(session),
    attempt: Number(row.Attempt),
  };
};
