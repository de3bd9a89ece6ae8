import { join } from "node:path";
import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { isoTime, type OnProgress, populationGuard, systemTiming, type Timing } from "../../model/index.js";
import { advance, decisions, type JobSnapshot, newInstance, taskRecords } from "../../statemachine/index.js";
import {
  type PlanHeader,
  type RehearsedSession,
  type RehearseRequest,
  type SectionLines,
  type Store,
  writePlan,
} from "../../store/index.js";
import { isUnbuilt, repositoryModel, sessionFolder, type TaskRegistry, taskRegistry } from "../../tasks/index.js";
import { connectorOf } from "../connector-lock.js";
import type { TaskGraph, TaskNode } from "../graph/index.js";
import { isIncrementalRun, leftOutTasks } from "../left-out.js";
import { asSluiceError, recordedError } from "../recorded-error.js";
import type { RunTarget } from "../run-request.js";
import { graphOf } from "../run-target.js";
import { byProperty } from "./changed-property.js";
import { furnish, type RehearsalFolder } from "./rehearsal-folder.js";
import type { CollectedSession } from "./rehearsal-link.js";
import type { RehearsalReport, RehearsedTask, WrittenPlan } from "./rehearsal-report.js";
import { type AgentRehearsal, rehearseAgentTask } from "./rehearse-agent-task.js";

export interface RehearseJobRequest {
  /** As a run would have it. */
  readonly configuration: Configuration;
  readonly folder: RehearsalFolder;
  /** Read, and worked on in a transaction that is taken back. */
  readonly store: Store;
  readonly what: RunTarget;
  /** `run --force`: thresholds are computed and stop nothing. */
  readonly force: boolean;
  /** Absolute: where the plan of all that the synchronizations would change is written, for `sluice apply`. */
  readonly planFile?: string | undefined;
  /** Ends the rehearsal: what is running is stopped, and what stopped it is thrown. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly registry?: TaskRegistry | undefined;
  readonly timing?: Timing | undefined;
}

/** Agent-side tasks that work on files alone: in a folder of the rehearsal they change nothing outside it. */
const onFiles: ReadonlySet<string> = new Set(["ExportTask", "PrepareSynchronizationTask"]);

/** Tasks that work on something else than files and the repository (design §7.9). */
const outside: ReadonlySet<string> = new Set([
  "InvokeExpressionTask",
  "InvokeSqlCommandTask",
  "InvokeApiTask",
  "InvokeAspectsTask",
  "FulfillTask",
]);

/**
 * Rehearses a job, or a part of it, or one root task (design §7.9): exports and prepares run in a folder of their own as the graph says, then the sessions are compared
 * with the repository in a transaction that is taken back. No instance, no lock, no session, nothing promoted.
 * Throws as `runJob` does before an instance exists (JOB_UNKNOWN, JOB_ROOT_TASK_UNKNOWN, JOB_GRAPH_*). What fails in a task is in the report.
 */
export const rehearseJob = async (request: RehearseJobRequest): Promise<RehearsalReport> => {
  const { configuration, folder, what } = request;
  const { job, graph, plan: asked } = graphOf(what, configuration);
  const nodes = graph.nodes.filter((node) => node.isSelected);
  const notRun = reasonsNotToRun(nodes, configuration, request.registry ?? taskRegistry);
  const exports = nodes.filter(({ taskKey, task }) => task.type === "ExportTask" && !notRun.has(taskKey));
  await furnish(configuration, folder, new Set(exports.flatMap(({ task }) => task.connection ?? [])));

  const rehearsal = new Rehearsal(request, graph, nodes, notRun);
  const isIncremental = isIncrementalRun(job, nodes);
  const deactivated = await request.store.connectors.deactivations();
  // A block is no reason not to look.
  await rehearsal.runTasks(leftOutTasks(nodes, configuration, isIncremental, { blocked: new Map(), deactivated }));
  await rehearsal.synchronize();
  const name = "rootTask" in what ? what.rootTask : what.job;
  const outcome = rehearsal.outcome();
  const plan =
    request.planFile === undefined ? {} : { plan: rehearsal.writePlan(request.planFile, plannedOf(name, job, asked), outcome.tasks) };
  return {
    format: 1,
    dryRun: true,
    job: name,
    ...outcome,
    ...plan,
    notes: [...(await blockNotes(request, nodes, isIncremental)), ...rehearsal.notes],
  };
};

/** What a plan says of how it was made. The tasks of a connector's own job have one connector. */
const plannedOf = (
  name: string,
  job: ReturnType<typeof graphOf>["job"],
  { kind, selection }: ReturnType<typeof graphOf>["plan"],
): NonNullable<PlanHeader["of"]> => ({
  job: name,
  kind,
  selection,
  connector: job?.isConnectorJob === true ? (job.steps[0]?.task.connector ?? null) : null,
});

/** Selected tasks that a rehearsal leaves alone, by key, with the reason. */
const reasonsNotToRun = (nodes: readonly TaskNode[], configuration: Configuration, registry: TaskRegistry): Map<string, string> => {
  const reasons = new Map<string, string>();
  for (const { taskKey, task } of nodes) {
    const kind = registry.get(task.type);
    const needs =
      kind === undefined ? "Sluice does not know how to run it" : isUnbuilt(kind) ? kind.later : kind.refusal(task, configuration);
    if (needs !== null) reasons.set(taskKey, needs);
    else if (task.type !== "SynchronizeTask" && !onFiles.has(task.type)) {
      reasons.set(taskKey, outside.has(task.type) ? "it has effects outside of Sluice" : "it changes the repository itself");
    }
  }
  return reasons;
};

/** A blocked connector is no reason not to look: what a run would do with it is said instead. */
const blockNotes = async (
  { store, configuration }: RehearseJobRequest,
  nodes: readonly TaskNode[],
  isIncremental: boolean,
): Promise<string[]> => {
  const blocked = await store.records.blockedConnectors();
  const connectors = new Set(nodes.flatMap(({ task }) => connectorOf(task, configuration) ?? []));
  return [...blocked]
    .filter(([connector]) => connectors.has(connector))
    .map(
      ([connector, instance]) =>
        `${connector} is blocked by instance ${instance}: ${isIncremental ? "an incremental run leaves it out until that is resumed or cancelled; this is what it would do then" : "a run of this job would replace what it staged"}`,
    );
};

/** A SynchronizeTask with the session that it would take. */
interface Planned {
  readonly node: TaskNode;
  readonly request: RehearseRequest;
}

class Rehearsal {
  readonly notes: string[] = [];
  readonly #request: RehearseJobRequest;
  readonly #nodes: readonly TaskNode[];
  readonly #notRun: ReadonlyMap<string, string>;
  /** What the tasks said, by key. */
  readonly #said = new Map<string, Partial<RehearsedTask>>();
  readonly #sessions = new Map<string, CollectedSession>();
  #planned: readonly Planned[] = [];
  #snapshot: JobSnapshot;
  readonly #graph: TaskGraph;

