import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import mysql from "mysql2";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../temporary-folder.js";
import { outputIn, query, type SqlBench, sqlBench } from "./sql-access.js";

/** Address `mysql://…` of a server and a database on which tests make tables of their own; without it what needs a whole server is skipped, and counted. */
const realServer: string | null = process.env.SLUICE_TEST_MYSQL || null;

let folder = "";
beforeEach(() => {
  folder = temporaryFolder("mysql");
});

const tables = `
  DROP TABLE IF EXISTS Person;
  CREATE TABLE Person (id bigint unsigned, big decimal(38,10), price double, active tinyint(1), small tinyint, flag bit(1), bits bit(12), born date, seen timestamp(6) NULL,
    made datetime(6), took time, photo varbinary(10), name varchar(50) CHARACTER SET latin1, data json, kind enum('a','b')) CHARACTER SET utf8mb4;
  SET time_zone = '+00:00';
  INSERT INTO Person VALUES
    (18446744073709551615, 12345678901234567890.1234567890, 0.1, 1, 5, 1, 2049, '1980-02-29', '2026-11-21 09:30:00.120000', '2026-11-21 10:30:00', '26:00:00', x'00ff',
     'Zoë "Z", Ltd', '{"a": 1}', 'b'),
    (2, NULL, NULL, 0, NULL, 0, NULL, NULL, NULL, '2026-11-21 10:30:00.000100', NULL, NULL, '', NULL, NULL)`;

