import { SluiceError } from "../errors/index.js";
import { systemTiming, type TaskInstanceId, type Timing } from "../model/index.js";
import { advance, rebuild, type TaskRecord, taskRecords } from "../statemachine/index.js";
import {
  type HeldInstance,
  instanceLock,
  type JobInstance,
  jobLock,
  type NewTask,
  rootTaskLock,
  type TaskInstance,
  thisProcess,
} from "../store/index.js";
import { taskRegistry } from "../tasks/index.js";
import { connectorLocks, lockedConnectors } from "./connector-lock.js";
import { planDifferences, type TaskGraph } from "./graph/index.js";
import { whileHeld } from "./held-run.js";
import { Lease } from "./lease.js";
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
 * Resumes an instance with a Blocked task (design §8): a validation for each applies exactly what is staged, then the tasks not yet started
 * run; completed ones are not repeated. Everything is made again from the rows: the process that ran it may be long gone.
 * Throws JOB_INSTANCE_UNKNOWN, JOB_NOT_BLOCKED, JOB_REPLACED, JOB_CONFIGURATION_CHANGED, JOB_PLAN_CHANGED, JOB_SET_CHANGED (exit 64),
 * LOCK_JOB_HELD, LOCK_CONNECTOR_HELD, JOB_CHANGED_MEANWHILE (75); then nothing was changed.
 */
export const resumeInstance = async (request: ResumeInstanceRequest): Promise<RunReport> => {
  const { configuration, store } = request;
  const registry = request.registry ?? taskRegistry;
  const timing = request.timing ?? systemTiming;

  await store.records.abortDead({ isPatient: true, signal: endOfWait(request) });
  const instance = await store.records.find(request.jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance: request.jobInstance });
  const rows = await store.records.tasks(instance.id);
  requireBlocked(instance, rows);

  const { job, graph } = graphOf(targetOf(instance), configuration);
  const nodes = graph.nodes.filter((node) => node.isSelected);
  const ended = new Set(rows.filter(({ state }) => state !== "NotStarted" && state !== "Blocked").map(({ taskKey }) => taskKey));
  requireSamePlan(instance, graph, ended);
  const remaining = nodes.filter(({ taskKey }) => !ended.has(taskKey));
  requireSameConnectors(instance, hashesOf(lockedConnectors(remaining, configuration), configuration));
  refuseUnbuilt(remaining, configuration, registry);
  const setHash = (await stagedSetHash(store, instance.id)) ?? "";
  if (request.expect !== undefined && request.expect !== setHash) {
    throw new SluiceError("JOB_SET_CHANGED", { jobInstance: instance.id, expected: request.expect, found: setHash });
  }

  const idOf = new Map(rows.map((row) => [row.taskKey, row.id]));
  const keyOf = new Map(rows.map((row) => [row.id, row.taskKey]));
  const leftOut = new Map(Object.entries(instance.plan.leftOut));
  const stopped = rebuild(
    graph,
    rows.map((row) => recordOf(row, keyOf)),
    { state: instance.state, cancelRequested: false },
    leftOut,
  );
  const snapshot = advance(stopped, { type: "RESUME" });
  const validations = taskRecords(snapshot).filter(({ isValidation, taskKey }) => isValidation && !idOf.has(taskKey));
  const taken = await take({ ...request, timing }, instance, {
    locks: [
      job === null ? rootTaskLock(instance.job) : jobLock(instance.job),
      instanceLock(instance.id),
      // A task that ended is not repeated, but what it left belongs to its connector still.
      ...connectorLocks(lockedConnectors(nodes, configuration)),
    ],
    validations: validations.map((record) => validationRow(record, rows)),
    decisions: rows
      .filter(({ state }) => state === "Blocked")
      .map(({ id }) => ({
        taskInstance: id,
        decision: "resume" as const,
        takenBy: request.startedBy,
        reason: request.reason ?? null,
        setHash,
      })),
  });
  if (taken === null) return reportOf(store, instance.id);

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
      leftOutMessages: instance.plan.leftOutMessages ?? {},
      force: instance.force,
      startedBy: request.startedBy,
      log,
      onEvent,
      cancel: request.cancel,
      stop: request.stop,
    }).drive();
  });
};

const requireBlocked = (instance: JobInstance, rows: readonly TaskInstance[]): void => {
  const isStopped = instance.state === "Blocked" || instance.state === "Errored" || instance.state === "Aborted";
  if (isStopped && rows.some(({ state }) => state === "Blocked")) return;
  const replaced = rows.find(({ state, message }) => state === "Cancelled" && (message ?? "").startsWith("replaced by"));
  if (replaced !== undefined) throw new SluiceError("JOB_REPLACED", { jobInstance: instance.id, message: replaced.message ?? "" });
  throw new SluiceError("JOB_NOT_BLOCKED", { jobInstance: instance.id, job: instance.job, state: instance.state });
};

const targetOf = ({ job, plan }: JobInstance): RunTarget => (plan.kind === "rootTask" ? { rootTask: job } : { job, ...plan.selection });

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

interface Wanted {
  readonly locks: readonly string[];
  readonly validations: readonly NewTask[];
  readonly decisions: Parameters<RunSurroundings["store"]["records"]["take"]>[0]["decisions"];
}

interface Taken {
  readonly held: HeldInstance;
  readonly lease: Lease;
  readonly tasks: ReadonlyMap<string, TaskInstanceId>;
}

/**
 * Takes the instance with all its locks, waiting as a run does; null when the wait was cancelled. While it waits the instance stays as it
 * is.
 */
const take = async (
  { store, configuration, timing, process, cancel, stop, onEvent }: ResumeInstanceRequest & { readonly timing: Timing },
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
      const attempt =
        seen.length > 0
          ? null
          : await store.records.take({ instance, runner: process ?? thisProcess(), state: "InProgress", ...wanted }, signal);
      const holders = attempt?.holders ?? seen;
      // One instance of a job: that one is not waited for (design §10).
      const own = holders.find(({ lock }) => !lock.startsWith("connector:"));
      if (own !== undefined) throw new SluiceError("LOCK_JOB_HELD", own);
      if (attempt !== null && holders.length === 0) taken = { ...attempt, lease: new Lease(store, attempt.held, timing) };
      return holders;
    },
    onWaiting: (waitingFor) => onEvent?.({ kind: "waiting", jobInstance: instance.id, waitingFor }),
    cancel: endOfWait({ cancel, stop }),
    isCancelled: async () => false,
  });
  return taken;
};
