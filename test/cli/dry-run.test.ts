import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Signals } from "../../src/cli/command.js";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { TestWorkspace } from "./workspace.js";

/** Beside the workspace's own job: one that is incremental, one with a task that has effects outside, one that loads two connectors at once. */
const moreJobs = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Connector Identifier="Badge" DisplayName_L1="Badges" Agent="Local"/>
  <Connection Identifier="Badges" Connector="Badge" DisplayName_L1="Badges" Package="Usercube.CSV@0000001"/>
  <EntityType Identifier="BadgeCard" DisplayName_L1="Card"><Property Identifier="CardId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/></EntityType>
  <EntityTypeMapping Identifier="BadgeCard" Connector="Badge" ConnectionTable="Badges"><Property Identifier="CardId" ConnectionColumn="card" IsPrimaryKey="true"/></EntityTypeMapping>
  <Job Identifier="Job_Quick" DisplayName_L1="Quick" Agent="Local" IsIncremental="true">
    <ExportTask Identifier="Quick_People" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Quick_Teams" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="Quick_Prepare" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Incremental" Level="1"/>
    <SynchronizeTask Identifier="Quick_Load" Connector="HR" DisplayName_L1="S" Level="2"/>
  </Job>
  <Job Identifier="Job_Script" DisplayName_L1="Script" Agent="Local">
    <InvokeExpressionTask Identifier="Script" Agent="Local" DisplayName_L1="Script" OpenIdClient="Job" InputPath="script.ps1" Level="0"/>
    <ExportTask Identifier="Script_Export" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="1" IgnoreCookieFile="true"><TaskDependsOnTask ParentTask="Script"/></ExportTask>
    <CreateDatabaseViewsTask Identifier="Script_Views" Agent="Local" DisplayName_L1="V" OpenIdClient="Job" Level="2"/>
  </Job>
  <Job Identifier="Job_Both" DisplayName_L1="Both" Agent="Local">
    <ExportTask Identifier="Both_People" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Both_Teams" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Both_Badges" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Badges" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="Both_HR" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Complete" Level="1"/>
    <PrepareSynchronizationTask Identifier="Both_Badge" Agent="Local" Connector="Badge" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Initial" Level="1"/>
    <SynchronizeTask Identifier="Both_HR_Load" Connector="HR" DisplayName_L1="S" Level="2"/>
    <SynchronizeTask Identifier="Both_Badge_Load" Connector="Badge" DisplayName_L1="S" Level="2"/>
    <ExportTask Identifier="Both_Last" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="3" IgnoreCookieFile="true"/>
  </Job>
  <ExportTask Identifier="Alone" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" IgnoreCookieFile="true"/>
