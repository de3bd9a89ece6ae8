import { existsSync } from "node:fs";
import { type Clock, isoTime } from "../../model/index.js";
import type { MigrationOutcome, MigrationRequest } from "../maintenance/index.js";
import { migrationNames, missingMigrations, runMigrations } from "../schema/migrations.js";
import { recordStatements } from "../schema/recording.js";
import { SqliteClient } from "./client.js";
import { copyPath } from "./copy-before-migration.js";
import { connectSqlite, openSqlite } from "./open.js";
import { sqliteSchema } from "./schema.js";

/**
 * `sluice database migrate` on an embedded database: what every start does by itself, on purpose and with a look before. `create` changes nothing: the file is always made. Throws DB_SCHEMA_NEWER, DB_LOCKED and what the
 * file refuses.
 */
export const migrateSqlite = async (path: string, { dryRun }: MigrationRequest, clock: Clock): Promise<MigrationOutcome> => {
  const isMissing = !existsSync(path);
  const migrations = isMissing ? migrationNames() : await missingIn(path);
  const none = { database: path, migrations, created: isMissing, statements: [], copy: null, notes: [] };
  if (migrations.length === 0) return none;
  if (dryRun) {
    const isNew = migrations.length === migrationNames().length;
    const statements = await recordStatements(SqliteClient, (knex) => runMigrations(knex, sqliteSchema, migrations, isNew, isoTime(clock)));
    return { ...none, statements: ["BEGIN", ...statements, "COMMIT"] };
  }
  await (await openSqlite(path, clock)).destroy();
  const copy = copyPath(path, migrations[0] ?? "");
  return { ...none, copy: existsSync(copy) ? copy : null };
};

const missingIn = async (path: string): Promise<readonly string[]> => {
  const knex = connectSqlite(path);
  try {
    return await missingMigrations(knex, path);
  } finally {
    await knex.destroy();
  }
};
