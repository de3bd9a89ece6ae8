import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Request } from "tedious";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { batchRows, UnreadableValue } from "../../../src/connectors/sql/session.js";
import { columnOf, isLongDecimal } from "../../../src/connectors/sql/sqlserver/column.js";
import { RowQueue } from "../../../src/connectors/sql/sqlserver/row-queue.js";
import { changingKeyword } from "../../../src/connectors/sql/statement-words.js";
import { mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { connectMssql } from "../../../src/store/mssql/open.js";
import { testServer } from "../../database.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { outputIn, query, type SqlBench, sqlBench } from "./sql-access.js";
import { columnMetadata, columns, done, errorToken, failed, row, type TdsPeer, type TdsServer, tdsServer } from "./tds-server.js";

describe("a statement that writes is told before it is sent", () => {
  test.each([
    ["INSERT INTO dbo.Person VALUES (1)", "INSERT"],
    ["with c as (select 1 a) UPDATE p SET x = 1 FROM Person p", "UPDATE"],
    ["/* x */ delete top (5) from Person", "DELETE"],
    ["SELECT 1 AS a; TRUNCATE TABLE Person", "TRUNCATE"],
    ["SELECT * INTO Copy FROM Person", "SELECT INTO"],
    ["SELECT 1 AS a COMMIT", "COMMIT"],
    ["DROP TABLE IF EXISTS Person", "DROP"],
    ["CREATE TABLE #t (a int); INSERT INTO Person SELECT a FROM #t", "INSERT"],
    ["MERGE INTO Person AS p USING x ON 1 = 1 WHEN MATCHED THEN DELETE;", "MERGE"],
  ])("%s", (text, keyword) => expect(changingKeyword(text)).toBe(keyword));

  test.each([
    "SELECT [update], \"delete\", 'insert into x' FROM Person -- drop table x",
    "CREATE TABLE #t (a int); INSERT INTO #t VALUES (1); UPDATE #t SET a = 2; DELETE FROM #t; DROP TABLE IF EXISTS #t",
    "DECLARE @t TABLE (a int); INSERT @t VALUES (1); SELECT a FROM @t",
    "SELECT a INTO #t FROM Person; SELECT a FROM #t",
    "EXEC dbo.ReadPeople @created = 1",
    "SELECT created, updated FROM Person",
  ])("and no other: %s", (text) => expect(changingKeyword(text)).toBeNull());
});

describe("values", () => {
  const text = (type: string, value: unknown, more: object = {}): string =>
    columnOf({ colName: "a", type: { name: type }, ...more }).text(value);
  const moment = (iso: string, nanosecondsDelta = 0): Date => Object.assign(new Date(iso), { nanosecondsDelta });

  test.each([
    ["BitN", true, {}, "true"],
    ["BitN", false, {}, "false"],
    ["BigInt", "9007199254740993", {}, "9007199254740993"],
    ["IntN", 42, {}, "42"],
    ["DecimalN", 12.3, { precision: 10, scale: 2 }, "12.30"],
    ["NumericN", 4503599627370.494, { precision: 38, scale: 3 }, "4503599627370.494"],
    ["MoneyN", -0.5, {}, "-0.5000"],
    ["FloatN", 0.1, { dataLength: 8 }, "0.1"],
    ["FloatN", Math.fround(0.1), { dataLength: 4 }, "0.1"],
    ["FloatN", Math.fround(16777217), { dataLength: 4 }, "16777216"],
    ["Date", moment("2026-11-21T00:00:00Z"), {}, "2026-11-21"],
    ["Time", moment("1970-01-01T09:30:00.120Z", 0.0000345), {}, "09:30:00.1200345"],
    ["DateTime2", moment("2026-11-21T09:30:00.000Z"), {}, "2026-11-21T09:30:00"],
    ["DateTimeN", moment("2026-11-21T09:30:00.007Z"), {}, "2026-11-21T09:30:00.007"],
    ["DateTimeOffset", moment("2026-11-21T08:30:00.500Z"), {}, "2026-11-21T08:30:00.5Z"],
    ["VarBinary", Buffer.from([0, 255]), {}, "AP8="],
    ["UniqueIdentifier", "6F9619FF-8B86-D011-B42D-00C04FC964FF", {}, "6F9619FF-8B86-D011-B42D-00C04FC964FF"],
    ["NVarChar", "Zoë ", {}, "Zoë "],
    ["Variant", moment("2026-11-21T09:30:00Z"), {}, "2026-11-21T09:30:00"],
  ])("of %s: %s", (type, value, more, expected) => expect(text(type, value, more)).toBe(expected));

  test("that the driver has rounded are no values", () => {
    expect(() => text("DecimalN", 1.2345e19, { precision: 38, scale: 0 })).toThrow(UnreadableValue);
    expect(() => text("MoneyN", 922337203685477.5)).toThrow(/CAST/);
  });

  test("of long decimals are made text by the server, where the statement is ours", () => {
    const of = (name: string, precision: number): boolean => isLongDecimal({ colName: "a", type: { name }, precision });
    expect([of("NumericN", 18), of("DecimalN", 15), of("MoneyN", 0), of("IntN", 19)]).toEqual([true, false, true, false]);
  });
});

let folder = "";
beforeEach(() => {
  folder = temporaryFolder("sqlserver");
});

describe("a server that does not answer as one", () => {
  const sockets: Socket[] = [];
  let server: Server;
  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.destroy();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const errorOf = (port: number) =>
    sqlBench(folder, {
      dbms: "SQLServer",
      connectionString: `Server=127.0.0.1,${port};User ID=u;Password=verysecret;Connect Timeout=5;ConnectRetryCount=0`,
    }).error("SELECT 1 AS a");

  test("closes at once", async () => {
    const error = await errorOf((server.address() as AddressInfo).port);
    expect([error.code, error.message]).toEqual(["SRC_SQL_UNREACHABLE", expect.stringContaining("127.0.0.1:")]);
    expect(error.message).not.toContain("verysecret");
  });

  test("does not listen", async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    expect(await errorOf(port)).toMatchObject({ code: "SRC_SQL_UNREACHABLE", message: expect.stringContaining("nothing listens") });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
});

test("rows that nobody takes hold the request", async () => {
  const request = new Request("SELECT 1", () => {});
  const isHeld = (): boolean => (request as unknown as { readonly paused: boolean }).paused;
  const queue = new RowQueue(request);
  const batches = queue.batches();
  let added = 0;
  while (!isHeld() && added < 100_000) queue.add([added++]);
  expect(added).toBeLessThanOrEqual(2 * batchRows);
  const first = await batches.next();
  expect([first.value, isHeld()]).toEqual([Array.from({ length: added }, (_, i) => [i]), false]);
  queue.add(["last"]);
  queue.end(null);
  expect((await batches.next()).value).toEqual([["last"]]);
  expect((await batches.next()).done).toBe(true);
});

describe("the protocol of SQL Server", () => {
  let server: TdsServer;
  const serve = async (answer: (peer: TdsPeer, statement: string) => void, login: readonly Buffer[] | null = null): Promise<SqlBench> => {
    server = await tdsServer(answer, login);
    return sqlBench(folder, {
      dbms: "SQLServer",
      connectionString: `Server=127.0.0.1,${server.port};User ID=u;Password=verysecret;Encrypt=Optional;ConnectRetryCount=0`,
    });
  };
  afterEach(() => server.close());
  const { text } = columns;

  test("values of the wire have the form that prepare reads", async () => {
    const bench = await serve((peer) =>
      peer.answer(
        columnMetadata(
          ["big", columns.bigint],
          ["flag", columns.bit],
          ["sum", columns.decimal],
          ["at", columns.moment],
          ["day", columns.day],
          ["bin", columns.binary],
          ["txt", text],
        ),
        row(
          columns.bigint.value(9007199254740993n),
          columns.bit.value(true),
          columns.decimal.value(1230n),
          columns.moment.value("2026-11-21T09:30:00.1234500"),
          columns.day.value("1980-02-29"),
          columns.binary.value(Buffer.from([0, 255])),
          text.value("Zoë, Ltd"),
        ),
        row(
          columns.bigint.value(-1n),
          columns.bit.value(false),
          columns.decimal.value(0n),
          columns.moment.value("2026-11-21T09:30:00"),
          columns.day.value("0001-01-01"),
          columns.binary.value(Buffer.alloc(0)),
          text.value(null),
        ),
        done(2),
      ),
    );
    expect(await bench.csv("SELECT 1")).toBe(
      'big,flag,sum,at,day,bin,txt\n9007199254740993,true,12.30,2026-11-21T09:30:00.12345,1980-02-29,AP8=,"Zoë, Ltd"\n-1,false,0.00,2026-11-21T09:30:00,0001-01-01,,\n',
    );
    expect(server.statements).toEqual([
      "SET XACT_ABORT ON; SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; BEGIN TRANSACTION",
      "SELECT 1",
      "IF @@TRANCOUNT > 0 ROLLBACK",
    ]);
  });

  test("many rows come whole, in packets that break them anywhere", async () => {
    const rows = 20_000;
    const texts = Array.from({ length: 100 }, (_, i) => "x".repeat(i * 7));
    const bench = await serve((peer) => {
      peer.part(columnMetadata(["i", columns.bigint], ["a", text]));
      for (let i = 0; i < rows; i += 1000) {
        peer.part(...Array.from({ length: 1000 }, (_, j) => row(columns.bigint.value(BigInt(i + j)), text.value(texts[j % 100] ?? ""))));
      }
      peer.answer(done(rows));
    });
    await bench.run([query("SELECT i, a FROM t", folder)]);
    const written = readFileSync(outputIn(folder), "utf8").split("\n");
    expect(written.slice(1, -1)).toEqual(Array.from({ length: rows }, (_, i) => `${i},${texts[i % 100]}`));
  });

  test("a mapped table is asked for its columns first, and long decimals are made text", async () => {
    const bench = await serve((peer, statement) =>
      statement.startsWith("SELECT TOP 0")
        ? peer.answer(columnMetadata(["a]b", columns.decimal], ["c", text]), done())
        : peer.answer(columnMetadata(["a]b", text], ["c", text]), row(text.value("1.10"), text.value(null)), done(1)),
    );
    await bench.run([{ kind: "table", table: "dbo.Users", columns: ["a]b", "c"], output: outputIn(folder) }]);
    expect(server.statements.slice(1, 3)).toEqual([
      "SELECT TOP 0 [a]]b], [c] FROM [dbo].[Users]",
      "SELECT CONVERT(nvarchar(50), [a]]b], 2) AS [a]]b], [c] FROM [dbo].[Users]",
    ]);
    expect(readFileSync(outputIn(folder), "utf8")).toBe("a]b,c\n1.10,\n");
  });

  test.each([
    ["an unknown name", [errorToken(208, "Invalid object name 'x'."), done(0, failed)], "SRC_SQL_NAME"],
    [
      "an error behind rows",
      [columnMetadata(["a", text]), row(text.value("x")), errorToken(1205, "deadlock victim"), done(0, failed)],
      "SRC_SQL_BUSY",
    ],
    ["a mistake", [errorToken(102, "Incorrect syntax"), done(0, failed)], "SRC_SQL_STATEMENT"],
    ["no result", [done()], "SRC_SQL_NO_RESULT"],
    ["two results", [columnMetadata(["a", text]), done(0, 0x11), columnMetadata(["b", text]), done()], "SRC_SQL_RESULTS"],
    ["a column without a name", [columnMetadata(["", text]), done()], "SRC_SQL_COLUMN"],
    ["a rounded decimal", [columnMetadata(["a", columns.decimal]), row(columns.decimal.value(10n ** 20n)), done(1)], "SRC_SQL_VALUE"],
    ["half a character", [columnMetadata(["a", text]), row(text.value("\ud800")), done(1)], "SRC_SQL_VALUE"],
  ])("%s is an error that leaves no file", async (_, tokens, code) => {
    const bench = await serve((peer) => peer.answer(...tokens));
    expect((await bench.error("SELECT 1")).code).toBe(code);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("what writes is not sent", async () => {
    const bench = await serve((peer) => peer.answer(done()));
    expect((await bench.error("DELETE FROM t")).code).toBe("SRC_SQL_WRITES");
    expect(server.statements).not.toContain("DELETE FROM t");
  });

  test("a command that writes is sent in its batches, and committed", async () => {
    const bench = await serve((peer) => peer.answer(done()));
    await bench.run([{ kind: "command", text: "INSERT INTO t VALUES ('GO')\nGO\n  go \nDELETE FROM t" }], {}, { mode: "write" });
    expect(server.statements.slice(1).map((statement) => statement.trim())).toEqual([
      "INSERT INTO t VALUES ('GO')",
      "DELETE FROM t",
      "IF @@TRANCOUNT > 0 COMMIT",
    ]);
  });

  test("a statement whose time is over is ended on the server", async () => {
    const bench = await serve((peer) => peer.part(columnMetadata(["a", text]), row(text.value("x"))));
    expect((await bench.error("WAITFOR DELAY '01:00'", { timeoutSeconds: 0.2 })).code).toBe("SRC_SQL_TIMEOUT");
    expect(readdirSync(join(folder, "out"))).toEqual([]);
    expect(server.attentions()).toBe(1);
  });

  test("a connection cut half-way leaves no file", async () => {
    const bench = await serve((peer) => {
      peer.part(columnMetadata(["a", text]), ...Array.from({ length: 700 }, () => row(text.value("x"))));
      setImmediate(() => peer.socket.destroy());
    });
    const error = await bench.error("SELECT a FROM t");
    expect([error.code, error.message]).toEqual(["SRC_SQL_LOST", expect.stringContaining("no file was left")]);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("a refused login is told with the server's number, without the password", async () => {
    const bench = await serve(() => {}, [errorToken(18456, "Login failed for user 'u'."), done(0, failed)]);
    const error = await bench.error("SELECT 1");
    expect([error.code, error.message]).toEqual(["SRC_SQL_LOGIN", expect.stringContaining("18456")]);
    expect(error.message).not.toContain("verysecret");
  });

  test("a server without encryption is not told the password", async () => {
    const bench = await serve((peer) => peer.answer(done()));
    const error = await bench.error(
      "SELECT 1",
      {},
      { connectionString: `Server=127.0.0.1,${server.port};User ID=u;Password=verysecret;ConnectRetryCount=0` },
    );
    expect(error.code).toBe("SRC_SQL_TLS");
    expect(server.statements).toEqual([]);
  });
});

test.each([
  ["Server=db;User ID=u;Password=p;Encryptt=true", /Encryptt is no keyword|not known|no keyword that is known/],
  ["Server=db;Integrated Security=true", /Windows account/],
  ["User ID=u;Password=p", /Server is missing/],
])("the connection string %s is refused", async (connectionString, message) => {
  const error = await sqlBench(folder, { dbms: "SQLServer", connectionString }).error("SELECT 1 AS a");
  expect([error.code, error.message]).toEqual(["SRC_SQL_CONNECTION_STRING", expect.stringMatching(message)]);
});

describe.skipIf(testServer === null)("SQL Server", { timeout: 120_000 }, () => {
  const bench = (): SqlBench => sqlBench(folder, { dbms: "SQLServer", connectionString: testServer ?? "" });
  /** Microsoft's own: others that speak its protocol keep times to the microsecond, ignore the style of a conversion, take an unknown first word for a procedure, and do not wait. */
  let isMicrosofts = false;
  beforeAll(async () => {
    const server = connectMssql(mssqlTarget(testServer ?? ""));
    const [told]: { Version: string }[] = await server.raw("SELECT @@VERSION AS Version");
    await server.destroy();
    isMicrosofts = told?.Version.startsWith("Microsoft") === true;
  });
  const values = `SELECT CAST(9007199254740993 AS bigint) AS [big], CAST(12.3 AS decimal(10,2)) AS [dec], CAST(1 AS bit) AS [bit], CAST('2026-11-21T09:30:00.1234567' AS datetime2) AS [at],
    CAST('2026-11-21T10:30:00+01:00' AS datetimeoffset) AS [off], CAST('2026-11-21' AS date) AS [day], 0x00ff AS [bin], N'Zoë' AS [txt], CAST(0.1 AS real) AS [real], NULL AS [nil]`;

  test("gives every value in the form that prepare reads", async () => {
    const fraction = isMicrosofts ? "1234567" : "123457";
    expect(await bench().csv(values)).toBe(
      `big,dec,bit,at,off,day,bin,txt,real,nil\n9007199254740993,12.30,true,2026-11-21T09:30:00.${fraction},2026-11-21T09:30:00Z,2026-11-21,AP8=,Zoë,0.1,\n`,
    );
  });

  test("gives many rows whole", async () => {
    const { rows } = await bench().run([
      query("SELECT TOP 20000 a.object_id AS a, b.column_id AS b FROM sys.all_objects a CROSS JOIN sys.all_columns b", folder),
    ]);
    expect(rows).toBe(20_000);
    expect(readFileSync(outputIn(folder), "utf8").split("\n")).toHaveLength(20_002);
  });

  test("gives a table of a schema, long decimals exact", async () => {
    const create =
      "IF SCHEMA_ID('sluice_hr') IS NULL EXEC('CREATE SCHEMA sluice_hr')\nGO\nDROP TABLE IF EXISTS sluice_hr.T\nGO\nCREATE TABLE sluice_hr.T (a decimal(38,10), [b c] money)\nGO\nINSERT INTO sluice_hr.T VALUES (12345678901234567890.1234567890, 922337203685477.5807)";
    await bench().run([{ kind: "command", text: create }], {}, { mode: "write" });
    await bench().run([{ kind: "table", table: "sluice_hr.T", columns: ["a", "b c"], output: outputIn(folder) }]);
    const money = isMicrosofts ? "922337203685477.5807" : expect.anything();
    const [columns, values] = readFileSync(outputIn(folder), "utf8").trimEnd().split("\n");
    expect(columns).toBe("a,b c");
    expect(values?.split(",")).toEqual(["12345678901234567890.1234567890", money]);
    expect((await bench().error("SELECT a FROM sluice_hr.T")).code).toBe("SRC_SQL_VALUE");
    // A procedure's writing is not seen, and rolled back.
    expect(await bench().csv("EXEC('DELETE FROM sluice_hr.T'); SELECT COUNT(*) AS n FROM sluice_hr.T")).toBe("n\n0\n");
    expect(await bench().csv("SELECT COUNT(*) AS n FROM sluice_hr.T")).toBe("n\n1\n");
  });

  test.each([
    ["SELECT * FROM sluice_nope", "SRC_SQL_NAME"],
    ["SELECT nope FROM sys.objects", "SRC_SQL_NAME"],
    ["SELECT 1 FROM", "SRC_SQL_STATEMENT"],
    ["SELECT 1 AS a SELECT 2 AS a", "SRC_SQL_RESULTS"],
    ["SELECT 1", "SRC_SQL_COLUMN"],
    ["DECLARE @a int", "SRC_SQL_NO_RESULT"],
    ["DELETE FROM sys.objects", "SRC_SQL_WRITES"],
    ["SELECT 1 / (object_id - object_id) AS a FROM sys.objects", "SRC_SQL_STATEMENT"],
  ])("refuses %s", async (text, code) => {
    expect((await bench().error(text)).code).toBe(code);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("ends a statement whose time is over", async ({ skip }) => {
    if (!isMicrosofts) skip("this server has no statement that waits");
    expect((await bench().error("WAITFOR DELAY '00:05:00'; SELECT 1 AS a", { timeoutSeconds: 0.5 })).code).toBe("SRC_SQL_TIMEOUT");
  });
});
