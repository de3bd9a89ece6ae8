import type { Configuration, Task } from "../config/index.js";
import type { SluiceError } from "../errors/index.js";
import type { JobState, SkipReason, TaskInstanceId, TaskResult, Timing } from "../model/index.js";
import {
  accepts,
  advance,
  changedRecords,
  decisions,
  type JobEvent,
  type JobSnapshot,
  jobState,
  type TaskRecord,
} from "../statemachine/index.js";
import type { HeldInstance, InstanceChange, Store, TaskChange } from "../store/index.js";
import type { TaskRegistry } from "../tasks/index.js";
import { connectorOf } from "./connector-lock.js";
import type { TaskNode } from "./graph/index.js";
import type { JobLog } from "./job-log.js";
import { isLost, isWaitEnded, type Lease } from "./lease.js";
import { recordedError } from "./recorded-error.js";
import type { OnRunEvent, TaskLine } from "./run-event.js";
import { reasonOf } from "./run-request.js";
import { dropStaged } from "./staged-set.js";
import { type RunningTask, startTask, type TaskEnd } from "./task-run.js";

/** How often a runner looks for a cancel asked by another process, and whether the instance is still its own (ms). */
const watchMs = 1_000;
/** How long a run whose tasks were stopped waits for a database that another process holds, to record that; afterwards it is left to whoever finds it dead (ms). */
const stopPatienceMs = 5_000;

/** An instance with its locks held, ready to be driven. */
export interface DrivenInstance {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly registry: TaskRegistry;
  readonly timing: Timing;
  readonly held: HeldInstance;
  readonly lease: Lease;
  readonly nodes: readonly TaskNode[];
  /** Task instances by task key, validations included. */
  readonly taskInstances: ReadonlyMap<string, TaskInstanceId>;
  readonly snapshot: JobSnapshot;
  /** Why tasks are left out from the start, for a person, by task key. */
  readonly leftOutMessages: Readonly<Record<string, string>>;
  readonly force: boolean;
  readonly startedBy: string;
  readonly log: JobLog;
  readonly onEvent: OnRunEvent;
  readonly cancel?: AbortSignal | undefined;
  readonly halt?: AbortSignal | undefined;
  readonly stop?: AbortSignal | undefined;
}

type Message =
  | { readonly kind: "ended"; readonly taskKey: string; readonly end: TaskEnd }
  /** `isRecorded`: the row says so already. */
  | { readonly kind: "cancel"; readonly by: string; readonly isRecorded: boolean }
  | { readonly kind: "halt"; readonly reason: string }
  | { readonly kind: "stop" };

/** An event with what its task's row gets besides its state. */
interface Effect {
  readonly event: JobEvent;
  readonly details?: Partial<TaskChange>;
}

/** What the instance's row gets besides what the events change. */
interface Note {
  readonly cancelRequestedBy?: string;
  readonly haltReason?: string;
  /** Why it ends. */
  readonly message?: string;
}

/**
 * Drives one instance to its end, or to a gate: asks the chart what is next, does it, writes the row, then sends the event (design §9). It
 * decides nothing itself. At any instruction the rows alone are enough to go on from.
 */
export class Runner {
  readonly #run: DrivenInstance;
  readonly #running = new Map<string, RunningTask>();
  /** The last task started at each place where only one may run. */
  readonly #places = new Map<string, Promise<unknown>>();
  readonly #messages: Message[] = [];
  readonly #over = new AbortController();
  /** Ends waits for the database. */
  readonly #patience = new AbortController();
  #snapshot: JobSnapshot;
  #wake: () => void = () => undefined;
  #isStopping = false;
  /** Why the program has to end; null while nobody said so. */
  #haltReason: string | null = null;
  /** Why the instance is no longer this runner's, or may not be. */
  #lost: { readonly error: unknown } | null = null;

  constructor(run: DrivenInstance) {
    this.#run = run;
    this.#snapshot = run.snapshot;
  }

