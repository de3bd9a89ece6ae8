import type { Knex } from "knex";
import { type JobInstanceId, jobInstanceId, type TaskInstanceId, taskInstanceId } from "../../model/index.js";
import { insertedId } from "./inserted-id.js";
import { stored } from "./stored-json.js";
import type { NewTask, TaskChange } from "./task-instance.js";

/** Opens the tasks of an instance, NotStarted; gives their ids by task key. */
export const insertTasks = async (
  trx: Knex.Transaction,
  instance: JobInstanceId,
  tasks: readonly NewTask[],
): Promise<ReadonlyMap<string, TaskInstanceId>> => {
  const ids = new Map<string, TaskInstanceId>();
  for (const task of tasks) {
    const id = await insertedId(trx, "UJ_TaskInstances", {
      JobInstance: instance,
      TaskKey: task.taskKey,
      Task: task.task,
      Type: task.type,
      Level: task.level,
      Position: task.position,
      State: "NotStarted",
      IsValidation: task.validationOf === undefined ? 0 : 1,
      ValidationOf: task.validationOf ?? null,
      Connector: task.connector,
    });
    ids.set(task.taskKey, taskInstanceId(id));
  }
  return ids;
};

/** Writes how a task goes on; `at`: ISO 8601, its start or its end. */
export const updateTask = async (trx: Knex.Transaction, change: TaskChange, at: string): Promise<void> => {
  const { state } = change;
  const row = trx("UJ_TaskInstances").where({ Id: change.id });
  // A synchronization writes its own end where it commits: a runner that heard otherwise (it gave the task up) must not unsay it.
  if (state === "Errored" || state === "Warning" || state === "Aborted") row.whereNotIn("State", ["Completed", "Blocked"]);
  await row.update({
    State: state,
    ...(state === "InProgress" ? { StartDate: at, LastProgressUpdate: at } : state === "NotStarted" ? {} : { EndDate: at, Progress: null }),
    ...(change.producedOutput === undefined || change.producedOutput === null ? {} : { ProducedOutput: change.producedOutput ? 1 : 0 }),
    ...(change.skippedBecause === undefined ? {} : { SkippedBecause: change.skippedBecause }),
    ...(change.counters === undefined ? {} : { Counters: stored(change.counters) }),
    ...(change.thresholds === undefined ? {} : { Thresholds: stored(change.thresholds) }),
    ...(change.error === undefined ? {} : { Error: stored(change.error) }),
    ...(change.message === undefined ? {} : { Message: change.message }),
  });
};

/** Which instance blocks each connector; those of `except` are left out. */
export const blockedConnectors = async (
  knex: Knex | Knex.Transaction,
  except: JobInstanceId | null,
): Promise<ReadonlyMap<string, JobInstanceId>> => {
  const query = knex("UJ_TaskInstances")
    .where({ State: "Blocked", Type: "SynchronizeTask" })
    .whereNotNull("Connector")
    .orderBy("Id")
    .select("Connector", "JobInstance");
  if (except !== null) query.whereNot({ JobInstance: except });
  const rows = (await query) as { Connector: string; JobInstance: number }[];
  return new Map(rows.map((row) => [row.Connector, jobInstanceId(Number(row.JobInstance))]));
};
