import { SluiceError } from "../../errors/index.js";
import type { FailureDialect } from "../failure-dialect.js";

/** SQLite's primary result codes that say something about the database as a whole; extended codes keep them in their low byte. */
const busy = 5;
const readOnly = 8;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notADatabase = 26;

/** SQLite's own words for them (`sqlite3_errstr`), which never change: the driver leaves the number out of what goes wrong while all rows of a statement are read. */
const words: Readonly<Record<string, number>> = {
  "database is locked": busy,
  "attempt to write a readonly database": readOnly,
  "disk I/O error": ioError,
  "database disk image is malformed": corrupt,
  "database or disk is full": full,
  "unable to open database file": cannotOpen,
  "file is not a database": notADatabase,
};

const primaryCode = (error: unknown): number | null => {
  const { errcode, code, message } = (error ?? {}) as { readonly errcode?: unknown; readonly code?: unknown; readonly message?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  if (code !== "ERR_SQLITE_ERROR" || typeof message !== "string") return null;
  // knex puts the statement before it.
  return words[message.slice(message.lastIndexOf(" - ") + (message.includes(" - ") ? 3 : 1))] ?? null;
};

/** Whether an error says that another connection holds the writer, so that trying again helps. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === busy;

/**
 * What a driver's error means for a person, by its number, or where the driver gives none by SQLite's words for it; the cause is kept. Takes any error and the path of the database, gives
 * DB_LOCKED (with the seconds waited), DB_FULL, DB_UNREACHABLE or DB_DAMAGED, and everything else as it is.
 */
export const storeFailure = (error: unknown, database: string, secondsWaited: number): unknown => {
  const reason = error instanceof Error ? error.message : String(error);
  switch (primaryCode(error)) {
    case busy:
      return new SluiceError("DB_LOCKED", { database, seconds: secondsWaited }, { cause: error });
    case full:
      return new SluiceError("DB_FULL", { database }, { cause: error });
    case readOnly:
    case cannotOpen:
    case ioError:
      return new SluiceError("DB_UNREACHABLE", { database, reason }, { cause: error });
    case corrupt:
    case notADatabase:
      return new SluiceError("DB_DAMAGED", { database, reason }, { cause: error });
    default:
      return error;
  }
};

export const sqliteFailures: FailureDialect = { isBusy, failure: storeFailure };
