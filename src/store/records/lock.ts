import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import type { JobInstanceId } from "../../model/index.js";
import { jobInstanceId } from "../../model/index.js";
import type { ProcessIdentity } from "./process-identity.js";

/**
 * Who holds a lock: what a refusal and a wait name (design §10). "One writer at a time applies" needs no row here: on SQLite the database itself has one writer, on SQL Server
 * a synchronization holds the row `writer` of UM_Sequences, from its first comparison to its commit.
 */
export interface LockHolder {
  /**
   * `job:<Identifier>`, `task:<Identifier>` of a root task, `connector:<Identifier>`, `instance:<number>` while it is resumed or closed.
   */
  readonly lock: string;
  readonly jobInstance: JobInstanceId;
  /** Job of that instance. */
  readonly job: string;
  readonly host: string;
  readonly pid: number;
  readonly processStart: string;
  /** When it was taken. */
  readonly since: string;
}

export const jobLock = (job: string): string => `job:${job}`;
export const rootTaskLock = (task: string): string => `task:${task}`;
export const connectorLock = (connector: string): string => `connector:${connector}`;
export const instanceLock = (instance: JobInstanceId): string => `instance:${instance}`;

/** For a person: `connector AD`. */
export const lockName = (lock: string): string => lock.replace(":", " ");

interface LockRow {
  readonly Name: string;
  readonly JobInstance: number;
  readonly Job: string;
  readonly Host: string;
  readonly Pid: number;
  readonly ProcessStart: string;
  readonly AcquiredAt: string;
}

/** Those of the named locks that an instance other than `except` holds, in the order of their names; without names all that are held. */
export const lockHolders = async (
  knex: Knex | Knex.Transaction,
  names: readonly string[] | null,
  except: JobInstanceId | null,
): Promise<readonly LockHolder[]> => {
  const query = knex("UJ_Locks as l")
    .join("UJ_JobInstances as j", "j.Id", "l.JobInstance")
    .select("l.Name", "l.JobInstance", "j.Job", "l.Host", "l.Pid", "l.ProcessStart", "l.AcquiredAt")
    .orderBy("l.Name");
  if (names !== null) query.whereIn("l.Name", [...names]);
  if (except !== null) query.whereNot("l.JobInstance", except);
  const rows = (await query) as LockRow[];
  return rows.map((row) => ({
    lock: row.Name,
    jobInstance: jobInstanceId(Number(row.JobInstance)),
    job: row.Job,
    host: row.Host,
    pid: Number(row.Pid),
    processStart: row.ProcessStart,
    since: row.AcquiredAt,
  }));
};

export interface LockOwner {
  readonly jobInstance: JobInstanceId;
  readonly runner: ProcessIdentity;
  readonly fence: number;
  readonly at: string;
}

/** Inserts the locks in the order of their names. The caller has looked, in the same transaction, that none is held. */
export const insertLocks = async (trx: Knex.Transaction, names: readonly string[], owner: LockOwner): Promise<void> => {
  for (const name of [...names].sort()) {
    await trx("UJ_Locks").insert({
      Name: name,
      JobInstance: owner.jobInstance,
      Host: owner.runner.host,
      Pid: owner.runner.pid,
      ProcessStart: owner.runner.processStart,
      Fence: owner.fence,
      AcquiredAt: owner.at,
    });
  }
};

/** Frees every lock of an instance. */
export const deleteLocks = async (trx: Knex.Transaction, jobInstance: JobInstanceId): Promise<void> => {
  await trx("UJ_Locks").where({ JobInstance: jobInstance }).delete();
};

/** The refusal that names who holds the lock of a job. */
export const heldError = (holder: LockHolder): SluiceError =>
  new SluiceError("LOCK_JOB_HELD", {
    job: holder.job,
    jobInstance: holder.jobInstance,
    host: holder.host,
    pid: holder.pid,
    since: holder.since,
  });
