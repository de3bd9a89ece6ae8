import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import { type JobInstanceId, jobInstanceId } from "../../model/index.js";
import { type Row, textOrNull } from "./job-instance.js";
import type { ProcessIdentity } from "./process-identity.js";

/**
 * What became of a due time (jobs-and-tasks §3.8). `claimed`: a scheduler is about to start it; `queued`: it waits for the end of a running instance. The others are ends:
 * `started` has an instance, the rest a reason.
 */
export type ScheduledRunState = "claimed" | "queued" | "started" | "skipped" | "missed" | "failed";

/** A row of `UJ_ScheduledRuns`. Times are `yyyy-MM-ddTHH:mm:ss.sssZ`. */
export interface ScheduledRun {
  readonly job: string;
  /** Of a stretch, the last. */
  readonly dueAt: string;
  readonly firstDueAt: string;
  /** How many due times the row stands for: more than one only where none of them started. */
  readonly runs: number;
  readonly state: ScheduledRunState;
  readonly jobInstance: JobInstanceId | null;
  readonly reason: string | null;
  readonly decidedAt: string;
  /** The scheduler that decided it, or claims it. */
  readonly scheduler: ProcessIdentity;
}

/** What is decided of one due time, or of a stretch of them. */
export interface DecidedRun {
  readonly dueAt: string;
  readonly firstDueAt: string;
  readonly runs: number;
  readonly state: Exclude<ScheduledRunState, "started" | "failed">;
  readonly reason: string | null;
}

/** A due time that a scheduler has claimed: its row becomes `started` in the transaction that opens the instance, so that nobody starts it again. */
export interface RunClaim {
  readonly job: string;
  readonly dueAt: string;
  readonly scheduler: ProcessIdentity;
}

export const schedulerColumns = ({ host, pid, processStart }: ProcessIdentity) => ({ Host: host, Pid: pid, ProcessStart: processStart });

export const scheduledRunOf = (row: Row): ScheduledRun => ({
  job: String(row.Job),
  dueAt: String(row.DueAt),
  firstDueAt: String(row.FirstDueAt),
  runs: Number(row.Runs),
  state: String(row.State) as ScheduledRunState,
  jobInstance: row.JobInstance === null || row.JobInstance === undefined ? null : jobInstanceId(Number(row.JobInstance)),
  reason: textOrNull(row.Reason),
  decidedAt: String(row.DecidedAt),
  scheduler: { host: String(row.Host), pid: Number(row.Pid), processStart: String(row.ProcessStart) },
});

/**
 * Called in the transaction that opens the instance: the claim's row becomes `started`. Throws JOB_CLAIM_LOST where it is no longer this scheduler's; then nothing is
 * opened.
 */
export const startClaim = async (trx: Knex.Transaction, { job, dueAt, scheduler }: RunClaim, instance: JobInstanceId): Promise<void> => {
  const changed = await trx("UJ_ScheduledRuns")
    .where({ Job: job, DueAt: dueAt, State: "claimed", ...schedulerColumns(scheduler) })
    .update({ State: "started", JobInstance: instance, Reason: null });
  if (changed === 0) throw new SluiceError("JOB_CLAIM_LOST", { job, dueAt });
};
