import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import {
  isoTime,
  isRunning,
  type JobInstanceId,
  type JobState,
  jobInstanceId,
  type Progress,
  type TaskInstanceId,
} from "../../model/index.js";
import type { Writer } from "../retry.js";
import { type JobAttempt, jobAttempts, keepJobAttempt, repeatTask, type TaskAttempt, taskAttempts } from "./attempt.js";
import { type Deactivation, deactivations } from "./connector-records.js";
import { type AbortDeadOptions, type AbortedInstance, abortDead } from "./dead-runner.js";
import { type Decision, decisionOf, insertDecision } from "./decision.js";
import { insertedId } from "./inserted-id.js";
import { type JobInstance, jobInstanceOf, type Row, type StoredPlan, type Trigger, textOrNull } from "./job-instance.js";
import { leaseEnd } from "./lease.js";
import { type LeftWork, requireLeftWork } from "./left-work.js";
import { deleteLocks, heldError, insertLocks, type LockHolder, lockHolders } from "./lock.js";
import type { ProcessIdentity } from "./process-identity.js";
import { type RunClaim, startClaim } from "./scheduled-run.js";
import { nextValue } from "./sequence.js";
import { stored } from "./stored-json.js";
import { type FencedTask, requireRunning } from "./task-fence.js";
import { type NewTask, type TaskChange, type TaskInstance, taskInstanceOf } from "./task-instance.js";
import { blockedConnectors, insertTasks, updateTask } from "./task-row.js";

/** An instance as it is opened. */
export interface NewInstance {
  readonly job: string;
  /** The lock that keeps a second instance of the job from starting. */
  readonly lock: string;
  readonly trigger: Trigger;
  readonly startedBy: string;
  readonly runner: ProcessIdentity;
  readonly configurationHash: string;
  readonly planHash: string;
  readonly plan: StoredPlan;
  readonly force: boolean;
  readonly reason: string | null;
  readonly tasks: readonly NewTask[];
  /** The due time that a scheduler opens it for. */
  readonly claim?: RunClaim | undefined;
}

/** An instance in the hands of a runner. */
export interface HeldInstance {
  readonly id: JobInstanceId;
  readonly fence: number;
}

export interface InstanceChange {
  readonly state?: JobState;
  readonly message?: string | null;
  readonly waitingFor?: readonly LockHolder[];
  /** Notes that a cancel was asked in the runner's own process. */
  readonly cancelRequestedBy?: string;
  /** Notes that the program that runs it was asked to end. */
  readonly haltReason?: string;
  /** Frees the locks although the state stays: a closing took them for an instance that had ended before. */
  readonly releasesLocks?: boolean;
  readonly tasks?: readonly TaskChange[];
}

/** What taking an instance anew for a resume or a closing writes. */
export interface Taking {
  readonly instance: JobInstance;
  readonly runner: ProcessIdentity;
  /** Locks to take together; none may be held. */
  readonly locks: readonly string[];
  readonly validations: readonly NewTask[];
  /** Present for a resume: a new attempt, InProgress. Absent: the state stays. */
  readonly attempt?: NewAttempt;
  readonly decisions: readonly Omit<Decision, "host" | "takenAt" | "jobInstance">[];
}

/** A resume as it begins. */
export interface NewAttempt {
  /** Tasks that failed, were aborted or were skipped, and are NotStarted again. */
  readonly repeated: readonly TaskInstanceId[];
  /**
   * Asked once the locks are held, since only then no other instance changes what is blocked: the plan with what is left out now, and what the remaining tasks go on from.
   * The instance's own Blocked tasks do not count.
   */
  readonly planOf: (
    blocked: ReadonlyMap<string, JobInstanceId>,
    deactivated: ReadonlyMap<string, Deactivation>,
  ) => { readonly plan: StoredPlan; readonly works: readonly LeftWork[] };
}

/** The record of job and task instances: rows of `UJ_*`, written as it happens (design §7.11). */
export class JobRecords {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  async find(id: number): Promise<JobInstance | null> {
    const row = (await this.#writer.knex("UJ_JobInstances").where({ Id: id }).first()) as Row | undefined;
    return row === undefined ? null : jobInstanceOf(row);
  }

  /** Newest first. */
  async list(options: { readonly job?: string | undefined; readonly limit?: number | undefined } = {}): Promise<readonly JobInstance[]> {
    const query = this.#writer.knex("UJ_JobInstances").orderBy("Id", "desc");
    if (options.job !== undefined) query.where({ Job: options.job });
    if (options.limit !== undefined) query.limit(options.limit);
    return ((await query) as Row[]).map(jobInstanceOf);
  }

