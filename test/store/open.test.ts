import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store/index.js";
import { openConnection } from "../../src/store/sqlite/client.js";

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
  expect(connection.prepare("SELECT count(*) AS n FROM UM_Migrations").get()).toEqual({ n: 1 });
  connection.close();
});

test("a start that died while it made the tables leaves none, and the next makes them", async () => {
  const path = join(folder, "sluice.db");
  const dying = openConnection(path);
  dying.exec("BEGIN IMMEDIATE; CREATE TABLE UM_Migrations (Name TEXT PRIMARY KEY, AppliedAt TEXT); CREATE TABLE UR_Resources (Id INTEGER)");
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
