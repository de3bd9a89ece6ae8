import knexFactory, { type Knex } from "knex";
import { type Connection, Request } from "tedious";
import { SluiceError } from "../../errors/index.js";
import { missingMigrations } from "../schema/migrations.js";
import { MssqlClient } from "./client.js";
import type { MssqlTarget } from "./connection-string.js";
import { mssqlFailure } from "./failure.js";

/** Connections at most: a reading keeps one for its snapshot, the record of jobs writes through a second, a look at another instance takes a third. */
const connections = 4;
/** A record's statement touches a few rows, a reading's a page; one that takes longer waits for something that will not come (ms). */
const statementTimeoutMs = 120_000;
/** How much longer than the connection string allows for connecting somebody waits for one of the connections (ms): all may be in use by readings. */
const beyondConnectingMs = 60_000;
/** Where the connection string says to wait without end: a day, since a timer has one. */
const withoutEndMs = 86_400_000;
/** Longest wait for a lock before a statement fails as busy and is repeated (ms): well within the statement's own time limit. */
const lockTimeoutMs = 15_000;

/** What every connection is told first: a statement that fails takes its transaction with it, and no lock is waited for without end. */
const session = `SET XACT_ABORT ON; SET LOCK_TIMEOUT ${lockTimeoutMs}`;

const prepareSession = (connection: Connection, done: (error: Error | null | undefined, connection: Connection) => void): void => {
  connection.execSqlBatch(new Request(session, (error) => done(error, connection)));
};

/** What a message calls the database: `server/database`. */
export const databaseName = ({ server, database }: MssqlTarget): string => `${server}/${database}`;

/** knex on a database of SQL Server, whatever tables it has. Nothing is checked before the first statement. `statementTimeoutMs`: 0 is without end. */
export const connectMssql = (target: MssqlTarget, limits: { readonly statementTimeoutMs?: number } = {}): Knex => {
  const { configuration } = target;
  const { connectTimeout = 15_000 } = configuration.options ?? {};
  const longestWaitMs = connectTimeout === 0 ? withoutEndMs : connectTimeout + beyondConnectingMs;
  return knexFactory({
    client: MssqlClient as unknown as typeof Knex.Client,
    connection: {
      ...configuration,
      options: { ...configuration.options, requestTimeout: limits.statementTimeoutMs ?? statementTimeoutMs },
    } as object,
    // The connection's own time limit ends a try to connect, with its reason; the pool's would say only that it took long.
    pool: { min: 0, max: connections, afterCreate: prepareSession, createTimeoutMillis: longestWaitMs },
    acquireConnectionTimeout: longestWaitMs,
    // What messages call it; read by our client.
    ...({ userParams: { database: databaseName(target) } } as object),
    // What goes wrong is thrown and said once, by us.
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined },
  });
};

/**
 * Opens a repository on SQL Server that is there and up to date: only `sluice database migrate` makes or changes tables there.
 * Throws DB_SCHEMA_MISSING, DB_SCHEMA_OLDER, DB_SCHEMA_NEWER, and what the server refuses by its name.
 */
export const openMssql = async (target: MssqlTarget): Promise<Knex> => {
  const database = databaseName(target);
  const knex = connectMssql(target);
  try {
    const missing = await missingMigrations(knex, database);
    if (missing.length > 0) {
      throw new SluiceError((await knex.schema.hasTable("UM_Migrations")) ? "DB_SCHEMA_OLDER" : "DB_SCHEMA_MISSING", { database });
    }
    const rows = (await knex.raw("SELECT snapshot_isolation_state AS State FROM sys.databases WHERE database_id = DB_ID()")) as {
      State: unknown;
    }[];
    // Readings of many pages then show one moment (`inSnapshot`).
    knex.userParams = { allowsSnapshots: Number(rows[0]?.State) === 1 };
    return knex;
  } catch (error) {
    await knex.destroy();
    throw mssqlFailure(error, database);
  }
};

/** The server's clock in ms since 1970. */
export const serverTime = async (knex: Knex | Knex.Transaction): Promise<number> => {
  const rows = (await knex.raw("SELECT DATEDIFF_BIG(millisecond, '19700101', SYSUTCDATETIME()) AS Now")) as { Now: unknown }[];
  return Number(rows[0]?.Now);
};
