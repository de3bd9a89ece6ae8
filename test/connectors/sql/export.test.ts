import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { beforeEach, describe, expect, test } from "vitest";
import { connectorPackages, type ExportRequest } from "../../../src/connectors/index.js";
import { dbmsNamed, dbmsOfConnectionString } from "../../../src/connectors/sql/dbms.js";
import { exportWork } from "../../../src/connectors/sql/export.js";
import { sqlSettings } from "../../../src/connectors/sql/settings.js";
import { SluiceError } from "../../../src/errors/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

let root = "";
let output = "";
beforeEach(() => {
  root = temporaryFolder("sql");
  output = join(root, "ExportOutput");
  const database = new DatabaseSync(join(root, "hr.db"));
  database.exec(
    "CREATE TABLE Person (Id INTEGER, Name TEXT, Dn TEXT); INSERT INTO Person VALUES (1, 'Ann', 'cn=a'), (2, 'Bob', NULL); CREATE TABLE Badge (No TEXT); INSERT INTO Badge VALUES ('b1')",
  );
  database.close();
});

const request = (settings: Record<string, unknown>, more: Partial<ExportRequest> = {}): ExportRequest => ({
  connection: "HR",
  settings: { ConnectionString: "sqlite:hr.db", ...settings },
  workspace: root,
  sourcesRootPaths: [],
  outputFolder: output,
  mode: "complete",
  forceComplete: false,
  cookies: null,
  newCookies: join(root, "new"),
  jobInstance: 3,
  taskInstance: 9,
  ...more,
});
const lines: string[] = [];
const run = (
  settings: Record<string, unknown> = {},
  more: Partial<ExportRequest> = {},
  name = "SQL",
  signal = new AbortController().signal,
) => {
  lines.length = 0;
  const exporter = connectorPackages.get(name)?.exporter;
  if (exporter === undefined) throw new Error("there is no such package");
  return exporter.export(
    request(settings, more),
    signal,
    () => {},
    (_, line) => lines.push(line),
  );
};
const errorOf = async (...parameters: Parameters<typeof run>): Promise<SluiceError> => {
  try {
    await run(...parameters);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it ended well");
};
const written = (name: string): string => readFileSync(join(output, name), "utf8");

describe("an SQL connection", () => {
  test("with SqlCommand writes <Connection>.csv and its manifest, and nothing else stays", async () => {
    mkdirSync(output);
    for (const name of ["HR_Person.csv", "HR_Person.csv.manifest.json", "HR_1.csv"]) writeFileSync(join(output, name), "old");
    const result = await run(
      { SqlCommand: "SELECT Id, Name FROM Person ORDER BY Id", SqlFile: "nope.sql" },
      { connections: ["HR", "HR_1"] },
    );
    expect(result).toEqual({ counters: { read: 2, written: 2, rejected: 0 }, files: ["HR.csv"] });
    expect(written("HR.csv")).toBe("Id,Name\n1,Ann\n2,Bob\n");
    expect(readdirSync(output).toSorted()).toEqual(["HR.csv", "HR.csv.manifest.json", "HR_1.csv"]);
    expect(JSON.parse(written("HR.csv.manifest.json"))).toMatchObject({ format: 1, rows: 2, jobInstance: 3, taskInstance: 9 });
  });

  test.each([
    ["UTF-8", Buffer.from("SELECT 'é' AS a;")],
    ["UTF-8 with a mark", Buffer.from("\ufeffSELECT 'é' AS a")],
    ["UTF-16", Buffer.from("\ufeffSELECT 'é' AS a", "utf16le")],
  ])("reads SqlFile as %s", async (_, content) => {
    writeFileSync(join(root, "hr.sql"), content);
    await run({ SqlFile: "hr.sql" });
    expect(written("HR.csv")).toBe("a\né\n");
  });

  test("with neither exports the mapped tables, each with the columns of all its mappings", async () => {
    const tables = [
      { table: "HR_Person", columns: ["Id", "Name"] },
      { table: "HR_Person", columns: ["Dn", "Id"] },
      { table: "HR_Badge", columns: ["No"] },
      { table: "HR", columns: ["Nope"] },
    ];
    expect((await run({}, { tables })).files).toEqual(["HR_Person.csv", "HR_Badge.csv"]);
    expect(written("HR_Person.csv")).toBe("Id,Name,Dn\n1,Ann,cn=a\n2,Bob,\n");
    expect(written("HR_Badge.csv")).toBe("No\nb1\n");
    const error = await errorOf({}, { tables: [...tables, { table: "HR_Nope", columns: ["a"] }] });
    expect(error.code).toBe("SRC_SQL_NAME");
    expect(readdirSync(output)).toEqual([]);
  });

  test.each([
    [{}, "SRC_SQL_NOTHING", /map a ConnectionTable that begins with HR_/],
    [{ ConnectionString: null }, "SRC_SETTING_INVALID", /ConnectionString/],
    [{ SqlCommand: "SELECT 1 AS a", IsolationLevel: "Sometimes" }, "SRC_SETTING_INVALID", /null or one of ReadUncommitted/],
    [{ SqlCommand: "SELECT 1 AS a", Timeout: "soon" }, "SRC_SETTING_INVALID", /whole number/],
    [{ SqlFile: "../../outside.sql" }, "SRC_PATH_OUTSIDE", /SqlFile of connection HR/],
    [{ SqlFile: "nope.sql" }, "SRC_FILE_MISSING", /nope\.sql/],
  ])("with %j is refused", async (settings, code, message) => {
    mkdirSync(output);
    writeFileSync(join(output, "HR.csv"), "old");
    const error = await errorOf(settings);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(output)).toEqual([]);
  });

  test("says what has no effect", async () => {
    await run({ SqlCommand: "SELECT 1 AS a", CsvEncoding: "UTF-16", ProviderClassFullName: "X", ProviderDllName: "x.dll" });
    expect(lines).toEqual([expect.stringContaining("ProviderClassFullName"), expect.stringContaining("CsvEncoding UTF-16")]);
    expect(written("HR.csv")).toBe("a\n1\n");
  });

  test("that is stopped ends its thread and leaves nothing", async () => {
    const controller = new AbortController();
    const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    const exporter = connectorPackages.get("SQL.SQLite")?.exporter;
    const running = exporter?.export(request({ SqlCommand: endless }), controller.signal, () => controller.abort());
    await expect(running).rejects.toMatchObject({ code: "SYNC_STOPPED" });
    expect(readdirSync(output)).toEqual([]);
  });

  test.each(["SQL.ODBC", "SQL.Oracle", "SQL.SAPAse"])("of the package %s says what to use instead", async (name) => {
    const error = await errorOf({}, {}, name);
    expect([error.code, error.message]).toEqual(["SRC_SQL_DRIVER", expect.stringContaining("PowershellSync")]);
  });
});

