import { once } from "node:events";
import { type AddressInfo, createServer, connect as openSocket, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Knex } from "knex";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type MssqlTarget, mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { mssqlFailure } from "../../../src/store/mssql/failure.js";
import { connectMssql } from "../../../src/store/mssql/open.js";
import { Database } from "../../../src/store/mssql/synchronization/database.js";
import { retryAfter } from "../../../src/store/mssql/transient.js";
import { testServer, unusedDatabase } from "../../database.js";

const password = "S3cret-never-sent";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Listens on a port of its own until the test ends. */
const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const targetAt = (port: number, more = ""): MssqlTarget =>
  mssqlTarget(`Server=127.0.0.1,${port};Database=Sluice;User ID=sluice;Password=${password};${more}`);

/** What a person is told when the first statement is tried. */
const firstFailure = async (target: MssqlTarget): Promise<unknown> => {
  const knex = connectMssql(target);
  try {
    return await knex.raw("SELECT 1 AS X").then(
      () => null,
      (error: unknown) => mssqlFailure(error, "the database"),
    );
  } finally {
    await knex.destroy();
  }
};

/** The driver's number is a time in milliseconds, the string's whole seconds. */
const withConnectTimeout = (target: MssqlTarget, connectTimeout: number): MssqlTarget => ({
  ...target,
  configuration: { ...target.configuration, options: { ...target.configuration.options, connectTimeout } },
});

/** The answer to a PRELOGIN: version 16, and that there is no encryption to be had (MS-TDS 2.2.6.5). */
const noEncryption = Buffer.from([
  ...[0x04, 0x01, 0x00, 0x1a, 0x00, 0x00, 0x01, 0x00],
  ...[0x00, 0x00, 0x0b, 0x00, 0x06, 0x01, 0x00, 0x11, 0x00, 0x01, 0xff],
  ...[0x10, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x02],
]);

/** Signs itself, for localhost; of no other use. */
const selfSigned = {
  key: `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIEbDJTb41GePYo9r35l1qSIbwWlvaNfP4SQiL7kvPI3CoAoGCCqGSM49
AwEHoUQDQgAEE8hpwOSCyu61/28RYxnQktkx6Heu1mLs2Xcpc/uLrgvMpddLuog0
0cevxRt5KCl43yO7QVifVwQVs0Ff1OYGjQ==
-----END EC PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUEbiQ7xAI4umW3ZjdmCe8nPfjyq8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1MTU1M1oYDzIxMjYxMDI4
MTUxNTUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQTyGnA5ILK7rX/bxFjGdCS2THod67WYuzZdylz+4uuC8yl10u6iDTR
x6/FG3koKXjfI7tBWJ9XBBWzQV/U5gaNo1MwUTAdBgNVHQ4EFgQUcOERrL7VJrg3
MQ3CynGzWAsmU+IwHwYDVR0jBBgwFoAUcOERrL7VJrg3MQ3CynGzWAsmU+IwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAsEjymxWPP9ZVODK3mmEg
IkeoMO/Ump4efOVWjeXnuR0CIDxZdWi289cDcLj7CE6QGsT0U7pXKDzwf+Z3Wd0x
5tE4
-----END CERTIFICATE-----`,
};

describe("before anybody is signed in", () => {
  test("nothing listens on the port", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await firstFailure(targetAt(port))).toMatchObject({
      code: "DB_SERVER_UNREACHABLE",
      exit: 69,
      message: expect.stringContaining("nothing listens on the port"),
    });
  });

  test("a server that takes the connection and never answers", async () => {
    const port = await listen(createServer());
    expect(await firstFailure(withConnectTimeout(targetAt(port), 100))).toMatchObject({
      code: "DB_SERVER_UNREACHABLE",
      message: expect.stringContaining("no answer in time"),
    });
  });

  test("a server that hangs up", async () => {
    const port = await listen(createServer((socket) => socket.end()));
    expect(await firstFailure(targetAt(port))).toMatchObject({ code: "DB_CONNECTION_LOST", exit: 69 });
  });

  test("a server without encryption gets no password, unless the string says Encrypt=false", async () => {
    const received: Buffer[] = [];
    const port = await listen(
      createServer((socket) => {
        socket.on("data", (bytes) => {
          received.push(bytes);
          if (bytes[0] === 0x12) socket.write(noEncryption);
        });
      }),
    );
    /** First byte of a message: 0x12 PRELOGIN, 0x10 LOGIN7. */
    const kinds = () => received.splice(0).map((bytes) => bytes[0]);
    expect(await firstFailure(targetAt(port))).toMatchObject({
      code: "DB_ENCRYPTION",
      message: expect.stringContaining("no password was sent"),
    });
    expect(kinds()).toEqual([0x12]);
    await firstFailure(withConnectTimeout(targetAt(port, "Encrypt=false"), 200));
    expect(kinds()).toEqual([0x12, 0x10]);
  });

  test("a certificate that nobody vouches for", async () => {
    const port = await listen(createTlsServer({ ...selfSigned, ALPNProtocols: ["tds/8.0"] }));
    const failure = await firstFailure(targetAt(port, "Encrypt=Strict;HostNameInCertificate=localhost"));
    expect(failure).toMatchObject({
      code: "DB_CERTIFICATE",
      message: expect.stringMatching(/DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/),
    });
  });
});