  constructor(request: RehearseJobRequest, graph: TaskGraph, nodes: readonly TaskNode[], notRun: ReadonlyMap<string, string>) {
    this.#request = request;
    this.#graph = graph;
    this.#nodes = nodes;
    this.#notRun = notRun;
    this.#snapshot = newInstance(graph);
  }

  /** Goes through the job as its chart says, group after group. */
  async runTasks({ leftOut, leftOutMessages }: ReturnType<typeof leftOutTasks>): Promise<void> {
    for (const [taskKey, reason] of Object.entries(leftOutMessages)) this.#said.set(taskKey, { reason });
    this.#snapshot = advance(newInstance(this.#graph, new Map(Object.entries(leftOut))), { type: "LOCKED" });
    for (let next = decisions(this.#snapshot); next.end === undefined; next = decisions(this.#snapshot)) {
      for (const { taskKey, reason } of next.skip) this.#advance({ type: "TASK_SKIPPED", taskKey, reason });
      for (const taskKey of next.start) this.#advance({ type: "TASK_STARTED", taskKey });
      const places = new Map<string, Promise<unknown>>();
      // All have to end before the folder may go, also when one of them was stopped.
      const ended = await Promise.allSettled(next.start.map((taskKey) => this.#perform(this.#node(taskKey), places)));
      for (const end of ended) if (end.status === "rejected") throw end.reason;
    }
  }

  #advance(event: Parameters<typeof advance>[1]): void {
    this.#snapshot = advance(this.#snapshot, event);
  }

  async #perform(node: TaskNode, places: Map<string, Promise<unknown>>): Promise<void> {
    const { taskKey, task } = node;
    const { configuration, signal } = this.#request;
    const reason = this.#notRun.get(taskKey);
    if (reason !== undefined) {
      this.#said.set(taskKey, { reason });
      return this.#advance({ type: "TASK_COMPLETED", taskKey, producedOutput: true });
    }
    // As in a run: what works on the same files does not run at the same time.
    const place = `${task.type} ${task.connection ?? task.connector ?? task.identifier}`;
    const work = (places.get(place) ?? Promise.resolve()).then(async () => {
      signal.throwIfAborted();
      return task.type === "SynchronizeTask" ? this.#plan(node) : this.#rehearse(node);
    });
    places.set(
      place,
      work.catch(() => undefined),
    );
    try {
      this.#advance({ type: "TASK_COMPLETED", taskKey, producedOutput: await work });
    } catch (error) {
      signal.throwIfAborted();
      this.#said.set(taskKey, { error: recordedError(asSluiceError(error, task.identifier), configuration.settings.secrets) });
      this.#advance({ type: "TASK_ERRORED", taskKey });
    }
  }

  /** Runs an export or a prepare in the rehearsal's folder; gives whether it produced output. */
  async #rehearse(node: TaskNode): Promise<boolean> {
    const { store, folder, signal, onProgress, registry = taskRegistry, timing = systemTiming } = this.#request;
    const agent: AgentRehearsal = {
      store,
      folder,
      timing,
      signal,
      onProgress: (progress) => onProgress({ ...progress, step: `${node.taskKey}: ${progress.step}` }),
      note: (text) => this.notes.push(`${node.taskKey}: ${text}`),
      collected: (session) => this.#sessions.set(session.manifest.connector, session),
    };
    const result = await rehearseAgentTask(node.task, registry, agent);
    this.#said.set(node.taskKey, {
      counters: result.counters ?? {},
      reason: (result.state === "Completed" ? result.reason : null) ?? null,
    });
    return result.state === "Completed" && result.producedOutput;
  }

  /** Notes what a SynchronizeTask would load: the session of this rehearsal, else the one that waits for it. */
  async #plan(node: TaskNode): Promise<boolean> {
    const { task, taskKey } = node;
    const { configuration, force } = this.#request;
    const connector = task.connector ?? "";
    const session = await this.#sessionFor(connector);
    if (session === null) {
      this.#said.set(taskKey, { reason: "nothing prepared" });
      return false;
    }
    // The sessions of one connector come one after the other: each is taken once.
    this.#sessions.delete(connector);
    const { manifest, mappingHash, folder } = session;
    if (mappingHash !== configuration.connectorHash.get(connector))
      throw new SluiceError("SYNC_SESSION_OUTDATED", { session: manifest.guid, connector });
    const isForced = force || task.attributes.ForceSynchronization === true;
    const { planFile } = this.#request;
    const lines = planFile === undefined ? {} : { planFile: join(this.#request.folder.path, `changes-${this.#planned.length}.jsonl`) };
    const request = { session: manifest, folder, mappingHash, model: repositoryModel(configuration), force: isForced, ...lines };
    this.#planned = [...this.#planned, { node, request }];
    return true;
  }

  /** As a run's SynchronizeTask takes it: a session with the whole input replaces those that wait, one with changes does not overtake a whole one. */
  async #sessionFor(connector: string): Promise<CollectedSession | null> {
    const { store, configuration } = this.#request;
    const own = this.#sessions.get(connector) ?? null;
    if (own !== null && own.manifest.mode !== "Incremental") return own;
    const waiting = await store.sessions.oldestReady(connector);
    if (waiting?.manifest == null || (own !== null && waiting.mode === "Incremental")) return own;
    if (own !== null)
      this.notes.push(
        `${connector}: session ${waiting.guid}, prepared earlier and not loaded yet, comes first; this rehearsal is of that one`,
      );
    return { manifest: waiting.manifest, mappingHash: waiting.mappingHash, folder: sessionFolder(configuration, waiting.guid) };
  }

  /** Compares the sessions with the repository. The mates of a task that would block are tried without it, since a run lets them finish. */
  async synchronize(): Promise<void> {
    const { configuration, store, signal, onProgress } = this.#request;
    let planned = this.#planned;
    while (planned.length > 0) {
      const tried = planned;
      let sessions: readonly RehearsedSession[];
      try {
        const found = await store.synchronization.rehearse(
          tried.map(({ request }) => request),
          { signal, onProgress },
        );
        sessions = found.map((session) => byProperty(session, configuration));
      } catch (error) {
        signal.throwIfAborted();
        return this.#failed(tried, error);
      }
      for (const [index, session] of sessions.entries()) {
        const key = tried[index]?.node.taskKey;
        if (key !== undefined)
          this.#said.set(key, { session, counters: { ...session.counters }, reason: session.notes.join("; ") || null });
      }
      // A plan is of all of them: each was tried on top of the one before, also where a gate would stop.
      if (this.#request.planFile !== undefined) return;
      const stopped = tried.findIndex((_, index) => stops(sessions[index], tried[index]?.request.force ?? false));
      const group = tried[stopped]?.node.group;
      const rest = tried.slice(stopped + 1).filter(({ node }) => node.group === group);
      planned = stopped < 0 || rest.length === 0 ? [] : [...tried.slice(0, stopped), ...rest];
    }
  }

  /** With one session the error is its task's; with several it is told of the first that has no outcome, since they are one transaction. */
  #failed(tried: readonly Planned[], error: unknown): void {
    const { configuration } = this.#request;
    const node = (tried.find(({ node: { taskKey } }) => !this.#said.has(taskKey)) ?? tried[0])?.node;
    if (node === undefined) throw error;
    this.#said.set(node.taskKey, { error: recordedError(asSluiceError(error, node.task.identifier), configuration.settings.secrets) });
  }

  /** Writes the plan of what was tried; null, and no file, where a task would fail. Synchronizations without a change have no section in it. */
  writePlan(file: string, of: NonNullable<PlanHeader["of"]>, tasks: readonly RehearsedTask[]): WrittenPlan | null {
    if (tasks.some(({ state }) => state === "Errored")) return null;
    const sections: SectionLines[] = [];
    const unchanged: NonNullable<PlanHeader["unchanged"]>[number][] = [];
    for (const { node, request } of this.#planned) {
      const session = this.#said.get(node.taskKey)?.session;
      if (session?.planned === undefined || request.planFile === undefined) continue;
      const { head, mappingHash, emptyMappings, lines: changes } = session.planned;
      const { connector, counters, thresholds, message: blocked } = session;
      if (changes === 0) {
        unchanged.push({ connector, head, mappingHash });
        continue;
      }
      const about = {
        section: sections.length,
        task: node.taskKey,
        connector,
        mode: request.session.mode,
        head,
        mappingHash,
        emptyMappings,
      };
      sections.push({ section: { ...about, counters, thresholds, blocked, changes }, file: request.planFile });
    }
    const madeAt = isoTime(this.#request.timing ?? systemTiming);
    const leftOut = this.#nodes.flatMap(({ taskKey }) => (this.#notRun.has(taskKey) ? [taskKey] : []));
    const header = { format: 1, plan: "sluice", job: of.job, madeAt, leftOut, of, unchanged } as const;
    const { sha256, claims } = writePlan(file, header, sections);
    const written = sections.map(({ section: { task, connector, changes } }, index) => {
      const told = claims[index] ?? 0;
      return { task, connector, changes: changes - told, claims: told };
    });
    return { file, sha256, sections: written };
  }

  /** How each task came out, and the job with them. */
  outcome(): Pick<RehearsalReport, "state" | "tasks"> {
    const records = new Map(taskRecords(this.#snapshot).map((record) => [record.taskKey, record]));
    const forced = new Map(this.#planned.map(({ node, request }) => [node.taskKey, request.force]));
    const ends = new Map<string, "Blocked" | "Errored">();
    for (const { node } of this.#planned) {
      const said = this.#said.get(node.taskKey);
      if (said?.error != null) ends.set(node.taskKey, "Errored");
      else if (stops(said?.session ?? undefined, forced.get(node.taskKey) ?? false)) ends.set(node.taskKey, "Blocked");
    }
    const stop = Math.min(...this.#nodes.filter(({ taskKey }) => ends.has(taskKey)).map(({ group }) => group));
    const tasks = this.#nodes.map((node): RehearsedTask => {
      const said = this.#said.get(node.taskKey) ?? {};
      const record = records.get(node.taskKey);
      return {
        task: node.taskKey,
        type: node.task.type,
        level: node.group,
        connector: connectorOf(node.task, this.#request.configuration),
        state:
          node.group > stop || record === undefined ? "NotReached" : (ends.get(node.taskKey) ?? this.#stateOf(node.taskKey, record.state)),
        skippedBecause: record?.skippedBecause ?? null,
        reason: said.reason ?? null,
        counters: said.counters ?? {},
        error: said.error ?? null,
        session: said.session ?? null,
      };
    });
    const worst = (["Errored", "Blocked", "Warning"] as const).find((state) => tasks.some((task) => task.state === state));
    return { state: worst ?? "Completed", tasks };
  }

  #stateOf(taskKey: string, state: string): RehearsedTask["state"] {
    if (this.#notRun.has(taskKey) && state === "Completed") return "NotRun";
    return state === "NotStarted" ? "NotReached" : (state as RehearsedTask["state"]);
  }

  #node(taskKey: string): TaskNode {
    const node = this.#nodes.find((candidate) => candidate.taskKey === taskKey);
    if (node === undefined) throw new Error(`the plan has no task ${taskKey}`);
    return node;
  }
}

/** Whether a run would stop there: `force` lifts thresholds, never the guard of a whole population (design §7.5). */
const stops = (session: RehearsedSession | undefined, force: boolean): boolean =>
  session?.state === "Blocked" && (!force || session.thresholds.some(({ name, exceeded }) => name === populationGuard && exceeded));