describe.skipIf(realServer === null)("a MySQL or MariaDB server", () => {
  let bench: SqlBench;
  const inDatabase = async (sql: string): Promise<unknown> => {
    const connection = mysql.createConnection({ uri: realServer ?? "", multipleStatements: true }).promise();
    const [rows] = await connection.query(sql);
    await connection.end();
    return rows;
  };
  beforeAll(async () => {
    await inDatabase(tables);
  });
  beforeEach(() => {
    bench = sqlBench(folder, { dbms: "MySQL", connectionString: realServer ?? "" });
  });

  test("every value has the text of the database, times in UTC, truths and bytes as prepare reads them", async () => {
    expect(await bench.csv("SELECT * FROM Person")).toBe(
      [
        "id,big,price,active,small,flag,bits,born,seen,made,took,photo,name,data,kind",
        '18446744073709551615,12345678901234567890.1234567890,0.1,true,5,true,2049,1980-02-29,2026-11-21T09:30:00.12Z,2026-11-21T10:30:00,26:00:00,AP8=,"Zoë ""Z"", Ltd","{""a"": 1}",b',
        "2,,,false,,false,,,,2026-11-21T10:30:00.0001,,,,,",
        "",
      ].join("\n"),
    );
  });

  test("a table is selected by its mapped columns, many rows come whole", async () => {
    await inDatabase(
      "DROP TABLE IF EXISTS `many``rows`; CREATE TABLE `many``rows` (i int, `a b` int); INSERT INTO `many``rows` WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, 2 * i FROM n",
    );
    await bench.run([{ kind: "table", table: "many`rows", columns: ["a b"], output: outputIn(folder) }]);
    expect(readFileSync(outputIn(folder), "utf8")).toMatch(/^a b\n2\n/);
    const { rows } = await bench.run([query("SELECT a.i, REPEAT('x', b.i) FROM `many``rows` a JOIN `many``rows` b ON b.i <= 20", folder)]);
    expect(rows).toBe(18_000);
  });

  test.each([
    ["INSERT INTO Person (id) VALUES (7)", "SRC_SQL_WRITES", /READ ONLY/],
    ["DROP TABLE Person", "SRC_SQL_WRITES", /READ ONLY/],
    ["SELECT * FROM Nope", "SRC_SQL_NAME", /doesn't exist/],
    ["SELECT nope FROM Person", "SRC_SQL_NAME", /Unknown column 'nope'/],
    ["SELEC 1", "SRC_SQL_STATEMENT", /syntax/],
    ["SELECT 1 AS a; DELETE FROM Person", "SRC_SQL_STATEMENT", /syntax/],
    ["SELECT 1 AS a, 2 AS a", "SRC_SQL_COLUMN", /column 2/],
    ["SET @x = 1", "SRC_SQL_NO_RESULT", /no columns/],
  ])("%s is refused", async (text, code, message) => {
    const error = await bench.error(text);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
    expect(await bench.csv("SELECT count(*) AS n FROM Person")).toBe("n\n2\n");
  });

  test("a procedure's one result is taken, of two none", async () => {
    await inDatabase(
      "DROP PROCEDURE IF EXISTS One; CREATE PROCEDURE One() SELECT 1 AS a; DROP PROCEDURE IF EXISTS Two; CREATE PROCEDURE Two() BEGIN SELECT 1 AS a; SELECT 2 AS b; END",
    );
    expect(await bench.csv("CALL One()")).toBe("a\n1\n");
    expect((await bench.error("CALL Two()")).code).toBe("SRC_SQL_RESULTS");
  });

  const sleepers = async (): Promise<readonly { id: number }[]> =>
    (await inDatabase("SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(300)%' AND id <> CONNECTION_ID()")) as {
      id: number;
    }[];
  const sleeping = async (): Promise<number> => (await sleepers()).length;

  test("a statement that takes too long, or is stopped, is ended on the server", async () => {
    expect((await bench.error("SELECT SLEEP(300) AS s", { timeoutSeconds: 0.2 })).code).toBe("SRC_SQL_TIMEOUT");
    expect(await sleeping()).toBe(0);
    const controller = new AbortController();
    const stopped = bench.run([query("SELECT SLEEP(300) AS s", folder)], {}, {}, controller.signal);
    while ((await sleeping()) === 0);
    controller.abort(new Error("stopped by the test"));
    await expect(stopped).rejects.toThrow("stopped by the test");
    expect(await sleeping()).toBe(0);
  });

  test("a session that is killed leaves no file", async () => {
    const killed = bench.error("SELECT SLEEP(300) AS s");
    while ((await sleeping()) === 0);
    await inDatabase(`KILL ${(await sleepers())[0]?.id}`);
    expect((await killed).code).toBe("SRC_SQL_LOST");
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("a wrong password is a refused login, and is not in the message", async () => {
    const error = await bench.error("SELECT 1 AS a", {}, { connectionString: (realServer ?? "").replace(/:[^:@]*@/, ":wr0ng-pass@") });
    expect(error.code).toBe("SRC_SQL_LOGIN");
    expect(error.message).not.toContain("wr0ng-pass");
  });

  test("commands that write are committed together, or not at all", async () => {
    await inDatabase("DROP TABLE IF EXISTS t; CREATE TABLE t (i int PRIMARY KEY)");
    await bench.run([{ kind: "command", text: "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)" }], {}, { mode: "write" });
    await expect(
      bench.run([{ kind: "command", text: "INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)" }], {}, { mode: "write" }),
    ).rejects.toThrow(/Duplicate/);
    expect(await bench.csv("SELECT count(*) AS n FROM t")).toBe("n\n2\n");
  });
});

describe("MySQL's protocol", () => {
  /** The driver's own server: it speaks the protocol and answers what the test says. */
  type Peer = {
    serverHandshake(options: object): void;
    writeOk(): void;
    writeError(error: { message: string; code: number }): void;
    writeColumns(columns: readonly object[]): void;
    writeTextRow(row: readonly unknown[]): void;
    writeEof(): void;
    _resetSequenceId(): void;
    on(event: string, listener: (...parameters: never[]) => void): void;
    stream: { destroy(): void };
  };
  let server: { listen(port: number): void; close(done: () => void): void; _server: { address(): AddressInfo; listening: boolean } };
  const peers: Peer[] = [];
  const statements: string[] = [];
  let answer: (peer: Peer, sql: string) => void = (peer) => peer.writeOk();
  const column = {
    catalog: "def",
    schema: "hr",
    table: "t",
    orgTable: "t",
    name: "a",
    orgName: "a",
    characterSet: 45,
    columnLength: 40,
    columnType: 253,
    flags: 0,
    decimals: 0,
  };

  beforeEach(async () => {
    statements.length = 0;
    server = mysql.createServer((peer: unknown) => {
      const connection = peer as Peer;
      peers.push(connection);
      connection.on("error", () => {});
      const take = (sql: string): void => {
        statements.push(sql);
        if (/^(SET|START|ROLLBACK|COMMIT|KILL)/.test(sql)) connection.writeOk();
        else answer(connection, sql);
        // Each question begins to count its packets anew.
        connection._resetSequenceId();
      };
      // It takes every SET for a statement to prepare.
      for (const event of ["query", "stmt_prepare"]) connection.on(event, take as never);
      connection.serverHandshake({
        protocolVersion: 10,
        serverVersion: "8.4.0",
        connectionId: 7,
        statusFlags: 2,
        characterSet: 45,
        capabilityFlags: 0xffffff & ~0x800,
        authCallback: (_: unknown, done: (error: null) => void) => {
          done(null);
          // It goes on to count this packet.
          queueMicrotask(() => connection._resetSequenceId());
        },
      });
    }) as unknown as typeof server;
    server.listen(0);
    while (!server._server.listening) await once(server._server as never, "listening");
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.stream.destroy();
    await new Promise<void>((closed) => server.close(closed));
  });
  const bench = (parameters = "?ssl-mode=DISABLED"): SqlBench =>
    sqlBench(folder, {
      dbms: "MySQL",
      connectionString: `mysql://u:verysecret@127.0.0.1:${server._server.address().port}/hr${parameters}`,
    });

  test("a session is read-only, in UTC and at the isolation level asked for", async () => {
    answer = (peer) => {
      peer.writeColumns([column]);
      peer.writeTextRow(["x"]);
      peer.writeEof();
    };
    expect(await bench().csv("SELECT a FROM t", { isolation: "Serializable" })).toBe("a\nx\n");
    expect(statements).toEqual([
      "SET time_zone = '+00:00'",
      "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "SET SESSION TRANSACTION READ ONLY",
      "START TRANSACTION READ ONLY",
      "SELECT a FROM t",
      "ROLLBACK",
    ]);
  });

  test("a connection cut half-way leaves no file, and its rows are counted", async () => {
    answer = (peer) => {
      peer.writeColumns([column]);
      for (let i = 0; i < 1200; i++) peer.writeTextRow([`row ${i}`]);
      setImmediate(() => peer.stream.destroy());
    };
    const error = await bench().error("SELECT a FROM t");
    expect([error.code, error.message]).toEqual(["SRC_SQL_LOST", expect.stringMatching(/after \d+ rows .*no file was left/)]);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("an error behind some rows is the server's", async () => {
    answer = (peer) => {
      peer.writeColumns([column]);
      peer.writeTextRow(["x"]);
      peer.writeError({ message: "Deadlock found", code: 1213 });
    };
    expect((await bench().error("SELECT a FROM t")).code).toBe("SRC_SQL_BUSY");
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  test("no TLS where it is required: nothing is asked of the server", async () => {
    const error = await bench("?ssl-mode=REQUIRED").error("SELECT a FROM t");
    expect(error.code).toBe("SRC_SQL_TLS");
    expect(error.message).not.toContain("verysecret");
    expect(statements).toEqual([]);
  });

  test("preferred TLS goes without where the server has none", async () => {
    answer = (peer) => {
      peer.writeColumns([column]);
      peer.writeEof();
    };
    expect(await bench("").csv("SELECT a FROM t")).toBe("a\n");
  });
});

test.each([
  ["Server=db;Uid=u;Pwd=sec;ret", /no keyword=value/],
  ["Server=db;Uid=u;Pwd=sec;ret=1", /part 4 is not known/],
  ["Server=db;Pwd=p", /User ID is missing/],
  ["Server=db;Uid=u;SslMode=Sometimes", /SslMode must be/],
])("the connection string %s is refused, none of its values quoted", async (connectionString, message) => {
  const error = await sqlBench(folder, { dbms: "MySQL", connectionString }).error("SELECT 1");
  expect([error.code, error.message]).toEqual(["SRC_SQL_CONNECTION_STRING", expect.stringMatching(message)]);
  expect(error.message).not.toMatch(/sec|ret=/);
});