  /** The latest instance of each job that ever ran, by job. */
  async latestByJob(): Promise<ReadonlyMap<string, JobInstance>> {
    const { knex } = this.#writer;
    const rows = (await knex("UJ_JobInstances").whereIn("Id", knex("UJ_JobInstances").max("Id").groupBy("Job"))) as Row[];
    return new Map(rows.map(jobInstanceOf).map((instance) => [instance.job, instance]));
  }

  /** The tasks of an instance in the order of the run, validations after them in the order they were added. */
  async tasks(instance: number): Promise<readonly TaskInstance[]> {
    const rows = (await this.#writer.knex("UJ_TaskInstances").where({ JobInstance: instance }).orderBy("Id")) as Row[];
    return rows.map(taskInstanceOf);
  }

  /** The last synchronization of a task's name that was applied and changed something; what a resume applied is the validation's. Null where there is none. */
  async lastApplied(task: string): Promise<TaskInstance | null> {
    const applied = { Task: task, Type: "SynchronizeTask", State: "Completed", ProducedOutput: 1 };
    const row = (await this.#writer.knex("UJ_TaskInstances").where(applied).orderBy("Id", "desc").first()) as Row | undefined;
    return row === undefined ? null : taskInstanceOf(row);
  }

  async task(id: number): Promise<TaskInstance | null> {
    const row = (await this.#writer.knex("UJ_TaskInstances").where({ Id: id }).first()) as Row | undefined;
    return row === undefined ? null : taskInstanceOf(row);
  }

  /** Oldest first. */
  async decisions(instance: number): Promise<readonly Decision[]> {
    const rows = (await this.#writer.knex("UJ_Decisions").where({ JobInstance: instance }).orderBy("Id")) as Row[];
    return rows.map(decisionOf);
  }

  /** How former attempts of an instance and of its tasks ended, oldest first; nothing where it was never resumed. */
  async attempts(instance: number): Promise<{ readonly job: readonly JobAttempt[]; readonly tasks: readonly TaskAttempt[] }> {
    const { knex } = this.#writer;
    return { job: await jobAttempts(knex, instance), tasks: await taskAttempts(knex, instance) };
  }

  /**
   * Connectors with a Blocked SynchronizeTask (jobs-and-tasks §3.5), and the instances that hold it; the latest where there are several. Those of `except` do not count.
   */
  blockedConnectors(except: JobInstanceId | null = null): Promise<ReadonlyMap<string, JobInstanceId>> {
    return blockedConnectors(this.#writer.knex, except);
  }

  /** Throws JOB_OVERTAKEN where another run has replaced what a resume of the instance would go on from. */
  requireLeftWork(instance: JobInstance, works: readonly LeftWork[]): Promise<void> {
    return requireLeftWork(this.#writer.knex, instance, works);
  }

  /** The last SynchronizeTask of a connector that started, or null. */
  async lastSynchronization(connector: string): Promise<TaskInstance | null> {
    const row = (await this.#writer
      .knex("UJ_TaskInstances")
      .where({ Connector: connector, Type: "SynchronizeTask" })
      .whereNotNull("StartDate")
      .orderBy("Id", "desc")
      .first()) as Row | undefined;
    return row === undefined ? null : taskInstanceOf(row);
  }

  /**
   * Opens an instance, Waiting, with one NotStarted row for each task, and takes the job's own lock.
   * Throws LOCK_JOB_HELD naming the holder when the job runs already (design §10), JOB_CLAIM_LOST when another scheduler has taken the due time. `signal` ends a wait for the writer, here and below: JOB_WAIT_ENDED, nothing was written.
   */
  open(request: NewInstance, signal?: AbortSignal): Promise<HeldInstance & { readonly tasks: ReadonlyMap<string, TaskInstanceId> }> {
    return this.#writer.transaction(async (trx) => {
      const [holder] = await lockHolders(trx, [request.lock], null);
      if (holder !== undefined) throw heldError(holder);
      const at = isoTime(this.#writer.timing);
      const fence = await nextValue(trx, "fence");
      const id = jobInstanceId(
        await insertedId(trx, "UJ_JobInstances", {
          Job: request.job,
          State: "Waiting" satisfies JobState,
          StartDate: at,
          Trigger: request.trigger,
          StartedBy: request.startedBy,
          Host: request.runner.host,
          Pid: request.runner.pid,
          ProcessStart: request.runner.processStart,
          Fence: fence,
          LeaseUntil: await this.#lease(trx),
          ConfigurationHash: request.configurationHash,
          PlanHash: request.planHash,
          Plan: stored(request.plan),
          Force: request.force ? 1 : 0,
          Reason: request.reason,
        }),
      );
      if (request.claim !== undefined) await startClaim(trx, request.claim, id);
      if (request.force) {
        const decision = { jobInstance: id, taskInstance: null, decision: "force", takenBy: request.startedBy, setHash: null } as const;
        await insertDecision(trx, { ...decision, host: request.runner.host, takenAt: at, reason: request.reason });
      }
      await insertLocks(trx, [request.lock], { jobInstance: id, runner: request.runner, fence, at });
      return { id, fence, tasks: await insertTasks(trx, id, request.tasks) };
    }, signal);
  }

  /**
   * Takes all locks together for a Waiting instance and sets it InProgress, or none of them: then it gives who holds them.
   * `planOf` is asked once they are held, since only then no other instance changes what is blocked.
   */
  takeLocks(
    held: HeldInstance,
    runner: ProcessIdentity,
    locks: readonly string[],
    planOf: (blocked: ReadonlyMap<string, JobInstanceId>, deactivated: ReadonlyMap<string, Deactivation>) => StoredPlan,
    signal?: AbortSignal,
  ): Promise<{ readonly holders: readonly LockHolder[]; readonly plan: StoredPlan | null }> {
    return this.#writer.transaction(async (trx) => {
      const holders = await lockHolders(trx, locks, held.id);
      if (holders.length > 0) {
        await fenced(trx, held, { WaitingFor: stored(holders) });
        return { holders, plan: null };
      }
      const plan = planOf(await blockedConnectors(trx, null), await deactivations(trx));
      await fenced(trx, held, { State: "InProgress" satisfies JobState, WaitingFor: null, Plan: stored(plan) });
      await insertLocks(trx, locks, { jobInstance: held.id, runner, fence: held.fence, at: isoTime(this.#writer.timing) });
      return { holders: [], plan };
    }, signal);
  }

  /**
   * Takes an instance that does not run: a new fence, the locks, a new attempt, new rows for validations, the decisions, in one transaction. Gives the
   * holders of locks that are not free, and then nothing was written; `plan` is null where nothing was planned anew.
   * Throws JOB_CHANGED_MEANWHILE when somebody else took or closed the instance since it was read, JOB_OVERTAKEN as `requireLeftWork`.
   */
  take(
    taking: Taking,
    signal?: AbortSignal,
  ): Promise<{
    readonly holders: readonly LockHolder[];
    readonly held: HeldInstance;
    readonly tasks: ReadonlyMap<string, TaskInstanceId>;
    readonly plan: StoredPlan | null;
  }> {
    const { instance, runner, attempt } = taking;
    return this.#writer.transaction(async (trx) => {
      const holders = await lockHolders(trx, taking.locks, null);
      if (holders.length > 0) return { holders, held: instance, tasks: new Map(), plan: null };
      const planned = attempt?.planOf(await blockedConnectors(trx, instance.id), await deactivations(trx)) ?? null;
      await requireLeftWork(trx, instance, planned?.works ?? []);
      const at = isoTime(this.#writer.timing);
      const fence = await nextValue(trx, "fence");
      const changed = await trx("UJ_JobInstances")
        .where({ Id: instance.id, Fence: instance.fence, State: instance.state })
        .update({
          Fence: fence,
          LeaseUntil: await this.#lease(trx),
          Host: runner.host,
          Pid: runner.pid,
          ProcessStart: runner.processStart,
          CancelRequestedAt: null,
          CancelRequestedBy: null,
          CancelReason: null,
          ...(planned === null
            ? {}
            : {
                State: "InProgress" satisfies JobState,
                Attempt: instance.attempt + 1,
                EndDate: null,
                Message: null,
                HaltReason: null,
                Plan: stored(planned.plan),
              }),
        });
      if (changed === 0) throw new SluiceError("JOB_CHANGED_MEANWHILE", { jobInstance: instance.id });
      for (const { validationOf } of taking.validations) {
        const blocked = await trx("UJ_TaskInstances")
          .where({ Id: validationOf ?? null, State: "Blocked" })
          .first("Id");
        if (blocked === undefined) throw new SluiceError("JOB_CHANGED_MEANWHILE", { jobInstance: instance.id });
      }
      if (attempt !== undefined) await keepJobAttempt(trx, instance);
      for (const id of attempt?.repeated ?? []) {
        if (!(await repeatTask(trx, id))) throw new SluiceError("JOB_CHANGED_MEANWHILE", { jobInstance: instance.id });
      }
      await insertLocks(trx, taking.locks, { jobInstance: instance.id, runner, fence, at });
      for (const decision of taking.decisions) {
        await insertDecision(trx, { ...decision, jobInstance: instance.id, host: runner.host, takenAt: at });
      }
      const tasks = await insertTasks(trx, instance.id, taking.validations);
      return { holders: [], held: { id: instance.id, fence }, tasks, plan: planned?.plan ?? null };
    }, signal);
  }

  /**
   * Writes what one or more events changed, in one transaction. A state in which the instance no longer runs frees its locks.
   * Throws JOB_FENCED when another runner has taken the instance since, or it was found dead.
   */
  advance(held: HeldInstance, change: InstanceChange, signal?: AbortSignal): Promise<void> {
    return this.#writer.transaction(async (trx) => {
      const at = isoTime(this.#writer.timing);
      const hasEnded = change.state !== undefined && !isRunning(change.state);
      const isOver = hasEnded || change.releasesLocks === true;
      await fenced(trx, held, {
        ...(change.state === undefined ? {} : { State: change.state, ...(hasEnded ? { EndDate: at, WaitingFor: null } : {}) }),
        ...(isOver ? { LeaseUntil: null } : {}),
        ...(change.message === undefined ? {} : { Message: change.message }),
        ...(change.waitingFor === undefined ? {} : { WaitingFor: stored(change.waitingFor) }),
        ...(change.haltReason === undefined ? {} : { HaltReason: change.haltReason }),
        ...(change.cancelRequestedBy === undefined ? {} : { CancelRequestedAt: at, CancelRequestedBy: change.cancelRequestedBy }),
      });
      for (const task of change.tasks ?? []) await updateTask(trx, task, at);
      if (isOver) await deleteLocks(trx, held.id);
    }, signal);
  }

  /**
   * Extends the lease of an instance that this process holds, if the database is free just now: it never waits. False where another connection holds the writer; nobody
   * can take the instance then either. Throws JOB_FENCED when it was taken.
   */
  heartbeat(held: HeldInstance): Promise<boolean> {
    return this.#writer.tryOnce(async (trx) => fenced(trx, held, { LeaseUntil: await this.#lease(trx) }));
  }

  /** Writes a task's progress if the database is free just now; progress may be lost, it never waits. Throws JOB_FENCED, TASK_ENDED. */
  async progress(task: FencedTask, progress: Progress): Promise<void> {
    await this.#writer.tryOnce(async (trx) => {
      await requireRunning(trx, task);
      await trx("UJ_TaskInstances")
        .where({ Id: task.taskInstance })
        .update({ Progress: stored(progress), LastProgressUpdate: isoTime(this.#writer.timing) });
    });
  }

  /**
   * Asks the runner of a running instance to stop after its running tasks: a row, not a signal (design §10). False when it runs no more.
   */
  requestCancel(instance: JobInstanceId, by: string, host: string, reason: string | null, signal?: AbortSignal): Promise<boolean> {
    return this.#writer.transaction(async (trx) => {
      const at = isoTime(this.#writer.timing);
      const changed = await trx("UJ_JobInstances")
        .where({ Id: instance })
        .whereIn("State", ["Waiting", "InProgress"])
        .update({ CancelRequestedAt: at, CancelRequestedBy: by, CancelReason: reason });
      if (changed === 0) return false;
      await insertDecision(trx, {
        jobInstance: instance,
        taskInstance: null,
        decision: "cancel",
        takenBy: by,
        host,
        takenAt: at,
        reason,
        setHash: null,
      });
      return true;
    }, signal);
  }

  /**
   * What a runner looks at now and then: whether a cancel was asked, and whether the instance is still its own. Null when nobody could be asked just now.
   */
  async watch(held: HeldInstance): Promise<{ readonly isOwn: boolean; readonly cancelRequestedBy: string | null } | null> {
    try {
      const query = this.#writer.knex("UJ_JobInstances").where({ Id: held.id }).first("Fence", "CancelRequestedBy");
      const row = (await query) as Row | undefined;
      return { isOwn: Number(row?.Fence) === held.fence, cancelRequestedBy: textOrNull(row?.CancelRequestedBy) };
    } catch (error) {
      if (this.#writer.isBusy(error)) return null;
      throw error;
    }
  }

  /**
   * Finds instances whose runner died (a process that can be seen: by pid and start time; any other: by its lease) and makes them Aborted with the reason, frees their locks
   * and those left by a closing that died. Done when a run starts, while one waits, and when status is read (design §10). Writes nothing when none died.
   */
  abortDead(options: AbortDeadOptions = {}): Promise<readonly AbortedInstance[]> {
    return abortDead(this.#writer, options);
  }

  /** `LeaseUntil` of a lease given in this transaction. */
  async #lease(trx: Knex.Transaction): Promise<string> {
    return leaseEnd(await this.#writer.databaseTime(trx));
  }
}

const fenced = async (trx: Knex.Transaction, { id, fence }: HeldInstance, columns: Record<string, unknown>): Promise<void> => {
  const changed = await trx("UJ_JobInstances")
    .where({ Id: id, Fence: fence })
    .update({ Fence: fence, ...columns });
  if (changed === 0) throw new SluiceError("JOB_FENCED", { jobInstance: id });
};
