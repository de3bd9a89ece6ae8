import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../temporary-folder.js";
import { outputIn, query, type SqlBench, sqlBench } from "./sql-access.js";

let folder = "";
let bench: SqlBench;
const inDatabase = (text: string): void => {
  const database = new DatabaseSync(join(folder, "hr.db"));
  database.exec(text);
  database.close();
};
beforeEach(() => {
  folder = temporaryFolder("sqlite");
  bench = sqlBench(folder, { dbms: "SQLite", connectionString: "sqlite:hr.db" });
  inDatabase(`CREATE TABLE Person (Id INTEGER, Name TEXT, Rate REAL, Photo BLOB, Active BOOLEAN);
    INSERT INTO Person VALUES (9007199254740993, 'O''Brien, "Pat"', 0.1, x'00ff', 1), (2, NULL, NULL, NULL, 0), (3, 'line 1' || char(10) || 'line 2', 1e21, x'', NULL)`);
});

describe("an export of SQLite", () => {
  test("writes every value in the form that prepare reads", async () => {
    expect(await bench.csv("SELECT * FROM Person")).toBe(
      'Id,Name,Rate,Photo,Active\n9007199254740993,"O\'Brien, ""Pat""",0.1,AP8=,true\n2,,,,false\n3,"line 1\nline 2",1e+21,,\n',
    );
  });

  test("of a table selects the mapped columns, names quoted", async () => {
    inDatabase('CREATE TABLE "Odd ""Name" ("a b" TEXT, c TEXT); INSERT INTO "Odd ""Name" VALUES (1, 2)');
    await bench.run([{ kind: "table", table: 'Odd "Name', columns: ["a b"], output: outputIn(folder) }]);
    expect(readFileSync(outputIn(folder), "utf8")).toBe("a b\n1\n");
  });

  test.each([
    ["sqlite:hr.db", "sqlite:hr.db"],
    ["a bare path", "hr.db"],
    ["ADO.NET's form", "Data Source=hr.db;Version=3;Mode=ReadOnly"],
  ])("takes %s", async (_, connectionString) => {
    expect(await bench.csv("SELECT count(*) AS n FROM Person", { connectionString })).toBe("n\n3\n");
  });

  test.each([
    ["INSERT INTO Person (Id) VALUES (7) RETURNING Id", "SRC_SQL_WRITES", /readonly/],
    ["DELETE FROM Person", "SRC_SQL_NO_RESULT", /no columns/],
    ["SELECT 1 AS a; DELETE FROM Person", "SRC_SQL_RESULTS", /more than one result/],
    ["SELECT Nope FROM Person", "SRC_SQL_NAME", /no such column: Nope/],
    ["SELECT * FROM Nope", "SRC_SQL_NAME", /no such table: Nope/],
    ["SELEC 1", "SRC_SQL_STATEMENT", /syntax error/],
    ["SELECT 1 AS a, 2 AS b, 3 AS a", "SRC_SQL_COLUMN", /column 3 .*"a", as one before/],
    ["ATTACH 'other.db' AS other", "SRC_SQL_NO_RESULT", /no columns/],
  ])("refuses %s", async (text, code, message) => {
    const before = readFileSync(join(folder, "hr.db"));
    const error = await bench.error(text);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
    expect(readFileSync(join(folder, "hr.db")).equals(before)).toBe(true);
  });

  test("takes a ; at the end, and one in a text or a comment", async () => {
    expect(await bench.csv("SELECT ';' AS a /* ; */; -- done;\n")).toBe("a\n;\n");
  });

  test("leaves former output of a failed export nowhere, nor that of its other statements", async () => {
    mkdirSync(join(folder, "out"));
    writeFileSync(outputIn(folder), "old\n");
    const second = { kind: "query", text: "SELECT * FROM Nope", output: join(folder, "out", "HR_2.csv") } as const;
    await expect(bench.run([query("SELECT 1 AS a", folder), second])).rejects.toThrow(/no such table/);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("of a file that is not there, or no database, names it", async () => {
    expect((await bench.error("SELECT 1", {}, { connectionString: "sqlite:nope.db" })).code).toBe("SRC_FILE_MISSING");
    expect(existsSync(join(folder, "nope.db"))).toBe(false);
    writeFileSync(join(folder, "text.db"), "no database at all, but long enough to be taken for one".repeat(100));
    expect((await bench.error("SELECT 1 AS a", {}, { connectionString: "sqlite:text.db" })).code).toBe("SRC_SQL_UNREACHABLE");
  });

  test("outside SourcesRootPaths is refused", async () => {
    expect((await bench.error("SELECT 1", {}, { folders: [join(folder, "in")] })).code).toBe("SRC_PATH_OUTSIDE");
  });

  test("has a manifest that says its rows", async () => {
    const manifest = { jobInstance: 3, taskInstance: 9, startedAt: "2026-11-21T00:00:00.000Z" };
    const { rows, files } = await bench.run([query("SELECT Id FROM Person", folder)], { manifest });
    expect([rows, files]).toEqual([3, [outputIn(folder)]]);
    const written = JSON.parse(readFileSync(`${outputIn(folder)}.manifest.json`, "utf8"));
    expect(written).toMatchObject({ format: 1, jobInstance: 3, taskInstance: 9, rows: 3, bytes: statSync(outputIn(folder)).size });
  });

  test("of many rows comes whole, garbage collected in between", async () => {
    const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, 'name ' || i AS name FROM n";
    const { rows } = await bench.run([query(many, folder)]);
    expect(rows).toBe(300_000);
    expect(readFileSync(outputIn(folder), "utf8").endsWith("\n300000,name 300000\n")).toBe(true);
  });

  test("ends between two batches when it is stopped", async () => {
    const controller = new AbortController();
    const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    const running = bench.run([query(endless, folder)], {}, {}, controller.signal);
    setImmediate(() => controller.abort(new Error("stopped by the test")));
    await expect(running).rejects.toThrow("stopped by the test");
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("ends when its time is over", async () => {
    const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    const error = await bench.error(endless, { timeoutSeconds: 0.05 });
    expect(error.code).toBe("SRC_SQL_TIMEOUT");
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });
});

describe("a command that writes", () => {
  const insert = { kind: "command", text: "INSERT INTO Person (Id) VALUES (7); INSERT INTO Person (Id) VALUES (8)" } as const;
  const count = (): Promise<string> => bench.csv("SELECT count(*) AS n FROM Person");

  test("is committed whole", async () => {
    await bench.run([insert], {}, { mode: "write" });
    expect(await count()).toBe("n\n5\n");
  });

  test("is undone whole when a part fails", async () => {
    const bad = { kind: "command", text: "INSERT INTO Person (Id) VALUES (7); INSERT INTO Nope VALUES (8)" } as const;
    await expect(bench.run([bad], {}, { mode: "write" })).rejects.toThrow(/no such table/);
    expect(await count()).toBe("n\n3\n");
  });
});
