import { SluiceError } from "../errors/index.js";
import { isEnded, systemTiming, type TaskInstanceId, type Timing } from "../model/index.js";
import { advance, changedRecords, rebuild, type TaskRecord, taskRecords } from "../statemachine/index.js";
import {
  type HeldInstance,
  instanceLock,
  type JobInstance,
  jobLock,
  type LeftWork,
  type NewTask,
  rootTaskLock,
  type StoredPlan,
  type TaskInstance,
  thisProcess,
} from "../store/index.js";
import { loadAheadOf, taskRegistry } from "../tasks/index.js";
import { connectorLocks, lockedConnectors } from "./connector-lock.js";
import { besideDead, type DeadInstances } from "./dead-instances.js";
import { planDifferences, type TaskGraph, type TaskNode } from "./graph/index.js";
import { whileHeld } from "./held-run.js";
import { Lease } from "./lease.js";
import { type ConnectorStates, isIncrementalRun, leftOutTasks } from "./left-out.js";
import { leftWork } from "./left-work.js";
import { waitForLocks } from "./lock-wait.js";
import { refuseUnbuilt } from "./refusal.js";
import { type RunReport, reportOf } from "./report.js";
import { endOfWait, type RunSurroundings, type RunTarget } from "./run-request.js";
import { graphOf, hashesOf, taskLine } from "./run-target.js";
import { Runner } from "./runner.js";
import { stagedSetHash } from "./staged-set.js";

export interface ResumeInstanceRequest extends RunSurroundings {
  readonly jobInstance: number;
  /** Hash of the staged set that was looked at; another one is refused. */
  readonly expect?: string | undefined;
}

/**
 * Resumes an instance that is Blocked, Errored or Aborted (design §8, §10). A validation for each Blocked task applies exactly what is staged; then the tasks that failed, were
 * aborted or had not started run, in their order; those that ended well are not repeated. Everything is made again from the rows: the process that ran it may be long gone. What the run left
 * out at its start stays left out, and what a block or a person stopped since is left out too. A session or exported files that another run has replaced since are
 * not gone on from.
 * Throws JOB_INSTANCE_UNKNOWN, JOB_NOT_RESUMABLE, JOB_REPLACED, JOB_CONFIGURATION_CHANGED, JOB_PLAN_CHANGED, JOB_SET_CHANGED, JOB_OVERTAKEN, TASK_NOT_BUILT (exit 64),
 * LOCK_JOB_HELD, LOCK_CONNECTOR_HELD, JOB_CHANGED_MEANWHILE (75); then nothing was changed.
 */
export const resumeInstance = (request: ResumeInstanceRequest): Promise<RunReport> => besideDead(request, (dead) => resumed(request, dead));