describe("settings", () => {
  const of = (settings: Record<string, unknown>) => sqlSettings(request({ SqlCommand: "SELECT 1", ...settings }), null);

  test("have the documented isolation level where none is given, the server's own for null", () => {
    expect([of({}).isolation, of({ IsolationLevel: null }).isolation, of({ isolationlevel: "serializable" }).isolation]).toEqual([
      "ReadUncommitted",
      null,
      "Serializable",
    ]);
  });

  test("have as much time as the task where none is given", () => {
    expect([of({}).timeoutSeconds, of({ Timeout: 0 }).timeoutSeconds, of({ Timeout: "90" }).timeoutSeconds]).toEqual([null, null, 90]);
  });

  test("ask for nothing that the database file may not lie in", () => {
    expect(exportWork(request({}, { sourcesRootPaths: ["/data"] }), of({})).access).toMatchObject({
      folders: ["/data"],
      mode: "read",
      source: "connection HR",
    });
  });
});

test.each([
  ["sqlite:x.db", "SQLite"],
  ["Data Source=people.db;Version=3", "SQLite"],
  ["people.sqlite3", "SQLite"],
  ["postgresql://u@h/db", "PostgreSQL"],
  ["Host=h;Username=u", "PostgreSQL"],
  ["mysql://u@h/db", "MySQL"],
  ["mssql://u:p@h/db", "SQLServer"],
  ["Data Source=h;Initial Catalog=db;User ID=u", "SQLServer"],
  ["Server=h;Database=people.db;User ID=u", "SQLServer"],
])("%s is for %s", (text, dbms) => expect(dbmsOfConnectionString(text)).toBe(dbms));

test.each([
  ["SQL.PostgreSQL", "PostgreSQL"],
  ["Npgsql.NpgsqlFactory, Npgsql", "PostgreSQL"],
  ["MySql.Data.MySqlClient", "MySQL"],
  ["MySqlConnector", "MySQL"],
  ["System.Data.SqlClient", "SQLServer"],
  ["Microsoft.Data.SqlClient.SqlClientFactory, Microsoft.Data.SqlClient", "SQLServer"],
  ["Microsoft.Data.Sqlite", "SQLite"],
  ["Oracle.ManagedDataAccess.Client", null],
])("the provider %s is %s", (name, dbms) => expect(dbmsNamed(name)).toBe(dbms));
