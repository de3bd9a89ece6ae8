import { EventEmitter } from "node:events";
import type { Knex } from "knex";
import type { Connection, Request } from "tedious";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorCodes } from "../../../src/sqlserver/index.js";
import { readCapabilities } from "../../../src/store/mssql/capabilities.js";
import { MssqlClient } from "../../../src/store/mssql/client.js";
import { mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { connectMssql } from "../../../src/store/mssql/open.js";
import { testServer, unusedDatabase } from "../../database.js";

/** The driver's connection as far as a queue sees it: one request at a time, ended by the test. */
class LineOfRequests extends EventEmitter {
  state = { name: "LoggedIn" };
  readonly sent: FakeRequest[] = [];
  execSql(request: FakeRequest): void {
    if (this.state.name !== "LoggedIn") throw new Error(`sent while ${this.state.name}`);
    this.state = { name: "SentClientRequest" };
    this.sent.push(request);
  }
  finish(): void {
    if (this.state.name !== "Final") this.state = { name: "LoggedIn" };
    this.sent.at(-1)?.emit("requestCompleted");
  }
}

class FakeRequest extends EventEmitter {
  error: unknown = null;
  constructor(readonly name: string) {
    super();
  }
  callback = (error: unknown): void => {
    this.error = error;
    this.emit("requestCompleted");
  };
}

const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));

describe("the queue of a connection", () => {
  const client = new MssqlClient({ client: "mssql" });
  const enqueue = (request: FakeRequest, line: LineOfRequests): void =>
    client._enqueueRequest(request as unknown as Request, line as unknown as Connection);

  test("statements stay on their connection, in their order, whoever finishes first", async () => {
    const [one, two] = [new LineOfRequests(), new LineOfRequests()];
    for (const name of ["1a", "1b", "1c"]) enqueue(new FakeRequest(name), one);
    for (const name of ["2a", "2b"]) enqueue(new FakeRequest(name), two);
    for (const line of [two, two, one, one, one]) {
      line.finish();
      await nextTick();
    }
    expect(one.sent.map(({ name }) => name)).toEqual(["1a", "1b", "1c"]);
    expect(two.sent.map(({ name }) => name)).toEqual(["2a", "2b"]);
  });

  test("what waits for a connection that ended hears of it", async () => {
    const line = new LineOfRequests();
    const requests = ["a", "b", "c"].map((name) => new FakeRequest(name));
    for (const request of requests) enqueue(request, line);
    line.state = { name: "Final" };
    line.finish();
    await nextTick();
    expect(line.sent.map(({ name }) => name)).toEqual(["a"]);
    expect(requests.slice(1).map(({ error }) => errorCodes(error))).toEqual([["ECLOSE"], ["ECLOSE"]]);
    const late = new FakeRequest("late");
    enqueue(late, line);
    expect(errorCodes(late.error)).toEqual(["ECLOSE"]);
  });
});

test("a Date is refused, and more values than the server takes", () => {
  const client = new MssqlClient({ client: "mssql" });
  expect(() => client._typeForBinding(new Date())).toThrow(/text/);
  expect(() =>
    client._assignBindings(
      {} as Request,
      Array.from({ length: 2_099 }, () => 1),
    ),
  ).toThrow(/takes 2098 values, not 2099/);
});

/** The capabilities of a server, as one that has everything answers. */
const answer = {
  Version: "16.0.4135.4",
  Edition: "Developer Edition (64-bit)",
  EngineEdition: 3,
  Babelfish: null,
  CompatibilityLevel: 160,
  DatabaseCollation: "SQL_Latin1_General_CP1_CI_AS",
  ReadCommittedSnapshot: 1,
  SnapshotIsolation: 1,
  IsReadOnly: 0,
  Updateability: "READ_WRITE",
  RecoveryModel: "FULL",
  SeesServer: 1,
  SeesDatabase: 1,
  MakesTables: 1,
  ChangesSchema: 1,
  Reads: 1,
  Inserts: 1,
  Updates: 1,
  Deletes: 1,
};

