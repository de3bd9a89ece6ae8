import type { Knex } from "knex";

export type ColumnKind = "integer" | "integer?" | "key" | "word" | "word?" | "time" | "time?";

/** What differs in DDL between databases, as named capabilities. */
export interface SchemaDialect {
  /** A name or key of a managed system: 442 characters, compared by bytes. */
  key(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder;
  /** A word of our own: a state, a GUID, a hash; 80 characters of ASCII. */
  word(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder;
  /** `yyyy-MM-ddTHH:mm:ss.sssZ`, which sorts as it runs. */
  time(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder;
  /** The value of a C slot: 4000 characters in C0–C3, 442 elsewhere. */
  value(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder;
  /** JSON or prose without a bound. */
  long(table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder;
  /** A table stored in the order of its primary key (clustered, without rowid). */
  createKeyed(knex: Knex, table: string, columns: readonly (readonly [string, ColumnKind])[], primaryKey: readonly string[]): Promise<void>;
  /**
   * Keeps other programs from migrating the database until the transaction ends; called first in it. Throws DB_LOCKED where another one migrates for too long.
   */
  lockMigrations(trx: Knex.Transaction, database: string): Promise<void>;
}