const resumed = async (request: ResumeInstanceRequest, dead: DeadInstances): Promise<RunReport> => {
  const { configuration, store } = request;
  const registry = request.registry ?? taskRegistry;
  const timing = request.timing ?? systemTiming;

  const instance = await store.records.find(request.jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance: request.jobInstance });
  const rows = await store.records.tasks(instance.id);
  requireResumable(instance, rows);

  const { job, graph } = graphOf(targetOf(instance), configuration);
  const nodes = graph.nodes.filter((node) => node.isSelected);
  const keyOf = new Map(rows.map((row) => [row.id, row.taskKey]));
  const leftOut = instance.plan.leftOut;
  // Before the machine is made: of a row that has not ended it needs the task.
  requireSamePlan(instance, graph, endedWell(rows));
  const stopped = rebuild(
    graph,
    rows.map((row) => recordOf(row, keyOf)),
    { state: instance.state, cancelRequested: false, haltRequested: false },
    new Map(Object.entries(leftOut)),
  );
  const takenUp = advance(stopped, { type: "RESUME" });
  const { records } = takenUp.context;
  const isLeft = ({ taskKey }: TaskNode): boolean => !isEnded(records.get(taskKey)?.state ?? "NotStarted");
  const left = nodes.filter(isLeft);
  requireSamePlan(instance, graph, new Set([...records.values()].filter(({ state }) => isEnded(state)).map(({ taskKey }) => taskKey)));
  requireSameConnectors(instance, hashesOf(lockedConnectors(left, configuration), configuration));
  refuseUnbuilt(left, configuration, registry);
  loadAheadOf(
    left.map(({ task }) => task),
    registry,
    configuration,
  );
  const setHash = await stagedSetHash(store, instance.id);
  if (request.expect !== undefined && request.expect !== setHash) {
    throw new SluiceError("JOB_SET_CHANGED", { jobInstance: instance.id, expected: request.expect, found: setHash });
  }

  const isIncremental = isIncrementalRun(job, nodes);
  const waiting = left.filter(({ taskKey }) => records.get(taskKey)?.state === "NotStarted");
  const planOf = (states: ConnectorStates): { readonly plan: StoredPlan; readonly works: readonly LeftWork[] } => {
    const now = leftOutTasks(waiting, configuration, isIncremental, states);
    const plan: StoredPlan = {
      ...instance.plan,
      leftOut: { ...now.leftOut, ...leftOut },
      leftOutMessages: { ...now.leftOutMessages, ...instance.plan.leftOutMessages },
    };
    return { plan, works: leftWork(nodes, records, rows, new Set(Object.keys(plan.leftOut))) };
  };
  const blocked = await store.records.blockedConnectors(instance.id);
  // Looked at before the wait for locks too: whoever holds them now may be the one that goes on.
  await store.records.requireLeftWork(instance, planOf({ blocked, deactivated: await store.connectors.deactivations() }).works);

  const idOf = new Map(rows.map((row) => [row.taskKey, row.id]));
  const changed = changedRecords(stopped, takenUp);
  const taken = await take({ ...request, timing, dead }, instance, {
    locks: [
      job === null ? rootTaskLock(instance.job) : jobLock(instance.job),
      instanceLock(instance.id),
      // A task that ended is not repeated, but what it left belongs to its connector still.
      ...connectorLocks(lockedConnectors(nodes, configuration)),
    ],
    validations: changed.filter(({ isValidation }) => isValidation).map((record) => validationRow(record, rows)),
    attempt: {
      repeated: changed.flatMap(({ taskKey, isValidation }) => (isValidation ? [] : (idOf.get(taskKey) ?? []))),
      planOf: (blockedNow, deactivated) => planOf({ blocked: blockedNow, deactivated }),
    },
    decisions: decisionsOf(request, rows, setHash),
  });
  if (taken === null) return reportOf(store, instance.id);
  const { plan } = taken;
  const snapshot = rebuild(
    graph,
    taskRecords(takenUp),
    { state: "InProgress", cancelRequested: false, haltRequested: false },
    new Map(Object.entries(plan.leftOut)),
  );

  const taskInstances = new Map([...idOf, ...taken.tasks]);
  return whileHeld(request, { name: instance.job, held: taken.held, logLevel: job?.logLevel ?? null }, async (log, onEvent) => {
    log.write("info", `${instance.job}: instance ${instance.id} resumed`, {
      by: request.startedBy,
      reason: request.reason ?? null,
      setHash,
    });
    const node = (key: string) => nodes.find(({ taskKey }) => taskKey === key);
    onEvent({
      kind: "opened",
      jobInstance: instance.id,
      job: instance.job,
      tasks: taskRecords(snapshot).flatMap(({ taskKey, validationOf, isValidation }) => {
        const at = node(validationOf ?? taskKey);
        return at === undefined ? [] : [{ ...taskLine(at, taskInstances.get(taskKey) ?? 0, configuration), isValidation }];
      }),
    });
    onEvent({ kind: "jobState", jobInstance: instance.id, state: "InProgress", message: null });
    await new Runner({
      configuration,
      store,
      registry,
      timing,
      held: taken.held,
      lease: taken.lease,
      nodes,
      taskInstances,
      snapshot,
      leftOutMessages: plan.leftOutMessages ?? {},
      force: instance.force,
      startedBy: request.startedBy,
      log,
      onEvent,
      cancel: request.cancel,
      halt: request.halt,
      stop: request.stop,
    }).drive();
  });
};

const requireResumable = (instance: JobInstance, rows: readonly TaskInstance[]): void => {
  if (instance.state === "Blocked" || instance.state === "Errored" || instance.state === "Aborted") return;
  const replaced = rows.find(({ state, message }) => state === "Cancelled" && (message ?? "").startsWith("replaced by"));
  if (replaced !== undefined) throw new SluiceError("JOB_REPLACED", { jobInstance: instance.id, message: replaced.message ?? "" });
  throw new SluiceError("JOB_NOT_RESUMABLE", { jobInstance: instance.id, job: instance.job, state: instance.state });
};

/** Keys of the tasks that a resume does not take up again. */
const endedWell = (rows: readonly TaskInstance[]): ReadonlySet<string> =>
  new Set(rows.filter(({ state }) => isEnded(state) && state !== "Errored" && state !== "Aborted").map(({ taskKey }) => taskKey));

