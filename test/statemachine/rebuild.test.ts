import { expect, test } from "vitest";
import {
  advance,
  decisions,
  jobState,
  newInstance,
  rebuild,
  type TaskRecord,
  taskRecords,
  validationKey,
} from "../../src/statemachine/index.js";
import { task } from "./chart-walk.js";

const graph = { nodes: [task("a", 0), task("b", 1, ["a"])] };
const row = (taskKey: string, state: TaskRecord["state"], more: Partial<TaskRecord> = {}): TaskRecord => ({
  taskKey,
  state,
  producedOutput: state === "Completed" ? true : null,
  skippedBecause: null,
  isValidation: false,
  validationOf: null,
  ...more,
});

// That rebuild equals the machine that ran is checked at every step of every path, by the rules of a run.

test("an instance without rows has not started", () => {
  const rebuilt = rebuild(graph, [], { state: "InProgress", cancelRequested: false, haltRequested: false });
  expect(decisions(rebuilt)).toEqual({ start: ["a"], skip: [] });
});

test("tasks that are not selected get no record", () => {
  const part = { nodes: [{ ...task("a", 0), isSelected: false }, task("b", 1)] };
  expect(taskRecords(newInstance(part)).map(({ taskKey }) => taskKey)).toEqual(["b"]);
  expect(decisions(rebuild(part, [], { state: "InProgress", cancelRequested: false, haltRequested: false })).start).toEqual(["b"]);
});

test("the row of an ended task that the plan has no more counts for the end", () => {
  const rebuilt = rebuild(graph, [row("gone", "Warning", { producedOutput: false }), row("a", "Completed"), row("b", "InProgress")], {
    state: "InProgress",
    cancelRequested: false,
    haltRequested: false,
  });
  expect(jobState(advance(rebuilt, { type: "TASK_COMPLETED", taskKey: "b", producedOutput: true }))).toBe("Warning");
});

test.each(["NotStarted", "InProgress", "Blocked"] as const)("a row %s that the plan has no more is a fault", (state) => {
  expect(() => rebuild(graph, [row("gone", state)], { state: "Blocked", cancelRequested: false, haltRequested: false })).toThrow(/gone/);
});

test("a cancel asked while nobody looked takes hold", () => {
  const rows = [row("a", "InProgress")];
  expect(rebuild(graph, rows, { state: "InProgress", cancelRequested: true, haltRequested: false }).value).toBe("cancelling");
  expect(rebuild(graph, [row("a", "Completed")], { state: "InProgress", cancelRequested: true, haltRequested: false }).value).toBe(
    "cancelled",
  );
  expect(rebuild(graph, [], { state: "Waiting", cancelRequested: true, haltRequested: false }).value).toBe("cancelled");
});

test("a cancel asked before an instance ended does not close the Blocked task that can still be resumed", () => {
  const rows = [row("a", "Blocked")];
  expect(rebuild(graph, rows, { state: "Aborted", cancelRequested: true, haltRequested: false }).context.records.get("a")?.state).toBe(
    "Blocked",
  );
});

test("an open validation means validating, whatever the row order", () => {
  const rows = [row(validationKey("a", 1), "NotStarted", { isValidation: true, validationOf: "a" }), row("a", "Blocked")];
  const rebuilt = rebuild(graph, rows, { state: "InProgress", cancelRequested: false, haltRequested: false });
  expect(rebuilt.value).toBe("validating");
  expect(decisions(rebuilt).start).toEqual([validationKey("a", 1)]);
});

test("a halt asked while nobody looked takes hold; a cancel goes before it", () => {
  const halted = { state: "InProgress", cancelRequested: false, haltRequested: true } as const;
  expect(rebuild(graph, [row("a", "InProgress")], halted).value).toBe("halting");
  expect(rebuild(graph, [row("a", "Completed")], halted).value).toBe("aborted");
  expect(rebuild(graph, [row("a", "Completed"), row("b", "Completed")], halted).value).toBe("completed");
  expect(rebuild(graph, [row("a", "InProgress")], { ...halted, cancelRequested: true }).value).toBe("cancelling");
});

test("an aborted instance of which all ended well goes on to that end when it is resumed", () => {
  const rows = [row("a", "Completed"), row("b", "Completed")];
  const aborted = rebuild(graph, rows, { state: "Aborted", cancelRequested: false, haltRequested: false });
  expect(jobState(aborted)).toBe("Aborted");
  expect(jobState(advance(aborted, { type: "RESUME" }))).toBe("Completed");
});
