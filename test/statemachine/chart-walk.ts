import {
  accepts,
  advance,
  type ChartTask,
  type JobEvent,
  type JobSnapshot,
  newInstance,
  type TasksToSkip,
} from "../../src/statemachine/index.js";

/** A task of a graph in tests: `task("b", 1, ["a"])`. */
export const task = (taskKey: string, group: number, parents: readonly string[] = [], continueOnError = false): ChartTask => ({
  taskKey,
  group,
  parents,
  continueOnError,
  isSelected: true,
});

export interface Edge {
  readonly before: JobSnapshot;
  readonly event: JobEvent;
  readonly after: JobSnapshot;
}

const validations = (snapshot: JobSnapshot): number =>
  [...snapshot.context.records.values()].filter((record) => record.isValidation).length;

/** Every event that could be meant in a snapshot, whether or not the chart takes it: for each record all task events, and those of the job. */
export const conceivable = (snapshot: JobSnapshot): JobEvent[] => [
  ...[...snapshot.context.records.keys()].flatMap((taskKey): JobEvent[] => [
    { type: "TASK_STARTED", taskKey },
    { type: "TASK_COMPLETED", taskKey, producedOutput: true },
    { type: "TASK_COMPLETED", taskKey, producedOutput: false },
    { type: "TASK_ERRORED", taskKey },
    { type: "TASK_BLOCKED", taskKey },
    { type: "TASK_SKIPPED", taskKey, reason: "parentFailed" },
    { type: "TASK_SKIPPED", taskKey, reason: "parentWithoutOutput" },
    { type: "TASK_SKIPPED", taskKey, reason: "connectorBlocked" },
    { type: "TASK_CANCELLED", taskKey },
  ]),
  { type: "LOCKED" },
  { type: "CANCEL" },
  { type: "RESUME" },
  { type: "HALT" },
  { type: "ABORT" },
];

/** Those of them that the task's own state does not rule out at once; larger graphs are walked by these, since most cost is in refusals. */
export const plausible = (snapshot: JobSnapshot): JobEvent[] =>
  conceivable(snapshot).filter((event) => {
    if (!("taskKey" in event)) return true;
    const state = snapshot.context.records.get(event.taskKey)?.state;
    switch (event.type) {
      case "TASK_STARTED":
      case "TASK_SKIPPED":
        return state === "NotStarted";
      case "TASK_CANCELLED":
        return state === "Blocked";
      default:
        return state === "InProgress";
    }
  });

/** A snapshot as text: equal texts, equal futures. */
const textOf = (snapshot: JobSnapshot): string =>
  `${snapshot.value} ${[...snapshot.context.records.values()].map((r) => `${r.taskKey}=${r.state}/${r.producedOutput}/${r.skippedBecause}`).join(" ")}`;

/**
 * Every edge of every path of the chart for a graph: all orders, all outcomes, a cancel, a halt, a crash, a resume and a replacement wherever
 * the chart takes one. A resume is left out where it would make more than `maxValidations` validations.
 */
export function* walk(
  tasks: readonly ChartTask[],
  maxValidations: number,
  { toSkip = new Map(), events = conceivable }: { toSkip?: TasksToSkip; events?: (snapshot: JobSnapshot) => JobEvent[] } = {},
): Generator<Edge> {
  const start = newInstance({ nodes: tasks }, toSkip);
  const seen = new Set([textOf(start)]);
  const pending = [start];
  for (let before = pending.pop(); before !== undefined; before = pending.pop()) {
    for (const event of events(before)) {
      if (!accepts(before, event)) continue;
      const after = advance(before, event);
      if (validations(after) > maxValidations) continue;
      yield { before, event, after };
      const text = textOf(after);
      if (seen.has(text)) continue;
      seen.add(text);
      pending.push(after);
    }
  }
}
