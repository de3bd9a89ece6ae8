import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { databaseTool } from "../../../src/store/index.js";
import { migrationNames } from "../../../src/store/schema/migrations.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import { openSqlite } from "../../../src/store/sqlite/open.js";
import { temporaryFolder } from "../../temporary-folder.js";

const last = migrationNames().at(-1) ?? "";

/** A database as it was before the last migration: what that made is dropped again. */
const older = async (held: boolean): Promise<string> => {
  const path = join(temporaryFolder("copy"), "sluice.db");
  await (await openSqlite(path)).destroy();
  const connection = openConnection(path);
  for (const table of ["UJ_TaskAttempts", "UJ_JobAttempts", "UJ_Schedules", "UJ_ScheduledRuns", "UJ_Schedulers"])
    connection.exec(`DROP TABLE ${table}`);
  connection.exec("ALTER TABLE UJ_TaskInstances DROP COLUMN Attempt; ALTER TABLE UJ_JobInstances DROP COLUMN Attempt");
  connection.exec("ALTER TABLE UJ_JobInstances DROP COLUMN HaltReason");
  connection.prepare("DELETE FROM UM_Migrations WHERE Name = ?").run(last);
  if (held) connection.exec("INSERT INTO UM_EntityTypes (Identifier) VALUES ('Person')");
  connection.close();
  return path;
};

test("a database that holds data is copied beside before it is migrated", async () => {
  const path = await older(true);
  const tool = await databaseTool({ kind: "sqlite", path });
  expect(await tool.migrate({ dryRun: true, create: false })).toMatchObject({ migrations: [last], copy: null });
  expect(existsSync(`${path}.before-${last}`)).toBe(false);

  expect(await tool.migrate({ dryRun: false, create: false })).toMatchObject({ migrations: [last], copy: `${path}.before-${last}` });
  const copy = openConnection(`${path}.before-${last}`, { readOnly: true });
  expect(copy.prepare("SELECT Identifier FROM UM_EntityTypes").all()).toEqual([{ Identifier: "Person" }]);
  expect(copy.prepare("SELECT count(*) AS n FROM UM_Migrations WHERE Name = ?").get(last)).toEqual({ n: 0 });
  copy.close();
  expect(readdirSync(join(path, "..")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("what starts that were killed left unfinished goes, what one that lives is writing stays", async () => {
  const path = await older(true);
  const copy = `${path}.before-${last}`;
  // Numbers of processes end far below this one; the parent of this process lives.
  const [dead, alive] = [`${copy}.999999999.tmp`, `${copy}.${process.ppid}.tmp`];
  for (const file of [dead, alive]) writeFileSync(file, "");
  await (await openSqlite(path)).destroy();
  expect([existsSync(dead), existsSync(alive), existsSync(copy)]).toEqual([false, true, true]);
});

test("one without data is not", async () => {
  const path = await older(false);
  await (await openSqlite(path)).destroy();
  expect(existsSync(`${path}.before-${last}`)).toBe(false);
});

test("where the copy cannot be written nothing is migrated", async () => {
  const path = await older(true);
  // A folder of that name: it cannot be replaced by a file.
  mkdirSync(`${path}.before-${last}`);
  writeFileSync(join(`${path}.before-${last}`, "file"), "");
  await expect(openSqlite(path)).rejects.toThrow();
  const connection = openConnection(path);
  expect(connection.prepare("SELECT count(*) AS n FROM UM_Migrations WHERE Name = ?").get(last)).toEqual({ n: 0 });
  connection.close();
});
