/** The case table of jobs-and-tasks §7, on the job `Delta` that stands there. */
import { expect, test } from "vitest";
import type { SkipReason, TaskState } from "../../src/model/index.js";
import {
  accepts,
  advance,
  currentGroup,
  decisions,
  type JobSnapshot,
  jobState,
  newInstance,
  rebuild,
  type TasksToSkip,
  taskRecords,
} from "../../src/statemachine/index.js";
import { task } from "./chart-walk.js";

const delta = {
  nodes: [
    task("Pay_Exp", 0, [], true),
    task("Badge_Exp", 0, [], true),
    task("Pay_Prep", 1, ["Pay_Exp"]),
    task("Badge_Prep", 1, ["Badge_Exp"]),
    task("Pay_Sync", 2, ["Pay_Prep"]),
    task("Badge_Sync", 2, ["Badge_Prep"]),
    task("Flag", 3, ["Pay_Sync", "Badge_Sync"]),
    task("Policy", 4, ["Flag"]),
    task("Orders", 5),
    task("Write", 6, ["Orders"], true),
  ],
};

type Result = "output" | "nothing" | "error" | "block";

/** Does what the machine decides until it decides no more; a task without a result here completes with output. */
const drive = (from: JobSnapshot, results: Readonly<Record<string, Result>>): JobSnapshot => {
  let snapshot = from;
  for (;;) {
    const { start, skip } = decisions(snapshot);
    if (start.length + skip.length === 0) return snapshot;
    for (const { taskKey, reason } of skip) snapshot = advance(snapshot, { type: "TASK_SKIPPED", taskKey, reason });
    for (const taskKey of start) snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey });
    for (const taskKey of start) {
      const result = results[taskKey] ?? "output";
      if (result === "error") snapshot = advance(snapshot, { type: "TASK_ERRORED", taskKey });
      else if (result === "block") snapshot = advance(snapshot, { type: "TASK_BLOCKED", taskKey });
      else snapshot = advance(snapshot, { type: "TASK_COMPLETED", taskKey, producedOutput: result === "output" });
    }
  }
};

const run = (results: Readonly<Record<string, Result>>, toSkip?: TasksToSkip): JobSnapshot =>
  drive(advance(newInstance(delta, toSkip), { type: "LOCKED" }), results);

const states = (snapshot: JobSnapshot): Record<string, TaskState | string> =>
  Object.fromEntries(taskRecords(snapshot).map(({ taskKey, state, skippedBecause }) => [taskKey, skippedBecause ?? state]));

test("payroll export errs: its chain is skipped, the other runs, flag too, job Warning", () => {
  const end = run({ Pay_Exp: "error" });
  expect(states(end)).toEqual({
    Pay_Exp: "Warning",
    Badge_Exp: "Completed",
    Pay_Prep: "parentFailed",
    Badge_Prep: "Completed",
    Pay_Sync: "parentWithoutOutput",
    Badge_Sync: "Completed",
    Flag: "Completed",
    Policy: "Completed",
    Orders: "Completed",
    Write: "Completed",
  });
  expect(jobState(end)).toBe("Warning");
});

test("payroll export errs and badges did not change: no flag", () => {
  const end = run({ Pay_Exp: "error", Badge_Sync: "nothing" });
  expect(states(end)).toMatchObject({
    Badge_Sync: "Completed",
    Flag: "parentWithoutOutput",
    Policy: "parentWithoutOutput",
    Orders: "Completed",
  });
});

test("no change anywhere: orders run, nothing else after the exports, job Completed", () => {
  const end = run({ Pay_Exp: "nothing", Badge_Exp: "nothing", Orders: "nothing" });
  expect(states(end)).toEqual({
    Pay_Exp: "Completed",
    Badge_Exp: "Completed",
    Pay_Prep: "parentWithoutOutput",
    Badge_Prep: "parentWithoutOutput",
    Pay_Sync: "parentWithoutOutput",
    Badge_Sync: "parentWithoutOutput",
    Flag: "parentWithoutOutput",
    Policy: "parentWithoutOutput",
    Orders: "Completed",
    Write: "parentWithoutOutput",
  });
  expect(jobState(end)).toBe("Completed");
});

