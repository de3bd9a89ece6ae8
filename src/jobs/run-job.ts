import { SluiceError } from "../errors/index.js";
import { systemTiming } from "../model/index.js";
import { advance, newInstance } from "../statemachine/index.js";
import {
  type HeldInstance,
  jobLock,
  type NewInstance,
  type RunClaim,
  rootTaskLock,
  type StoredPlan,
  type Trigger,
  thisProcess,
} from "../store/index.js";
import { loadAheadOf, taskRegistry } from "../tasks/index.js";
import { connectorLocks, connectorOf, lockedConnectors } from "./connector-lock.js";
import { besideDead, type DeadInstances } from "./dead-instances.js";
import { planHash, plannedTasks } from "./graph/index.js";
import { whileHeld } from "./held-run.js";
import { isLost, Lease } from "./lease.js";
import { type ConnectorStates, isIncrementalRun, leftOutTasks } from "./left-out.js";
import { heldTooLong, waitForLocks } from "./lock-wait.js";
import { refuseUnbuilt } from "./refusal.js";
import type { RunReport } from "./report.js";
import { endOfWait, type RunSurroundings, type RunTarget, reasonOf } from "./run-request.js";
import { graphOf, hashesOf, taskLine } from "./run-target.js";
import { Runner } from "./runner.js";

export interface RunRequest extends RunSurroundings {
  readonly what: RunTarget;
  readonly trigger?: Trigger | undefined;
  /** Thresholds are computed, shown, and not enforced; recorded with the starter (design §4). */
  readonly force?: boolean | undefined;
  /** The due time that a scheduler starts it for: the instance is opened only while the claim holds. */
  readonly claim?: RunClaim | undefined;
}

/**
 * Runs a job, or a part of it, or one root task, to its end state, and gives the document of design §4.
 * Before an instance exists it throws JOB_UNKNOWN, JOB_ROOT_TASK_UNKNOWN, JOB_GRAPH_*, TASK_NOT_BUILT (exit 64), LOCK_JOB_HELD,
 * LOCK_CONNECTOR_HELD, JOB_WAIT_ENDED (75); LOCK_CONNECTOR_HELD also when the wait for a connector was too long: then the instance is Cancelled and nothing was
 * started. Whatever fails in a task is in the report. Throws after that only when the record itself cannot be written.
 */
export const runJob = async (request: RunRequest): Promise<RunReport> => {
  const compiled = graphOf(request.what, request.configuration);
  // Before anything is looked at in the database.
  refuseUnbuilt(
    compiled.graph.nodes.filter((node) => node.isSelected),
    request.configuration,
    request.registry ?? taskRegistry,
  );
  return besideDead(request, (dead) => started(request, compiled, dead));
};

