import type { Knex } from "knex";
import { up as repository } from "./001-repository.js";
import type { SchemaDialect } from "./schema-dialect.js";

type Migration = { readonly name: string; readonly up: (knex: Knex, dialect: SchemaDialect) => Promise<void> };

/** In order, append only: a landed migration is never edited. */
const migrations: readonly Migration[] = [{ name: "001-repository", up: repository }];

/** Names of all migrations this program knows, oldest first. */
export const migrationNames: readonly string[] = migrations.map((migration) => migration.name);

/** The program's migrations as knex wants them; there is no way back but the copy of the database. */
export const migrationSource = (dialect: SchemaDialect): Knex.MigrationSource<Migration> => ({
  getMigrations: async () => [...migrations],
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) => ({
    up: (knex: Knex) => migration.up(knex, dialect),
    down: async () => {
      throw new Error(`migration ${migration.name} cannot be taken back: restore the copy of the database`);
    },
  }),
});