test("payroll load over a threshold: Blocked after level 2; resume validates, then levels 3 to 6", () => {
  const blocked = run({ Pay_Sync: "block" });
  expect(jobState(blocked)).toBe("Blocked");
  expect(states(blocked)).toMatchObject({ Pay_Sync: "Blocked", Badge_Sync: "Completed", Flag: "NotStarted", Orders: "NotStarted" });
  expect(currentGroup(blocked)).toBe(3);

  const resumed = advance(blocked, { type: "RESUME" });
  expect(decisions(resumed)).toEqual({ start: ["Pay_Sync#validation1"], skip: [] });
  const end = drive(resumed, {});
  expect(states(end)).toMatchObject({
    "Pay_Sync#validation1": "Completed",
    Pay_Sync: "Completed",
    Flag: "Completed",
    Policy: "Completed",
    Orders: "Completed",
    Write: "Completed",
  });
  expect(jobState(end)).toBe("Completed");
});

test("the next Delta leaves Pay out while it is blocked", () => {
  const end = run(
    {},
    new Map([
      ["Pay_Exp", "connectorBlocked"],
      ["Pay_Prep", "connectorBlocked"],
      ["Pay_Sync", "connectorBlocked"],
    ]),
  );
  expect(states(end)).toMatchObject({
    Pay_Exp: "connectorBlocked",
    Pay_Prep: "connectorBlocked",
    Pay_Sync: "connectorBlocked",
    Badge_Sync: "Completed",
    Flag: "Completed",
  });
  expect(jobState(end)).toBe("Completed");
});

test("generation over a threshold: Blocked at level 5; resume generates, then Fulfil", () => {
  const blocked = run({ Orders: "block" });
  expect(jobState(blocked)).toBe("Blocked");
  expect(states(blocked)).toMatchObject({ Policy: "Completed", Orders: "Blocked", Write: "NotStarted" });
  const end = drive(advance(blocked, { type: "RESUME" }), {});
  expect(states(end)).toMatchObject({ Orders: "Completed", Write: "Completed" });
  expect(jobState(end)).toBe("Completed");
});

test("stop pressed in level 1: running preparations finish, job Cancelled", () => {
  let snapshot = advance(newInstance(delta), { type: "LOCKED" });
  for (const taskKey of ["Pay_Exp", "Badge_Exp"]) snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey });
  for (const taskKey of ["Pay_Exp", "Badge_Exp"]) snapshot = advance(snapshot, { type: "TASK_COMPLETED", taskKey, producedOutput: true });
  for (const taskKey of ["Pay_Prep", "Badge_Prep"]) snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey });
  snapshot = advance(snapshot, { type: "CANCEL" });
  expect(jobState(snapshot)).toBe("InProgress");
  expect(decisions(snapshot)).toEqual({ start: [], skip: [] });
  snapshot = advance(snapshot, { type: "TASK_COMPLETED", taskKey: "Pay_Prep", producedOutput: true });
  expect(jobState(snapshot)).toBe("InProgress");
  snapshot = advance(snapshot, { type: "TASK_COMPLETED", taskKey: "Badge_Prep", producedOutput: true });
  expect(jobState(snapshot)).toBe("Cancelled");
  expect(states(snapshot)).toMatchObject({ Badge_Prep: "Completed", Pay_Prep: "Completed", Pay_Sync: "NotStarted" });
});

test("both loads blocked: each is validated first, one after the other; a second gate blocks again", () => {
  const blocked = run({ Pay_Sync: "block", Badge_Sync: "block" });
  let snapshot = advance(blocked, { type: "RESUME" });
  expect(decisions(snapshot).start).toEqual(["Pay_Sync#validation1"]);
  snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey: "Pay_Sync#validation1" });
  expect(decisions(snapshot).start).toEqual([]);
  snapshot = advance(snapshot, { type: "TASK_COMPLETED", taskKey: "Pay_Sync#validation1", producedOutput: true });
  expect(decisions(snapshot).start).toEqual(["Badge_Sync#validation1"]);
  snapshot = drive(snapshot, { Orders: "block" });
  expect(jobState(snapshot)).toBe("Blocked");
  expect(states(snapshot)).toMatchObject({ Pay_Sync: "Completed", Badge_Sync: "Completed", Policy: "Completed", Orders: "Blocked" });
});

test("a validation that meets a conflict leaves its task Blocked; the instance can be resumed again", () => {
  const blocked = run({ Pay_Sync: "block" });
  const conflict = drive(advance(blocked, { type: "RESUME" }), { "Pay_Sync#validation1": "error" });
  expect(jobState(conflict)).toBe("Blocked");
  expect(states(conflict)).toMatchObject({ "Pay_Sync#validation1": "Errored", Pay_Sync: "Blocked", Flag: "NotStarted" });
  const end = drive(advance(conflict, { type: "RESUME" }), {});
  expect(states(end)).toMatchObject({ "Pay_Sync#validation2": "Completed", Pay_Sync: "Completed", Write: "Completed" });
  expect(jobState(end)).toBe("Completed");
});