const started = async (
  request: RunRequest,
  { job, graph, plan: asked }: ReturnType<typeof graphOf>,
  dead: DeadInstances,
): Promise<RunReport> => {
  const { configuration, store } = request;
  const registry = request.registry ?? taskRegistry;
  const timing = request.timing ?? systemTiming;
  const runner = request.process ?? thisProcess();

  const nodes = graph.nodes.filter((node) => node.isSelected);
  loadAheadOf(
    nodes.map(({ task }) => task),
    registry,
    configuration,
  );

  const signal = endOfWait(request);
  const connectors = lockedConnectors(nodes, configuration);
  const locks = connectorLocks(connectors);
  const name = "rootTask" in request.what ? request.what.rootTask : request.what.job;
  const lock = job === null ? rootTaskLock(name) : jobLock(name);
  const maxSeconds = configuration.settings.maxLockWatchSeconds;
  if (maxSeconds < 0) {
    const holders = await store.locks.heldByOthers([lock, ...locks], null);
    const holder = holders.find((one) => one.lock === lock);
    if (holder !== undefined) throw new SluiceError("LOCK_JOB_HELD", holder);
    const [other] = holders;
    if (other !== undefined) throw heldTooLong(other, 0);
  }
  const plan: StoredPlan = { ...asked, tasks: plannedTasks(graph), connectorHashes: hashesOf(connectors, configuration), leftOut: {} };
  const opening: NewInstance = {
    job: name,
    lock,
    trigger: request.trigger ?? "CommandLine",
    startedBy: request.startedBy,
    runner,
    configurationHash: configuration.hash,
    planHash: planHash(graph),
    plan,
    force: request.force ?? false,
    reason: request.reason ?? null,
    claim: request.claim,
    tasks: nodes.map((node) => ({
      taskKey: node.taskKey,
      task: node.task.identifier,
      type: node.task.type,
      level: node.group,
      position: node.position,
      connector: connectorOf(node.task, configuration),
    })),
  };
  // A service that ends leaves the due time to whoever goes on after it: opened now, the instance would end with nothing done.
  if (request.claim !== undefined && signal.aborted) throw new SluiceError("JOB_WAIT_ENDED", { holders: "a service that ends" });
  const { tasks: taskInstances, ...held } = await store.records.open(opening, signal);
  const lease = new Lease(store, held, timing);
  return whileHeld(request, { name, held, logLevel: job?.logLevel ?? null }, async (log, onEvent) => {
    log.write("info", `${name}: instance ${held.id} opened`, { startedBy: request.startedBy, force: request.force ?? false });
    for (const warning of graph.warnings) log.write("warn", warning.message);
    onEvent({
      kind: "opened",
      jobInstance: held.id,
      job: name,
      tasks: nodes.map((node) => taskLine(node, taskInstances.get(node.taskKey) ?? 0, configuration)),
    });
    const isIncremental = isIncrementalRun(job, nodes);
    const planned = await lockConnectors({ ...request, onEvent, dead }, { held, lease }, locks, (states) => ({
      ...plan,
      ...leftOutTasks(nodes, configuration, isIncremental, states),
    }));
    if (!("leftOut" in planned)) {
      onEvent({ kind: "jobState", jobInstance: held.id, ...planned });
      return;
    }
    onEvent({ kind: "jobState", jobInstance: held.id, state: "InProgress", message: null });
    const snapshot = advance(newInstance(graph, new Map(Object.entries(planned.leftOut))), { type: "LOCKED" });
    await new Runner({
      configuration,
      store,
      registry,
      timing,
      held,
      lease,
      nodes,
      taskInstances,
      snapshot,
      leftOutMessages: planned.leftOutMessages ?? {},
      force: request.force ?? false,
      startedBy: request.startedBy,
      log,
      onEvent,
      cancel: request.cancel,
      halt: request.halt,
      stop: request.stop,
    }).drive();
  });
};

/**
 * Takes the connectors' locks, waiting visibly; gives the plan then, or how the instance ended when the wait was: Cancelled, or Aborted where the program has to end, so that
 * a resume takes it up. It is at its end too when this throws.
 */
const lockConnectors = async (
  request: RunRequest & { readonly dead: DeadInstances },
  { held, lease }: { readonly held: HeldInstance; readonly lease: Lease },
  locks: readonly string[],
  planOf: (states: ConnectorStates) => StoredPlan,
): Promise<StoredPlan | { readonly state: "Cancelled" | "Aborted"; readonly message: string }> => {
  const { store, configuration, onEvent } = request;
  let plan = null as StoredPlan | null;
  let isRecorded = false;
  let written = "";
  try {
    const outcome = await waitForLocks({
      store,
      timing: request.timing ?? systemTiming,
      maxSeconds: configuration.settings.maxLockWatchSeconds,
      attempt: async (signal) => {
        const holders = await store.locks.heldByOthers(locks, held.id);
        // Looking is free; the writer is taken only when something changed.
        if (holders.length > 0 && JSON.stringify(holders) === written) return holders;
        const taken = await store.records.takeLocks(
          held,
          request.process ?? thisProcess(),
          locks,
          (blocked, deactivated) => planOf({ blocked, deactivated }),
          signal,
        );
        plan = taken.plan;
        written = JSON.stringify(taken.holders);
        return taken.holders;
      },
      onWaiting: (waitingFor) => onEvent?.({ kind: "waiting", jobInstance: held.id, waitingFor }),
      onDead: request.dead.tell,
      cancel: endOfWait(request),
      isCancelled: async () => {
        isRecorded = (await lease.look()).cancelRequestedBy !== null;
        return isRecorded;
      },
    });
    if (outcome === "taken" && plan !== null) return plan;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!isLost(error)) await store.records.advance(held, { state: "Cancelled", message }, request.stop).catch(() => undefined);
    throw error;
  }
  if (request.halt?.aborted === true && request.cancel?.aborted !== true && !isRecorded) {
    const haltReason = reasonOf(request.halt) ?? "its program was asked to end";
    const halted = { state: "Aborted", message: `${haltReason}, while it waited for its locks` } as const;
    await store.records.advance(held, { ...halted, haltReason }, request.stop);
    return halted;
  }
  const cancelled = { state: "Cancelled", message: "cancelled while it waited for its locks" } as const;
  await store.records.advance(held, { ...cancelled, ...(isRecorded ? {} : { cancelRequestedBy: request.startedBy }) }, request.stop);
  return cancelled;
};
