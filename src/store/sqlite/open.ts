import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import knexFactory, { type Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import { type Clock, isoTime, systemClock } from "../../model/index.js";
import { migrate } from "../schema/migrations.js";
import { SqliteClient } from "./client.js";
import { openConnection } from "./connection.js";
import { copyBefore } from "./copy-before-migration.js";
import { isBusy, storeFailure } from "./failure.js";
import { sqliteSchema } from "./schema.js";

/**
 * Opens the embedded repository and brings it up to date (design §3: SQLite migrates at start); one that holds data is copied beside itself before.
 * Takes an absolute path; makes the file and its folder when missing.
 * Throws DB_SCHEMA_NEWER when the file knows a migration that this program does not, DB_UNREACHABLE, DB_DAMAGED.
 */
export const openSqlite = async (path: string, clock: Clock = systemClock): Promise<Knex> => {
  const knex = connectSqlite(path);
  try {
    await migrate(knex, sqliteSchema, path, isoTime(clock), { before: async (missing) => void copyBefore(path, missing) });
    return knex;
  } catch (error) {
    await knex.destroy();
    // Held by another start: the caller waits and tries again.
    throw isBusy(error) ? error : storeFailure(error, path, 0);
  }
};

/** knex on an embedded database, whatever tables it has; makes the file and its folder when missing. Throws DB_UNREACHABLE, DB_DAMAGED. */
export const connectSqlite = (path: string): Knex => {
  probe(path);
  return knexFactory({
    client: SqliteClient as unknown as typeof Knex.Client,
    connection: { filename: path },
    useNullAsDefault: true,
    // One connection: a second one of the same process could only wait for the first.
    pool: { min: 1, max: 1 },
    // What goes wrong is thrown and said once, by us.
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined },
  });
};

/** Level by level: Node's own recursive mkdir never ends below a folder that takes none, such as /proc. */
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another start may have made it at this moment.
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
  }
};

/** Opens the file once and looks inside, so that a folder or a file that is no database is said plainly. */
const probe = (path: string): void => {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw new SluiceError("DB_UNREACHABLE", { database: path, reason: (error as Error).message }, { cause: error });
  }
  try {
    const connection = openConnection(path);
    connection.prepare("SELECT count(*) FROM sqlite_schema").get();
    connection.close();
  } catch (error) {
    const failure = storeFailure(error, path, 0);
    // Held by another program at this moment: the caller waits and tries again.
    throw failure instanceof SluiceError && failure.code === "DB_LOCKED" ? error : failure;
  }
};