  /**
   * Gives the state in which the instance stands at last. Throws only when the record itself cannot be written (the database is gone or held,
   * another runner has taken the instance): running tasks were stopped then. An instance that is lost (JOB_FENCED, JOB_LEASE_LOST) is not written to any more.
   */
  async drive(): Promise<JobState> {
    const { cancel, halt, stop, startedBy } = this.#run;
    this.#listen(cancel, () => this.#send({ kind: "cancel", by: startedBy, isRecorded: false }));
    this.#listen(halt, () => this.#send({ kind: "halt", reason: reasonOf(halt) ?? "stopped: its program was asked to end" }));
    this.#listen(stop, () => {
      // At once, not in turn: a message before this one may wait for a writer that the very task holds which is to be stopped.
      this.#isStopping = true;
      const running = [...this.#running.values()];
      for (const task of running) task.abort();
      void Promise.all(running.map(({ ended }) => ended))
        .then(() => this.#run.timing.sleep(stopPatienceMs, this.#over.signal))
        .then(() => this.#patience.abort());
      this.#send({ kind: "stop" });
    });
    void this.#watch();
    try {
      const { end } = decisions(this.#snapshot);
      // Nothing is left to do from the start: the row still says that it runs.
      if (end !== undefined) await this.#run.store.records.advance(this.#run.held, { state: end }, this.#patience.signal);
      for (;;) {
        if (this.#lost !== null) throw this.#lost.error;
        const next = decisions(this.#snapshot);
        if (next.end !== undefined) {
          this.#log("info", `job ${next.end}`);
          this.#run.onEvent({ kind: "jobState", jobInstance: this.#run.held.id, state: next.end, message: null });
          return next.end;
        }
        const message = this.#messages.shift();
        if (message !== undefined) await this.#handle(message);
        else if (next.skip.length + next.start.length > 0) await this.#launch(next.skip, next.start);
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } catch (problem) {
      // What a lost instance does to a wait or a write is its consequence.
      const error = this.#lost?.error ?? problem;
      await this.#abandon(error);
      throw error;
    } finally {
      this.#over.abort();
    }
  }

  #listen(signal: AbortSignal | undefined, react: () => void): void {
    if (signal === undefined) return;
    if (signal.aborted) react();
    else signal.addEventListener("abort", react, { once: true, signal: this.#over.signal });
  }

  #send(message: Message): void {
    this.#messages.push(message);
    this.#wake();
  }

  async #watch(): Promise<void> {
    const { lease, timing } = this.#run;
    let isCancelled = false;
    try {
      for (;;) {
        await timing.sleep(watchMs, this.#over.signal);
        if (this.#over.signal.aborted) return;
        const { cancelRequestedBy } = await lease.look();
        if (this.#over.signal.aborted) return;
        if (cancelRequestedBy !== null && !isCancelled) {
          isCancelled = true;
          this.#send({ kind: "cancel", by: cancelRequestedBy, isRecorded: true });
        }
      }
    } catch (error) {
      // At once, as for a stop: what the tasks do outside the database no fence refuses.
      this.#lost = { error };
      for (const task of this.#running.values()) task.abort();
      this.#patience.abort();
      this.#wake();
    }
  }

  async #launch(skip: readonly { readonly taskKey: string; readonly reason: SkipReason }[], start: readonly string[]): Promise<void> {
    await this.#apply([
      ...skip.map(({ taskKey, reason }): Effect => {
        const message = this.#run.leftOutMessages[taskKey];
        return { event: { type: "TASK_SKIPPED", taskKey, reason }, ...(message === undefined ? {} : { details: { message } }) };
      }),
      ...start.map((taskKey): Effect => ({ event: { type: "TASK_STARTED", taskKey } })),
    ]);
    for (const taskKey of start) this.#start(taskKey);
  }

  #start(taskKey: string): void {
    const { configuration, store, timing, registry, held, force, onEvent } = this.#run;
    const { task } = this.#node(taskKey);
    const record = this.#snapshot.context.records.get(taskKey);
    const kind = registry.get(task.type);
    if (kind === undefined) throw new Error(`${task.type} was in the registry when the run began`);
    const line = this.#line(taskKey);
    const place = exclusivePlace(task);
    const running = startTask({
      configuration,
      store,
      timing,
      kind,
      task,
      jobInstance: held.id,
      taskInstance: this.#instance(taskKey),
      fence: held.fence,
      force,
      after: this.#places.get(place) ?? Promise.resolve(),
      validates: record?.validationOf === null || record === undefined ? null : this.#instance(record.validationOf),
      log: (level, message, details) => this.#log(level, message, { task: taskKey, ...details }),
      onProgress: (progress) => {
        if (this.#running.has(taskKey)) onEvent({ kind: "taskProgress", task: line, progress });
      },
    });
    this.#running.set(taskKey, running);
    this.#places.set(place, running.ended);
    void running.ended.then((end) => {
      this.#running.delete(taskKey);
      this.#send({ kind: "ended", taskKey, end });
    });
  }

  async #handle(message: Message): Promise<void> {
    switch (message.kind) {
      case "stop":
        return this.#stop();
      case "cancel": {
        if (!accepts(this.#snapshot, { type: "CANCEL" })) return;
        this.#log("warn", `cancelled by ${message.by}`);
        return this.#apply([{ event: { type: "CANCEL" } }], message.isRecorded ? {} : { cancelRequestedBy: message.by });
      }
      case "halt": {
        if (!accepts(this.#snapshot, { type: "HALT" })) return;
        this.#haltReason = message.reason;
        this.#log("warn", `${message.reason}: the running tasks end, none is started`);
        return this.#apply([{ event: { type: "HALT" } }], { haltReason: message.reason });
      }
      case "ended":
        return this.#end(message.taskKey, message.end);
    }
  }

  async #end(taskKey: string, end: TaskEnd): Promise<void> {
    // What a stopped task threw is that it was stopped; ABORT says so in its row.
    if ("error" in end && this.#isStopping) return;
    const effect = "error" in end ? this.#errored(taskKey, end.error) : completed(taskKey, end.result);
    await this.#apply([effect]);
  }

  #errored(taskKey: string, error: SluiceError): Effect {
    // The stack goes to the log only, and there under Debug: a person is told what to do, not where it happened. A fault is different.
    this.#run.log.write(error.code === "TASK_FAULT" ? "error" : "debug", `${taskKey}: ${error.message}`, { stack: stackOf(error) });
    return {
      event: { type: "TASK_ERRORED", taskKey },
      details: { error: recordedError(error, this.#run.configuration.settings.secrets) },
    };
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    this.#log("warn", "stopped: running tasks are aborted");
    const running = [...this.#running.values()];
    for (const task of running) task.abort();
    await Promise.all(running.map(({ ended }) => ended));
    // Those that had come to their end first keep it.
    for (const message of this.#messages.splice(0)) if (message.kind === "ended") await this.#handle(message);
    if (!accepts(this.#snapshot, { type: "ABORT" })) return;
    await this.#apply([{ event: { type: "ABORT" } }], { message: reasonOf(this.#run.stop) ?? "stopped by a second signal" });
  }

  /** The run cannot go on: its tasks are stopped, and if the record is still this runner's and can be written at all it says so. */
  async #abandon(error: unknown): Promise<void> {
    const running = [...this.#running.values()];
    for (const task of running) task.abort();
    await Promise.all(running.map(({ ended }) => ended));
    const problem = error instanceof Error ? error.message : String(error);
    this.#run.log.write("fatal", `the run was given up: ${problem}`, { stack: stackOf(error) });
    if (isLost(error) || isWaitEnded(error) || !accepts(this.#snapshot, { type: "ABORT" })) return;
    await this.#apply([{ event: { type: "ABORT" } }], { message: problem }).catch(() => undefined);
  }

  /** Writes what the events change in one transaction, then takes them as sent. */
  async #apply(effects: readonly Effect[], note: Note = {}): Promise<void> {
    const { store, held } = this.#run;
    const before = this.#snapshot;
    const after = effects.reduce((snapshot, { event }) => advance(snapshot, event), before);
    const details = new Map(
      effects.flatMap(({ event, details: more }) => ("taskKey" in event && more !== undefined ? [[event.taskKey, more]] : [])),
    );
    const changed = changedRecords(before, after);
    for (const { taskKey, state } of changed) {
      // Dropped first: a closing that dies in between is done again, staged rows without an owner would stay for ever.
      if (state === "Cancelled" && before.context.records.get(taskKey)?.state === "Blocked") {
        await dropStaged(store, held, this.#instance(taskKey));
      }
    }
    const state = jobState(after);
    const { message = state === "Aborted" ? this.#haltReason : null, ...noted } = note;
    const change: InstanceChange = {
      ...(state === jobState(before) ? {} : { state, ...(message === null ? {} : { message }) }),
      ...noted,
      tasks: changed.map((record) => ({ ...changeOf(record, this.#instance(record.taskKey)), ...details.get(record.taskKey) })),
    };
    await store.records.advance(held, change, this.#patience.signal);
    this.#snapshot = after;
    for (const record of changed) this.#say(record, details.get(record.taskKey) ?? {});
  }

  /** Tells of a change once it is written. */
  #say({ taskKey, state, producedOutput, skippedBecause }: TaskRecord, details: Partial<TaskChange>): void {
    const { onEvent } = this.#run;
    const task = this.#line(taskKey);
    if (state === "InProgress") {
      this.#log("info", `${taskKey} started`, { taskInstance: task.taskInstance, group: task.level });
      onEvent({ kind: "taskStarted", task });
    } else if (skippedBecause !== null) {
      const { message = null } = details;
      this.#log("info", `${taskKey} skipped: ${skippedBecause}`, message === null ? {} : { message });
      onEvent({ kind: "taskSkipped", task, reason: skippedBecause, message });
    } else {
      const { counters = null, thresholds = [], error = null, message = null } = details;
      this.#log(state === "Completed" ? "info" : "warn", `${taskKey} ${state}`, {
        ...(counters === null ? {} : { counters }),
        ...(error === null ? {} : { error }),
        ...(message === null ? {} : { message }),
      });
      onEvent({ kind: "taskEnded", task, state, producedOutput, counters, thresholds, error, message });
    }
  }

  #log(level: "debug" | "info" | "warn", message: string, details?: Readonly<Record<string, unknown>>): void {
    this.#run.log.write(level, message, details);
  }

  /** A validation stands at the place of the task that it validates. */
  #node(taskKey: string): TaskNode {
    const key = this.#snapshot.context.records.get(taskKey)?.validationOf ?? taskKey;
    const node = this.#run.nodes.find((candidate) => candidate.taskKey === key);
    if (node === undefined) throw new Error(`the plan has no task ${key}`);
    return node;
  }

  #instance(taskKey: string): TaskInstanceId {
    const id = this.#run.taskInstances.get(taskKey);
    if (id === undefined) throw new Error(`${taskKey} has no row`);
    return id;
  }

  #line(taskKey: string): TaskLine {
    const { task, group } = this.#node(taskKey);
    return {
      taskInstance: this.#instance(taskKey),
      task: task.identifier,
      type: task.type,
      level: group,
      connector: connectorOf(task, this.#run.configuration),
      isValidation: this.#snapshot.context.records.get(taskKey)?.isValidation ?? false,
    };
  }
}

/** One task never runs twice at once, and what works on the same files does not either (jobs-and-tasks §3.1). */
const exclusivePlace = ({ type, connector, connection, identifier }: Task): string => `${type} ${connection ?? connector ?? identifier}`;

const completed = (taskKey: string, result: TaskResult): Effect =>
  result.state === "Blocked"
    ? {
        event: { type: "TASK_BLOCKED", taskKey },
        details: { counters: result.counters, thresholds: result.thresholds, message: result.message },
      }
    : {
        event: { type: "TASK_COMPLETED", taskKey, producedOutput: result.producedOutput },
        details: {
          ...(result.counters === undefined ? {} : { counters: result.counters }),
          ...(result.thresholds === undefined ? {} : { thresholds: result.thresholds }),
          ...(result.reason === undefined ? {} : { message: result.reason }),
        },
      };

const changeOf = ({ state, producedOutput, skippedBecause }: TaskRecord, id: TaskInstanceId): TaskChange => ({
  id,
  state,
  producedOutput,
  skippedBecause,
});

const stackOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
};
