import knexFactory from "knex";
import { ConnectionError, RequestError } from "tedious";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { errorNumber, mssqlFailure, mssqlFailures } from "../../../src/store/mssql/failure.js";
import { retryAfter } from "../../../src/store/mssql/transient.js";

/** As the driver makes the error of a statement from what the server sends. */
const serverError = (number: number, text = "text of the server, in its language"): Error =>
  Object.assign(new RequestError(text, "EREQUEST"), { number, state: 1, class: 16 });

const loginError = (number: number): Error => Object.assign(new ConnectionError("text of the server", "ELOGIN"), { number });

const coded = (code: string): Error => Object.assign(new Error("text of the system"), { code });

const socketError = (cause: Error): Error => new ConnectionError("Failed to connect", "ESOCKET", { cause });

const failureOf = (error: unknown): SluiceError => {
  const failure = mssqlFailure(error, "db/Sluice");
  expect(failure).toBeInstanceOf(SluiceError);
  expect((failure as SluiceError).cause).toBe(error);
  expect((failure as SluiceError).message).toContain("db/Sluice");
  return failure as SluiceError;
};

test.each([
  ["DB_MISSING", [4060, 911, 916, 4064]],
  ["DB_LOGIN_REFUSED", [18456, 18452, 18470, 18486, 18487, 18488]],
  ["DB_PERMISSION", [229, 230, 262, 297, 300, 15247, 15151, 1088, 2760, 5011]],
  ["DB_READ_ONLY", [3906, 3908, 978]],
  ["DB_LOG_FULL", [9002]],
  ["DB_SPACE", [1101, 1105, 5149, 3958, 3966, 3967]],
  ["DB_DAMAGED", [823, 824, 829, 926]],
  ["DB_COLLATION", [468, 446, 451, 457]],
  ["DB_TRUNCATED", [2628, 8152]],
  ["DB_SNAPSHOT_OFF", [3952]],
  ["DB_UNAVAILABLE", [40197, 40501, 40613, 49918, 49919, 49920, 10928, 10929, 10936, 701, 976, 983, 924, 927, 942]],
  ["DB_CONNECTION_LOST", [596]],
  ["DB_DEADLOCK", [1205, 1222, 3960]],
])("%s: %j", (code, numbers) => {
  for (const number of numbers) {
    expect([number, failureOf(serverError(number)).code]).toEqual([number, code]);
    expect([number, failureOf(loginError(number)).code]).toEqual([number, code]);
  }
});

test("what the server said is told with its number, on one line", () => {
  expect(failureOf(serverError(229, "The SELECT permission\r\n was denied on the object 'UR_Resources'")).message).toContain(
    "(error 229: The SELECT permission was denied on the object 'UR_Resources')",
  );
});

test("of several errors of one statement the one that says why counts", () => {
  const several = new AggregateError([serverError(3621, "The statement has been terminated"), serverError(2628, "column C4")]);
  expect(failureOf(several)).toMatchObject({ code: "DB_TRUNCATED", message: expect.stringContaining("error 2628: column C4") });
  expect(errorNumber(several)).toBe(3621);
  expect(failureOf(new AggregateError([serverError(18456), serverError(4060)])).code).toBe("DB_MISSING");
});