describe("capabilities", () => {
  const of = (changes: object) => readCapabilities(async () => [{ ...answer, ...changes }]);

  test("of a server that has everything", async () => {
    expect(await of({})).toEqual({
      version: "16.0.4135.4",
      edition: "Developer Edition (64-bit)",
      isBabelfish: false,
      compatibilityLevel: 160,
      collation: "SQL_Latin1_General_CP1_CI_AS",
      readCommittedSnapshot: true,
      snapshotIsolation: true,
      isReadOnly: false,
      recoveryModel: "FULL",
      tableCompression: true,
      onlineIndexRebuild: true,
      rangeLocks: true,
      canSeeServerState: true,
      canChangeSchema: true,
      canWrite: true,
    });
  });

  test.each([
    ["Standard Edition rebuilds offline", { EngineEdition: 2 }, { onlineIndexRebuild: false, tableCompression: true }],
    [
      "Azure SQL Database shows its own state only",
      { EngineEdition: 5, SeesServer: 0 },
      { canSeeServerState: true, onlineIndexRebuild: true },
    ],
    ["a snapshot state of 3 is still turning on", { SnapshotIsolation: 3 }, { snapshotIsolation: false }],
    ["a secondary replica", { Updateability: "READ_ONLY" }, { isReadOnly: true }],
    ["a login that only reads", { Inserts: 0, MakesTables: 0 }, { canWrite: false, canChangeSchema: false }],
    ["a login without any right", { SeesServer: null, Reads: null, ChangesSchema: null }, { canWrite: false, canSeeServerState: false }],
    [
      "over PostgreSQL",
      { Babelfish: 1, EngineEdition: 3 },
      { isBabelfish: true, tableCompression: false, onlineIndexRebuild: false, rangeLocks: false },
    ],
  ])("%s", async (_name, changes, expected) => {
    expect(await of(changes)).toMatchObject(expected);
  });
});

