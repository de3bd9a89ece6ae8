import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import { up as repository } from "./001-repository.js";
import { up as leases } from "./002-leases.js";
import { up as incremental } from "./003-incremental.js";
import { up as service } from "./004-service.js";
import type { SchemaDialect } from "./schema-dialect.js";

interface Migration {
  readonly name: string;
  /** Runs statements and reads nothing: a dry run records them without a database to ask. */
  readonly up: (knex: Knex, dialect: SchemaDialect) => Promise<void>;
}

/** In order, append only: a landed migration is never edited. */
const migrations: readonly Migration[] = [
  { name: "001-repository", up: repository },
  { name: "002-leases", up: leases },
  { name: "003-incremental", up: incremental },
  { name: "004-service", up: service },
];

/** A migration that a database has. */
export interface AppliedMigration {
  readonly name: string;
  readonly appliedAt: string;
}

export interface MigrateOptions {
  /** Called outside any transaction before the missing migrations of a database that has others are applied, with their names. */
  readonly before?: (missing: readonly string[]) => Promise<void>;
}

/**
 * Brings a database up to date: everything missing in one transaction under the dialect's lock, so that a start that dies leaves nothing half made, and of two
 * starts at once one finds the work done. knex's own migrator is not used, because it keeps its lock in a row that a killed start leaves behind for good.
 * Gives the names of those that were applied. Throws DB_SCHEMA_NEWER when the database knows a migration that this program does not.
 */
export const migrate = async (
  knex: Knex,
  dialect: SchemaDialect,
  database: string,
  now: string,
  options: MigrateOptions = {},
): Promise<readonly string[]> => {
  const missing = await missingMigrations(knex, database);
  if (missing.length === 0) return [];
  if (missing.length < migrations.length) await options.before?.(missing);
  return knex.transaction(async (trx) => {
    await dialect.lockMigrations(trx, database);
    // A write first: it takes the writer before anything is decided.
    const isNew = !(await trx.schema.hasTable(table));
    if (isNew) await createTable(trx, dialect);
    const done = isNew ? [] : (await appliedIn(trx)).map(({ name }) => name);
    requireKnown(done, database);
    const applied = migrations.map(({ name }) => name).filter((name) => !done.includes(name));
    await apply(trx, dialect, applied, now);
    return applied;
  });
};

/** Runs the statements of `migrate` for the named migrations on any knex, one that records them included. `isNew`: the database has none yet. */
export const runMigrations = async (
  knex: Knex,
  dialect: SchemaDialect,
  names: readonly string[],
  isNew: boolean,
  now: string,
): Promise<void> => {
  if (isNew) await createTable(knex, dialect);
  await apply(knex, dialect, names, now);
};

const table = "UM_Migrations";

const createTable = async (knex: Knex, dialect: SchemaDialect): Promise<void> => {
  await knex.schema.createTable(table, (t) => {
    dialect.word(t, "Name").primary();
    dialect.time(t, "AppliedAt").notNullable();
  });
};

const apply = async (knex: Knex, dialect: SchemaDialect, names: readonly string[], now: string): Promise<void> => {
  for (const { name, up } of migrations) {
    if (!names.includes(name)) continue;
    await up(knex, dialect);
    await knex(table).insert({ Name: name, AppliedAt: now });
  }
};

/** Names of the migrations that a database lacks: a look without a write, since nearly every start finds nothing to do. Throws DB_SCHEMA_NEWER. */
export const missingMigrations = async (knex: Knex, database: string): Promise<readonly string[]> => {
  const done = (await appliedMigrations(knex)).map(({ name }) => name);
  requireKnown(done, database);
  return migrations.map(({ name }) => name).filter((name) => !done.includes(name));
};

/** The migrations that a database has, known or not, in the order of their names. */
export const appliedMigrations = async (knex: Knex): Promise<readonly AppliedMigration[]> =>
  (await knex.schema.hasTable(table)) ? appliedIn(knex) : [];

/** Names of all migrations, in their order. */
export const migrationNames = (): readonly string[] => migrations.map(({ name }) => name);

const appliedIn = async (knex: Knex): Promise<readonly AppliedMigration[]> => {
  const rows = (await knex(table).select("Name", "AppliedAt")) as { Name: string; AppliedAt: string }[];
  return rows.map((row) => ({ name: row.Name, appliedAt: row.AppliedAt })).sort((a, b) => (a.name < b.name ? -1 : 1));
};

const requireKnown = (done: readonly string[], database: string): void => {
  const found = done.find((name) => !migrations.some((migration) => migration.name === name));
  if (found !== undefined) throw new SluiceError("DB_SCHEMA_NEWER", { database, found });
};
