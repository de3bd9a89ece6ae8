import { describe, expect, test } from "vitest";
import { compileTaskGraph, formatPlan, planHash, singleTaskGraph } from "../../../src/jobs/graph/index.js";
import { jobInTests, taskInTests } from "./job-in-tests.js";

const graph = compileTaskGraph(
  jobInTests([
    {
      identifier: "Pay_Exp",
      type: "ExportTask",
      side: "agent",
      agent: "Plant1",
      displayName: "Zoë's export",
      level: 0,
      connection: "PayFiles",
    },
    { identifier: "Badge_Exp", type: "ExportTask", side: "agent", agent: "Plant1", displayName: "漢字", level: 0 },
    {
      identifier: "Load",
      type: "SynchronizeTask",
      displayName: "Load\n it",
      level: 2,
      parents: ["Pay_Exp", "Badge_Exp", "Other"],
      connector: "Pay",
    },
  ]),
  { maxTaskBatchSize: 5 },
);

describe("text", () => {
  test("one line a task, aligned, the level on its first task", () => {
    expect(formatPlan(graph, "text")).toBe(
      [
        "Night · Badges, nightly · 3 tasks on 2 levels",
        "",
        "Level  Side          Type             Identifier  Name          Depends on",
        "0      agent Plant1  ExportTask       Pay_Exp     Zoë's export",
        "       agent Plant1  ExportTask       Badge_Exp   漢字",
        "1      server        SynchronizeTask  Load        Load it       Pay_Exp, Badge_Exp, (Other: not in this run)",
        "",
      ].join("\n"),
    );
  });

  test("what is not selected is said", () => {
    const part = compileTaskGraph(jobInTests([{ identifier: "a" }, { identifier: "b" }]), {
      maxTaskBatchSize: 5,
      selection: { task: "b" },
    });
    expect(formatPlan(part, "text")).toContain("a (not in this run)");
  });

  test("columns stay aligned beside names that take two columns a letter", () => {
    const wide = compileTaskGraph(
      jobInTests([
        { identifier: "x", displayName: "漢字" },
        { identifier: "y", displayName: "abcd", parents: ["x"] },
        { identifier: "z", displayName: "漢a", parents: ["x"] },
      ]),
      { maxTaskBatchSize: 5 },
    );
    const lines = formatPlan(wide, "text").split("\n");
    expect(lines[4]).toMatch(/ abcd {2}x$/);
    expect(lines[5]).toMatch(/ 漢a {3}x$/);
  });

  test("a root task has no job, and no tasks is no table of nothing", () => {
    expect(formatPlan(singleTaskGraph(taskInTests({ identifier: "One", displayName: "Just one" })), "text")).toMatch(
      /^Just one · 1 task on 1 level\n/,
    );
    expect(formatPlan(compileTaskGraph(jobInTests([]), { maxTaskBatchSize: 5 }), "text")).toMatch(
      /^Night · Badges, nightly · 0 tasks on 0 levels\n/,
    );
  });
});

test("json: one document of format 1", () => {
  const text = formatPlan(graph, "json");
  expect(text.endsWith("}\n")).toBe(true);
  expect(JSON.parse(text)).toEqual({
    format: 1,
    job: "Night",
    displayName: "Badges, nightly",
    hash: planHash(graph),
    tasks: [
      {
        taskKey: "Pay_Exp",
        task: "Pay_Exp",
        type: "ExportTask",
        displayName: "Zoë's export",
        side: "agent",
        agent: "Plant1",
        level: 0,
        writtenLevel: 0,
        position: 0,
        connector: null,
        connection: "PayFiles",
        continueOnError: false,
        dependsOn: [],
        ignoredParents: [],
        isSelected: true,
      },
      expect.objectContaining({ taskKey: "Badge_Exp", level: 0, position: 1 }),
      expect.objectContaining({
        taskKey: "Load",
        level: 1,
        writtenLevel: 2,
        dependsOn: ["Pay_Exp", "Badge_Exp"],
        ignoredParents: ["Other"],
      }),
    ],
    warnings: [{ code: "JOB_GRAPH_PARENT_IGNORED", message: expect.stringContaining("Other"), file: "Jobs.xml", line: 3, column: 3 }],
  });
});