test("one load errs, the other is blocked: job Errored; resumed, the one is validated, the other runs again, then levels 3 to 6", () => {
  const errored = run({ Pay_Sync: "error", Badge_Sync: "block" });
  expect(jobState(errored)).toBe("Errored");
  expect(states(errored)).toMatchObject({ Pay_Sync: "Errored", Badge_Sync: "Blocked", Flag: "NotStarted" });
  const resumed = advance(errored, { type: "RESUME" });
  expect(decisions(resumed).start).toEqual(["Badge_Sync#validation1"]);
  const again = drive(resumed, { Pay_Sync: "error" });
  expect(jobState(again)).toBe("Errored");
  expect(states(again)).toMatchObject({ Badge_Sync: "Completed", Pay_Sync: "Errored", Flag: "NotStarted" });
  const end = drive(advance(again, { type: "RESUME" }), {});
  expect(jobState(end)).toBe("Completed");
  expect(states(end)).toMatchObject({ Pay_Sync: "Completed", Flag: "Completed", Policy: "Completed", Write: "Completed" });
});

test("a load errs: resumed, it runs again and what had not started runs; what ended well does not", () => {
  const errored = run({ Pay_Exp: "error", Badge_Sync: "error" });
  expect(states(errored)).toMatchObject({ Pay_Exp: "Warning", Pay_Prep: "parentFailed", Badge_Prep: "Completed", Badge_Sync: "Errored" });
  const resumed = advance(errored, { type: "RESUME" });
  expect(decisions(resumed)).toEqual({ start: ["Badge_Sync"], skip: [] });
  expect(states(resumed)).toEqual({ ...states(errored), Badge_Sync: "NotStarted" });
  const end = drive(resumed, {});
  expect(states(end)).toMatchObject({ Pay_Prep: "parentFailed", Badge_Sync: "Completed", Flag: "Completed", Write: "Completed" });
  // The export's warning stands: its chain was not run.
  expect(jobState(end)).toBe("Warning");
});

test("a skip that came from a failure is decided anew, one that did not stays", () => {
  const graph = { nodes: [task("a", 0), task("b", 0), task("c", 1, ["a"]), task("d", 1, ["b"]), task("e", 2, ["c", "d"])] };
  const ended = (taskKey: string, state: TaskState, skippedBecause: SkipReason | null = null) => ({
    taskKey,
    state,
    producedOutput: state === "Completed",
    skippedBecause,
    isValidation: false,
    validationOf: null,
  });
  const rows = [
    ended("a", "Errored"),
    ended("b", "Warning"),
    ended("c", "Skipped", "parentFailed"),
    ended("d", "Skipped", "parentFailed"),
    ended("e", "Skipped", "parentWithoutOutput"),
  ];
  const errored = rebuild(graph, rows, { state: "Errored", cancelRequested: false, haltRequested: false });
  expect(states(advance(errored, { type: "RESUME" }))).toEqual({
    a: "NotStarted",
    b: "Warning",
    c: "NotStarted",
    d: "parentFailed",
    e: "NotStarted",
  });
});

test("its program is asked to end: the running tasks end, none starts, Aborted; resumed it goes on where it stopped", () => {
  let snapshot = advance(newInstance(delta), { type: "LOCKED" });
  for (const taskKey of ["Pay_Exp", "Badge_Exp"]) snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey });
  snapshot = advance(snapshot, { type: "HALT" });
  expect([jobState(snapshot), decisions(snapshot)]).toEqual(["InProgress", { start: [], skip: [] }]);
  for (const taskKey of ["Pay_Exp", "Badge_Exp"]) snapshot = advance(snapshot, { type: "TASK_COMPLETED", taskKey, producedOutput: true });
  expect(jobState(snapshot)).toBe("Aborted");
  expect(states(snapshot)).toMatchObject({ Pay_Exp: "Completed", Badge_Exp: "Completed", Pay_Prep: "NotStarted" });
  const resumed = advance(snapshot, { type: "RESUME" });
  expect(decisions(resumed).start).toEqual(["Pay_Prep", "Badge_Prep"]);
  expect(jobState(drive(resumed, {}))).toBe("Completed");
});