/** Stands between the driver and the server, and cuts. */
class Cutter {
  readonly #sockets = new Set<Socket>();
  /** Asked with what the driver sends: what to do with it. */
  onSent: (bytes: Buffer) => "pass" | "cut before" | "cut after" = () => "pass";

  constructor(readonly target: MssqlTarget) {}

  async listen(): Promise<MssqlTarget> {
    const { server, options } = this.target.configuration;
    const port = await listen(
      createServer((client) => {
        const upstream = openSocket(options?.port ?? 1433, server);
        for (const socket of [client, upstream]) this.#sockets.add(socket.on("error", () => undefined));
        upstream.pipe(client);
        client.on("data", (bytes) => {
          const what = this.onSent(bytes);
          if (what === "cut before") return this.cut();
          if (what === "pass") return void upstream.write(bytes);
          // The driver hears nothing more; the server works on.
          upstream.unpipe(client);
          upstream.once("data", () => this.cut()).resume();
          upstream.write(bytes);
        });
        client.on("close", () => upstream.destroy());
      }),
    );
    closing.push(() => this.cut());
    return { ...this.target, configuration: { ...this.target.configuration, server: "127.0.0.1", options: { ...options, port } } };
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

/** First byte of a message of the driver (MS-TDS 2.2.3.1.1). */
const bulkMessage = 0x07;
const transactionMessage = 0x0e;

describe.skipIf(testServer === null)("on a server", () => {
  let target: MssqlTarget;
  let direct: Knex;

  beforeAll(async () => {
    const { name, connectionString } = unusedDatabase();
    const server = connectMssql(mssqlTarget(`${testServer};Database=master`));
    await server.raw(`CREATE DATABASE [${name}]`);
    await server.destroy();
    // What is cut is told by the bytes of its messages.
    target = mssqlTarget(`${connectionString};Encrypt=false`);
    direct = connectMssql(target);
    await direct.raw("CREATE TABLE T (Id bigint NOT NULL PRIMARY KEY, Text nvarchar(100) NULL)");
    await direct.raw("CREATE TABLE UM_Sequences (Name varchar(120) NOT NULL PRIMARY KEY, Value bigint NOT NULL)");
  });
  afterAll(() => direct.destroy());
  afterEach(() => direct("T").del());

  const count = async (): Promise<number> => Number((await direct("T").count({ Count: "*" }))[0]?.Count);

  const throughCutter = async (): Promise<{ cutter: Cutter; knex: Knex; cutTarget: MssqlTarget }> => {
    const cutter = new Cutter(target);
    const cutTarget = await cutter.listen();
    const knex = connectMssql(cutTarget);
    closing.push(() => knex.destroy());
    return { cutter, knex, cutTarget };
  };

  test("a wrong password", async () => {
    const wrong = mssqlTarget(`${testServer};Database=${target.database};Password=${password}`);
    const failure = await firstFailure(wrong);
    expect(failure).toMatchObject({ code: "DB_LOGIN_REFUSED", exit: 69 });
    expect(String(failure)).not.toContain(password);
  });

  test("a database that is not there", async () => {
    expect(await firstFailure(mssqlTarget(`${testServer};Database=sluice_no_such_database`))).toMatchObject({
      code: "DB_MISSING",
      exit: 69,
    });
  });

  test("an encrypted connection, and the check of its certificate", async () => {
    const encrypted = (more: string) => mssqlTarget(`${testServer};Database=${target.database};Encrypt=true;${more}`);
    expect(await firstFailure(encrypted("TrustServerCertificate=true"))).toBeNull();
    const checked = (await firstFailure(encrypted("TrustServerCertificate=false"))) as { code?: string } | null;
    expect([undefined, "DB_CERTIFICATE"]).toContain(checked?.code);
  });

  test("cut while a statement runs: what was written before is gone, and the next one gets a new connection", async () => {
    const { cutter, knex } = await throughCutter();
    const work = knex.transaction(async (trx) => {
      await trx("T").insert({ Id: 1 });
      cutter.onSent = () => "cut after";
      await trx("T").insert({ Id: 2 });
    });
    const error = await work.catch((thrown: unknown) => thrown);
    expect(mssqlFailure(error, "db")).toMatchObject({ code: "DB_CONNECTION_LOST", retryable: true });
    expect(retryAfter(error, { tries: 1, isCommitSent: false })).not.toBeNull();
    expect(await count()).toBe(0);
    cutter.onSent = () => "pass";
    expect(await knex.raw("SELECT @@TRANCOUNT AS Depth")).toEqual([{ Depth: 0 }]);
  });

  test("cut while others wait on the same connection: each of them hears of it", async () => {
    const { cutter, knex } = await throughCutter();
    const outcomes: unknown[] = [];
    const work = knex.transaction(async (trx) => {
      await trx("T").insert({ Id: 1 });
      cutter.onSent = () => "cut before";
      outcomes.push(...(await Promise.allSettled([2, 3, 4, 5].map((Id) => trx("T").insert({ Id })))).map(({ status }) => status));
      throw new Error("given up");
    });
    await expect(work).rejects.toThrow("given up");
    expect(outcomes).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    expect(await count()).toBe(0);
  });

  test("cut between two statements: a connection that died in the pool is not used", async () => {
    const { cutter, knex } = await throughCutter();
    await knex.raw("SELECT 1 AS X");
    cutter.cut();
    await new Promise((resolve) => setImmediate(resolve));
    const second = await knex.raw("SELECT 2 AS X").catch((error: unknown) => mssqlFailure(error, "db"));
    if (Array.isArray(second)) expect(second).toEqual([{ X: 2 }]);
    else expect(second).toMatchObject({ code: "DB_CONNECTION_LOST" });
    expect(await knex.raw("SELECT 3 AS X")).toEqual([{ X: 3 }]);
  });

  test.each([
    ["before the server has it", "cut before", 0],
    ["after the server has it", "cut after", 1],
  ] as const)("cut at the commit, %s: it is told as lost, and not tried again blindly", async (_name, how, rows) => {
    const { cutter, knex } = await throughCutter();
    const work = knex.transaction(async (trx) => {
      await trx("T").insert({ Id: 1 });
      cutter.onSent = (bytes) => (bytes[0] === transactionMessage ? how : "pass");
    });
    const error = await work.catch((thrown: unknown) => thrown);
    expect(mssqlFailure(error, "db")).toMatchObject({ code: "DB_CONNECTION_LOST" });
    expect(retryAfter(error, { tries: 1, isCommitSent: true })).toBeNull();
    expect(await count()).toBe(rows);
  });

  test("cut in a bulk load: nothing of it is there", async () => {
    const { cutter, cutTarget } = await throughCutter();
    const db = await Database.open(cutTarget, { checkStop: () => undefined, onBusy: () => undefined });
    let sent = 0;
    cutter.onSent = (bytes) => {
      if (sent > 0 || bytes[0] === bulkMessage) sent += bytes.length;
      return sent > 500_000 ? "cut before" : "pass";
    };
    const rows = function* (): Generator<readonly [number, string]> {
      for (let id = 0; id < 50_000; id++) yield [id, "x".repeat(50)];
    };
    const columns = [
      { name: "Id", type: "integer", required: true },
      { name: "Text", type: "text", length: 100 },
    ] as const;
    const work = db.transaction(() => db.bulk("T", columns, rows()));
    const error = await work.catch((thrown: unknown) => thrown);
    expect(mssqlFailure(error, "db")).toMatchObject({ code: "DB_CONNECTION_LOST" });
    expect(sent).toBeGreaterThan(500_000);
    await db.close();
    expect(await count()).toBe(0);
  });

  test("a deadlock: one of the two gets through, the other's work is rolled back and known to be", async () => {
    await direct("T").insert([{ Id: 1 }, { Id: 2 }]);
    let holding = 0;
    let letGo: () => void = () => undefined;
    const bothHold = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const cross = (first: number, second: number) =>
      direct.transaction(async (trx) => {
        await trx("T")
          .where({ Id: first })
          .update({ Text: `by ${first}` });
        if (++holding === 2) letGo();
        await bothHold;
        await trx("T")
          .where({ Id: second })
          .update({ Text: `by ${first}` });
      });
    const outcomes = await Promise.allSettled([cross(1, 2), cross(2, 1)]);
    const victims = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
    expect(victims).toHaveLength(1);
    expect(mssqlFailure(victims[0], "db")).toMatchObject({ code: "DB_DEADLOCK", exit: 75 });
    expect(retryAfter(victims[0], { tries: 1, isCommitSent: false })).toEqual({ kind: "contention", pauseMs: 10 });
    const texts = await direct("T").distinct("Text");
    expect(texts).toHaveLength(1);
  });
});