</ConfigurationFile>
`;

interface Rehearsed {
  readonly task: string;
  readonly state: string;
  readonly reason: string | null;
  readonly counters: Record<string, number>;
  readonly error: { code: string; file?: string; line?: number } | null;
  readonly session: { state: string; thresholds: { name: string; exceeded: boolean }[]; changes: unknown[] } | null;
}
interface Document {
  readonly format: 1;
  readonly dryRun: true;
  readonly job: string;
  readonly state: string;
  readonly tasks: readonly Rehearsed[];
  readonly notes: readonly string[];
}

onEachDatabase((kind) => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
    workspace.write("more.xml", moreJobs);
    workspace.write(
      "appsettings.agent.json",
      JSON.stringify({
        Connections: {
          People: { Path: "sources/people.csv" },
          Teams: { Path: "sources/teams.csv" },
          Badges: { Path: "sources/badges.csv" },
        },
      }),
    );
    workspace.write("sources/badges.csv", "card\nB1\n");
    workspace.write("script.ps1", "Set-Content -Path script-was-here -Value 1\n");
  });
  afterEach(() => {
    workspace.remove();
  });
  const call = (...argv: string[]) => workspace.call(argv);
  const rehearse = async (...argv: string[]): Promise<{ code: number; document: Document }> => {
    const { code, out, err } = await call("run", ...argv, "--dry-run", "--json");
    expect(out, err).toMatch(/^\{.*\}\n$/);
    return { code, document: JSON.parse(out) as Document };
  };
  const load = async (): Promise<void> => {
    expect((await call("run", "Job_HR", "--force")).code).toBe(0);
  };
  const taskOf = ({ tasks }: Document, name: string): Rehearsed => {
    const found = tasks.find(({ task }) => task === name);
    if (found === undefined) throw new Error(`no task ${name}`);
    return found;
  };

  /** Every file of the workspace but the database's own, and every row of the database. */
  const world = async (): Promise<unknown> => {
    const files = readdirSync(workspace.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("sluice.db"))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex"), statSync(path).mtimeMs]);
    const rows: Record<string, unknown> = {};
    if (kind !== "SQLite" || existsSync(workspace.database)) {
      await workspace.withDatabase(async (knex) => {
        const names =
          kind === "SQLite"
            ? ((await knex("sqlite_master").where({ type: "table" }).select("name")) as { name: string }[])
            : ((await knex.raw("SELECT name FROM sys.tables")) as { name: string }[]);
        for (const { name } of names.filter(({ name }) => /^U[A-Z]_/.test(name))) rows[name] = await knex(name).select("*");
      });
    }
    return { files, rows };
  };
  /** Nothing of a workspace differs after a dry run, whatever came of it. */
  const unchanged = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = await world();
    const answer = await work();
    expect(await world()).toEqual(before);
    expect(existsSync(join(workspace.folder, "Temp", "DryRun"))).toBe(false);
    return answer;
  };

  describe("run --dry-run", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("before the first run: says that it would block, and makes no database", async () => {
      const { code, out } = await unchanged(() => call("run", "Job_HR", "--dry-run"));
      expect(code).toBe(2);
      expect(out).toContain("Job_HR, dry run: would be Blocked");
      if (kind === "SQLite") {
        expect(out).toContain("no database yet");
        expect(existsSync(workspace.database)).toBe(false);
      }
      expect(out).toMatch(/HR_Synchronize +Connector HR +MaxPercentageInsertedLines +5 % +4 +0 +would be exceeded/);
      expect(out).toMatch(/HR_Synchronize: would block\n {2}Threshold Exceeded/);
      expect(out).toMatch(/insert +Person +P2 +Name Zoë O'Brien/);
    });

    test(
      "tells what the run then does: the same counters, thresholds and state",
      async () => {
        await load();
        const days: readonly (readonly [people: string, teams: string])[] = [
          ["id,name,manager,team\nP1,Ann,,T1\nP2,Zoë O'Brien,P1,T1\n", "id\nT1\nT2\n"],
          ["id,name,manager,team\nP1,Anna,,T2\nP2,Zoë O'Brien,,T1\nP3,New,P1,T9\n", "id\nT1\nT2\n"],
          ["id,name,manager,team\nP2,Zoë,P9,\nP3,New,P2,T1\n", "id\nT1\n"],
          ["id,name,manager,team\n", "id\nT1\n"],
        ];
        for (const job of ["Job_HR", "Job_Quick"]) {
          for (const [people, teams] of days) {
            workspace.write("sources/people.csv", people);
            workspace.write("sources/teams.csv", teams);
            const { code, document } = await unchanged(() => rehearse(job));
            const real = await call("run", job, "--json");
            expect(code).toBe(real.code);
            const report = JSON.parse(real.out) as {
              jobInstance: number;
              state: string;
              tasks: { task: string; state: string; counters: object; thresholds: object[] }[];
            };
            expect(document.state).toBe(report.state);
            expect(document.tasks.map(({ task, state, counters }) => ({ task, state, counters }))).toEqual(
              report.tasks.map(({ task, state, counters }) => ({ task, state, counters })),
            );
            const synchronize = report.tasks.at(-1);
            const rehearsed = document.tasks.at(-1)?.session ?? null;
            if (synchronize?.state !== "Skipped") expect(rehearsed?.thresholds).toEqual(synchronize?.thresholds);
            if (real.code === 2) expect((await call("resume", String(report.jobInstance))).code).toBe(0);
          }
        }
      },
      testTimeoutOn(kind, 180_000),
    );

    test("names values by property, links by both keys", async () => {
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann,,T1\nP2,Zoë,,\n");
      const { document } = await unchanged(() => rehearse("Job_HR"));
      expect(taskOf(document, "HR_Synchronize").session?.changes).toEqual([
        {
          scope: "resource",
          identifier: "Person",
          command: "update",
          keys: ["P2"],
          values: { Name: ["Zoë O'Brien", "Zoë"], Manager: ["P1", null] },
        },
        { scope: "link", identifier: "Team_Members", command: "delete", keys: ["T1", "P2"], values: {} },
      ]);
    });

    test("--force lifts thresholds, not the guard of a whole population", async () => {
      expect((await unchanged(() => rehearse("Job_HR", "--force"))).code).toBe(0);
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\n");
      const { code, document } = await unchanged(() => rehearse("Job_HR", "--force"));
      expect([code, document.state]).toEqual([2, "Blocked"]);
    });

    test("a task that would fail: 1, with file and line; what comes later is not reached", async () => {
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann\n");
      const { code, document } = await unchanged(() => rehearse("Job_HR"));
      expect([code, document.state]).toEqual([1, "Errored"]);
      expect(taskOf(document, "People_Export")).toMatchObject({ state: "Errored", error: { line: 2 } });
      expect(taskOf(document, "Teams_Export").state).toBe("Completed");
      expect(document.tasks.slice(2).map(({ state }) => state)).toEqual(["NotReached", "NotReached"]);
      const { out } = await call("run", "Job_HR", "--dry-run");
      expect(out).toMatch(/People_Export: error DATA_\w+\n[\s\S]*people\.csv:2/);
    });

    test("a part of a job works on what was exported before", async () => {
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Changed,,T1\nP2,Zoë O'Brien,P1,T1\n");
      const part = await unchanged(() => rehearse("Job_HR", "--from", "HR_Prepare"));
      expect(part.document.tasks.map(({ task, state }) => [task, state])).toEqual([
        ["HR_Prepare", "Completed"],
        ["HR_Synchronize", "Completed"],
      ]);
      expect(taskOf(part.document, "HR_Synchronize").counters.updated).toBe(0);
      const one = await unchanged(() => rehearse("Job_HR", "--task", "HR_Synchronize"));
      expect(taskOf(one.document, "HR_Synchronize")).toMatchObject({ state: "Completed", reason: "nothing prepared" });
      const alone = await unchanged(() => rehearse("--task", "Alone"));
      expect(alone.document).toMatchObject({ job: "Alone", state: "Completed", tasks: [{ counters: { written: 2 } }] });
    });

    test("a session that waits is what a synchronize task alone would load", async () => {
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Changed,,T1\nP2,Zoë O'Brien,P1,T1\n");
      expect((await call("run", "Job_HR", "--to", "HR_Prepare")).code).toBe(0);
      const { code, document } = await unchanged(() => rehearse("Job_HR", "--task", "HR_Synchronize", "--force"));
      expect([code, taskOf(document, "HR_Synchronize").counters.updated]).toEqual([0, 1]);
    });

    test("a complete session that waits is what an incremental job loads first, and so does its rehearsal", async () => {
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Changed,,T1\nP2,Zoë O'Brien,P1,T1\n");
      expect((await call("run", "Job_HR", "--to", "HR_Prepare")).code).toBe(0);
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Changed again,,T1\nP2,Zoë too,P1,T1\n");
      const { document } = await unchanged(() => rehearse("Job_Quick", "--force"));
      expect(document.notes).toEqual([expect.stringContaining("comes first; this rehearsal is of that one")]);
      expect(taskOf(document, "Quick_Load").counters.updated).toBe(1);
      const real = JSON.parse((await call("run", "Job_Quick", "--force", "--json")).out) as { tasks: { counters: { updated?: number } }[] };
      expect(real.tasks.at(-1)?.counters.updated).toBe(1);
    });

    test("an incremental job without its baseline says what a run would, and notes nothing", async () => {
      await load();
      rmSync(join(workspace.folder, "Work", "Collect", "previous"), { recursive: true });
      const { code, document } = await unchanged(() => rehearse("Job_Quick"));
      expect(code).toBe(1);
      expect(taskOf(document, "Quick_Prepare").error?.code).toBe("SYNC_COMPLETE_REQUIRED");
    });

    test("while the connector is blocked it says so, and shows what would come", async () => {
      await load();
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann,,T1\n");
      expect((await call("run", "Job_HR")).code).toBe(2);
      const quick = await unchanged(() => rehearse("Job_Quick"));
      expect(quick.document.notes).toEqual([expect.stringContaining("HR is blocked by instance 2: an incremental run leaves it out")]);
      expect(taskOf(quick.document, "Quick_Load").counters.deleted).toBe(1);
      const complete = await unchanged(() => rehearse("Job_HR"));
      expect(complete.document.notes).toEqual([expect.stringContaining("would replace what it staged")]);
    });

    test("what works outside, or on the repository itself, is listed as not run; what depends on it runs", async () => {
      await load();
      const { code, document } = await unchanged(() => rehearse("Job_Script"));
      expect(code).toBe(0);
      expect(document.tasks.map(({ task, state }) => [task, state])).toEqual([
        ["Script", "NotRun"],
        ["Script_Export", "Completed"],
        ["Script_Views", "NotRun"],
      ]);
      expect(taskOf(document, "Script").reason).toEqual(expect.any(String));
      const { out } = await call("run", "Job_Script", "--dry-run");
      expect(out).toMatch(/Script +not run/);
    });

    test("a deactivated connector is left out, and said", async () => {
      await load();
      await call("connector", "deactivate", "HR", "--reason", "moving");
      const { code, document } = await unchanged(() => rehearse("Job_HR"));
      expect(code).toBe(0);
      expect(taskOf(document, "People_Export")).toMatchObject({ state: "Skipped", reason: expect.stringContaining("moving") });
    });

    test("where one of a level would block, the others of that level are tried all the same; what comes later is not reached", async () => {
      const { code, document } = await unchanged(() => rehearse("Job_Both"));
      expect(code).toBe(2);
      expect(taskOf(document, "Both_HR_Load").state).toBe("Blocked");
      expect(taskOf(document, "Both_Badge_Load")).toMatchObject({
        state: "Completed",
        counters: { inserted: 1 },
        session: { state: "Passed" },
      });
      expect(taskOf(document, "Both_Last").state).toBe("NotReached");
    });

    test("Ctrl-C ends it: 4, and nothing stays", async () => {
      await load();
      const signals: Signals = {
        on: (signal, listener) => (signal === "SIGINT" ? setImmediate(listener) : undefined),
        off: () => undefined,
      };
      const { code, err } = await unchanged(() => workspace.call(["run", "Job_HR", "--dry-run"], { signals }));
      expect([code, err]).toEqual([4, expect.stringContaining("the dry run was stopped; nothing was changed")]);
    });

    test("folders of dry runs that were killed go after a day", async () => {
      const home = join(workspace.folder, "Temp", "DryRun");
      const [old, young] = [join(home, "old"), join(home, "young")];
      for (const folder of [old, young]) mkdirSync(join(folder, "Work"), { recursive: true });
      // The workspace's clock stands at noon of that day.
      utimesSync(old, new Date("2026-11-20T11:59:00Z"), new Date("2026-11-20T11:59:00Z"));
      utimesSync(young, new Date("2026-11-20T12:01:00Z"), new Date("2026-11-20T12:01:00Z"));
      await rehearse("Job_HR");
      expect(readdirSync(home)).toEqual(["young"]);
    });

    test("wrong names are refused before anything is made", async () => {
      const { code, err } = await unchanged(() => call("run", "Job_HRR", "--dry-run"));
      expect([code, err]).toEqual([64, expect.stringContaining("JOB_UNKNOWN")]);
    });
  });
});
