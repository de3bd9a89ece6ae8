import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../temporary-folder.js";
import { outputIn, query, type SqlBench, sqlBench } from "./sql-access.js";

/** Address `postgres://…` of a server on which tests make tables of their own; without it what needs a whole server is skipped, and counted. */
const realServer: string | null = process.env.SLUICE_TEST_POSTGRES || null;

let folder = "";
beforeEach(() => {
  folder = temporaryFolder("postgresql");
});

const tables = `
  DROP SCHEMA IF EXISTS sluice_hr CASCADE; CREATE SCHEMA sluice_hr;
  CREATE TABLE sluice_hr."Person" (id bigint, big numeric(38,10), price double precision, small real, active boolean, born date, seen timestamptz, made timestamp(6), photo bytea,
    key uuid, name text, data jsonb, tags text[], took interval);
  INSERT INTO sluice_hr."Person" VALUES
    (9007199254740993, 12345678901234567890.1234567890, 0.1, 0.1, true, '1980-02-29', '2026-11-21 10:30:00.120+01', '2026-11-21 10:30:00', '\\x00ff', '6F9619FF-8B86-D011-B42D-00C04FC964FF',
     'Zoë "Z", Ltd' || chr(10) || 'second', '{"a": 1}', '{a,b}', '1 day 02:00'),
    (2, NULL, NULL, NULL, false, 'infinity', NULL, '2026-11-21 10:30:00.000100', NULL, NULL, '', NULL, NULL, NULL)`;

const suite = (server: () => Promise<string>): void => {
  let bench: SqlBench;
  let address = "";
  beforeAll(async () => {
    address = await server();
    const client = new pg.Client(address);
    await client.connect();
    await client.query(tables);
    await client.end();
    // Compiling PGlite takes a while on a busy machine (ms).
  }, 120_000);
  beforeEach(() => {
    bench = sqlBench(folder, { dbms: "PostgreSQL", connectionString: address });
  });

  test("every value has the text of the database, times in UTC, truths and bytes as prepare reads them", async () => {
    const csv = await bench.csv('SELECT * FROM sluice_hr."Person"');
    expect(csv).toBe(
      [
        "id,big,price,small,active,born,seen,made,photo,key,name,data,tags,took",
        '9007199254740993,12345678901234567890.1234567890,0.1,0.1,true,1980-02-29,2026-11-21T09:30:00.12Z,2026-11-21T10:30:00,AP8=,6f9619ff-8b86-d011-b42d-00c04fc964ff,"Zoë ""Z"", Ltd',
        'second","{""a"": 1}","{a,b}",P1DT2H',
        "2,,,,false,infinity,,2026-11-21T10:30:00.0001,,,,,,",
        "",
      ].join("\n"),
    );
  });

  test("a table is named with its schema, its columns as they are mapped", async () => {
    await bench.run([{ kind: "table", table: "sluice_hr.Person", columns: ["name", "id"], output: outputIn(folder) }]);
    expect(readFileSync(outputIn(folder), "utf8")).toMatch(/^name,id\n"Zoë/);
  });

  test("many rows come whole, in several fetches", async () => {
    const { rows } = await bench.run([query("SELECT i, repeat('x', i % 50) AS x FROM generate_series(1, 12345) i", folder)]);
    expect(rows).toBe(12_345);
    expect(readFileSync(outputIn(folder), "utf8").split("\n")).toHaveLength(12_347);
  });

  test.each([
    ['INSERT INTO sluice_hr."Person" (id) VALUES (7)', "SRC_SQL_WRITES", /read-only transaction/],
    ["SELECT nextval('sluice_hr.nope')", "SRC_SQL_NAME", /does not exist/],
    ["SELECT * FROM sluice_hr.person", "SRC_SQL_NAME", /relation "sluice_hr.person" does not exist/],
    ['SELECT nope FROM sluice_hr."Person"', "SRC_SQL_NAME", /column "nope" does not exist/],
    ["SELEC 1", "SRC_SQL_STATEMENT", /syntax error/],
    ["SELECT 1; DROP SCHEMA sluice_hr", "SRC_SQL_STATEMENT", /multiple commands/],
    ["COMMIT", "SRC_SQL_NO_RESULT", /no columns/],
    ["SET TRANSACTION READ WRITE", "SRC_SQL_NO_RESULT", /no columns/],
    ["SELECT 1 AS a, 2 AS a", "SRC_SQL_COLUMN", /column 2/],
    ["SELECT 1 / (i - 700) AS x FROM generate_series(1, 1000) i", "SRC_SQL_STATEMENT", /division by zero/],
  ])("%s is refused", async (text, code, message) => {
    const error = await bench.error(text);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
    expect(await bench.csv('SELECT count(*) AS n FROM sluice_hr."Person"')).toBe("n\n2\n");
  });

  test("a command that writes is committed", async () => {
    const command = { kind: "command", text: "CREATE TABLE sluice_hr.t (i int); INSERT INTO sluice_hr.t VALUES (1), (2)" } as const;
    await bench.run([command], {}, { mode: "write" });
    expect(await bench.csv("SELECT sum(i) AS s FROM sluice_hr.t")).toBe("s\n3\n");
    await bench.run([{ kind: "command", text: "DROP TABLE sluice_hr.t" }], {}, { mode: "write" });
  });
};

describe("PGlite", () => {
  let database: PGlite;
  let server: PGLiteSocketServer;
  afterAll(async () => {
    await server.stop();
    await database.close();
  });
  suite(async () => {
    database = await PGlite.create();
    server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port: 0, maxConnections: 10 });
    await server.start();
    const { port } = (server as unknown as { server: Server }).server.address() as AddressInfo;
    return `postgres://postgres:secret@127.0.0.1:${port}/postgres?sslmode=disable`;
  });
});

