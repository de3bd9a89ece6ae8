import type { Knex } from "knex";
import { type JobInstanceId, jobInstanceId, type TaskInstanceId, taskInstanceId } from "../../model/index.js";
import { type Row, textOrNull } from "./job-instance.js";

/** What a person decided about an instance, or what replaced it (design §8). */
export interface Decision {
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId | null;
  readonly decision: "force" | "resume" | "cancel" | "replaced" | "apply" | "undo";
  readonly takenBy: string;
  readonly host: string;
  readonly takenAt: string;
  readonly reason: string | null;
  /** Hash of the staged set that the decision was about; of `apply` the SHA-256 of the plan. */
  readonly setHash: string | null;
}

export const insertDecision = async (trx: Knex.Transaction, decision: Decision): Promise<void> => {
  await trx("UJ_Decisions").insert({
    JobInstance: decision.jobInstance,
    TaskInstance: decision.taskInstance,
    Decision: decision.decision,
    TakenBy: decision.takenBy,
    Host: decision.host,
    TakenAt: decision.takenAt,
    Reason: decision.reason,
    SetHash: decision.setHash,
  });
};

export const decisionOf = (row: Row): Decision => ({
  jobInstance: jobInstanceId(Number(row.JobInstance)),
  taskInstance: row.TaskInstance === null ? null : taskInstanceId(Number(row.TaskInstance)),
  decision: String(row.Decision) as Decision["decision"],
  takenBy: String(row.TakenBy),
  host: String(row.Host),
  takenAt: String(row.TakenAt),
  reason: textOrNull(row.Reason),
  setHash: textOrNull(row.SetHash),
});
