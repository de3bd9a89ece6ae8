import type { RunEvent } from "../../../src/jobs/index.js";
import type { TaskInstanceId, TaskResult } from "../../../src/model/index.js";
import type { ServerTaskContext, ServerTaskKind, TaskRegistry } from "../../../src/tasks/index.js";

type Behaviour = (context: ServerTaskContext) => Promise<TaskResult> | TaskResult;

export const done: TaskResult = { state: "Completed", producedOutput: true };
export const nothing: TaskResult = { state: "Completed", producedOutput: false };
export const blocked: TaskResult = {
  state: "Blocked",
  message: "Threshold Exceeded: 240 > 100",
  counters: { deleted: 240 },
  thresholds: [],
};

/** A task that runs until the test lets it end. */
export class Gate {
  readonly started: Promise<ServerTaskContext>;
  readonly #ended: Promise<TaskResult>;
  #start: (context: ServerTaskContext) => void = () => undefined;
  #end: (result: TaskResult) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor() {
    this.started = new Promise((resolve) => (this.#start = resolve));
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
  }

  readonly run: Behaviour = (context) => {
    this.#start(context);
    // As a real task: it ends when it is told to.
    context.signal.addEventListener("abort", () => this.#fail(context.signal.reason), { once: true });
    return this.#ended;
  };

  end(result: TaskResult = done): void {
    this.#end(result);
  }
}

/**
 * A registry whose tasks do what the test says, by task identifier; the others complete with output. Keeps the order in which they started.
 */
export const handDriven = (
  behaviours: Readonly<Record<string, Behaviour>>,
  validate: (context: ServerTaskContext, blocked: TaskInstanceId) => Promise<TaskResult> | TaskResult = () => done,
): { readonly registry: TaskRegistry; readonly started: string[] } => {
  const started: string[] = [];
  const kind = (element: string): ServerTaskKind => ({
    element,
    side: "server",
    summary: element,
    hasDeadline: element !== "SynchronizeTask",
    refusal: () => null,
    run: async (context) => {
      started.push(context.task.identifier);
      return (behaviours[context.task.identifier] ?? (() => done))(context);
    },
    validate: async (context, task) => {
      started.push(`${context.task.identifier} validation`);
      return validate(context, task);
    },
  });
  const elements = ["ExportTask", "PrepareSynchronizationTask", "SynchronizeTask", "ComputeRoleModelTask"];
  return { registry: new Map(elements.map((element) => [element, kind(element)])), started };
};

/** Keeps the events of a run and lets a test wait for one. */
export class EventRecord {
  readonly events: RunEvent[] = [];
  readonly #waiting = new Set<() => void>();

  readonly note = (event: RunEvent): void => {
    this.events.push(event);
    for (const look of this.#waiting) look();
  };

  first<K extends RunEvent["kind"]>(kind: K): Promise<Extract<RunEvent, { kind: K }>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.events.find((event) => event.kind === kind);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found as Extract<RunEvent, { kind: K }>);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
