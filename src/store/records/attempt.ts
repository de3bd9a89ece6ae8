import type { Knex } from "knex";
import {
  type Counters,
  type JobInstanceId,
  type JobState,
  type RecordedError,
  type TaskInstanceId,
  type TaskState,
  taskInstanceId,
} from "../../model/index.js";
import { type JobInstance, type Row, textOrNull } from "./job-instance.js";
import { parsed } from "./stored-json.js";

/** How a former attempt of a job instance ended, and who made it: a row of `UJ_JobAttempts`. The instance's own row tells of the present one. */
export interface JobAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly state: JobState;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Who ran or resumed it. */
  readonly startedBy: string;
  readonly host: string;
  readonly pid: number;
  readonly message: string | null;
}

/** How a former attempt of a task ended: a row of `UJ_TaskAttempts`. */
export interface TaskAttempt {
  readonly taskInstance: TaskInstanceId;
  /** From 1. */
  readonly attempt: number;
  readonly state: TaskState;
  /** null of a task that was skipped. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly counters: Counters | null;
  readonly error: RecordedError | null;
  readonly message: string | null;
}

/** Keeps how the present attempt of an instance ended, as a resume begins another one: who made it is who resumed it last, else who started it. */
export const keepJobAttempt = async (trx: Knex.Transaction, instance: JobInstance): Promise<void> => {
  const resumed = (await trx("UJ_Decisions")
    .where({ JobInstance: instance.id, Decision: "resume" })
    .orderBy("Id", "desc")
    .first("TakenAt", "TakenBy")) as Row | undefined;
  await trx("UJ_JobAttempts").insert({
    JobInstance: instance.id,
    Attempt: instance.attempt,
    State: instance.state,
    StartDate: textOrNull(resumed?.TakenAt) ?? instance.startedAt,
    EndDate: instance.endedAt,
    StartedBy: textOrNull(resumed?.TakenBy) ?? instance.startedBy,
    Host: instance.runner.host,
    Pid: instance.runner.pid,
    Message: instance.message,
  });
};

/** Makes a task NotStarted that failed, was aborted or was skipped, and keeps how it ended. False where it is in another state by now. */
export const repeatTask = async (trx: Knex.Transaction, id: TaskInstanceId): Promise<boolean> => {
  const row = (await trx("UJ_TaskInstances").where({ Id: id }).whereIn("State", ["Errored", "Aborted", "Skipped"]).first()) as
    | Row
    | undefined;
  if (row === undefined) return false;
  await trx("UJ_TaskAttempts").insert({
    TaskInstance: id,
    Attempt: row.Attempt,
    State: row.State,
    StartDate: row.StartDate,
    EndDate: row.EndDate,
    Counters: row.Counters,
    Error: row.Error,
    Message: row.Message,
  });
  await trx("UJ_TaskInstances")
    .where({ Id: id })
    .update({
      State: "NotStarted",
      Attempt: Number(row.Attempt) + 1,
      StartDate: null,
      EndDate: null,
      LastProgressUpdate: null,
      Progress: null,
      ProducedOutput: null,
      SkippedBecause: null,
      Counters: null,
      Thresholds: null,
      Error: null,
      Message: null,
      Session: null,
    });
  return true;
};

/** Former attempts of an instance, oldest first. */
export const jobAttempts = async (knex: Knex, instance: JobInstanceId | number): Promise<readonly JobAttempt[]> => {
  const rows = (await knex("UJ_JobAttempts").where({ JobInstance: instance }).orderBy("Attempt")) as Row[];
  return rows.map((row) => ({
    attempt: Number(row.Attempt),
    state: String(row.State) as JobState,
    startedAt: String(row.StartDate),
    endedAt: textOrNull(row.EndDate),
    startedBy: String(row.StartedBy),
    host: String(row.Host),
    pid: Number(row.Pid),
    message: textOrNull(row.Message),
  }));
};

/** Former attempts of the tasks of an instance, by task in the order of the run, oldest first. */
export const taskAttempts = async (knex: Knex, instance: JobInstanceId | number): Promise<readonly TaskAttempt[]> => {
  const rows = (await knex("UJ_TaskAttempts")
    .whereIn("TaskInstance", knex("UJ_TaskInstances").where({ JobInstance: instance }).select("Id"))
    .orderBy(["TaskInstance", "Attempt"])) as Row[];
  return rows.map((row) => ({
    taskInstance: taskInstanceId(Number(row.TaskInstance)),
    attempt: Number(row.Attempt),
    state: String(row.State) as TaskState,
    startedAt: textOrNull(row.StartDate),
    endedAt: textOrNull(row.EndDate),
    counters: parsed<Counters>(row.Counters),
    error: parsed<RecordedError>(row.Error),
    message: textOrNull(row.Message),
  }));
};
