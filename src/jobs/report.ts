import { SluiceError } from "../errors/index.js";
import type { Counters, JobState, RecordedError, SkipReason, TaskState, ThresholdResult } from "../model/index.js";
import type { JobAttempt, Store, TaskAttempt, TaskInstance } from "../store/index.js";

/** How a former attempt of a task ended. */
interface TaskAttemptReport {
  readonly attempt: number;
  readonly state: TaskState;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: RecordedError | null;
  readonly message: string | null;
}

/** How a former attempt of an instance ended, and who made it. */
interface JobAttemptReport {
  readonly attempt: number;
  readonly state: JobState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly startedBy: string;
  readonly message: string | null;
}

/** One task of the document of design §4. */
interface TaskReport {
  readonly taskInstance: number;
  readonly task: string;
  readonly type: string;
  /** Effective group from 0. */
  readonly level: number;
  readonly state: TaskState;
  readonly isValidation: boolean;
  /** null until the task ended. */
  readonly producedOutput: boolean | null;
  readonly skippedBecause: SkipReason | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: RecordedError | null;
  /** The staged ones while Blocked. */
  readonly counters: Counters;
  /** Every active one. */
  readonly thresholds: readonly ThresholdResult[];
  /** From 1; a resume that takes the task up again makes another one, and all else is about that. */
  readonly attempt: number;
  /** The former ones, oldest first. */
  readonly attempts: readonly TaskAttemptReport[];
}

/** What `run | resume | status --instance --json` print (design §4): a contract. */
export interface RunReport {
  readonly format: 1;
  readonly jobInstance: number;
  readonly job: string;
  readonly state: JobState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** From 1; each resume makes another one. `startedAt` is of the first. */
  readonly attempt: number;
  /** The former ones, oldest first. */
  readonly attempts: readonly JobAttemptReport[];
  readonly tasks: readonly TaskReport[];
}

const taskAttemptReport = ({ attempt, state, startedAt, endedAt, error, message }: TaskAttempt): TaskAttemptReport => ({
  attempt,
  state,
  startedAt,
  endedAt,
  error,
  message,
});

const jobAttemptReport = ({ attempt, state, startedAt, endedAt, startedBy, message }: JobAttempt): JobAttemptReport => ({
  attempt,
  state,
  startedAt,
  endedAt,
  startedBy,
  message,
});

const taskReport = (task: TaskInstance, attempts: readonly TaskAttempt[]): TaskReport => ({
  taskInstance: task.id,
  task: task.task,
  type: task.type,
  level: task.level,
  state: task.state,
  isValidation: task.isValidation,
  producedOutput: task.producedOutput,
  skippedBecause: task.skippedBecause,
  startedAt: task.startedAt,
  endedAt: task.endedAt,
  error: task.error,
  counters: task.counters ?? {},
  thresholds: task.thresholds,
  attempt: task.attempt,
  attempts: attempts.filter(({ taskInstance }) => taskInstance === task.id).map(taskAttemptReport),
});

/** The document of one instance, made from its rows alone. Throws JOB_INSTANCE_UNKNOWN. */
export const reportOf = async (store: Store, jobInstance: number): Promise<RunReport> => {
  const instance = await store.records.find(jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  const tasks = await store.records.tasks(jobInstance);
  const attempts = await store.records.attempts(jobInstance);
  return {
    format: 1,
    jobInstance: instance.id,
    job: instance.job,
    state: instance.state,
    startedAt: instance.startedAt,
    endedAt: instance.endedAt,
    attempt: instance.attempt,
    attempts: attempts.job.map(jobAttemptReport),
    tasks: tasks.map((task) => taskReport(task, attempts.tasks)),
  };
};

const exitCodes: Readonly<Record<Exclude<JobState, "Waiting" | "InProgress">, number>> = {
  Completed: 0,
  Errored: 1,
  Blocked: 2,
  Warning: 3,
  Cancelled: 4,
  Aborted: 5,
};

/** The exit code of `run` and `resume` (design §4). `acceptWarning`: `--accept warning`. An instance that still runs has none: 70. */
export const exitCodeOf = (state: JobState, options: { readonly acceptWarning?: boolean | undefined } = {}): number => {
  // 70: a fault of Sluice; a run gives its report only at its end.
  if (state === "Waiting" || state === "InProgress") return 70;
  return state === "Warning" && options.acceptWarning === true ? 0 : exitCodes[state];
};
