import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import type { MigrationOutcome, MigrationRequest } from "../maintenance/index.js";
import { appliedMigrations, migrate, migrationNames, missingMigrations, runMigrations } from "../schema/migrations.js";
import { recordStatements } from "../schema/recording.js";
import { readCapabilities } from "./capabilities.js";
import { MssqlClient } from "./client.js";
import type { MssqlTarget } from "./connection-string.js";
import { mssqlFailure } from "./failure.js";
import { snapshotStatements } from "./isolation.js";
import { connectMssql, databaseName } from "./open.js";
import { quoteName } from "./quoted.js";
import { mssqlSchema } from "./schema.js";

/** The statements that a migration of SQL Server runs, without a server. `isNew`: the database has none of them yet. */
export const mssqlMigrationStatements = (names: readonly string[], isNew: boolean, now: string): Promise<readonly string[]> =>
  recordStatements(MssqlClient, (knex) => runMigrations(knex, mssqlSchema, names, isNew, now));

/**
 * `sluice database migrate` on SQL Server: all missing migrations in one transaction, under a lock of the server. With `create` the database is made where it is missing, and its row versions are turned on; what the
 * login may not do there becomes a note with the statement for an administrator. Throws DB_MISSING, DB_PERMISSION, DB_SCHEMA_NEWER, DB_LOCKED.
 */
export const migrateMssql = async (target: MssqlTarget, { dryRun, create }: MigrationRequest, now: string): Promise<MigrationOutcome> => {
  const database = databaseName(target);
  const statements: string[] = [];
  const notes: string[] = [];
  const isMissing = !(await exists(target));
  if (isMissing && !create) throw new SluiceError("DB_MISSING", { database });
  const making = `CREATE DATABASE ${quoteName(target.database)}`;
  if (isMissing && dryRun) {
    const off = { readCommittedSnapshot: false, snapshotIsolation: false };
    const migrations = migrationNames();
    statements.push(
      making,
      ...snapshotStatements(target.database, off),
      ...inTransaction(await mssqlMigrationStatements(migrations, true, now)),
    );
    return { database, migrations, created: true, statements, copy: null, notes };
  }
  if (isMissing) await inMaster(target, (knex) => knex.raw(making));
  return connected(target, async (knex) => {
    const capabilities = await readCapabilities((sql) => knex.raw(sql));
    for (const statement of snapshotStatements(target.database, capabilities)) {
      if (!create) notes.push(`readers may wait for synchronizations: an administrator runs, while nobody else is connected, ${statement}`);
      else if (dryRun) statements.push(statement);
      else await tryToSet(knex, statement, database, notes);
    }
    if (!dryRun)
      return { database, migrations: await migrate(knex, mssqlSchema, database, now), created: isMissing, statements, copy: null, notes };
    const missing = await missingMigrations(knex, database);
    const isNew = (await appliedMigrations(knex)).length === 0 && !(await knex.schema.hasTable("UM_Migrations"));
    if (missing.length > 0) statements.push(...inTransaction(await mssqlMigrationStatements(missing, isNew, now)));
    return { database, migrations: missing, created: false, statements, copy: null, notes };
  });
};

/** As the statements run; a person who runs them by hand is to have them so too. */
const inTransaction = (statements: readonly string[]): readonly string[] => [
  "SET XACT_ABORT ON",
  "BEGIN TRANSACTION",
  ...statements,
  "COMMIT TRANSACTION",
];

const tryToSet = async (knex: Knex, statement: string, database: string, notes: string[]): Promise<void> => {
  try {
    await knex.raw(statement);
  } catch (error) {
    const known = mssqlFailure(error, database);
    const reason = (known instanceof Error ? known.message : String(known)).replace(/\s+/g, " ");
    notes.push(
      `not set, so readers may wait for synchronizations: an administrator runs, while nobody else is connected, ${statement} (${reason})`,
    );
  }
};

const connected = async <T>(target: MssqlTarget, work: (knex: Knex) => Promise<T>): Promise<T> => {
  // A migration may build an index over millions of rows.
  const knex = connectMssql(target, { statementTimeoutMs: 0 });
  try {
    return await work(knex);
  } catch (error) {
    throw mssqlFailure(error, databaseName(target));
  } finally {
    await knex.destroy();
  }
};

const inMaster = <T>(target: MssqlTarget, work: (knex: Knex) => Promise<T>): Promise<T> => {
  const { configuration } = target;
  const master = { ...target, configuration: { ...configuration, options: { ...configuration.options, database: "master" } } };
  return connected(master, work);
};

const exists = async (target: MssqlTarget): Promise<boolean> => {
  try {
    await connected(target, (knex) => knex.raw("SELECT 1 AS Found"));
    return true;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "DB_MISSING") throw error;
  }
  // The server says the same of a database that this login may not open: that one must not be made again.
  const found = (await inMaster(target, (knex) => knex.raw("SELECT DB_ID(?) AS Found", [target.database]))) as { Found: unknown }[];
  if (found[0]?.Found !== null && found[0]?.Found !== undefined) throw new SluiceError("DB_MISSING", { database: databaseName(target) });
  return false;
};
