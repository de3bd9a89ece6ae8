import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/index.js";
import { migrationNames } from "../../src/store/schema/migrations.js";
import { openConnection } from "../../src/store/sqlite/connection.js";
import { sqliteFailures } from "../../src/store/sqlite/failure.js";
import type { DatabaseSetting } from "../../src/store/store.js";
import { freshDatabase, onServer } from "../database.js";

describe("an embedded database", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-open-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = (path: string) => openStore({ kind: "sqlite", path });

  test("makes the database with its folder, and opens it again", async () => {
    const path = join(folder, "deep", "sluice.db");
    await (await open(path)).close();
    const store = await open(path);
    expect(await store.resourceCount()).toBe(0);
    await store.close();
  });

  test("several starts on a new database at once all find the tables made once", async () => {
    const path = join(folder, "sluice.db");
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(path)));
    expect(await Promise.all(stores.map((store) => store.resourceCount()))).toEqual([0, 0, 0, 0]);
    for (const store of stores) await store.close();
    const connection = openConnection(path);
    expect(connection.prepare("SELECT count(*) AS n FROM UM_Migrations").get()).toEqual({ n: migrationNames().length });
    connection.close();
  });

  test("a start that died while it made the tables leaves none, and the next makes them", async () => {
    const path = join(folder, "sluice.db");
    const dying = openConnection(path);
    dying.exec(
      "BEGIN IMMEDIATE; CREATE TABLE UM_Migrations (Name TEXT PRIMARY KEY, AppliedAt TEXT); CREATE TABLE UR_Resources (Id INTEGER)",
    );
    // What closing without a commit leaves is what a killed process leaves.
    dying.close();
    await (await open(path)).close();
  });

  test("refuses a database that a newer program wrote", async () => {
    const path = join(folder, "sluice.db");
    await (await open(path)).close();
    const connection = openConnection(path);
    connection.exec("INSERT INTO UM_Migrations VALUES ('999-later', '2099')");
    connection.close();
    await expect(open(path)).rejects.toMatchObject({ code: "DB_SCHEMA_NEWER", exit: 69, message: expect.stringContaining("999-later") });
  });

  test("knows a held and a full database whatever kind of statement meets it", async () => {
    const store = await open(join(folder, "sluice.db"));
    const { knex } = store;
    const other = openConnection(join(folder, "sluice.db"));
    const insert = (message: string) =>
      knex("UJ_Decisions").insert({ JobInstance: 1, Decision: "force", TakenBy: "", Host: "", TakenAt: "", Reason: message }, "Id");
    const failureOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => null).catch((error: unknown) => error);
    other.exec("BEGIN IMMEDIATE");
    const held = await failureOf(insert("a - b"));
    expect([sqliteFailures.isBusy(held), sqliteFailures.failure(held, "it", 0)]).toMatchObject([true, { code: "DB_LOCKED" }]);
    other.exec("ROLLBACK");
    other.close();
    await knex.raw("PRAGMA foreign_keys = OFF");
    await knex.raw("PRAGMA max_page_count = 1");
    const full = await failureOf(insert("x".repeat(1_000_000)));
    expect([sqliteFailures.isBusy(full), sqliteFailures.failure(full, "it", 0)]).toMatchObject([false, { code: "DB_FULL" }]);
    await store.close();
  });

  test("says plainly what is no database, and where none can be", async () => {
    const text = join(folder, "text.db");
    writeFileSync(text, "these are not the pages you are looking for".repeat(100));
    await expect(open(text)).rejects.toMatchObject({ code: "DB_DAMAGED", exit: 69 });
    writeFileSync(join(folder, "file"), "");
    await expect(open(join(folder, "file", "sluice.db"))).rejects.toMatchObject({ code: "DB_UNREACHABLE", exit: 69 });
    mkdirSync(join(folder, "folder.db"));
    await expect(open(join(folder, "folder.db"))).rejects.toMatchObject({ code: "DB_UNREACHABLE", exit: 69 });
  });

  test.skipIf(process.platform !== "linux")("gives up at once below a folder that takes none", async () => {
    await expect(open("/proc/nope/deeper/sluice.db")).rejects.toMatchObject({ code: "DB_UNREACHABLE" });
  });
});

onServer(() => {
  const refusal = async (setting: DatabaseSetting, code: string, message: string | RegExp = ""): Promise<void> => {
    await expect(openStore(setting)).rejects.toMatchObject({
      code,
      exit: 69,
      message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
    });
  };

  test("opens a database that was made and migrated, several times at once", async () => {
    const { setting, title } = await freshDatabase("SQL Server");
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(setting)));
    expect(await Promise.all(stores.map((store) => store.resourceCount()))).toEqual([0, 0, 0, 0]);
    expect(stores[0]?.database).toBe(title);
    for (const store of stores) await store.close();
  });

  test("refuses one without tables, one that lacks some, and one that a newer program wrote; makes and changes nothing", async () => {
    const { setting, knex: connect } = await freshDatabase("SQL Server");
    const knex = await connect();
    const done = (await knex("UM_Migrations").select("Name", "AppliedAt")) as { Name: string; AppliedAt: string }[];
    await knex("UM_Migrations").insert({ Name: "999-later", AppliedAt: "2099-01-01T00:00:00.000Z" });
    await refusal(setting, "DB_SCHEMA_NEWER", "999-later");
    await knex("UM_Migrations")
      .where("Name", "<>", done[0]?.Name ?? "")
      .delete();
    await refusal(setting, "DB_SCHEMA_OLDER", "database migrate");
    expect(await knex("UM_Migrations").select("Name")).toHaveLength(1);
    await knex.raw("DROP TABLE UM_Migrations");
    await refusal(setting, "DB_SCHEMA_MISSING", "database migrate");
    expect(await knex.schema.hasTable("UM_Migrations")).toBe(false);
  });

  test("says plainly which database is not there, and what a login is refused, without its password", async () => {
    const { connectionString } = await freshDatabase("SQL Server");
    const other = (from: RegExp, to: string): DatabaseSetting => ({ kind: "mssql", connectionString: connectionString.replace(from, to) });
    await refusal(other(/Database=[^;]*/, "Database=sluice_test_nowhere"), "DB_MISSING", "sluice_test_nowhere");
    await refusal(other(/Server=[^;]*/, "Server=127.0.0.1,1"), "DB_SERVER_UNREACHABLE", "127.0.0.1");
    await refusal(other(/(Password|Pwd)=[^;]*/i, "Password=wrong-Secret-1"), "DB_LOGIN_REFUSED", /^((?!Secret).)*$/s);
  });
});