test("mermaid", () => {
  expect(formatPlan(graph, "mermaid")).toBe(`flowchart TD
  subgraph level0["Level 0"]
    n0["Pay_Exp<br/>Zoë's export<br/>ExportTask, agent Plant1"]
    n1["Badge_Exp<br/>漢字<br/>ExportTask, agent Plant1"]
  end
  subgraph level1["Level 1"]
    n2["Load<br/>Load  it<br/>SynchronizeTask, server"]
  end
  level0 ~~~ level1
  n0 --> n2
  n1 --> n2
`);
});

test("dot", () => {
  expect(formatPlan(graph, "dot")).toBe(`digraph "Night" {
  rankdir=TB;
  node [shape=box];
  subgraph cluster_0 {
    label="Level 0";
    n0 [label="Pay_Exp\\nZoë's export\\nExportTask, agent Plant1"];
    n1 [label="Badge_Exp\\n漢字\\nExportTask, agent Plant1"];
  }
  subgraph cluster_1 {
    label="Level 1";
    n2 [label="Load\\nLoad  it\\nSynchronizeTask, server"];
  }
  n0 -> n2 [style=invis];
  n0 -> n2;
  n1 -> n2;
}
`);
});

const hostile = [
  'quote " end',
  "a\\",
  '\\N \\"',
  "]; end; x[",
  "<img src=x onerror=alert(1)>",
  "&lt;b&gt; #quot;",
  "`code` **b**",
  "a\u0000b\r\nc",
  "}",
  "end",
];

describe("a value never meets syntax", () => {
  const jobs = hostile.map((name) =>
    jobInTests(
      [
        { identifier: name, displayName: name },
        { identifier: "x", parents: [name] },
      ],
      name,
    ),
  );

  test.each(jobs.map((job) => [job.identifier, job] as const))("mermaid label of %j", (_, job) => {
    const lines = formatPlan(compileTaskGraph(job, { maxTaskBatchSize: 5 }), "mermaid").split("\n");
    expect(lines).toHaveLength(10);
    const label = /^ {4}n0\["(.*)"\]$/.exec(lines[2] ?? "")?.[1] ?? "missing";
    const parts = label.split("<br/>");
    expect(parts).toHaveLength(3);
    for (const part of parts.slice(0, 2)) {
      expect(part).not.toMatch(/["<>&`\\]/);
      expect(part.replace(/#(\d+);/g, (_text, code: string) => String.fromCharCode(Number(code)))).toBe(
        job.identifier.replace(/\p{Cc}+/gu, " "),
      );
    }
  });

  test.each(jobs.map((job) => [job.identifier, job] as const))("dot label of %j", (_, job) => {
    const lines = formatPlan(compileTaskGraph(job, { maxTaskBatchSize: 5 }), "dot").split("\n");
    expect(lines).toHaveLength(15);
    const quoted = /"((?:[^"\\]|\\.)*)"/y;
    const label = lines[5]?.slice("    n0 [label=".length) ?? "";
    const inner = quoted.exec(label)?.[1];
    expect(label.slice((inner?.length ?? 0) + 2)).toBe("];");
    const text = job.identifier.replace(/\p{Cc}+/gu, " ");
    expect(inner?.replace(/\\(.)/g, (_text, c: string) => (c === "n" ? "\n" : c))).toBe(
      `${text}\n${text}\nUpdateClassificationTask, server`,
    );
    quoted.lastIndex = "digraph ".length;
    expect(quoted.exec(lines[0] ?? "")?.[1]?.replace(/\\(.)/g, "$1")).toBe(text);
  });
});

test("what is not in this run is dashed", () => {
  const part = compileTaskGraph(jobInTests([{ identifier: "a" }, { identifier: "b", parents: ["a"] }]), {
    maxTaskBatchSize: 5,
    selection: { from: "b" },
  });
  expect(formatPlan(part, "mermaid")).toContain("class n0 notInThisRun");
  expect(formatPlan(part, "dot")).toContain('UpdateClassificationTask, server", style=dashed];');
});
