import { expect, test } from "vitest";
import { databaseTool } from "../../../src/store/index.js";
import { mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { connectMssql } from "../../../src/store/mssql/open.js";
import { migrationNames } from "../../../src/store/schema/migrations.js";
import { freshDatabase, onEachDatabase, testServer, unusedDatabase } from "../../database.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { addLink, addVersions, day, maintenanceOf, numbers, quietly, register, toolOf } from "./filled.js";

/** A test server may refuse to make two databases at one moment. */
const created = async (create: () => Promise<unknown>): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      await create();
      return;
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
};

onEachDatabase((kind) => {
  test("tells migrations, rows, history and the last synchronization", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(knex, [
      { id: 1, from: day(1), to: day(3) },
      { id: 1, from: day(3) },
      { id: 2, from: day(3) },
    ]);
    await addLink(knex, numbers.members, 1, 2, day(1), day(2));
    for (const [Connector, AppliedAt] of [
      ["HR", day(3)],
      ["AD", day(4)],
    ]) {
      await knex("UM_ConnectorHeads").insert({ Connector, Session: "s", AppliedAt, TaskInstance: 1, MappingHash: "m" });
    }
    const status = await (await maintenanceOf(database)).status(quietly);
    expect(status).toMatchObject({
      kind: kind === "SQLite" ? "sqlite" : "mssql",
      migrations: { missing: [], unknown: [] },
      history: { openResources: 2, closedResources: 1, openLinks: 0, closedLinks: 1, oldest: day(2) },
      lastSynchronization: { connector: "AD", appliedAt: day(4) },
    });
    expect(status.migrations.applied.map(({ name }) => name)).toEqual(migrationNames());
    expect(status.tables).toEqual(
      expect.arrayContaining([
        { table: "UR_Resources", rows: 3 },
        { table: "UR_ResourceLinks", rows: 1 },
        { table: "UJ_JobInstances", rows: 0 },
      ]),
    );
    expect(status.version).toMatch(kind === "SQLite" ? /^SQLite 3\.\d+/ : /^SQL Server \d+\./);
    if (kind === "SQLite") expect(status).toMatchObject({ isolation: null, size: expect.any(Number), free: expect.any(Number) });
    else expect(status.isolation).not.toBeNull();
  });

  test("names migrations of a newer program, and those that are missing", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await knex("UM_Migrations")
      .where({ Name: migrationNames().at(-1) })
      .delete();
    await knex("UM_Migrations").insert({ Name: "999-later", AppliedAt: day(1) });
    const { migrations } = await (await maintenanceOf(database)).status(quietly);
    expect(migrations.missing).toEqual(migrationNames().slice(-1));
    expect(migrations.unknown).toEqual(["999-later"]);
    await expect((await toolOf(database)).migrate({ dryRun: false, create: false })).rejects.toMatchObject({ code: "DB_SCHEMA_NEWER" });
  });

  test("upkeep counts what changed, and says what it cannot do", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(
      knex,
      Array.from({ length: 30 }, (_, index) => ({ id: index + 1, from: day(1), slots: { C4: `P${index}` } })),
    );
    const maintenance = await maintenanceOf(database);
    const request = {
      allIndexes: false,
      offline: true,
      pageCount: 1,
      rebuildThreshold: 30,
      reorganizeThreshold: 5,
      updateStatsThreshold: 10,
    };
    const first = await maintenance.upkeep(request, quietly);
    const again = await maintenance.upkeep(request, quietly);
    if (kind === "SQLite") {
      expect(first.statistics).toEqual(["UR_Resources"]);
      expect(again).toEqual({ rebuilt: [], reorganized: [], statistics: [], notes: [] });
      await knex("UR_Resources").where("Id", "<=", 10).delete();
      expect((await maintenance.upkeep(request, quietly)).statistics).toEqual(["UR_Resources"]);
      expect((await maintenance.upkeep({ ...request, allIndexes: true }, quietly)).rebuilt).toEqual(
        expect.arrayContaining(["UR_Resources", "UJ_JobInstances"]),
      );
    } else {
      // What a server tells depends on it; whatever it does not, it says.
      expect(
        first.notes.length + first.rebuilt.length + first.reorganized.length + first.statistics.length + again.notes.length,
      ).toBeGreaterThan(0);
    }
  });

  test("migrate makes the tables once; a dry run prints what would run and changes nothing", async () => {
    const setting =
      kind === "SQLite"
        ? ({ kind: "sqlite", path: `${temporaryFolder("migrate")}/sluice.db` } as const)
        : ({ kind: "mssql", connectionString: unusedDatabase().connectionString } as const);
    const tool = await databaseTool(setting);
    if (kind === "SQL Server") {
      await expect(tool.migrate({ dryRun: false, create: false })).rejects.toMatchObject({ code: "DB_MISSING", exit: 69 });
    } else expect(tool.maintenance).toBeNull();
    const planned = await tool.migrate({ dryRun: true, create: true });
    expect(planned).toMatchObject({ created: true, migrations: migrationNames() });
    expect(planned.statements.join("\n")).toContain("UR_Resources");
    // Made only now: the dry run made nothing.
    const done = await tool.migrate({ dryRun: false, create: true });
    expect(done).toMatchObject({ created: true, migrations: migrationNames(), statements: [] });
    expect(await tool.migrate({ dryRun: false, create: true })).toMatchObject({ created: false, migrations: [] });
    expect(await tool.migrate({ dryRun: true, create: false })).toMatchObject({ migrations: [], statements: [] });
    const { maintenance } = await databaseTool(setting);
    expect((await maintenance?.status(quietly))?.migrations.missing).toEqual([]);
  });
});

test("upkeep rewrites a file with much free room when others may wait, and only then", async () => {
  const database = await freshDatabase("SQLite");
  const knex = await database.knex();
  await knex.raw("CREATE TABLE Ballast (Text TEXT)");
  await knex.raw(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO Ballast SELECT hex(randomblob(500)) FROM n",
  );
  await knex.raw("DROP TABLE Ballast");
  await knex.destroy();
  const maintenance = await maintenanceOf(database);
  const request = {
    allIndexes: true,
    offline: false,
    pageCount: 1,
    rebuildThreshold: 30,
    reorganizeThreshold: 5,
    updateStatsThreshold: 10,
  };
  const before = (await maintenance.status(quietly)).free ?? 0;
  expect(before).toBeGreaterThan(1_000_000);
  expect((await maintenance.upkeep(request, quietly)).notes).toEqual([expect.stringContaining("of the file is free")]);
  expect((await maintenance.upkeep({ ...request, offline: true }, quietly)).rebuilt).toEqual(["the file"]);
  expect((await maintenance.status(quietly)).free).toBe(0);
});

test.skipIf(testServer === null)("of two migrations at once one finds the work done", async () => {
  const setting = { kind: "mssql", connectionString: unusedDatabase().connectionString } as const;
  const tool = await databaseTool(setting);
  // The database without tables first: only the tables are made by two.
  const target = mssqlTarget(setting.connectionString);
  const master = connectMssql(mssqlTarget(setting.connectionString.replace(/Database=[^;]*$/, "Database=master")));
  await created(() => master.raw(`CREATE DATABASE [${target.database}]`));
  await master.destroy();
  const outcomes = await Promise.all([1, 2].map(() => tool.migrate({ dryRun: false, create: false })));
  expect(outcomes.map(({ migrations }) => migrations.length).toSorted()).toEqual([0, migrationNames().length]);
});