describe.skipIf(testServer === null)("on a server", () => {
  let database: ReturnType<typeof unusedDatabase>;
  let knex: Knex;

  beforeAll(async () => {
    database = unusedDatabase();
    const server = connectMssql(mssqlTarget(`${testServer};Database=master`));
    await server.raw(`CREATE DATABASE [${database.name}]`);
    await server.destroy();
    knex = connectMssql(mssqlTarget(database.connectionString));
    await knex.raw(
      "CREATE TABLE T (Id bigint IDENTITY(1,1) PRIMARY KEY, Amount bigint NULL, Word varchar(40) NULL, Text nvarchar(442) NULL, Long nvarchar(max) NULL)",
    );
  });
  afterAll(() => knex.destroy());

  const count = async (where: object = {}): Promise<number> => Number((await knex("T").where(where).count({ Count: "*" }))[0]?.Count);

  test("statements started together in a transaction stay in it and in order, beside other traffic on another database", async () => {
    const other = connectMssql(mssqlTarget(`${testServer};Database=master`));
    try {
      for (let round = 0; round < 5; round++) {
        const noise = Array.from({ length: 12 }, () => other.raw("SELECT DB_NAME() AS Name, @@SPID AS Session"));
        const seen = await knex.transaction((trx) =>
          Promise.all([
            trx("T").insert({ Word: "first", Amount: round }),
            ...Array.from({ length: 10 }, () => trx.raw("SELECT DB_NAME() AS Name, @@TRANCOUNT AS Depth, @@SPID AS Session")),
            trx("T").where({ Word: "first", Amount: round }).update({ Word: "second" }),
          ]),
        );
        const rows = seen.slice(1, -1).flat() as { Name: string; Depth: number; Session: number }[];
        expect(new Set(rows.map(({ Name, Depth }) => `${Name} ${Depth}`))).toEqual(new Set([`${database.name} 1`]));
        expect(new Set(rows.map(({ Session }) => Session)).size).toBe(1);
        expect(seen.at(-1)).toBe(1);
        const others = (await Promise.all(noise)).flat() as { Name: string }[];
        expect(new Set(others.map(({ Name }) => Name))).toEqual(new Set(["master"]));
      }
    } finally {
      await other.destroy();
    }
  });

  test("updates and deletes give how many rows they changed, inserts the Id", async () => {
    await knex("T").del();
    const ids: number[] = [];
    for (const Amount of [1, 2, 3]) {
      const [row] = (await knex("T").insert({ Amount }).returning("Id")) as { Id: number }[];
      ids.push(row?.Id ?? 0);
    }
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids.map((id) => typeof id)).toEqual(["number", "number", "number"]);
    expect(ids[0]).toBeGreaterThan(0);
    expect(await knex("T").where("Amount", ">", 1).update({ Word: "x" })).toBe(2);
    expect(await knex("T").where({ Amount: 99 }).update({ Word: "x" })).toBe(0);
    expect(await knex("T").where({ Amount: 99 }).del()).toBe(0);
    expect(await knex("T").del()).toBe(3);
  });

  test("a failed statement takes its transaction, and those started beside it, with it", async () => {
    await knex("T").del();
    const settled: string[] = [];
    const failing = knex.transaction(async (trx) => {
      await trx("T").insert({ Word: "gone" });
      const others = ["a", "b", "c"].map((Word) =>
        trx("T")
          .insert({ Word })
          .then(
            () => settled.push("done"),
            () => settled.push("refused"),
          ),
      );
      await Promise.all([trx.raw("SELECT 1 / 0 AS X FROM T"), ...others]);
    });
    await expect(failing).rejects.toThrow();
    expect(await count()).toBe(0);
    expect(settled).toHaveLength(3);
    for (let each = 0; each < 6; each++) {
      expect(await knex.raw("SELECT @@TRANCOUNT AS Depth")).toEqual([{ Depth: 0 }]);
    }
  });

  test("a rollback while statements run and wait leaves nothing, and the pool whole", async () => {
    await knex("T").del();
    const started: Promise<unknown>[] = [];
    const failing = knex.transaction(async (trx) => {
      await trx("T").insert({ Word: "gone" });
      for (let each = 0; each < 5; each++)
        started.push(
          trx("T")
            .insert({ Word: "late" })
            .then(() => "done", errorCodes),
        );
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await Promise.all(started)).toContainEqual(["ECANCEL"]);
    expect(await count()).toBe(0);
    const depths = (await Promise.all(Array.from({ length: 6 }, () => knex.raw("SELECT @@TRANCOUNT AS Depth")))) as { Depth: number }[][];
    expect(depths.flat().map(({ Depth }) => Depth)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("texts and numbers come back as they were given", async () => {
    await knex("T").del();
    const texts = ["", " ", "K1 ", "a\tb", "é", "e\u0301", "ß", "ı", "\uff5e", "\u{1f600}", "日本語", "it's", "[x]", "?", "x".repeat(442)];
    const numbers = [0, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    for (const Text of texts) await knex("T").insert({ Text, Word: "text" });
    for (const Amount of numbers) await knex("T").insert({ Amount, Word: "number" });
    expect((await knex("T").where({ Word: "text" }).orderBy("Id").select("Text")).map(({ Text }) => Text)).toEqual(texts);
    expect((await knex("T").where({ Word: "number" }).orderBy("Id").select("Amount")).map(({ Amount }) => Amount)).toEqual(numbers);
    for (const Amount of numbers) expect(await count({ Amount })).toBe(1);
    const Long = `${"é😀 ".repeat(50_000)}end`;
    await knex("T").insert({ Long, Word: "long" });
    expect((await knex("T").where({ Word: "long" }).first("Long")).Long).toBe(Long);
  });

  test("as many values as the server takes", async () => {
    await knex("T").del();
    const numbers = Array.from({ length: 2_098 }, (_, index) => index);
    expect((await knex("T").whereIn("Amount", numbers)).length).toBe(0);
    await expect(knex("T").whereIn("Amount", [...numbers, 5_000])).rejects.toThrow(/takes 2098 values/);
  });

  test("says what it can", async () => {
    const found = await readCapabilities((sql) => knex.raw(sql));
    expect(found).toMatchObject({ isReadOnly: false, canChangeSchema: true, canWrite: true, canSeeServerState: true });
    expect(found.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(found.collation).not.toBe("");
    expect(found.compatibilityLevel).toBeGreaterThan(100);
  });
});
