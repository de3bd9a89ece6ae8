import fc from "fast-check";
import { expect, test } from "vitest";
import type { TaskState } from "../../src/model/index.js";
import {
  accepts,
  advance,
  type ChartTask,
  decisions,
  type JobEvent,
  type JobSnapshot,
  newInstance,
  taskRecords,
} from "../../src/statemachine/index.js";
import { task } from "./chart-walk.js";
import { checkEdge } from "./rules-of-a-run.js";

type Outcome = "withOutput" | "withoutOutput" | "error" | "block";

interface Case {
  readonly tasks: readonly ChartTask[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

const outcome = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Outcome>("withOutput") },
  { weight: 2, arbitrary: fc.constant<Outcome>("withoutOutput") },
  { weight: 1, arbitrary: fc.constant<Outcome>("error") },
  { weight: 1, arbitrary: fc.constant<Outcome>("block") },
);

/** Up to 24 tasks on levels of up to five, each with up to three parents on earlier levels. */
const cases: fc.Arbitrary<Case> = fc
  .array(
    fc.record({
      opensLevel: fc.boolean(),
      parents: fc.array(fc.nat(1000), { maxLength: 3 }),
      continueOnError: fc.boolean(),
      outcome,
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((drawn) => {
    const tasks: ChartTask[] = [];
    let group = 0;
    for (const { opensLevel, parents, continueOnError } of drawn) {
      if (opensLevel && tasks.length > 0) group++;
      const earlier = tasks.filter((other) => other.group < group).map((other) => other.taskKey);
      const chosen = new Set(parents.flatMap((n) => earlier[n % Math.max(1, earlier.length)] ?? []));
      tasks.push(task(`t${tasks.length}`, group, [...chosen], continueOnError));
    }
    return { tasks, outcomes: new Map(drawn.map((node, index) => [`t${index}`, node.outcome])) };
  });

const eventOf = (taskKey: string, result: Outcome): JobEvent => {
  if (result === "error") return { type: "TASK_ERRORED", taskKey };
  if (result === "block") return { type: "TASK_BLOCKED", taskKey };
  return { type: "TASK_COMPLETED", taskKey, producedOutput: result === "withOutput" };
};

/** Everything that can happen next in a run in which each task ends as its outcome says. */
const moves = (snapshot: JobSnapshot, resultOf: (taskKey: string) => Outcome): JobEvent[] => {
  const { start, skip } = decisions(snapshot);
  return [
    ...start.map((taskKey): JobEvent => ({ type: "TASK_STARTED", taskKey })),
    ...skip.map(({ taskKey, reason }): JobEvent => ({ type: "TASK_SKIPPED", taskKey, reason })),
    ...taskRecords(snapshot)
      .filter((record) => record.state === "InProgress")
      .map((record) => eventOf(record.taskKey, resultOf(record.taskKey))),
  ];
};

/** The run as jobs-and-tasks §3.9 sketches it, group by group, without a machine. */
const simulate = ({ tasks, outcomes }: Case): { states: Record<string, TaskState>; job: string } => {
  const states: Record<string, TaskState> = Object.fromEntries(tasks.map(({ taskKey }) => [taskKey, "NotStarted"]));
  const output = new Set<string>();
  const groups = new Set(tasks.map(({ group }) => group));
  for (const group of groups) {
    for (const { taskKey, parents, continueOnError } of tasks.filter((node) => node.group === group)) {
      const isVetoed = parents.some((parent) => ["Errored", "Warning", "Blocked"].includes(states[parent] ?? ""));
      const result = outcomes.get(taskKey);
      if (isVetoed || (parents.length > 0 && !parents.some((parent) => output.has(parent)))) states[taskKey] = "Skipped";
      else if (result === "error") states[taskKey] = continueOnError ? "Warning" : "Errored";
      else if (result === "block") states[taskKey] = "Blocked";
      else {
        states[taskKey] = "Completed";
        if (result === "withOutput") output.add(taskKey);
      }
    }
    const now = Object.values(states);
    if (now.includes("Errored")) return { states, job: "errored" };
    if (now.includes("Blocked")) return { states, job: "blocked" };
  }
  return { states, job: Object.values(states).includes("Warning") ? "warning" : "completed" };
};

test("in whatever order the tasks of a level start and end, the run ends as the sketch says", () => {
  fc.assert(
    fc.property(cases, fc.infiniteStream(fc.nat(1_000_000)), (drawn, order) => {
      let snapshot = advance(newInstance({ nodes: drawn.tasks }), { type: "LOCKED" });
      for (;;) {
        const possible = moves(snapshot, (taskKey) => drawn.outcomes.get(taskKey) ?? "withOutput");
        const event = possible[(order.next().value ?? 0) % Math.max(1, possible.length)];
        if (event === undefined) break;
        const after = advance(snapshot, event);
        checkEdge({ before: snapshot, event, after });
        snapshot = after;
      }
      const expected = simulate(drawn);
      expect(snapshot.value).toBe(expected.job);
      expect(Object.fromEntries(taskRecords(snapshot).map(({ taskKey, state }) => [taskKey, state]))).toEqual(expected.states);
    }),
    { numRuns: 150 },
  );
});

test("with stops, crashes, resumes, conflicts and replacements at any point, every rule holds, and a task runs again only after it failed", () => {
  fc.assert(
    fc.property(cases, fc.infiniteStream(fc.nat(1_000_000)), (drawn, draw) => {
      const next = (): number => draw.next().value ?? 0;
      const started = new Set<string>();
      let resumes = 0;
      let snapshot = newInstance({ nodes: drawn.tasks });
      for (let step = 0; step < 400; step++) {
        const isValidation = (key: string): boolean => snapshot.context.records.get(key)?.isValidation === true;
        const possible: JobEvent[] = moves(snapshot, (key) =>
          isValidation(key) ? (next() % 3 === 0 ? "error" : "withOutput") : (drawn.outcomes.get(key) ?? "withOutput"),
        );
        const rare: JobEvent[] = [
          { type: "CANCEL" },
          { type: "HALT" },
          { type: "ABORT" },
          { type: "RESUME" },
          ...taskRecords(snapshot)
            .filter((record) => record.state === "Blocked")
            .map(({ taskKey }): JobEvent => ({ type: "TASK_CANCELLED", taskKey })),
        ];
        if (snapshot.value === "waiting") possible.push({ type: "LOCKED" });
        const isRare = possible.length === 0 || next() % 40 === 0;
        const choices = (isRare ? rare : possible).filter((event) => accepts(snapshot, event) && (event.type !== "RESUME" || resumes < 4));
        if (choices.length === 0 && possible.length === 0) break;
        const event = choices[next() % Math.max(1, choices.length)];
        if (event === undefined) continue;
        if (event.type === "RESUME") {
          resumes++;
          for (const { taskKey, state } of taskRecords(snapshot)) if (state === "Errored" || state === "Aborted") started.delete(taskKey);
        }
        if (event.type === "TASK_STARTED") {
          expect(started).not.toContain(event.taskKey);
          started.add(event.taskKey);
        }
        const after = advance(snapshot, event);
        checkEdge({ before: snapshot, event, after });
        snapshot = after;
      }
      const ran = taskRecords(snapshot).filter((record) => record.state !== "NotStarted" && record.state !== "Skipped");
      for (const record of ran.filter((one) => !one.isValidation)) expect(started).toContain(record.taskKey);
    }),
    { numRuns: 200 },
  );
});