test("a halt in the last level changes nothing; after an error the job is Errored; a cancel meanwhile is a cancel", () => {
  const started = (): JobSnapshot => {
    let snapshot = advance(newInstance({ nodes: [task("a", 0), task("b", 0), task("c", 1)] }), { type: "LOCKED" });
    for (const taskKey of ["a", "b"]) snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey });
    return snapshot;
  };
  const errored = [
    { type: "HALT" },
    { type: "TASK_ERRORED", taskKey: "a" },
    { type: "TASK_COMPLETED", taskKey: "b", producedOutput: true },
  ] as const;
  expect(jobState(errored.reduce((snapshot, event) => advance(snapshot, event), started()))).toBe("Errored");
  const cancelled = [
    { type: "HALT" },
    { type: "CANCEL" },
    { type: "TASK_ERRORED", taskKey: "a" },
    { type: "TASK_ERRORED", taskKey: "b" },
  ] as const;
  expect(jobState(cancelled.reduce((snapshot, event) => advance(snapshot, event), started()))).toBe("Cancelled");
  let last = started();
  for (const taskKey of ["a", "b"]) last = advance(last, { type: "TASK_COMPLETED", taskKey, producedOutput: true });
  last = advance(advance(last, { type: "TASK_STARTED", taskKey: "c" }), { type: "HALT" });
  expect(jobState(advance(last, { type: "TASK_COMPLETED", taskKey: "c", producedOutput: true }))).toBe("Completed");
});

test("a blocked instance is cancelled: its task too, and there is nothing to resume", () => {
  const cancelled = advance(run({ Pay_Sync: "block" }), { type: "CANCEL" });
  expect(jobState(cancelled)).toBe("Cancelled");
  expect(states(cancelled).Pay_Sync).toBe("Cancelled");
  expect(accepts(cancelled, { type: "RESUME" })).toBe(false);
});

test("cancelling an errored instance closes its blocked task; that the job had failed stays on record", () => {
  const errored = run({ Pay_Sync: "error", Badge_Sync: "block" });
  const closed = advance(errored, { type: "CANCEL" });
  expect(jobState(closed)).toBe("Errored");
  expect(states(closed)).toMatchObject({ Pay_Sync: "Errored", Badge_Sync: "Cancelled" });
  expect(accepts(closed, { type: "CANCEL" })).toBe(false);
  // What failed can be taken up all the same; what was closed stays so.
  const end = drive(advance(closed, { type: "RESUME" }), {});
  expect(states(end)).toMatchObject({ Pay_Sync: "Completed", Badge_Sync: "Cancelled", Flag: "parentFailed", Orders: "Completed" });
  expect(jobState(end)).toBe("Cancelled");
});

test("a complete run replaces one of two blocked tasks: the other can still be resumed, and the instance ends Cancelled", () => {
  const blocked = run({ Pay_Sync: "block", Badge_Sync: "block" });
  const replaced = advance(blocked, { type: "TASK_CANCELLED", taskKey: "Pay_Sync" });
  expect(jobState(replaced)).toBe("Blocked");
  expect(jobState(advance(replaced, { type: "TASK_CANCELLED", taskKey: "Badge_Sync" }))).toBe("Cancelled");
  const end = drive(advance(replaced, { type: "RESUME" }), {});
  expect(states(end)).toMatchObject({ Pay_Sync: "Cancelled", Badge_Sync: "Completed", Flag: "parentFailed", Orders: "Completed" });
  expect(jobState(end)).toBe("Cancelled");
});

test("the runner dies while a load runs beside a blocked one: Aborted; resumed, the one is validated and the other runs again", () => {
  let snapshot = advance(newInstance({ nodes: [task("a", 0), task("b", 0), task("c", 1, ["a"])] }), { type: "LOCKED" });
  for (const taskKey of ["a", "b"]) snapshot = advance(snapshot, { type: "TASK_STARTED", taskKey });
  snapshot = advance(snapshot, { type: "TASK_BLOCKED", taskKey: "a" });
  snapshot = advance(snapshot, { type: "ABORT" });
  expect(states(snapshot)).toEqual({ a: "Blocked", b: "Aborted", c: "NotStarted" });
  expect(jobState(snapshot)).toBe("Aborted");
  const end = drive(advance(snapshot, { type: "RESUME" }), {});
  expect(states(end)).toMatchObject({ a: "Completed", b: "Completed", c: "Completed" });
  expect(jobState(end)).toBe("Completed");
});

test("an event that the chart does not take is refused aloud", () => {
  const waiting = newInstance(delta);
  expect(() => advance(waiting, { type: "TASK_STARTED", taskKey: "Pay_Exp" })).toThrow(/TASK_STARTED of Pay_Exp .*waiting/);
  const running = advance(waiting, { type: "LOCKED" });
  expect(() => advance(running, { type: "TASK_STARTED", taskKey: "Pay_Prep" })).toThrow();
  expect(() => advance(running, { type: "TASK_STARTED", taskKey: "nowhere" })).toThrow();
  expect(() => advance(running, { type: "RESUME" })).toThrow(/RESUME/);
});
