import type { Knex } from "knex";
import { isoTime, type JobInstanceId } from "../../model/index.js";
import type { Writer } from "../retry.js";
import { type JobInstance, jobInstanceOf, type Row } from "./job-instance.js";
import { deleteLocks, lockHolders } from "./lock.js";
import { isAlive, type ProcessIdentity } from "./process-identity.js";
import { nextValue } from "./sequence.js";

/** An instance whose runner was found dead. */
export interface AbortedInstance {
  readonly id: JobInstanceId;
  readonly job: string;
  /** Why it is Aborted, for a person. */
  readonly message: string;
}

const running = ["Waiting", "InProgress"];

/** Looks for dead runners; the writer is taken only when one was found. Each process is asked for once. */
export const abortDead = async (writer: Writer): Promise<readonly AbortedInstance[]> => {
  const known = new Map<string, boolean>();
  const lives = (runner: ProcessIdentity): boolean => {
    const key = `${runner.host} ${runner.pid} ${runner.processStart}`;
    const answer = known.get(key) ?? isAlive(runner);
    known.set(key, answer);
    return answer;
  };
  const rows = (await writer.knex("UJ_JobInstances").whereIn("State", running)) as Row[];
  const dead = rows.map(jobInstanceOf).filter((instance) => !lives(instance.runner));
  const left = (await lockHolders(writer.knex, null, null)).filter((holder) => !lives(holder));
  if (dead.length === 0 && left.length === 0) return [];
  return writer.transaction(async (trx) => {
    const aborted: AbortedInstance[] = [];
    for (const instance of dead) {
      const message = await abort(trx, instance, isoTime(writer.timing));
      if (message !== null) aborted.push({ id: instance.id, job: instance.job, message });
    }
    for (const { lock, processStart, pid, host } of left) {
      await trx("UJ_Locks").where({ Name: lock, ProcessStart: processStart, Pid: pid, Host: host }).delete();
    }
    return aborted;
  });
};

/** Gives null when the instance was taken or ended since it was read. */
const abort = async (trx: Knex.Transaction, { id, fence, runner }: JobInstance, at: string): Promise<string | null> => {
  const message = `its runner (process ${runner.pid} on ${runner.host}) is gone`;
  const changed = await trx("UJ_JobInstances")
    .where({ Id: id, Fence: fence })
    .whereIn("State", running)
    // A new fence, so that what may still be left of the runner is refused.
    .update({ State: "Aborted", EndDate: at, Message: message, WaitingFor: null, Fence: await nextValue(trx, "fence") });
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
