import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type RunReport, runJob } from "../../src/jobs/index.js";
import { sessionFolder, sessionsFolder } from "../../src/tasks/index.js";
import { onEachDatabase } from "../database.js";
import { people, peopleIn, type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

onEachDatabase((kind) => {
  /** Puts down what an export writes: `,`, UTF-8. */
  const exported = ({ configuration }: SampleWorkspace, lines: readonly string[]): void => {
    const folder = join(configuration.settings.tempFolder, "ExportOutput");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "HR_People.csv"), ["number,name,unmapped", ...lines].map((line) => `${line}\n`).join(""));
  };

  const run = ({ configuration, store }: SampleWorkspace, job: string, from: string, to?: string): Promise<RunReport> =>
    runJob({ configuration, store, startedBy: "ann", what: { job, from, to } });

  describe("PrepareSynchronizationTask", () => {
    test("cleanses and hands over one session, errors.csv included", async () => {
      const sample = await sampleWorkspace({ kind });
      exported(sample, ["P002,Bo,x", "P001,Ann,x", "P002,Bo,x", ",Ghost,x"]);
      const report = await run(sample, "HR_Complete", "HR_Prepare", "HR_Prepare");
      expect(report).toMatchObject({
        state: "Completed",
        tasks: [{ state: "Completed", producedOutput: true, counters: { read: 4, written: 2, duplicates: 1, nullKeys: 1, rejected: 0 } }],
      });
      const session = await sample.store.sessions.oldestReady("HR");
      expect(session).toMatchObject({
        mode: "Complete",
        type: "None",
        manifest: { files: [{ name: "Person.sorted.csv", mapping: "Person", rows: 2 }] },
      });
      const folder = sessionFolder(sample.configuration, session?.guid ?? ("" as never));
      expect(readdirSync(folder).sort()).toEqual(["Person.sorted.csv", "errors.csv"]);
      expect(readFileSync(join(folder, "Person.sorted.csv"), "utf8")).toBe("number,name\nP001,Ann\nP002,Bo\n");
      expect(readFileSync(join(folder, "errors.csv"), "utf8").split("\n")).toHaveLength(4);
      const collect = join(sample.configuration.settings.workFolder, "Collect");
      expect(
        readdirSync(collect)
          .filter((name) => name.endsWith(".csv"))
          .sort(),
      ).toEqual(["Person.duplicates.csv", "Person.nullpk.csv", "Person.sorted.csv"]);
    });

    test("a header-only file counts as output; an absent file is an error that leaves nothing half done", async () => {
      const sample = await sampleWorkspace({ kind });
      exported(sample, []);
      expect((await run(sample, "HR_Complete", "HR_Prepare", "HR_Prepare")).tasks[0]).toMatchObject({
        state: "Completed",
        producedOutput: true,
      });

      const empty = await sampleWorkspace({ kind });
      const report = await run(empty, "HR_Complete", "HR_Prepare");
      expect(report).toMatchObject({
        state: "Errored",
        tasks: [{ state: "Errored", error: { code: "SRC_MAPPED_FILE_MISSING" } }, { state: "NotStarted" }],
      });
      expect((await empty.store.sessions.of("HR")).map(({ state }) => state)).toEqual(["failed"]);
      expect(existsSync(sessionsFolder(empty.configuration)) ? readdirSync(sessionsFolder(empty.configuration)) : []).toEqual([]);
    });

    test("prepare and synchronize, first load and complete", async () => {
      const sample = await sampleWorkspace({ kind });
      exported(
        sample,
        people(1, 10).map((row) => `${row.join(",")},x`),
      );
      expect((await run(sample, "HR_First", "First_Prepare")).state).toBe("Completed");
      expect(await peopleIn(sample)).toEqual(people(1, 10));
      exported(
        sample,
        people(1, 9).map((row) => `${row.join(",")},x`),
      );
      const complete = await run(sample, "HR_Complete", "HR_Prepare");
      expect(complete.tasks.map(({ task, counters }) => [task, counters.deleted])).toEqual([
        ["HR_Prepare", 0],
        ["HR_Load", 1],
      ]);
      expect(await peopleIn(sample)).toEqual(people(1, 9));
    });

    test.each([
      [`SynchronizationMode="Incremental" Type="ActiveDirectory"`, "connector for Active Directory"],
      [`SynchronizationMode="Complete" Type="Changes"`, "Type Changes"],
    ])("%s is refused before an instance exists", async (attributes, needs) => {
      const sample = await sampleWorkspace({
        kind,
        more: `<PrepareSynchronizationTask Identifier="Odd" DisplayName_L1="Odd" Agent="Local" OpenIdClient="Job" Connector="HR" ${attributes} />`,
      });
      const { configuration, store } = sample;
      await expect(runJob({ configuration, store, startedBy: "ann", what: { rootTask: "Odd" } })).rejects.toMatchObject({
        code: "TASK_NOT_BUILT",
        exit: 64,
        message: expect.stringContaining(needs),
      });
      expect(await store.records.list()).toEqual([]);
    });
  });
});
