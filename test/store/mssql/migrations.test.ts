import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { expect, test } from "vitest";
import { snapshotStatements } from "../../../src/store/mssql/isolation.js";
import { mssqlMigrationStatements } from "../../../src/store/mssql/migrate.js";
import { migrationNames } from "../../../src/store/schema/migrations.js";

const golden = resolve(import.meta.dirname, "golden/migrations.sql");
const now = "2026-01-01T00:00:00.000Z";

const script = async (): Promise<string> => {
  const names = migrationNames();
  const statements = await mssqlMigrationStatements(names, true, now);
  return `${statements.map((statement) => `${statement};`).join("\n")}\n`;
};

test("the SQL that makes the tables on SQL Server is the reviewed one (SLUICE_RENEW_GOLDEN=1 writes it)", async () => {
  const made = await script();
  if (process.env.SLUICE_RENEW_GOLDEN === "1") {
    mkdirSync(dirname(golden), { recursive: true });
    writeFileSync(golden, made);
  }
  expect(existsSync(golden)).toBe(true);
  expect(made).toBe(readFileSync(golden, "utf8"));
});

test("it holds no statement that only some servers have, and every text column names its collation", async () => {
  const made = await script();
  expect(made).not.toMatch(/\b(MERGE|CREATE OR ALTER|WAITFOR|STRING_AGG|IS DISTINCT FROM)\b/i);
  for (const [column] of made.matchAll(/\bn?(?:var)?char\([^)]*\)(?! COLLATE Latin1_General_100_BIN2)/g)) expect(column).toBe("");
});

test("a migration of its own names only itself", async () => {
  const [, second] = migrationNames();
  const statements = await mssqlMigrationStatements([second ?? ""], false, now);
  expect(statements.at(-1)).toBe(`insert into [UM_Migrations] ([AppliedAt], [Name]) values ('${now}', '${second}')`);
  expect(statements.join("\n")).not.toContain("CREATE TABLE [UM_Migrations]");
});

test("what turns row versions on names the database, whatever its name, and only what is off", () => {
  expect(snapshotStatements("a]b", { readCommittedSnapshot: false, snapshotIsolation: true })).toEqual([
    "ALTER DATABASE [a]]b] SET READ_COMMITTED_SNAPSHOT ON WITH NO_WAIT",
  ]);
  expect(snapshotStatements("x", { readCommittedSnapshot: true, snapshotIsolation: true })).toEqual([]);
});