/** One for each staged set that is to be applied; one for the instance where there is none. */
const decisionsOf = (
  { startedBy, reason }: ResumeInstanceRequest,
  rows: readonly TaskInstance[],
  setHash: string | null,
): Wanted["decisions"] => {
  const decision = { decision: "resume" as const, takenBy: startedBy, reason: reason ?? null, setHash };
  const blocked = rows.filter(({ state }) => state === "Blocked");
  return blocked.length === 0 ? [{ ...decision, taskInstance: null }] : blocked.map(({ id }) => ({ ...decision, taskInstance: id }));
};

const targetOf = ({ job, plan }: JobInstance): RunTarget =>
  plan.kind === "rootTask" ? { rootTask: job, isChangeSet: true } : { job, ...plan.selection };

const requireSamePlan = (instance: JobInstance, graph: TaskGraph, ended: ReadonlySet<string>): void => {
  const differences = planDifferences(instance.plan.tasks, graph, ended).map(({ taskKey, difference }) => `${taskKey} ${difference}`);
  if (differences.length > 0) throw new SluiceError("JOB_PLAN_CHANGED", { jobInstance: instance.id, job: instance.job, differences });
};

const requireSameConnectors = (instance: JobInstance, now: Readonly<Record<string, string>>): void => {
  const changed = Object.entries(now).filter(([connector, hash]) => instance.plan.connectorHashes[connector] !== hash);
  if (changed.length > 0) {
    throw new SluiceError("JOB_CONFIGURATION_CHANGED", { jobInstance: instance.id, connectors: changed.map(([connector]) => connector) });
  }
};

const recordOf = (row: TaskInstance, keyOf: ReadonlyMap<TaskInstanceId, string>): TaskRecord => ({
  taskKey: row.taskKey,
  state: row.state,
  producedOutput: row.producedOutput,
  skippedBecause: row.skippedBecause,
  isValidation: row.isValidation,
  validationOf: row.validationOf === null ? null : (keyOf.get(row.validationOf) ?? null),
});

const validationRow = (record: TaskRecord, rows: readonly TaskInstance[]): NewTask => {
  const blocked = rows.find(({ taskKey }) => taskKey === record.validationOf);
  if (blocked === undefined) throw new Error(`${record.taskKey} validates nothing`);
  const { task, type, level, position, connector, id } = blocked;
  return { taskKey: record.taskKey, task, type, level, position, connector, validationOf: id };
};

type Taking = Parameters<RunSurroundings["store"]["records"]["take"]>[0];
type Wanted = Required<Pick<Taking, "locks" | "validations" | "attempt" | "decisions">>;

interface Taken {
  readonly held: HeldInstance;
  readonly lease: Lease;
  readonly tasks: ReadonlyMap<string, TaskInstanceId>;
  readonly plan: StoredPlan;
}

/**
 * Takes the instance with all its locks, waiting as a run does; null when the wait was cancelled. While it waits the instance stays as it
 * is.
 */
const take = async (
  {
    store,
    configuration,
    timing,
    process,
    cancel,
    halt,
    stop,
    onEvent,
    dead,
  }: ResumeInstanceRequest & { readonly timing: Timing; readonly dead: DeadInstances },
  instance: JobInstance,
  wanted: Wanted,
): Promise<Taken | null> => {
  let taken: Taken | null = null;
  await waitForLocks({
    store,
    timing,
    maxSeconds: configuration.settings.maxLockWatchSeconds,
    attempt: async (signal) => {
      // Looking is free; the writer is taken only when all are free.
      const seen = await store.locks.heldByOthers(wanted.locks, null);
      const attempt = seen.length > 0 ? null : await store.records.take({ instance, runner: process ?? thisProcess(), ...wanted }, signal);
      const holders = attempt?.holders ?? seen;
      // One instance of a job: that one is not waited for (design §10).
      const own = holders.find(({ lock }) => !lock.startsWith("connector:"));
      if (own !== undefined) throw new SluiceError("LOCK_JOB_HELD", own);
      if (attempt !== null && attempt.plan !== null) {
        taken = { held: attempt.held, tasks: attempt.tasks, plan: attempt.plan, lease: new Lease(store, attempt.held, timing) };
      }
      return holders;
    },
    onWaiting: (waitingFor) => onEvent?.({ kind: "waiting", jobInstance: instance.id, waitingFor }),
    onDead: dead.tell,
    cancel: endOfWait({ cancel, halt, stop }),
    isCancelled: async () => false,
  });
  return taken;
};
