import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testServer, unusedDatabase } from "../database.js";
import { type Answer, now, TestWorkspace } from "./workspace.js";

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = new TestWorkspace();
});
afterEach(() => {
  workspace.remove();
});
const call = (...argv: string[]): Promise<Answer> => workspace.call(argv);
const json = async (...argv: string[]): Promise<Record<string, unknown>> => {
  const { code, out, err } = await call(...argv, "--json");
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Record<string, unknown>;
};

describe("sluice database", () => {
  test("alone says which commands there are", async () => {
    const bare = await call("database");
    expect([bare.code, bare.out]).toEqual([64, ""]);
    expect(bare.err).toContain("Usage: sluice database <command>");
    for (const asked of [await call("database", "--help"), await call("help", "database")]) {
      expect([asked.code, asked.err]).toEqual([0, ""]);
      for (const name of ["status", "migrate", "indexes", "views", "purge"]) expect(asked.out).toContain(`database ${name} `);
    }
  });

  test("status of a database that nobody made says so and makes none", async () => {
    expect((await call("database", "status")).out).toContain("there is no database at");
    expect(await json("database", "status")).toEqual({ format: 1, exists: false, kind: "sqlite", database: workspace.database });
    expect(existsSync(workspace.database)).toBe(false);
  });

  test("migrate prints the statements in a dry run, then makes the tables; status shows them", async () => {
    const { code, out } = await call("database", "migrate", "--dry-run");
    expect(code).toBe(0);
    expect(out).toMatch(/^-- .*sluice\.db\n-- is missing and would be made; missing: 001-repository/);
    expect(out).toContain("create table `UR_Resources`");
    for (const line of out.trimEnd().split("\n")) expect(line).toMatch(/^--|;$/);
    expect(existsSync(workspace.database)).toBe(false);

    expect((await call("database", "migrate")).out).toMatch(/is up to date now: \d+ migrations done \(001-repository, /);
    expect((await call("database", "migrate")).out).toContain("is up to date\n");
    expect((await call("database", "migrate", "--dry-run")).out).toContain("-- is up to date");
    expect(await json("database", "migrate")).toMatchObject({ format: 1, dryRun: false, created: false, migrations: [], copy: null });

    const status = await call("database", "status");
    expect(status.out).toMatch(/SQLite 3\.[\s\S]*no connector was synchronized yet[\s\S]*UR_Resources +0/);
    expect(await json("database", "status")).toMatchObject({
      format: 1,
      exists: true,
      kind: "sqlite",
      migrations: { missing: [] },
      isolation: null,
    });
  });

  test("indexes, views and purge work on what a run loaded", async () => {
    expect((await call("run", "Job_HR", "--force")).code).toBe(0);
    expect((await call("database", "indexes")).out).toContain("nothing to do: 2 indexes as they should be");
    await workspace.withDatabase(async (knex) => {
      await knex.raw("DROP INDEX UX_UR_Resources_1_C4");
    });
    expect((await call("database", "indexes", "--dry-run")).out).toMatch(/^CREATE UNIQUE INDEX .*UX_UR_Resources_1_C4 .*;\n$/);
    expect(await json("database", "indexes")).toMatchObject({ dryRun: false, created: ["UX_UR_Resources_1_C4"], dropped: [] });

    expect((await call("database", "views", "--dry-run")).out).toContain('CREATE VIEW "zz_Person" AS');
    expect((await call("database", "views")).out).toContain("made zz_Person with 6 columns");
    await workspace.withDatabase(async (knex) => {
      expect(await knex("zz_Person").select("PersonId", "Name", "Manager").orderBy("PersonId")).toEqual([
        { PersonId: "P1", Name: "Ann", Manager: null },
        { PersonId: "P2", Name: "Zoë O'Brien", Manager: "P1" },
      ]);
    });
    expect(await json("database", "views")).toMatchObject({ dropped: ["zz_Person", "zz_Team"] });

    // A version of last year, and the instance that nothing names.
    await workspace.withDatabase(async (knex) => {
      await knex.raw(
        "INSERT INTO UR_Resources (Id, Type, ValidFrom, ValidTo, C4) VALUES (1, 1, '2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', 'P1')",
      );
    });
    const dry = await call("database", "purge", "--before-months", "12", "--dry-run");
    expect(dry.out).toContain(
      "of what had ended by 2025-11-21 12:00:00 UTC would be removed:\n  1 former version of resources, 0 former links",
    );
    const removed = { versions: 1, links: 0, jobInstances: 0, taskInstances: 0, sessions: 0 };
    expect(await json("database", "purge", "--before", "2025-11-21", "--clean-duplicates", "--optimize", "1440:30")).toEqual({
      format: 1,
      dryRun: false,
      before: "2025-11-21T00:00:00.000Z",
      removed,
      mergedDuplicates: 0,
      mergedVersions: 0,
      retention: null,
    });
    expect((await call("database", "purge", "--before", "2025-11-21")).out).toContain("were removed:\n  0 former versions");

    // Instances of long ago, one of them its job's last, and a log that nobody reads any more.
    await workspace.withDatabase(async (knex) => {
      const [instance] = (await knex("UJ_JobInstances").select("*").limit(1)) as Record<string, unknown>[];
      const { Id: _, ...row } = instance ?? {};
      for (const Job of ["Old", "Old"])
        await knex("UJ_JobInstances").insert({ ...row, Job, State: "Completed", EndDate: "2025-01-01T00:00:00.000Z" });
    });
    workspace.write("Temp/JobLogs/Old_4711.log", "{}");
    const log = join(workspace.folder, "Temp", "JobLogs", "Old_4711.log");
    utimesSync(log, new Date("2025-01-01"), new Date("2025-01-01"));
    const gone = {
      jobInstances: 1,
      taskInstances: 0,
      sessions: 0,
      scheduledRuns: 0,
      appliedChanges: 0,
      sessionFolders: 0,
      jobLogs: 1,
      mails: 0,
    };
    expect(await json("database", "purge", "--retention", "--dry-run")).toMatchObject({ removed: null, retention: gone });
    expect((await call("database", "purge", "--retention")).out).toContain(
      "no longer keep were removed:\n  1 job instance with 0 task instances",
    );
    expect(existsSync(log)).toBe(false);
    expect(await json("database", "purge", "--retention")).toMatchObject({ retention: { ...gone, jobInstances: 0, jobLogs: 0 } });
    expect(now).toBe(Date.parse("2026-11-21T12:00:00Z"));
  });
});

describe.skipIf(testServer === null)("sluice database on SQL Server", () => {
  test("a database that is missing is made with --create only; the other commands name what to run", async () => {
    const { name, connectionString } = unusedDatabase();
    workspace.write("appsettings.json", JSON.stringify({ ConnectionString: connectionString }));
    expect(await call("database", "status")).toMatchObject({ code: 69, err: expect.stringContaining("DB_MISSING") });
    expect(await call("database", "migrate")).toMatchObject({ code: 69, err: expect.stringContaining("migrate --create") });
    const planned = await call("database", "migrate", "--create", "--dry-run");
    expect(planned.out).toContain(`CREATE DATABASE [${name}];`);
    expect(planned.out).toMatch(/\nBEGIN TRANSACTION;\n[\s\S]*\nCOMMIT TRANSACTION;\n$/);
    expect(await call("database", "status")).toMatchObject({ code: 69 });

    const made = await call("database", "migrate", "--create");
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining("made the database") });
    expect((await call("database", "status")).out).toMatch(/SQL Server[\s\S]*READ_COMMITTED_SNAPSHOT is[\s\S]*UR_Resources +0/);
    expect(await json("database", "views")).toMatchObject({ created: [{ view: "zz_Person" }, { view: "zz_Team" }] });
    expect(await json("database", "indexes")).toMatchObject({ dryRun: false });
    expect(await json("database", "purge", "--before-months", "1")).toMatchObject({ removed: { versions: 0 } });
  });

  test("a database without tables, or with those of an older Sluice, names the command that mends it", async () => {
    const { connectionString } = unusedDatabase();
    workspace.write("appsettings.json", JSON.stringify({ ConnectionString: connectionString }));
    expect((await call("database", "migrate", "--create")).code).toBe(0);
    const { mssqlTarget } = await import("../../src/store/mssql/connection-string.js");
    const { connectMssql } = await import("../../src/store/mssql/open.js");
    const knex = connectMssql(mssqlTarget(connectionString));
    try {
      await knex.raw("DELETE FROM UM_Migrations WHERE Name <> '001-repository'");
      expect(await call("jobs")).toMatchObject({ code: 69, err: expect.stringContaining("DB_SCHEMA_OLDER") });
      await knex.raw("DROP TABLE UM_Migrations");
      expect(await call("jobs")).toMatchObject({ code: 69, err: expect.stringContaining("sluice database migrate") });
    } finally {
      await knex.destroy();
    }
  });
});