describe.skipIf(realServer === null)("a PostgreSQL server", () => {
  suite(async () => realServer ?? "");
  const bench = (): SqlBench => sqlBench(folder, { dbms: "PostgreSQL", connectionString: realServer ?? "" });
  const running = async (): Promise<number> => {
    const client = new pg.Client(realServer ?? "");
    await client.connect();
    const { rows } = await client.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()",
    );
    await client.end();
    return rows[0].n as number;
  };

  test("a statement that takes too long is ended on the server", async () => {
    const error = await bench().error("SELECT pg_sleep(300) AS s", { timeoutSeconds: 0.2 });
    expect(error.code).toBe("SRC_SQL_TIMEOUT");
    expect(await running()).toBe(0);
  });

  test("a statement that is stopped is ended on the server", async () => {
    const controller = new AbortController();
    const stopped = bench().run([query("SELECT pg_sleep(300) AS s", folder)], {}, {}, controller.signal);
    while ((await running()) === 0);
    controller.abort(new Error("stopped by the test"));
    await expect(stopped).rejects.toThrow("stopped by the test");
    expect(await running()).toBe(0);
  });

  test("a wrong password is a refused login, and is not in the message", async () => {
    const address = (realServer ?? "").replace(/:[^:@]*@/, ":wr0ng-pass@");
    const error = await bench().error("SELECT 1 AS a", {}, { connectionString: address });
    expect(error.code).toBe("SRC_SQL_LOGIN");
    expect(error.message).not.toContain("wr0ng-pass");
  });

  test("a session that is killed half-way leaves no file", async () => {
    const client = new pg.Client(realServer ?? "");
    await client.connect();
    const killed = bench().error("SELECT i, pg_sleep(0.01) AS s FROM generate_series(1, 100000) i");
    while ((await running()) === 0);
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 100000)%' AND pid <> pg_backend_pid()",
    );
    await client.end();
    expect((await killed).code).toBe("SRC_SQL_LOST");
    expect(existsSync(outputIn(folder))).toBe(false);
  });
});

describe("a server that does not answer as one", () => {
  const sockets: Socket[] = [];
  let server: Server;
  let answer: (socket: Socket) => void = () => {};
  const address = (parameters = ""): string =>
    `postgres://u:verysecret@127.0.0.1:${(server.address() as AddressInfo).port}/hr${parameters}`;
  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      answer(socket);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const errorOf = (connectionString: string) => sqlBench(folder, { dbms: "PostgreSQL", connectionString }).error("SELECT 1 AS a");

  test("closes at once", async () => {
    answer = (socket) => socket.destroy();
    const error = await errorOf(address());
    expect([error.code, error.message]).toEqual(["SRC_SQL_UNREACHABLE", expect.stringContaining("127.0.0.1:")]);
    expect(error.message).not.toContain("verysecret");
  });

  test("says nothing", async () => {
    answer = () => {};
    expect((await errorOf(address("?connect_timeout=1&sslmode=disable"))).code).toBe("SRC_SQL_UNREACHABLE");
  });

  test("offers no TLS where it is required: nothing secret is sent", async () => {
    const received: Buffer[] = [];
    answer = (socket) => {
      socket.on("data", (bytes: Buffer) => {
        received.push(bytes);
        socket.write("N");
      });
    };
    const error = await errorOf(address("?sslmode=require"));
    expect(error.code).toBe("SRC_SQL_TLS");
    expect(Buffer.concat(received)).toHaveLength(8);
  });

  test("does not listen", async () => {
    const free = address("?sslmode=disable");
    await new Promise((closed) => server.close(closed));
    const error = await errorOf(free);
    expect([error.code, error.message]).toEqual(["SRC_SQL_UNREACHABLE", expect.stringContaining("nothing listens on the port")]);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  });
});

test.each([
  ["Host=db;Database=hr;Username=u;Password=p;SSL Mode=Maybe", /SSL Mode must be/],
  ["Host=db;Database=hr", /Username is missing/],
  ["Username=u;Password=p", /Host is missing/],
  ["Host=db;Username=u;Port=0", /Port must be/],
  ["Host=db;Username=u;Integrated Security=true", /signs in as the account/],
  ["Host=db;Username=u;Password=sec;ret=1", /keyword of its part 4 is not known/],
  ["postgres://u:100%@db/hr", /%25/],
])("the connection string %s is refused with what to write, none of its values quoted", async (connectionString, message) => {
  const error = await sqlBench(folder, { dbms: "PostgreSQL", connectionString }).error("SELECT 1");
  expect([error.code, error.message]).toEqual(["SRC_SQL_CONNECTION_STRING", expect.stringMatching(message)]);
  expect(error.message).not.toMatch(/sec|ret=|100%@/);
});
