import { describe, expect, test, vi } from "vitest";
import type { ChartTask } from "../../src/statemachine/index.js";
import { conceivable, plausible, task, walk } from "./chart-walk.js";
import { checkEdge } from "./rules-of-a-run.js";

/** Milliseconds; a graph takes up to 4 s alone on a machine, more beside other tests. */
vi.setConfig({ testTimeout: 60_000 });

const keys = ["a", "b", "c", "d"];

/** All ways to put n tasks on levels, in order: each task on the level of the one before, or on the next. */
const levelings = (n: number): number[][] => {
  if (n === 0) return [[]];
  return levelings(n - 1).flatMap((levels) => {
    const last = levels.at(-1);
    return last === undefined
      ? [[0]]
      : [
          [...levels, last],
          [...levels, last + 1],
        ];
  });
};

const subsets = (names: readonly string[]): string[][] =>
  names.reduce<string[][]>((found, name) => found.concat(found.map((subset) => subset.concat(name))), [[]]);

/** All graphs of n tasks: every leveling with every choice of parents on earlier levels. */
const graphs = (n: number): ChartTask[][] =>
  levelings(n).flatMap((levels) =>
    levels.reduce<ChartTask[][]>(
      (found, level, index) => {
        const earlier = keys.filter((_, other) => (levels[other] ?? level) < level);
        return found.flatMap((graph) => subsets(earlier).map((parents) => [...graph, task(keys[index] ?? "", level, parents)]));
      },
      [[]],
    ),
  );

const withContinueOnError = (graph: readonly ChartTask[], names: readonly string[]): ChartTask[] =>
  graph.map((node) => ({ ...node, continueOnError: names.includes(node.taskKey) }));

const nameOf = (graph: readonly ChartTask[]): string =>
  graph
    .map(({ taskKey, group, parents, continueOnError }) => `${taskKey}${continueOnError ? "!" : ""}:${group}(${parents.join("")})`)
    .join(" ");

const check = (graph: readonly ChartTask[], maxValidations: number): Map<string, number> => {
  const reached = new Map<string, number>();
  for (const edge of walk(graph, maxValidations, { events: graph.length > 2 ? plausible : conceivable })) {
    checkEdge(edge);
    reached.set(edge.after.value, (reached.get(edge.after.value) ?? 0) + 1);
  }
  return reached;
};

test("a job without tasks is completed as soon as it runs", () => {
  expect([...check([], 0).keys()].sort()).toEqual(["aborted", "cancelled", "completed"]);
});

describe("all paths of all graphs of one and two tasks, with every ContinueOnError and two resumes of each task", () => {
  const all = [1, 2].flatMap((n) =>
    graphs(n).flatMap((graph) => subsets(keys.slice(0, n)).map((names) => withContinueOnError(graph, names))),
  );
  test.each(all.map((graph) => [nameOf(graph), graph] as const))("%s", (_, graph) => {
    const reached = check(graph, graph.length + 1);
    for (const value of ["running", "cancelling", "completed", "errored", "blocked", "validating", "cancelled", "aborted"]) {
      if (value === "errored" && graph.every((node) => node.continueOnError)) continue;
      expect(reached.get(value), value).toBeGreaterThan(0);
    }
  });
});

describe("all paths of all graphs of three tasks", () => {
  test.each(graphs(3).map((graph) => [nameOf(graph), graph] as const))("%s", (_, graph) => {
    check(graph, 1);
    check(withContinueOnError(graph, ["a"]), 2);
  });
});

describe("all paths of graphs of four tasks", () => {
  const shapes: Record<string, ChartTask[]> = {
    "one after the other": [task("a", 0), task("b", 1, ["a"]), task("c", 2, ["b"]), task("d", 3, ["c"])],
    "a diamond": [task("a", 0), task("b", 1, ["a"]), task("c", 1, ["a"]), task("d", 2, ["b", "c"])],
    "two chains": [task("a", 0, [], true), task("b", 0), task("c", 1, ["a"]), task("d", 1, ["b"])],
    "two, then two": [task("a", 0), task("b", 0), task("c", 1, ["a", "b"]), task("d", 1)],
    "three, then one": [task("a", 0), task("b", 0), task("c", 0, [], true), task("d", 1, ["a", "b", "c"])],
  };
  test.each(Object.entries(shapes))("%s", (_, graph) => {
    check(graph, 1);
  });
  // Without validations: with them its states are a hundred thousand, which graphs of three tasks show as well.
  test("all at once", () => {
    check([task("a", 0), task("b", 0), task("c", 0), task("d", 0)], 0);
  });
});

test("all paths of two chains of which one connector is left out", () => {
  const graph = [task("a", 0), task("b", 0), task("c", 1, ["a"]), task("d", 1, ["a", "b"])];
  for (const edge of walk(graph, 1, { toSkip: new Map([["a", "connectorBlocked" as const]]) })) checkEdge(edge);
});
