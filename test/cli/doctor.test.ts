import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Knex } from "knex";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.js";
import { systemClock } from "../../src/model/index.js";
import { thisProcess } from "../../src/store/index.js";
import { freshDatabase, testServer, unusedDatabase } from "../database.js";
import { Capture } from "./screen.js";
import { TestWorkspace } from "./workspace.js";

/** Far more than it takes where nothing else runs. */
const timeout = 120_000;

interface Finding {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly saw: string;
  readonly todo: string | null;
}

interface Answer {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly text: string;
}

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = new TestWorkspace();
});
afterEach(() => workspace.remove());

const call = async (argv: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> => {
  const [stdout, stderr] = [new Capture(), new Capture()];
  const code = await main(argv, { stdout, stderr, env, cwd: workspace.folder, clock: systemClock });
  return { code, out: stdout.text, err: stderr.text };
};

const doctor = async (env: Record<string, string> = {}): Promise<Answer> => {
  const { code, out, err } = await call(["doctor", "--json"], env);
  expect(err).toBe("");
  const document = JSON.parse(out) as { format: number; healthy: boolean; errors: number; warnings: number; findings: Finding[] };
  const count = (level: string): number => document.findings.filter((finding) => finding.level === level).length;
  expect(document).toMatchObject({ format: 1, healthy: code === 0, errors: count("error"), warnings: count("warning") });
  for (const { level, saw, todo } of document.findings) {
    expect(saw).not.toBe("");
    expect((todo ?? "") === "").toBe(level === "ok");
  }
  // How old Node is depends on the machine that runs the tests.
  return { code, findings: document.findings.filter(({ check }) => check !== "program.node"), text: out };
};

const troubles = ({ findings }: Answer): string[] =>
  findings.filter(({ level }) => level !== "ok").map(({ check, level }) => `${level} ${check}`);
const sawOf = ({ findings }: Answer, check: string): string =>
  findings
    .filter((finding) => finding.check === check)
    .map(({ saw }) => saw)
    .join("\n");

const firstRun = async (): Promise<void> => {
  const { code, out, err } = await call(["run", "Job_HR", "--force"]);
  if (code !== 0) throw new Error(out + err);
};

/** Every file of the workspace with its content and time. */
const snapshot = (folder = workspace.folder): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path} ${statSync(path).mtimeMs} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`);

const insertInstance = async (knex: Knex, row: Record<string, unknown>): Promise<void> => {
  await knex("UJ_JobInstances").insert({
    Job: "Job_HR",
    State: "InProgress",
    StartDate: "2026-01-01T00:00:00.000Z",
    Trigger: "CommandLine",
    StartedBy: "ann",
    Host: "h",
    Pid: 1,
    ProcessStart: "other/1",
    Fence: 1,
    ConfigurationHash: "c",
    PlanHash: "p",
    Plan: "{}",
    ...row,
  });
};

describe("doctor of a workspace that is well", () => {
  test("finds nothing before the first run, and makes nothing", { timeout }, async () => {
    const before = snapshot();
    const answer = await doctor();
    expect(answer.code).toBe(0);
    expect(troubles(answer)).toEqual([]);
    expect(sawOf(answer, "sources.People")).toMatch(/people\.csv, \d+ bytes, 4 columns/);
    expect(sawOf(answer, "database.file")).toContain("the first run makes it");
    expect(snapshot()).toEqual(before);
    expect(readdirSync(workspace.folder)).not.toContain("Work");
  });

  test("finds nothing after a run, changes no file, and leaves none beside the database", { timeout }, async () => {
    await firstRun();
    const alone = join(workspace.folder, "alone.db");
    await workspace.withDatabase(async (knex) => {
      await knex.raw("VACUUM INTO ?", [alone]);
    });
    workspace.write("appsettings.json", JSON.stringify({ ConnectionString: "sqlite:alone.db" }));
    const before = snapshot().filter((line) => !line.startsWith(workspace.database));
    const answer = await doctor();
    expect(troubles(answer)).toEqual([]);
    expect(answer.findings.map(({ check }) => check)).toEqual([
      "program.timeZone",
      "configuration",
      "sources.People",
      "sources.Teams",
      "folders.work",
      "folders.temp",
      "database.file",
      "database",
      "database.integrity",
      "database.schema",
      "jobs",
    ]);
    expect(sawOf(answer, "database")).toContain("4 resources");
    expect(snapshot().filter((line) => !line.startsWith(workspace.database))).toEqual(before);
  });

  test("shows a line a finding, what to do below it, and a sum", { timeout }, async () => {
    rmSync(join(workspace.folder, "sources/teams.csv"));
    const { code, out } = await call(["doctor"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^ok +sources\.People +\S+people\.csv/m);
    expect(out).toMatch(/^error +sources\.Teams +SRC_FILE_MISSING: .*\n +→ docs\/errors\.md/m);
    expect(out).toMatch(/\n\n1 error, (no warnings|1 warning)\n$/);
  });
});

describe("doctor survives what is broken, and names it", () => {
  test("no workspace, no configuration, broken settings", { timeout }, async () => {
    const nowhere = await call(["doctor", "--json", "-w", "/none/such"]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.out).toContain("CFG_WORKSPACE");
    workspace.write("hr.xml", "<ConfigurationFile><Unknown");
    workspace.write("appsettings.json", "{");
    const answer = await doctor();
    expect(answer.code).toBe(1);
    expect(troubles(answer)).toEqual(["error configuration", "warning sources"]);
  });

  test("sources: missing, empty, a folder, outside the roots, without a Path, with other columns", { timeout }, async () => {
    const source = join(workspace.folder, "sources/teams.csv");
    const cases: readonly (readonly [string, () => void])[] = [
      ["SRC_FILE_MISSING", () => rmSync(source)],
      ["SRC_FILE_EMPTY", () => writeFileSync(source, "")],
      ["lacks columns that mappings name: id", () => writeFileSync(source, "ID;name\n")],
      [
        "SRC_FILE_UNREADABLE",
        () => {
          rmSync(source);
          mkdirSync(source);
        },
      ],
      [
        "SRC_OUTSIDE_ROOTS",
        () => {
          rmSync(source, { recursive: true });
          writeFileSync(source, "id\n");
          workspace.write("appsettings.json", JSON.stringify({ SourcesRootPaths: ["Work"] }));
        },
      ],
      [
        "SRC_PATH_MISSING",
        () => workspace.write("appsettings.agent.json", JSON.stringify({ Connections: { People: { Path: "sources/people.csv" } } })),
      ],
    ];
    for (const [expected, spoil] of cases) {
      spoil();
      const answer = await doctor();
      expect([expected, answer.code, sawOf(answer, "sources.Teams")]).toEqual([expected, 1, expect.stringContaining(expected)]);
    }
  });

  test("folders that cannot be", { timeout }, async () => {
    workspace.write("file", "");
    const answer = await doctor({ SLUICE__WorkFolderPath: "/proc/none/Work", SLUICE__TempFolderPath: "file/Temp" });
    expect(answer.code).toBe(1);
    expect(sawOf(answer, "folders.work")).toContain("/proc/none/Work");
    expect(troubles(answer)).toContain("error folders.temp");
  });

  test("a database that is none, is a folder, is of a newer program", { timeout }, async () => {
    await firstRun();
    await workspace.withDatabase(async (knex) => {
      await knex("UM_Migrations").insert({ Name: "999-later", AppliedAt: "2030-01-01T00:00:00.000Z" });
    });
    expect(sawOf(await doctor(), "database.schema")).toContain("999-later");
    for (const file of ["", "-wal", "-shm"]) rmSync(workspace.database + file, { force: true });
    writeFileSync(workspace.database, "this is no database, but some words in a file that is long enough for a header".repeat(20));
    expect(sawOf(await doctor(), "database")).toContain("DB_DAMAGED");
    rmSync(workspace.database);
    mkdirSync(workspace.database);
    const answer = await doctor();
    expect(answer.code).toBe(1);
    expect(sawOf(answer, "database")).toContain("DB_");
  });

  test("faults inside the database", { timeout }, async () => {
    await firstRun();
    await workspace.withDatabase(async (knex) => {
      await knex.raw("PRAGMA wal_checkpoint(TRUNCATE)");
    });
    const bytes = readFileSync(workspace.database);
    // Pages of 8 KiB: the header stays, so that it opens, and the rows of some tables become nonsense.
    for (let page = 5; page * 8192 < bytes.length; page += 3) bytes.fill(0xab, page * 8192, page * 8192 + 4096);
    writeFileSync(workspace.database, bytes);
    const answer = await doctor();
    expect(answer.code).toBe(1);
    expect(answer.findings.some(({ check, level }) => level === "error" && check.startsWith("database"))).toBe(true);
  });

  test("a server that is not there, or a string that is none; no password leaves", { timeout }, async () => {
    const answer = await doctor({ SLUICE__ConnectionString: "Server=127.0.0.1,1;Database=d;User Id=u;Password=geheim-wort" });
    expect(sawOf(answer, "database")).toContain("DB_SERVER_UNREACHABLE");
    expect(answer.text).not.toContain("geheim-wort");
    const odd = await doctor({ SLUICE__ConnectionString: "Server=h;Database=d;Integrated Security=true" });
    expect(odd.code).toBe(1);
    expect(troubles(odd)).toContain("error configuration");
  });

  test("a program to be told that is not there, a mail server that does not answer; both that are there", { timeout }, async () => {
    const server = createServer((socket) => socket.end());
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
    workspace.write("tell.sh", "#!/bin/sh\n");
    const mail = { SLUICE__MailSettings__Host: "127.0.0.1", SLUICE__MailSettings__FromAddress: "sluice@example.com" };
    const present = { ...mail, SLUICE__MailSettings__Port: String(port), SLUICE__Notify__Command: "./tell.sh" };
    try {
      const unusable = await doctor(present);
      expect(troubles(unusable)).toEqual(process.platform === "win32" ? [] : ["error notify.command"]);
      chmodSync(join(workspace.folder, "tell.sh"), 0o700);
      const well = await doctor(present);
      expect(troubles(well)).toEqual([]);
      expect(sawOf(well, "notify.command")).toContain("tell.sh is told when jobs end");
      expect(sawOf(well, "notify.mail")).toContain(`127.0.0.1:${port} accepts connections`);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    const gone = await doctor({ ...present, SLUICE__Notify__Command: "no-such-program" });
    expect(troubles(gone)).toEqual(["error notify.command", "warning notify.mail"]);
    expect(sawOf(gone, "notify.mail")).toContain("ECONNREFUSED");
    expect(sawOf(gone, "notify.command")).toContain("no-such-program is in none of the folders of PATH");
  });

  test("a time zone that is none", { timeout }, async () => {
    expect(troubles(await doctor({ TZ: "Mars/Olympus" }))).toEqual(["warning program.timeZone"]);
  });
});

describe("doctor of what runs left behind", () => {
  test("dead runners, expired leases, left locks, stalled tasks, forgotten sessions, blocks, a clock that was ahead", {
    timeout,
  }, async () => {
    await firstRun();
    const self = thisProcess();
    const own = { Host: self.host, Pid: self.pid, ProcessStart: self.processStart };
    await workspace.withDatabase(async (knex) => {
      await insertInstance(knex, { Id: 11, ...own, ProcessStart: `${self.processStart}9` });
      await insertInstance(knex, { Id: 12, LeaseUntil: "2026-01-01T00:01:00.000Z" });
      await insertInstance(knex, { Id: 13, LeaseUntil: "2999-01-01T00:00:00.000Z" });
      await insertInstance(knex, { Id: 14, ...own });
      await insertInstance(knex, { Id: 15, State: "Blocked", EndDate: "2026-01-02T00:00:00.000Z" });
      const lock = { ...own, ProcessStart: `${self.processStart}9`, Fence: 1, AcquiredAt: "2026-01-01T00:00:00.000Z" };
      await knex("UJ_Locks").insert([
        { Name: "instance:15", JobInstance: 15, ...lock },
        { Name: "connector:HR", JobInstance: 14, ...lock },
      ]);
      const task = {
        TaskKey: "k",
        Task: "HR_Prepare",
        Type: "PrepareSynchronizationTask",
        Level: 0,
        Position: 0,
        State: "InProgress",
        StartDate: "2026-01-01T00:00:00.000Z",
      };
      await knex("UJ_TaskInstances").insert([11, 14].map((JobInstance) => ({ ...task, JobInstance })));
      await knex("UJ_TaskInstances").insert({ ...task, JobInstance: 14, Task: "Moving", LastProgressUpdate: new Date().toISOString() });
      const session = { Connector: "HR", Mode: "Complete", Type: "Complete", MappingHash: "m", CreatedAt: "2026-01-01T00:00:00.000Z" };
      await knex("UJ_SynchronizationSessions").insert([
        { ...session, Guid: "old", Sequence: 101, State: "ready", ChangedAt: "2026-01-01T00:00:00.000Z" },
        { ...session, Guid: "new", Sequence: 102, State: "ready", ChangedAt: new Date().toISOString() },
      ]);
      await knex("UM_Clock").update({ Now: "2999-01-01T00:00:00.000Z" });
    });
    const answer = await doctor();
    expect(answer.code).toBe(0);
    expect(
      answer.findings
        .filter(({ check }) => check.startsWith("jobs"))
        .map(({ check, level, saw }) => [check, level, saw.replace(/\(.*/, "").trim()]),
    ).toEqual([
      ["jobs.11", "warning", "instance 11 of Job_HR is said to run, but its runner is gone"],
      ["jobs.12", "warning", "instance 12 of Job_HR is said to run, but its runner is gone"],
      ["jobs.13", "ok", expect.stringContaining("is InProgress since 2026-01-01")],
      ["jobs.14", "ok", expect.stringContaining("is InProgress since 2026-01-01")],
      ["jobs.locks", "warning", "the lock instance 15 of instance 15 is left of a process that is gone"],
      ["jobs.tasks", "warning", expect.stringContaining("HR_Prepare of instance 14")],
      ["jobs.sessions", "warning", expect.stringContaining("session old of connector HR is ready")],
      ["jobs.15", "warning", expect.stringContaining("blocked since 2026-01-02")],
      ["jobs.clock", "warning", expect.stringContaining("ahead of this machine's clock")],
    ]);
    // Looking ended nobody: status does.
    await workspace.withDatabase(async (knex) => {
      expect(await knex("UJ_JobInstances").where({ Id: 11 }).first("State")).toEqual({ State: "InProgress" });
    });
  });
});

describe.skipIf(testServer === null)("doctor of a database on SQL Server", () => {
  test("looks at server, isolation, permissions, collation, clock, schema and jobs", { timeout }, async () => {
    const { connectionString, knex } = await freshDatabase("SQL Server");
    await insertInstance(await knex(), { LeaseUntil: "2026-01-01T00:01:00.000Z" });
    const answer = await doctor({ SLUICE__ConnectionString: connectionString });
    // A server that stands in for it is told.
    expect([troubles(answer).filter((each) => each !== "warning database.version"), sawOf(answer, "database.tables")]).toEqual([
      ["warning jobs.1"],
      "",
    ]);
    const checks = answer.findings.map(({ check }) => check);
    for (const each of ["version", "isolation", "snapshots", "permissions", "collation", "clock", "schema", "indexes"])
      expect(checks).toContain(`database.${each}`);
    expect(sawOf(answer, "database")).toContain("0 resources");
  });

  test("tells a database without tables, one that is not there, and a login that is refused", { timeout }, async () => {
    const { connectionString } = unusedDatabase();
    expect(sawOf(await doctor({ SLUICE__ConnectionString: connectionString }), "database")).toContain("DB_MISSING");
    const master = `${testServer?.replace(/;?\s*(Database|Initial Catalog)\s*=[^;]*/gi, "")};Database=master`;
    const without = await doctor({ SLUICE__ConnectionString: master });
    expect(without.findings.find(({ check }) => check === "database.schema")).toMatchObject({
      level: "error",
      todo: expect.stringContaining("sluice database migrate"),
    });
    const refused = await doctor({ SLUICE__ConnectionString: master.replace(/Password=[^;]*/i, "Password=wrong-one") });
    expect(sawOf(refused, "database")).toContain("DB_LOGIN_REFUSED");
    expect(refused.text).not.toContain("wrong-one");
  });
});
