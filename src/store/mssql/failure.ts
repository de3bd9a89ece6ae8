import knexFactory from "knex";
import { RequestError } from "tedious";
import { SluiceError } from "../../errors/index.js";
import { errorCodes, errorNumbers, errorText } from "../../sqlserver/index.js";
import type { FailureDialect } from "../failure-dialect.js";
import { isContention, isPassing, retryAfter } from "./transient.js";

/** The number of a server's error (`sys.messages`), the first where it sent several, or null where the error is not the server's. */
export const errorNumber = (error: unknown): number | null => errorNumbers(error)[0] ?? null;

type Meaning = (database: string, reason: string, cause: unknown) => SluiceError;

const loginRefused: Meaning = (database, reason, cause) => new SluiceError("DB_LOGIN_REFUSED", { database, reason }, { cause });
const missing: Meaning = (database, _reason, cause) => new SluiceError("DB_MISSING", { database }, { cause });
const permission: Meaning = (database, reason, cause) => new SluiceError("DB_PERMISSION", { database, reason }, { cause });
const readOnly: Meaning = (database, _reason, cause) => new SluiceError("DB_READ_ONLY", { database }, { cause });
const unavailable: Meaning = (database, reason, cause) => new SluiceError("DB_UNAVAILABLE", { database, reason }, { cause });
const space: Meaning = (database, reason, cause) => new SluiceError("DB_SPACE", { database, reason }, { cause });
const logFull: Meaning = (database, reason, cause) => new SluiceError("DB_LOG_FULL", { database, reason }, { cause });
const damaged: Meaning = (database, reason, cause) => new SluiceError("DB_DAMAGED", { database, reason }, { cause });
const collation: Meaning = (database, reason, cause) => new SluiceError("DB_COLLATION", { database, reason }, { cause });
const truncated: Meaning = (database, reason, cause) => new SluiceError("DB_TRUNCATED", { database, reason }, { cause });
const snapshotOff: Meaning = (database, _reason, cause) => new SluiceError("DB_SNAPSHOT_OFF", { database }, { cause });
const lost: Meaning = (database, reason, cause) => new SluiceError("DB_CONNECTION_LOST", { database, reason }, { cause });
const timedOut: Meaning = (database, reason, cause) => new SluiceError("DB_TIMEOUT", { database, reason }, { cause });
const unreachable: Meaning = (database, reason, cause) => new SluiceError("DB_SERVER_UNREACHABLE", { database, reason }, { cause });

/** By the server's number (`sys.messages`). Where it sends several, the first of this list that is among them says what is wrong. */
const byNumber: readonly (readonly [meaning: Meaning, numbers: readonly number[]])[] = [
  // Cannot open the database; database does not exist; the login has no user in it; cannot open the login's default database.
  [missing, [4060, 911, 916, 4064]],
  // Wrong login or password; login of an untrusted domain; disabled; locked out; password expired; password to be changed; login by an administrator only.
  [loginRefused, [18456, 18452, 18470, 18486, 18487, 18488, 18461]],
  // On an object; on a column; in a database; on the server or an object; VIEW STATE; to do this; object or schema not there or not permitted; ALTER DATABASE.
  [permission, [229, 230, 262, 297, 300, 371, 15247, 15151, 1088, 2760, 5011]],
  // Database set READ_ONLY; in emergency mode; a secondary replica that only reads.
  [readOnly, [3906, 3908, 978]],
  [logFull, [9002]],
  // Filegroup full; file cannot grow; tempdb's version store full.
  [space, [1101, 1105, 5149, 3958, 3966, 3967]],
  // Read errors, checksum, page damaged, database suspect.
  [damaged, [823, 824, 829, 926]],
  // Cannot resolve the collation of an operation; of two operands; of a column.
  [collation, [468, 446, 451, 457]],
  [truncated, [2628, 8152]],
  [snapshotOff, [3952]],
  // Single-user mode; restoring; offline; starting; not the primary; no lock resources.
  [unavailable, [924, 927, 942, 945, 979, 1204, 17142]],
  // The session was killed; the connection is broken and recovery is not possible.
  [lost, [596, 233]],
];

/** By the driver's, the socket's or TLS's code, innermost meaning first. */
const certificateCode = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED)/;

const unreachableReasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "nothing listens on the port",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "no route to it",
  ETIMEDOUT: "no answer",
  EINSTLOOKUP: "the instance is not known to its SQL Server Browser on UDP port 1434, or that does not answer; Server=host,port needs none",
};

/** Codes that say that an open connection ended: the socket's, and the driver's for what ran or came after. */
const lostCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECLOSE", "ECONNCLOSED", "EINVALIDSTATE", "ECONNABORTED"]);

const byCode = (error: unknown, codes: readonly string[]): Meaning | null => {
  if (codes.includes("EENCRYPT")) {
    const isOurs = (error as { readonly isEncryptionRefused?: unknown }).isEncryptionRefused === true;
    return (database, _reason, cause) => new SluiceError("DB_ENCRYPTION", { database, encrypt: isOurs }, { cause });
  }
  if (codes.some((code) => certificateCode.test(code))) {
    return (database, _reason, cause) =>
      new SluiceError("DB_CERTIFICATE", { database, reason: codes.find((code) => certificateCode.test(code)) ?? "" }, { cause });
  }
  if (codes.includes("EFEDAUTH")) return loginRefused;
  if (codes.includes("ELOGIN")) return loginRefused;
  const reason = codes.map((code) => unreachableReasons[code]).find((known) => known !== undefined);
  if (reason !== undefined) return (database, _reason, cause) => unreachable(database, reason, cause);
  if (codes.includes("ETIMEOUT"))
    return error instanceof RequestError ? timedOut : (database, _reason, cause) => unreachable(database, "no answer in time", cause);
  if (codes.some((code) => lostCodes.has(code))) return lost;
  return codes.includes("ESOCKET") ? unreachable : null;
};

/**
 * What an error of the driver means for a person, by the server's number or the driver's code and never by its text; the cause is kept. Takes any error and what a
 * message calls the database, gives one of the DB_ errors, and everything else as it is.
 */
export const mssqlFailure = (error: unknown, database: string): unknown => {
  if (error instanceof SluiceError) return error;
  if (error instanceof knexFactory.KnexTimeoutError) return timedOut(database, "no connection of the pool became free", error);
  const numbers = errorNumbers(error);
  for (const [meaning, known] of byNumber) {
    const number = known.find((each) => numbers.includes(each));
    if (number !== undefined) return meaning(database, errorText(error, number), error);
  }
  const [first] = numbers;
  if (isContention(error)) return new SluiceError("DB_DEADLOCK", { database, reason: errorText(error, first) }, { cause: error });
  if (isPassing(error)) return unavailable(database, errorText(error, first), error);
  const meaning = byCode(error, errorCodes(error));
  return meaning === null ? error : meaning(database, errorText(error, first), error);
};

export const mssqlFailures: FailureDialect = {
  isBusy: isContention,
  failure: mssqlFailure,
  retryAfter: (error, attempt) => retryAfter(error, attempt)?.pauseMs ?? null,
};
