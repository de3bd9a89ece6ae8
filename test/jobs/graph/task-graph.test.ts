import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { compileTaskGraph, graphFindings, singleTaskGraph, type TaskGraph, type TaskSelection } from "../../../src/jobs/graph/index.js";
import { newInstance, taskRecords } from "../../../src/statemachine/index.js";
import { jobInTests, type StepInTests, taskInTests } from "./job-in-tests.js";

const compile = (steps: readonly StepInTests[], maxTaskBatchSize = 5, selection?: TaskSelection): TaskGraph =>
  compileTaskGraph(jobInTests(steps), { maxTaskBatchSize, ...(selection === undefined ? {} : { selection }) });

/** The levels of a graph: `a b | c`. */
const levels = (graph: TaskGraph): string =>
  graph.nodes.reduce((text, node, index) => {
    const separator = index === 0 ? "" : node.group === graph.nodes[index - 1]?.group ? " " : " | ";
    return text + separator + node.taskKey;
  }, "");

const at = (identifier: string, level: number, parents: readonly string[] = []): StepInTests => ({ identifier, level, parents });
const codes = (graph: TaskGraph): string[] => graph.warnings.map((finding) => finding.code);

const errorOf = (work: () => unknown): SluiceError => {
  try {
    work();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("levels, jobs-and-tasks §3.2", () => {
  test("none: one task after the other, in document order", () => {
    const graph = compile([{ identifier: "b" }, { identifier: "a" }, { identifier: "c" }]);
    expect(levels(graph)).toBe("b | a | c");
    expect(graph.nodes.map((node) => node.group)).toEqual([0, 1, 2]);
  });

  test("ascending whatever the document order, gaps closed, mates in document order", () => {
    const graph = compile([at("late", 4), at("b", 2), at("first", 0), at("a", 2)]);
    expect(levels(graph)).toBe("first | b a | late");
    expect(graph.nodes.map((node) => [node.position, node.level, node.group])).toEqual([
      [2, 0, 0],
      [1, 2, 1],
      [3, 2, 1],
      [0, 4, 2],
    ]);
    expect(graph.warnings).toEqual([]);
  });

  test("a level of more tasks than a batch takes becomes several, document order kept", () => {
    const graph = compile([at("a", 0), at("b", 0), at("c", 0), at("d", 0), at("e", 0), at("f", 1)], 2);
    expect(levels(graph)).toBe("a b | c d | e | f");
    expect(graph.nodes.map((node) => node.group)).toEqual([0, 0, 1, 1, 2, 3]);
  });

  test("a level of just a batch stays one", () => {
    expect(levels(compile([at("a", 0), at("b", 0), at("c", 1)], 2))).toBe("a b | c");
  });

  test("mixed with none: alone, after the highest level written above, with a warning", () => {
    const graph = compile([{ identifier: "x" }, at("a", 0), at("b", 1), { identifier: "y" }, at("c", 0), { identifier: "z" }, at("d", 2)]);
    expect(levels(graph)).toBe("x | a c | b | y | z | d");
    expect(graph.warnings).toMatchObject([{ severity: "warning", code: "JOB_GRAPH_LEVELS_MIXED", file: "Jobs.xml", line: 1, column: 3 }]);
    expect(graph.warnings[0]?.message).toContain("3 none");
  });

  test("a job without tasks", () => {
    expect(compile([]).nodes).toEqual([]);
  });

  test("effective levels are without gaps, never larger than a batch, and never mix written levels", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (written, batch) => {
        const { nodes } = compile(
          written.map((level, index) => at(`t${index}`, level)),
          batch,
        );
        expect(nodes.map((node) => node.position).toSorted((a, b) => a - b)).toEqual(written.map((_, index) => index));
        nodes.forEach((node, index) => {
          const step = node.group - (nodes[index - 1]?.group ?? -1);
          expect(index === 0 ? step === 1 : step === 0 || step === 1).toBe(true);
        });
        for (const group of new Set(nodes.map((node) => node.group))) {
          const mates = nodes.filter((node) => node.group === group);
          expect(mates.length).toBeLessThanOrEqual(mates[0]?.level === -1 ? 1 : batch);
          expect(new Set(mates.map((node) => node.level)).size).toBe(1);
        }
        const withLevel = nodes.filter((node) => node.level >= 0);
        expect(withLevel.map((node) => node.level)).toEqual(withLevel.map((node) => node.level).toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });
});

describe("parents, jobs-and-tasks §3.3", () => {
  test("by key, in the order of the links, each once", () => {
    const graph = compile([{ identifier: "a" }, { identifier: "b" }, { identifier: "c", parents: ["b", "a", "b"] }]);
    expect(graph.nodes[2]?.parents).toEqual(["b", "a"]);
    expect(graph.nodes[2]?.ignoredParents).toEqual([]);
  });

  test("outside the job: ignored, with a warning where the task stands", () => {
    const graph = compile([{ identifier: "a" }, { identifier: "b", parents: ["elsewhere", "a"] }]);
    expect(graph.nodes[1]).toMatchObject({ parents: ["a"], ignoredParents: ["elsewhere"] });
    expect(graph.warnings).toMatchObject([{ code: "JOB_GRAPH_PARENT_IGNORED", file: "Jobs.xml", line: 2 }]);
    expect(graph.warnings[0]?.message).toContain("elsewhere");
  });

  test("not on an earlier level: an error at the child", () => {
    const error = errorOf(() => compile([at("b", 0, ["a"]), at("a", 1)]));
    expect(error).toMatchObject({ code: "JOB_GRAPH_PARENT_NOT_EARLIER", exit: 64, place: { file: "Jobs.xml", line: 1 } });
    expect(error.message).toContain("b depends on a");
    expect(errorOf(() => compile([at("a", 0), at("b", 0, ["a"])])).code).toBe("JOB_GRAPH_PARENT_NOT_EARLIER");
    expect(errorOf(() => compile([{ identifier: "b", parents: ["a"] }, { identifier: "a" }])).code).toBe("JOB_GRAPH_PARENT_NOT_EARLIER");
  });

  test("on one level: an error also where batches would part them", () => {
    expect(errorOf(() => compile([at("a", 0), at("b", 0, ["a"])], 1)).code).toBe("JOB_GRAPH_PARENT_NOT_EARLIER");
  });

  test.each([
    [[{ identifier: "a", parents: ["a"] }], "a → a"],
    [
      [
        { identifier: "a", parents: ["b"] },
        { identifier: "b", parents: ["a"] },
      ],
      "a → b → a",
    ],
    [
      [
        { identifier: "x" },
        { identifier: "a", parents: ["x", "c"] },
        { identifier: "b", parents: ["a"] },
        { identifier: "c", parents: ["b"] },
      ],
      "a → c → b → a",
    ],
  ] as [StepInTests[], string][])("a cycle is named by its path: %#", (steps, path) => {
    const error = errorOf(() => compile(steps));
    expect(error.code).toBe("JOB_GRAPH_CYCLE");
    expect(error.exit).toBe(64);
    expect(error.message).toContain(`${path};`);
  });

  test("a chain of ten thousand tasks and a cycle of them are found without recursion", () => {
    const chain = Array.from({ length: 10_000 }, (_, n): StepInTests => ({ identifier: `t${n}`, parents: n === 0 ? [] : [`t${n - 1}`] }));
    expect(compile(chain).nodes.length).toBe(10_000);
    const ring = [{ identifier: "t0", parents: ["t9999"] }, ...chain.slice(1)];
    expect(errorOf(() => compile(ring)).code).toBe("JOB_GRAPH_CYCLE");
  });
});

describe("a task that stands twice, jobs-and-tasks §1", () => {
  test("has a key for each place, and its children hang on the last place before them", () => {
    const graph = compile([
      { identifier: "Orders" },
      { identifier: "Write", parents: ["Orders"] },
      { identifier: "Orders" },
      { identifier: "Write", parents: ["Orders"] },
    ]);
    expect(graph.nodes.map((node) => [node.taskKey, node.task.identifier, node.parents])).toEqual([
      ["Orders", "Orders", []],
      ["Write", "Write", ["Orders"]],
      ["Orders#2", "Orders", []],
      ["Write#2", "Write", ["Orders#2"]],
    ]);
  });

  test("keys stay unique beside a task of that very name", () => {
    const graph = compile([{ identifier: "a" }, { identifier: "a#2" }, { identifier: "a" }, { identifier: "a" }]);
    expect(graph.nodes.map((node) => node.taskKey)).toEqual(["a", "a#2", "a#3", "a#4"]);
  });
});

describe("selection", () => {
  const steps = [{ identifier: "a" }, { identifier: "b", parents: ["a"] }, { identifier: "c", parents: ["a", "b"] }, { identifier: "d" }];
  const selected = (selection: TaskSelection): string =>
    compile(steps, 5, selection)
      .nodes.filter((node) => node.isSelected)
      .map((node) => node.taskKey)
      .join(" ");

  test("from and to are inclusive", () => {
    expect(selected({ from: "b" })).toBe("b c d");
    expect(selected({ to: "b" })).toBe("a b");
    expect(selected({ from: "b", to: "c" })).toBe("b c");
    expect(selected({ from: "c", to: "c" })).toBe("c");
    expect(selected({ task: "b" })).toBe("b");
    expect(selected({})).toBe("a b c d");
  });

  test("goes by the order of the run, not of the document", () => {
    const graph = compile([at("late", 1), at("early", 0), at("mate", 1)], 5, { from: "late" });
    expect(graph.nodes.map((node) => [node.taskKey, node.isSelected, node.group])).toEqual([
      ["early", false, 0],
      ["late", true, 1],
      ["mate", true, 1],
    ]);
  });

  test("parents left out are ignored with a warning; levels keep their numbers; the machine gets only what is selected", () => {
    const graph = compile(steps, 5, { from: "b" });
    expect(graph.nodes[1]).toMatchObject({ taskKey: "b", group: 1, parents: [], ignoredParents: ["a"] });
    expect(graph.nodes[2]).toMatchObject({ taskKey: "c", group: 2, parents: ["b"], ignoredParents: ["a"] });
    expect(codes(graph)).toEqual(["JOB_GRAPH_PARENT_IGNORED", "JOB_GRAPH_PARENT_IGNORED"]);
    expect(taskRecords(newInstance(graph)).map((record) => record.taskKey)).toEqual(["b", "c", "d"]);
  });

  test("no warning for a task that does not run itself", () => {
    expect(codes(compile(steps, 5, { task: "a" }))).toEqual([]);
  });

  test("names a task by its case; the nearest name is in the error", () => {
    const error = errorOf(() => compile([{ identifier: "AD_Sync" }, { identifier: "HR_Sync" }], 5, { from: "ad_sync" }));
    expect(error).toMatchObject({ code: "JOB_GRAPH_UNKNOWN_TASK", exit: 64 });
    expect(error.message).toContain("--from ad_sync");
    expect(error.message).toContain("AD_Sync");
    expect(errorOf(() => compile(steps, 5, { to: "nothing like it" })).message).toContain("sluice plan");
  });

  test("from after to, or a task outside of them, leaves nothing", () => {
    const error = errorOf(() => compile(steps, 5, { from: "c", to: "b" }));
    expect(error).toMatchObject({ code: "JOB_GRAPH_EMPTY_SELECTION", exit: 64 });
    expect(error.message).toContain("--from c --to b");
    expect(errorOf(() => compile(steps, 5, { from: "c", task: "a" })).code).toBe("JOB_GRAPH_EMPTY_SELECTION");
  });

  test("one place of a task that stands twice", () => {
    const graph = compile([{ identifier: "a" }, { identifier: "b" }, { identifier: "a" }], 5, { task: "a#2" });
    expect(graph.nodes.map((node) => node.isSelected)).toEqual([false, false, true]);
  });
});

test("a root task alone: no job, its parents ignored", () => {
  const graph = singleTaskGraph(taskInTests({ identifier: "Classify", parents: ["Load"] }));
  expect(graph.job).toBeNull();
  expect(graph.nodes).toMatchObject([{ taskKey: "Classify", group: 0, parents: [], ignoredParents: ["Load"], isSelected: true }]);
  expect(codes(graph)).toEqual(["JOB_GRAPH_PARENT_IGNORED"]);
});

test("a graph is frozen", () => {
  const graph = compile([{ identifier: "a" }]);
  for (const value of [graph, graph.nodes, graph.nodes[0], graph.nodes[0]?.parents, graph.warnings])
    expect(Object.isFrozen(value)).toBe(true);
});

test("validate gets all findings of all jobs at once", () => {
  const wrong = jobInTests([at("a", 0, ["b", "a"]), at("b", 0), { identifier: "c", parents: ["x"] }], "Wrong");
  const ring = jobInTests(
    [
      { identifier: "p", parents: ["q"] },
      { identifier: "q", parents: ["p"] },
    ],
    "Ring",
  );
  const jobs = new Map([wrong, ring].map((job) => [job.identifier, job]));
  const settings = { maxTaskBatchSize: 5 } as Parameters<typeof graphFindings>[0]["settings"];
  expect(graphFindings({ jobs, settings }).map(({ severity, code, line }) => [severity, code, line])).toEqual([
    ["error", "JOB_GRAPH_CYCLE", 1],
    ["error", "JOB_GRAPH_PARENT_NOT_EARLIER", 1],
    ["warning", "JOB_GRAPH_LEVELS_MIXED", 3],
    ["warning", "JOB_GRAPH_PARENT_IGNORED", 3],
    ["error", "JOB_GRAPH_CYCLE", 1],
  ]);
});
