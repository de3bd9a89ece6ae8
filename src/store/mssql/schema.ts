import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import type { ColumnKind, SchemaDialect } from "../schema/schema-dialect.js";

/**
 * Every text column names its collation, so that the server's or database's default never decides: BIN2 compares code units, which for equality is what
 * design §6 asks, but for trailing blanks; those are told apart by length (`equal` in `equality.ts`).
 */
export const collation = "Latin1_General_100_BIN2";

/** How long a migration waits for another one of the same database: well within a statement's time limit. */
const migrationWaitSeconds = 60;

const types: Readonly<Record<"key" | "word" | "time", string>> = {
  // 884 bytes: fits an index key of 900 bytes with a number before it.
  key: `nvarchar(442) COLLATE ${collation}`,
  // ASCII of our own: a state, a GUID, a hash of 64 digits, two reasons why a link is unresolved (some 100 characters).
  word: `varchar(120) COLLATE ${collation}`,
  // ISO 8601 with milliseconds and Z, always 24 characters: one literal compares alike on both databases, and no time zone or date format of a login decides.
  time: `char(24) COLLATE ${collation}`,
};

const typeOf = (kind: ColumnKind): string => {
  const name = kind.replace("?", "");
  const type = name === "integer" ? "bigint" : (types[name as keyof typeof types] ?? "");
  return kind.endsWith("?") ? `${type} NULL` : `${type} NOT NULL`;
};

const typed =
  (type: string) =>
  (table: Knex.CreateTableBuilder, column: string): Knex.ColumnBuilder =>
    table.specificType(column, type);

/**
 * Tables whose primary key SQL Server cannot hold: a text key in it would make two keys equal that differ in trailing blanks only, and two keys of 442 characters
 * pass the 1,700 bytes of an index. They are clustered by the number before the text; that a key stands there once is the one writer's doing.
 */
const withTextKey: Readonly<Record<string, readonly string[]>> = {
  UR_RetiredKeys: ["CREATE CLUSTERED INDEX IX_UR_RetiredKeys ON UR_RetiredKeys (Type, [Key])"],
  UR_LinkKeys: ["CREATE CLUSTERED INDEX IX_UR_LinkKeys ON UR_LinkKeys (Mapping, Key1)"],
};

export const mssqlSchema: SchemaDialect = {
  key: typed(types.key),
  word: typed(types.word),
  time: typed(types.time),
  value: (table, slot) => table.specificType(slot, `nvarchar(${/^C[0-3]$/.test(slot) ? 4000 : 442}) COLLATE ${collation}`),
  long: typed(`nvarchar(max) COLLATE ${collation}`),
  createKeyed: async (knex, table, columns, primaryKey) => {
    const list = columns.map(([name, kind]) => `[${name}] ${typeOf(kind)}`).join(", ");
    const indexes = withTextKey[table];
    const key = indexes === undefined ? `, CONSTRAINT PK_${table} PRIMARY KEY (${primaryKey.map((name) => `[${name}]`).join(", ")})` : "";
    await knex.raw(`CREATE TABLE ${table} (${list}${key})`);
    for (const index of indexes ?? []) await knex.raw(index);
  },
  lockMigrations: async (trx, database) => {
    const rows = (await trx.raw(
      `DECLARE @result int; EXEC @result = sp_getapplock @Resource = N'sluice database migrate', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = ${migrationWaitSeconds * 1_000}; SELECT @result AS Result`,
    )) as { Result: number }[];
    if (!(Number(rows[0]?.Result) >= 0)) throw new SluiceError("DB_LOCKED", { database, seconds: migrationWaitSeconds });
  },
};
