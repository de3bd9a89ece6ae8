import { expect, test } from "vitest";
import {
  compileTaskGraph,
  type PlannedTask,
  planDifferences,
  planHash,
  plannedTasks,
  remainingTasksHash,
  type TaskGraph,
} from "../../../src/jobs/graph/index.js";
import { jobInTests, type StepInTests } from "./job-in-tests.js";

const compile = (steps: readonly StepInTests[], maxTaskBatchSize = 5): TaskGraph =>
  compileTaskGraph(jobInTests(steps), { maxTaskBatchSize });
const export1: StepInTests = { identifier: "Export", level: 0, attributes: { b: 1, a: "x" } };
const load: StepInTests = { identifier: "Load", level: 1, parents: ["Export"], entityTypes: ["Badge"] };
const flag: StepInTests = { identifier: "Flag", level: 2, parents: ["Load"] };
const steps = [export1, load, flag];
const before = compile(steps);

test("labels, places, the order of attributes and the batch size do not count", () => {
  const moved = jobInTests([
    { ...export1, displayName: "other", displayNames: { 1: "other", 2: "autre" }, attributes: { a: "x", b: 1, DisplayName_L1: "other" } },
    { ...load, place: { file: "Other.xml", line: 77, column: 1 } },
    { ...flag, isGeneratedIdentifier: true },
  ]);
  expect(planHash(compileTaskGraph(moved, { maxTaskBatchSize: 1 }))).toBe(planHash(before));
  expect(planHash(before)).toMatch(/^[0-9a-f]{64}$/);
});

test.each<[string, StepInTests]>([
  ["an attribute", { ...load, attributes: { ForceSynchronization: true } }],
  ["an attribute's type", { ...load, attributes: { ForceSynchronization: "true" } }],
  ["the kind", { ...load, type: "SynchronizeTask" }],
  ["the side", { ...load, side: "agent" }],
  ["the connector", { ...load, connector: "Badge" }],
  ["the connection", { ...load, connection: "Badge" }],
  ["an entity type", { ...load, entityTypes: ["Badge", "Door"] }],
  ["a parent", { ...load, parents: [] }],
  ["ContinueOnError", { ...load, continueOnError: true }],
])("%s counts, and the task is named", (_, changed) => {
  const after = compile([export1, changed, flag]);
  expect(planHash(after)).not.toBe(planHash(before));
  expect(planDifferences(plannedTasks(before), after, new Set(["Export"]))).toEqual([{ taskKey: "Load", difference: "changed" }]);
  expect(remainingTasksHash(after, new Set(["Export"]))).not.toBe(remainingTasksHash(before, new Set(["Export"])));
});

test("what became of ended tasks does not matter to the remaining ones", () => {
  const after = compile([
    { ...export1, attributes: {} },
    { identifier: "Load", level: 7, parents: ["Export"], entityTypes: ["Badge"] },
    { ...flag, level: 9 },
  ]);
  const ended = new Set(["Export"]);
  expect(planDifferences(plannedTasks(before), after, ended)).toEqual([]);
  expect(remainingTasksHash(after, ended)).toBe(remainingTasksHash(before, ended));
  expect(planDifferences(plannedTasks(before), after, new Set())).toEqual([{ taskKey: "Export", difference: "changed" }]);

  const separate = [export1, { identifier: "Report", level: 1 }, { identifier: "Mail", level: 2 }];
  const without = compile(separate.slice(1));
  expect(planDifferences(plannedTasks(compile(separate)), without, ended)).toEqual([]);
  expect(remainingTasksHash(without, ended)).toBe(remainingTasksHash(compile(separate), ended));
});

test("a task that came, went or moved among the remaining ones is named", () => {
  const ended = new Set(["Export"]);
  const stored = JSON.parse(JSON.stringify(plannedTasks(before))) as PlannedTask[];
  expect(planDifferences(stored, compile([...steps, { identifier: "New", level: 3 }]), ended)).toEqual([
    { taskKey: "New", difference: "added" },
  ]);
  expect(planDifferences(stored, compile([export1, load]), ended)).toEqual([{ taskKey: "Flag", difference: "removed" }]);
  const two = compile([
    { identifier: "a", level: 0 },
    { identifier: "b", level: 1 },
  ]);
  const turned = compile([
    { identifier: "a", level: 1 },
    { identifier: "b", level: 0 },
  ]);
  expect(planDifferences(plannedTasks(two), turned, new Set())).toEqual([
    { taskKey: "b", difference: "moved" },
    { taskKey: "a", difference: "moved" },
  ]);
  expect(remainingTasksHash(turned, new Set())).not.toBe(remainingTasksHash(two, new Set()));
});

test("the selection is part of the plan", () => {
  const part = compileTaskGraph(jobInTests(steps), { maxTaskBatchSize: 5, selection: { from: "Load" } });
  expect(plannedTasks(part).map((task) => task.taskKey)).toEqual(["Load", "Flag"]);
  expect(planHash(part)).not.toBe(planHash(before));
});
