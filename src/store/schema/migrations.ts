import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import { up as repository } from "./001-repository.js";
import type { SchemaDialect } from "./schema-dialect.js";

interface Migration {
  readonly name: string;
  readonly up: (knex: Knex, dialect: SchemaDialect) => Promise<void>;
}

/** In order, append only: a landed migration is never edited. */
const migrations: readonly Migration[] = [{ name: "001-repository", up: repository }];

/**
 * Brings a database up to date: everything missing in one transaction, so that a start that dies leaves nothing half made, and of two starts at once
 * one finds the work done. knex's own migrator is not used, because it keeps its lock in a row that a killed start leaves behind for good.
 * Throws DB_SCHEMA_NEWER when the database knows a migration that this program does not.
 */
export const migrate = async (knex: Knex, dialect: SchemaDialect, database: string, now: string): Promise<void> => {
  if (await isCurrent(knex, database)) return;
  await knex.transaction(async (trx) => {
    // A write first: it takes the writer before anything is decided.
    if (!(await trx.schema.hasTable("UM_Migrations"))) {
      await trx.schema.createTable("UM_Migrations", (t) => {
        dialect.word(t, "Name").primary();
        dialect.time(t, "AppliedAt").notNullable();
      });
    }
    const done = await namesIn(trx);
    requireKnown(done, database);
    for (const { name, up } of migrations) {
      if (done.includes(name)) continue;
      await up(trx, dialect);
      await trx("UM_Migrations").insert({ Name: name, AppliedAt: now });
    }
  });
};

/** A look without a write: nearly every start finds nothing to do. */
const isCurrent = async (knex: Knex, database: string): Promise<boolean> => {
  if (!(await knex.schema.hasTable("UM_Migrations"))) return false;
  const done = await namesIn(knex);
  requireKnown(done, database);
  return migrations.every(({ name }) => done.includes(name));
};

const namesIn = async (knex: Knex): Promise<string[]> =>
  ((await knex("UM_Migrations").select("Name")) as { Name: string }[]).map(({ Name }) => Name);

const requireKnown = (done: readonly string[], database: string): void => {
  const found = done.find((name) => !migrations.some((migration) => migration.name === name));
  if (found !== undefined) throw new SluiceError("DB_SCHEMA_NEWER", { database, found });
};
