import type { Knex } from "knex";
import type { ColumnKind, SchemaDialect } from "../schema/schema-dialect.js";

/** TEXT compares by UTF-8 bytes under SQLite's BINARY collation, which is what design §6 asks of keys. */
const text = (table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder => table.text(column);

const typeOf = (kind: ColumnKind): string => {
  const type = kind.startsWith("integer") ? "INTEGER" : "TEXT";
  return kind.endsWith("?") ? type : `${type} NOT NULL`;
};

export const sqliteSchema: SchemaDialect = {
  key: text,
  word: text,
  time: text,
  value: text,
  long: text,
  createKeyed: async (knex, table, columns, primaryKey) => {
    const list = columns.map(([name, kind]) => `${name} ${typeOf(kind)}`).join(", ");
    await knex.raw(`CREATE TABLE ${table} (${list}, PRIMARY KEY (${primaryKey.join(", ")})) WITHOUT ROWID`);
  },
  // Its first write takes the one writer there is; a start that finds it taken waits and looks again (`store.ts`).
  lockMigrations: async () => undefined,
};
