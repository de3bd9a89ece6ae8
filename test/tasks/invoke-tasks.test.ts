import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, test } from "vitest";
import { type RunReport, runJob } from "../../src/jobs/index.js";
import { type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

const agent = 'DisplayName_L1="x" Agent="Local" OpenIdClient="Job"';

interface Sample extends SampleWorkspace {
  readonly run: (task: string) => Promise<RunReport>;
  readonly output: (name: string) => string;
}

/** A workspace with these tasks at its root, and settings of its agent. */
const sampleOf = async (tasks: string, settings: Readonly<Record<string, unknown>> = {}): Promise<Sample> => {
  const sample = await sampleWorkspace({ more: tasks });
  const { workspace } = sample;
  const file = join(workspace, "appsettings.agent.json");
  writeFileSync(
    file,
    JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), Databases: { Payroll: "sqlite:payroll.db" }, ...settings }),
  );
  const database = new DatabaseSync(join(workspace, "payroll.db"));
  database.exec("CREATE TABLE Person (Id INTEGER, Name TEXT); INSERT INTO Person VALUES (1, 'Ann'), (2, 'Zoë')");
  database.close();
  const configuration = sample.load();
  return {
    ...sample,
    configuration,
    run: (rootTask) => runJob({ configuration, store: sample.store, startedBy: "ann", what: { rootTask } }),
    output: (name) => join(workspace, "Temp", "ExportOutput", name),
  };
};
const put = ({ workspace }: SampleWorkspace, name: string, content: string): void => {
  writeFileSync(join(workspace, name), `#!/bin/sh\n${content}\n`);
  chmodSync(join(workspace, name), 0o755);
};
const logOf = ({ workspace }: SampleWorkspace): string => {
  const folder = join(workspace, "Temp", "JobLogs");
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
};

describe.skipIf(process.platform === "win32")("an InvokeExpressionTask", () => {
  test("runs a script of the workspace with what it needs to know, on either side; its lines are in the log, secrets masked", async () => {
    const sample = await sampleOf(
      `<InvokeExpressionTask Identifier="OnAgent" ${agent} InputPath="Scripts/run.sh" />
       <InvokeExpressionTask Identifier="OnServer" DisplayName_L1="x" InputPath="Scripts/run.sh" />`,
      { Databases: { Payroll: "Host=db;Username=u;Password=verysecret" } },
    );
    mkdirSync(join(sample.workspace, "Scripts"));
    put(sample, "Scripts/run.sh", 'echo "$SLUICE_TASK $SLUICE_WORKSPACE" >> ../ran; echo "the password is verysecret"');
    for (const task of ["OnAgent", "OnServer"]) {
      const report = await sample.run(task);
      expect(report).toMatchObject({ state: "Completed", tasks: [{ state: "Completed", producedOutput: true, error: null }] });
    }
    expect(readFileSync(join(sample.workspace, "ran"), "utf8")).toBe(`OnAgent ${sample.workspace}\nOnServer ${sample.workspace}\n`);
    expect(logOf(sample)).toContain("the password is ***");
    expect(logOf(sample)).not.toContain("verysecret");
  });

  test("is Errored by another exit code, and a Warning with ContinueOnError", async () => {
    const sample = await sampleOf(
      `<InvokeExpressionTask Identifier="Bad" ${agent} InputPath="bad.sh" />
       <InvokeExpressionTask Identifier="Lenient" ${agent} InputPath="bad.sh" ContinueOnError="true" />`,
    );
    put(sample, "bad.sh", "echo no such folder >&2; exit 5");
    const error = { code: "SRC_SCRIPT_FAILED", message: expect.stringMatching(/exit code 5.*no such folder/) };
    expect(await sample.run("Bad")).toMatchObject({ state: "Errored", tasks: [{ state: "Errored", error }] });
    expect(await sample.run("Lenient")).toMatchObject({ state: "Warning", tasks: [{ state: "Warning", error }] });
  });

  test("runs nothing outside the workspace, and is refused without a script", async () => {
    const sample = await sampleOf(
      `<InvokeExpressionTask Identifier="Outside" ${agent} InputPath="../../bin/true" />
       <InvokeExpressionTask Identifier="Nothing" ${agent} />`,
    );
    expect(await sample.run("Outside")).toMatchObject({ tasks: [{ error: { code: "SRC_PATH_OUTSIDE" } }] });
    await expect(sample.run("Nothing")).rejects.toMatchObject({ message: expect.stringContaining("names no InputPath") });
  });

  test("may edit an exported file, which prepare then takes as it is", async () => {
    const sample = await sampleOf(`<InvokeExpressionTask Identifier="Edit" ${agent} InputPath="edit.sh" />`);
    sample.writePeople([["P1", "Ann"]]);
    put(sample, "edit.sh", 'echo "P2,Bob" >> "$SLUICE_EXPORT_OUTPUT/HR_People.csv"');
    const job = (task: string): Promise<RunReport> =>
      runJob({ configuration: sample.configuration, store: sample.store, startedBy: "ann", what: { job: "HR_Complete", task } });
    await job("HR_Export");
    expect(existsSync(sample.output("HR_People.csv.manifest.json"))).toBe(true);
    expect((await sample.run("Edit")).state).toBe("Completed");
    expect(await job("HR_Prepare")).toMatchObject({ state: "Completed", tasks: [{ counters: { read: 2 } }] });
  });
});

