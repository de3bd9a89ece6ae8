import type { Knex } from "knex";
import { isoTime, type JobInstanceId } from "../../model/index.js";
import type { Writer } from "../retry.js";
import { type JobInstance, jobInstanceOf, type Row } from "./job-instance.js";
import { deleteLocks } from "./lock.js";
import { lifeOf, type ProcessIdentity } from "./process-identity.js";
import { nextValue } from "./sequence.js";

/** An instance whose runner was found dead. */
export interface AbortedInstance {
  readonly id: JobInstanceId;
  readonly job: string;
  /** Why it is Aborted, for a person. */
  readonly message: string;
}

/** What may be left of a runner that died: an instance that runs, or a lock that a closing took. */
interface Suspect {
  readonly runner: ProcessIdentity;
  /** `unknown` is for the lease to decide. */
  readonly life: "dead" | "unknown";
  readonly leaseUntil: string | null;
}

interface SuspectInstance extends Suspect {
  readonly instance: JobInstance;
}

interface SuspectLock extends Suspect {
  readonly name: string;
  readonly fence: number;
}

export interface AbortDeadOptions {
  /** Waits for the writer as long as it takes; otherwise nobody is judged while another process writes. */
  readonly isPatient?: boolean;
  /** Ends that wait. */
  readonly signal?: AbortSignal | undefined;
  /** Says of an instance that its runner drives it no more though its process lives: a service that lost it with the database knows of its own. */
  readonly isGivenUp?: (instance: JobInstance) => boolean;
}

const running = ["Waiting", "InProgress"];

/**
 * Looks for dead runners (design §10): a process of the own process table by pid and start, never by its lease; any other by its lease, on the database's clock and within
 * the transaction that takes its instance from it, so that a heartbeat either came before and counts, or comes after and is refused. The writer is taken only when one
 * is suspected. Each process is asked for once.
 */
export const abortDead = async (writer: Writer, options: AbortDeadOptions = {}): Promise<readonly AbortedInstance[]> => {
  const seen = await suspects(writer, options.isGivenUp);
  if (seen.instances.length === 0 && seen.locks.length === 0) return [];
  let aborted: AbortedInstance[] = [];
  const judge = async (trx: Knex.Transaction): Promise<void> => {
    aborted = [];
    const now = new Date(await writer.databaseTime(trx)).toISOString();
    for (const suspect of seen.instances) {
      const message = await abort(trx, suspect, now, isoTime(writer.timing));
      if (message !== null) aborted.push({ id: suspect.instance.id, job: suspect.instance.job, message });
    }
    for (const lock of seen.locks) await free(trx, lock, now);
  };
  if (options.isPatient === true) await writer.transaction(judge, options.signal);
  else if (!(await writer.tryOnce(judge))) return [];
  return aborted;
};

/** A look without a write; who lives for sure, or has a lease, is left out. */
const suspects = async (
  writer: Writer,
  isGivenUp: AbortDeadOptions["isGivenUp"],
): Promise<{ readonly instances: readonly SuspectInstance[]; readonly locks: readonly SuspectLock[] }> => {
  const known = new Map<string, ReturnType<typeof lifeOf>>();
  const life = (runner: ProcessIdentity): ReturnType<typeof lifeOf> => {
    const key = `${runner.pid} ${runner.processStart}`;
    const answer = known.get(key) ?? lifeOf(runner);
    known.set(key, answer);
    return answer;
  };
  const instances = ((await writer.knex("UJ_JobInstances").whereIn("State", running)) as Row[]).map((row) => {
    const instance = jobInstanceOf(row);
    const judged = isGivenUp?.(instance) === true ? "dead" : life(instance.runner);
    return { instance, runner: instance.runner, life: judged, leaseUntil: instance.leaseUntil };
  });
  const held = (await writer
    .knex("UJ_Locks as l")
    .join("UJ_JobInstances as j", "j.Id", "l.JobInstance")
    .select("l.Name", "l.Host", "l.Pid", "l.ProcessStart", "l.Fence", "j.LeaseUntil")) as Row[];
  const locks = held.map((row) => {
    const runner = { host: String(row.Host), pid: Number(row.Pid), processStart: String(row.ProcessStart) };
    const leaseUntil = row.LeaseUntil === null ? null : String(row.LeaseUntil);
    return { name: String(row.Name), fence: Number(row.Fence), runner, life: life(runner), leaseUntil };
  });
  const unseen = [...instances, ...locks].some((one) => one.life === "unknown");
  const now = unseen ? new Date(await writer.databaseTime(writer.knex)).toISOString() : "";
  const isSuspect = (one: { readonly life: ReturnType<typeof lifeOf>; readonly leaseUntil: string | null }): boolean =>
    one.life === "dead" || (one.life === "unknown" && (one.leaseUntil === null || one.leaseUntil < now));
  return { instances: instances.filter(isSuspect) as SuspectInstance[], locks: locks.filter(isSuspect) as SuspectLock[] };
};

/** Restricts rows of UJ_JobInstances to those whose lease is over. */
const leaseOver =
  (now: string) =>
  (query: Knex.QueryBuilder): void => {
    query.whereNull("LeaseUntil").orWhere("LeaseUntil", "<", now);
  };

/** Gives null when the instance was taken or ended, or gave a sign of life, since it was read. */
const abort = async (
  trx: Knex.Transaction,
  { instance: { id, fence, runner }, life, leaseUntil }: SuspectInstance,
  now: string,
  at: string,
): Promise<string | null> => {
  const since = life === "dead" || leaseUntil === null ? "" : `: its lease ran out at ${leaseUntil}`;
  const message = `its runner (process ${runner.pid} on ${runner.host}) is gone${since}`;
  const row = trx("UJ_JobInstances").where({ Id: id, Fence: fence }).whereIn("State", running);
  if (life === "unknown") row.where(leaseOver(now));
  const changed = await row
    // A new fence, so that what may still be left of the runner is refused.
    .update({ State: "Aborted", EndDate: at, Message: message, WaitingFor: null, LeaseUntil: null, Fence: await nextValue(trx, "fence") });
  if (changed === 0) return null;
  const tasks = (): Knex.QueryBuilder => trx("UJ_TaskInstances").where({ JobInstance: id });
  // A validation is recorded in the transaction that applies; the task it validated may be one step behind.
  await tasks()
    .where({ State: "Blocked" })
    .whereIn("Id", trx("UJ_TaskInstances").where({ JobInstance: id, IsValidation: 1, State: "Completed" }).select("ValidationOf"))
    .update({ State: "Completed", ProducedOutput: 1, EndDate: at });
  await trx("UJ_SynchronizationSessions")
    .where({ State: "open" })
    .whereIn("PrepareTask", tasks().select("Id"))
    .update({ State: "failed", ChangedAt: at });
  await tasks().where({ State: "InProgress" }).update({ State: "Aborted", EndDate: at, ProducedOutput: 0, Message: message });
  await tasks().where({ State: "NotStarted", IsValidation: 1 }).update({ State: "Cancelled", EndDate: at, ProducedOutput: 0 });
  await deleteLocks(trx, id);
  return message;
};

/** Frees a lock that a closing left; those of a running instance go with it. */
const free = async (trx: Knex.Transaction, { name, fence, life }: SuspectLock, now: string): Promise<void> => {
  const lock = trx("UJ_Locks").where({ Name: name, Fence: fence });
  if (life === "unknown") lock.whereIn("JobInstance", trx("UJ_JobInstances").where(leaseOver(now)).select("Id"));
  await lock.delete();
};