test.each([
  ["DB_SERVER_UNREACHABLE", "nothing listens on the port", socketError(new AggregateError([coded("ECONNREFUSED")]))],
  ["DB_SERVER_UNREACHABLE", "its name is not known", socketError(coded("ENOTFOUND"))],
  ["DB_SERVER_UNREACHABLE", "its name could not be looked up", socketError(coded("EAI_AGAIN"))],
  ["DB_SERVER_UNREACHABLE", "no route to it", socketError(coded("EHOSTUNREACH"))],
  ["DB_SERVER_UNREACHABLE", "no answer in time", new ConnectionError("in 15000ms", "ETIMEOUT")],
  ["DB_SERVER_UNREACHABLE", "UDP port 1434", new ConnectionError("Port for X not found", "EINSTLOOKUP", { cause: new Error("x") })],
  ["DB_TIMEOUT", "Request failed to complete", new RequestError("Timeout: Request failed to complete in 120000ms", "ETIMEOUT")],
  ["DB_TIMEOUT", "no connection of the pool", new knexFactory.KnexTimeoutError("Knex: Timeout acquiring a connection.")],
  ["DB_CERTIFICATE", "SELF_SIGNED_CERT_IN_CHAIN", socketError(coded("SELF_SIGNED_CERT_IN_CHAIN"))],
  ["DB_CERTIFICATE", "DEPTH_ZERO_SELF_SIGNED_CERT", socketError(coded("DEPTH_ZERO_SELF_SIGNED_CERT"))],
  ["DB_CERTIFICATE", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", socketError(coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE"))],
  ["DB_CERTIFICATE", "CERT_HAS_EXPIRED", socketError(coded("CERT_HAS_EXPIRED"))],
  ["DB_CERTIFICATE", "ERR_TLS_CERT_ALTNAME_INVALID", socketError(coded("ERR_TLS_CERT_ALTNAME_INVALID"))],
  [
    "DB_CONNECTION_LOST",
    "socket hang up",
    new ConnectionError("Connection lost - socket hang up", "ESOCKET", { cause: coded("ECONNRESET") }),
  ],
  ["DB_CONNECTION_LOST", "Connection closed", new RequestError("Connection closed before request completed.", "ECLOSE")],
  ["DB_CONNECTION_LOST", "Final state", new RequestError("not the Final state", "EINVALIDSTATE")],
  [
    "DB_LOGIN_REFUSED",
    "Security token",
    new AggregateError([new ConnectionError("Security token", "EFEDAUTH"), new Error("AADSTS7000215")], "Security token"),
  ],
  ["DB_ENCRYPTION", "leave Encrypt=false out", new ConnectionError("Server requires encryption", "EENCRYPT")],
])("%s: %s", (code, words, error) => {
  expect(failureOf(error)).toMatchObject({ code, message: expect.stringContaining(words) });
});

test("what is not known stays as it is, and what has its name keeps it", () => {
  for (const error of [serverError(2601), new Error("Error 1205 in the text only"), new TypeError("x"), null, "text"]) {
    expect(mssqlFailure(error, "db")).toBe(error);
  }
  const named = new SluiceError("DB_SNAPSHOT_OFF", { database: "db" });
  expect(mssqlFailure(named, "other")).toBe(named);
});

test("exit codes: 69 where the database cannot be used, 75 where something holds it", () => {
  expect([18456, 4060, 229, 9002, 40613, 3906].map((number) => failureOf(serverError(number)).exit)).toEqual([69, 69, 69, 69, 69, 69]);
  expect(failureOf(serverError(1205)).exit).toBe(75);
});

describe("trying again", () => {
  const open = { isCommitSent: false };

  test("only what another transaction caused is busy", () => {
    expect([1205, 1222, 3960, 2601, 40613, 4060].map((number) => mssqlFailures.isBusy(serverError(number)))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(mssqlFailures.isBusy(new AggregateError([serverError(1205), serverError(3903)]))).toBe(true);
    const rollbackFailed = Object.assign(serverError(3903, "no corresponding BEGIN"), { originalError: serverError(1205, "the victim") });
    expect(mssqlFailures.isBusy(rollbackFailed)).toBe(true);
    expect(failureOf(rollbackFailed).message).toContain("error 1205: the victim");
  });

  test("pauses double up to the longest of their kind, and the tries end", () => {
    const pauses = (error: Error): number[] => {
      const all: number[] = [];
      for (let tries = 1; ; tries++) {
        const next = retryAfter(error, { tries, ...open });
        if (next === null) return all;
        all.push(next.pauseMs);
      }
    };
    expect(pauses(serverError(1205)).slice(0, 7)).toEqual([10, 20, 40, 80, 160, 250, 250]);
    expect(pauses(serverError(1205))).toHaveLength(39);
    expect(pauses(serverError(40613))).toEqual([5_000, 10_000, 20_000, 30_000]);
    expect(pauses(socketError(coded("ECONNREFUSED")))).toEqual([500, 1_000, 2_000]);
  });

  test("after the commit was sent only the server's word counts", () => {
    const sent = { tries: 1, isCommitSent: true };
    expect(retryAfter(serverError(1205), sent)?.kind).toBe("contention");
    for (const error of [serverError(40197), socketError(coded("ECONNRESET")), new RequestError("x", "ECLOSE")]) {
      expect(retryAfter(error, sent)).toBeNull();
      expect(retryAfter(error, { tries: 1, ...open })).not.toBeNull();
    }
  });

  test("what will not pass is not tried again", () => {
    for (const error of [
      loginError(18456),
      loginError(4060),
      serverError(229),
      serverError(9002),
      socketError(coded("CERT_HAS_EXPIRED")),
      new Error("x"),
    ]) {
      expect(retryAfter(error, { tries: 1, ...open })).toBeNull();
    }
  });
});