describe("an InvokeSqlCommandTask", () => {
  test("writes the rows of a query to ExportOutput, with a manifest", async () => {
    const sample = await sampleOf(
      `<InvokeSqlCommandTask Identifier="Rows" ${agent} DatabaseIdentifier="payroll" SQLCommand="SELECT Id, Name FROM Person" OutputPath="HR_Payroll.csv" />`,
    );
    const report = await sample.run("Rows");
    expect(report).toMatchObject({ state: "Completed", tasks: [{ producedOutput: true, counters: { read: 2, written: 2 } }] });
    expect(readFileSync(sample.output("HR_Payroll.csv"), "utf8")).toBe("Id,Name\n1,Ann\n2,Zoë\n");
    expect(JSON.parse(readFileSync(sample.output("HR_Payroll.csv.manifest.json"), "utf8"))).toMatchObject({ rows: 2 });
  });

  test("takes both paths from InvokeSqlCommands", async () => {
    const sample = await sampleOf(
      `<InvokeSqlCommandTask Identifier="Rows" ${agent} DatabaseIdentifier="Payroll" SQLInputFile="nope.sql" OutputPath="nope.csv" Provider="SQLite" />`,
      { InvokeSqlCommands: { rows: { SQLInputFile: "ours.sql", OutputPath: "Temp/ours.csv" } } },
    );
    writeFileSync(join(sample.workspace, "ours.sql"), "SELECT 'ours' AS a");
    expect((await sample.run("Rows")).state).toBe("Completed");
    expect(readFileSync(join(sample.workspace, "Temp", "ours.csv"), "utf8")).toBe("a\nours\n");
    expect(existsSync(join(sample.workspace, "Temp", "ours.csv.manifest.json"))).toBe(false);
  });

  test("writes to the database only as IsNotAQuery", async () => {
    const insert = "INSERT INTO Person VALUES (3, 'Eve') RETURNING Id";
    const sample = await sampleOf(
      `<InvokeSqlCommandTask Identifier="Query" ${agent} DatabaseIdentifier="Payroll" SQLCommand="${insert}" OutputPath="x.csv" />
       <InvokeSqlCommandTask Identifier="Command" ${agent} DatabaseIdentifier="Payroll" SQLCommand="${insert}" IsNotAQuery="true" />
       <InvokeSqlCommandTask Identifier="Count" ${agent} DatabaseIdentifier="Payroll" SQLCommand="SELECT count(*) AS n FROM Person" OutputPath="n.csv" />`,
    );
    expect(await sample.run("Query")).toMatchObject({ state: "Errored", tasks: [{ error: { code: "SRC_SQL_WRITES" } }] });
    await sample.run("Count");
    expect(readFileSync(sample.output("n.csv"), "utf8")).toBe("n\n2\n");
    expect((await sample.run("Command")).state).toBe("Completed");
    await sample.run("Count");
    expect(readFileSync(sample.output("n.csv"), "utf8")).toBe("n\n3\n");
  });

  test("without DatabaseIdentifier reads the repository on the server side, and only reads it", async () => {
    const sample = await sampleOf(
      `<InvokeSqlCommandTask Identifier="Own" DisplayName_L1="x" SQLCommand="SELECT count(*) AS n FROM UJ_JobInstances" OutputPath="own.csv" />
       <InvokeSqlCommandTask Identifier="Write" DisplayName_L1="x" SQLCommand="DELETE FROM UJ_JobInstances" IsNotAQuery="true" />
       <InvokeSqlCommandTask Identifier="OnAgent" ${agent} SQLCommand="SELECT 1 AS a" OutputPath="a.csv" />`,
    );
    expect((await sample.run("Own")).state).toBe("Completed");
    expect(readFileSync(sample.output("own.csv"), "utf8")).toMatch(/^n\n\d+\n$/);
    await expect(sample.run("Write")).rejects.toMatchObject({ message: expect.stringContaining("only read") });
    await expect(sample.run("OnAgent")).rejects.toMatchObject({ message: expect.stringContaining("names no DatabaseIdentifier") });
  });

  test.each([
    ['SQLCommand="SELECT 1 AS a" SQLInputFile="a.sql" OutputPath="a.csv" DatabaseIdentifier="Payroll"', "names both"],
    ['OutputPath="a.csv" DatabaseIdentifier="Payroll"', "names neither"],
    ['SQLCommand="SELECT 1 AS a" DatabaseIdentifier="Payroll"', "names no OutputPath"],
    ['SQLCommand="SELECT 1 AS a" OutputPath="a.csv" DatabaseIdentifier="Nope"', "DatabaseIdentifier Nope is not among"],
    ['SQLCommand="SELECT 1 AS a" OutputPath="a.csv" DatabaseIdentifier="Payroll" Provider="Oracle"', "Provider Oracle"],
    ['SQLCommand="SELECT 1 AS a" OutputPath="a.csv" DatabaseIdentifier="Payroll" IsolationLevel="Maybe"', "IsolationLevel Maybe"],
  ])("with %s is refused before anything starts", async (attributes, message) => {
    const sample = await sampleOf(`<InvokeSqlCommandTask Identifier="T" ${agent} ${attributes} />`);
    await expect(sample.run("T")).rejects.toMatchObject({ message: expect.stringContaining(message) });
  });

  test.each([
    "../out.csv",
    "Work/Collect/previous/x.csv",
    "Work/Synchronization/x.csv",
    "Work/sluice.db",
    "Sources/people.csv",
    "Temp/../payroll.csv",
  ])("writes nothing to %s", async (path) => {
    const sample = await sampleOf(
      `<InvokeSqlCommandTask Identifier="T" ${agent} DatabaseIdentifier="Payroll" SQLCommand="SELECT 1 AS a" OutputPath="${path}" />`,
    );
    expect(await sample.run("T")).toMatchObject({ tasks: [{ error: { code: "SRC_PATH_OUTSIDE" } }] });
    expect(existsSync(join(sample.workspace, "out.csv"))).toBe(false);
  });
});
