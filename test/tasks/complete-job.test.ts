import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cancelInstance, type RunEvent, type RunReport, resumeInstance, runJob } from "../../src/jobs/index.js";
import { openStore } from "../../src/store/index.js";
import { onEachDatabase } from "../database.js";
import { people, peopleIn, type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

onEachDatabase((kind) => {
  const run = ({ configuration, store }: SampleWorkspace, job: string, onEvent?: (event: RunEvent) => void): Promise<RunReport> =>
    runJob({ configuration, store, startedBy: "ann", what: { job }, onEvent });

  const states = (report: RunReport): readonly string[] => report.tasks.map(({ task, state }) => `${task} ${state}`);

  describe("from a source file to the repository", () => {
    test("first load, a day without changes, a day with some, a cut-off file, resume", async () => {
      const sample = await sampleWorkspace({ kind });
      sample.writePeople(people(1, 10));
      const events: RunEvent[] = [];
      const first = await run(sample, "HR_First", (event) => events.push(event));
      expect(states(first)).toEqual(["First_Export Completed", "First_Prepare Completed", "First_Load Completed"]);
      expect(first.tasks[0]?.counters).toEqual({ read: 10, written: 10, rejected: 0 });
      expect(await peopleIn(sample)).toEqual(people(1, 10));
      expect(events.filter(({ kind }) => kind === "taskEnded")).toHaveLength(3);
      const again = await run(sample, "HR_First");
      expect(again.tasks[2]?.error?.code).toBe("SYNC_NOT_EMPTY");

      const idle = await run(sample, "HR_Complete");
      expect(idle.state).toBe("Completed");
      expect(idle.tasks.map(({ producedOutput }) => producedOutput)).toEqual([true, true, false]);

      sample.writePeople([["P001", "O'Brien, Zoë 漢字"], ...people(2, 9), ["P011", "von der Leyen"]]);
      const busy = await run(sample, "HR_Complete");
      expect(busy.tasks[2]).toMatchObject({ producedOutput: true, counters: { inserted: 1, updated: 1, deleted: 1 } });
      expect(await peopleIn(sample)).toEqual([["P001", "O'Brien, Zoë 漢字"], ...people(2, 9), ["P011", "von der Leyen"]]);

      sample.writePeople(people(2, 5));
      const blocked = await run(sample, "HR_Complete");
      expect(states(blocked)).toEqual(["HR_Export Completed", "HR_Prepare Completed", "HR_Load Blocked"]);
      rmSync(join(sample.workspace, "Sources", "people.csv"));
      const { configuration, store } = sample;
      const resumed = await resumeInstance({ configuration, store, startedBy: "bob", jobInstance: blocked.jobInstance });
      expect(states(resumed)).toEqual(["HR_Export Completed", "HR_Prepare Completed", "HR_Load Completed", "HR_Load Completed"]);
      expect(await peopleIn(sample)).toEqual(people(2, 5));
    });

    test("a missing source errs by name, deletes nothing, and leaves no former output in place", async () => {
      const sample = await sampleWorkspace({ kind });
      sample.writePeople(people(1, 3));
      await run(sample, "HR_First");
      rmSync(join(sample.workspace, "Sources", "people.csv"));
      const report = await run(sample, "HR_Complete");
      expect(states(report)).toEqual(["HR_Export Errored", "HR_Prepare NotStarted", "HR_Load NotStarted"]);
      expect(report.tasks[0]?.error).toMatchObject({ code: "SRC_FILE_MISSING", message: expect.stringContaining("people.csv") });
      expect(existsSync(join(sample.configuration.settings.tempFolder, "ExportOutput", "HR_People.csv"))).toBe(false);
      expect(await peopleIn(sample)).toEqual(people(1, 3));
    });

    test("a row that does not fit errs with file and line; set aside, its key keeps what is stored", async () => {
      const sample = await sampleWorkspace({ kind, settings: { OnRowError: "SetAside" } });
      sample.writePeople(people(1, 3));
      await run(sample, "HR_First");
      writeFileSync(join(sample.workspace, "Sources", "people.csv"), "number;name\nP001;Name 1\nP002;Name 2;more\nP003;Changed\n");
      const report = await run(sample, "HR_Complete");
      expect(report.tasks[0]).toMatchObject({ state: "Completed", counters: { read: 3, written: 2, rejected: 1 } });
      expect(report.tasks[2]).toMatchObject({ state: "Completed", counters: { updated: 1, deleted: 0 } });
      expect(await peopleIn(sample)).toEqual([...people(1, 2), ["P003", "Changed"]]);

      const strict = await sampleWorkspace({ kind });
      writeFileSync(join(strict.workspace, "Sources", "people.csv"), "number;name\nP001;Name 1\nP002;Name 2;more\n");
      const stopped = await run(strict, "HR_First");
      expect(stopped.tasks[0]?.error).toMatchObject({ code: "DATA_FIELD_COUNT", file: expect.stringContaining("people.csv"), line: 3 });
    });

    test("an export that needs what is not built is refused by name", async () => {
      const { configuration, store } = await sampleWorkspace({
        kind,
        more: `
        <Connection Identifier="HR_Ldif" DisplayName_L1="LDIF" Connector="HR" Package="Usercube.LDIF@0000001" />
        <ExportTask Identifier="LDIF_Export" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connection="HR_Ldif" />`,
      });
      await expect(runJob({ configuration, store, startedBy: "ann", what: { rootTask: "LDIF_Export" } })).rejects.toMatchObject({
        code: "TASK_NOT_BUILT",
        message: expect.stringContaining("LDIF"),
      });
      expect(await store.records.list()).toEqual([]);
    });

    test("what was applied becomes the baseline, by a resume too; what was cancelled does not; a promotion that was missed is made up for", async () => {
      const sample = await sampleWorkspace({ kind });
      const { configuration, store } = sample;
      const previous = join(configuration.settings.workFolder, "Collect", "previous");
      const baseline = (): readonly [string, readonly string[]] => {
        const { session } = JSON.parse(readFileSync(join(previous, "promoted", "HR", "current.json"), "utf8")) as { session: string };
        const rows =
          readFileSync(join(previous, "promoted", "HR", session, "Person.sorted.csv"), "utf8")
            .trim()
            .split("\n").length - 1;
        return [session, [`${rows} rows`, `${readdirSync(join(previous, "pending")).length} pending`]];
      };
      sample.writePeople(people(1, 10));
      await run(sample, "HR_First");
      expect(baseline()[1]).toEqual(["10 rows", "0 pending"]);

      sample.writePeople(people(1, 5));
      const first = await run(sample, "HR_Complete");
      expect(first.state).toBe("Blocked");
      expect(baseline()[1]).toEqual(["10 rows", "1 pending"]);
      await cancelInstance({ store, jobInstance: first.jobInstance, by: "bob" });
      const second = await run(sample, "HR_Complete");
      expect(baseline()[1]).toEqual(["10 rows", "1 pending"]);
      await resumeInstance({ configuration, store, startedBy: "bob", jobInstance: second.jobInstance });
      const [session, found] = baseline();
      expect(found).toEqual(["5 rows", "0 pending"]);

      // As a process leaves it that dies after the application.
      renameSync(join(previous, "promoted", "HR", session), join(previous, "pending", session));
      rmSync(join(previous, "promoted", "HR", "current.json"));
      sample.writePeople([]);
      expect((await run(sample, "HR_Complete")).state).toBe("Blocked");
      expect(baseline()).toEqual([session, ["5 rows", "1 pending"]]);
    });

    test("two jobs of different connectors run at once on one database", async () => {
      const more = `
      <EntityType Identifier="Badge" DisplayName_L1="Badge">
        <Property Identifier="Number" DisplayName_L1="Number" TargetColumnIndex="4" IsKey="true" />
      </EntityType>
      <Connector Identifier="Badges" DisplayName_L1="Badges" Agent="Local" />
      <Connection Identifier="Badges_All" DisplayName_L1="Badges" Connector="Badges" Package="Usercube.CSV@0000001" />
      <EntityTypeMapping Identifier="Badge" Connector="Badges" ConnectionTable="Badges_All">
        <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true" />
      </EntityTypeMapping>
      <Job Identifier="Badges_First" DisplayName_L1="Badges" Agent="Local">
        <ExportTask Identifier="B_Export" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connection="Badges_All" InitMode="true" />
        <PrepareSynchronizationTask Identifier="B_Prepare" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connector="Badges" SynchronizationMode="Initial" />
        <SynchronizeTask Identifier="B_Load" DisplayName_L1="x" Connector="Badges" />
      </Job>`;
      const sample = await sampleWorkspace({ kind, more, connections: { Badges_All: { Path: "Sources/badges.csv" } } });
      sample.writePeople(people(1, 300));
      writeFileSync(
        join(sample.workspace, "Sources", "badges.csv"),
        `number\n${Array.from({ length: 300 }, (_, n) => `B${1000 + n}\n`).join("")}`,
      );
      const other = await openStore(sample.configuration.settings.database);
      try {
        const reports = await Promise.all([run(sample, "HR_First"), run({ ...sample, store: other }, "Badges_First")]);
        expect(reports.map(({ job, state }) => [job, state])).toEqual([
          ["HR_First", "Completed"],
          ["Badges_First", "Completed"],
        ]);
      } finally {
        await other.close();
      }
      expect(await sample.store.resourceCount()).toBe(600);
    });

    test("the log tells what happened, a line of JSON each", async () => {
      const sample = await sampleWorkspace({ kind });
      sample.writePeople(people(1, 3));
      await run(sample, "HR_First");
      const lines = readFileSync(join(sample.configuration.settings.tempFolder, "JobLogs", "HR_First_1.log"), "utf8")
        .trim()
        .split("\n");
      const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
      expect(messages).toEqual([
        "HR_First: instance 1 opened",
        "First_Export started",
        "First_Export Completed",
        "First_Prepare started",
        "First_Prepare Completed",
        "First_Load started",
        "First_Load Completed",
        "job Completed",
      ]);
    });
  });
});
