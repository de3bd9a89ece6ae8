import type { Slot } from "../../../model/index.js";
import { collation } from "../schema.js";
import type { BulkColumn, Database } from "./database.js";

/** Types of temporary columns. They name their collation, since tempdb's default is the server's and not the database's. */
export const columnTypes = {
  /** A key or name, as in the repository (442 characters). */
  key: `nvarchar(442) COLLATE ${collation}`,
  /** A word of our own. */
  word: `varchar(120) COLLATE ${collation}`,
  time: `char(24) COLLATE ${collation}`,
  long: `nvarchar(max) COLLATE ${collation}`,
  /** A text of so many characters, a key's where nothing is said. */
  text: (length = 442): string => `nvarchar(${length}) COLLATE ${collation}`,
} as const;

/** A number as text that compares with keys. */
export const asKey = (expression: string): string => `CAST(${expression} AS nvarchar(442)) COLLATE ${collation}`;

/** Characters of a slot of text (connectors §1.5); null where it holds a number. */
export const slotLength = (slot: Slot): number | null => {
  if (slot.startsWith("I")) return null;
  return /^C[0-3]$/.test(slot) ? 4000 : 442;
};

/** A slot's type, as UR_Resources has it. */
export const slotType = (slot: Slot): string => {
  const length = slotLength(slot);
  return length === null ? "bigint" : columnTypes.text(length);
};

/** A slot as the column of a bulk load, in UR_Resources or in a temporary table made by `slotType`. */
export const slotColumn = (slot: Slot, name: string = slot): BulkColumn => {
  const length = slotLength(slot);
  return length === null ? { name, type: "integer" } : { name, type: "text", length };
};

/** A key as the column of a bulk load. */
export const keyColumn = (name: string): BulkColumn => ({ name, type: "text", length: 442 });

/** The temporary tables of a connection by name, with their columns; null where a transaction rolled back may have brought back a former one, or none. */
interface MadeTables {
  readonly columns: Map<string, string | null>;
  rollbacks: number;
}
const made = new WeakMap<Database, MadeTables>();

const tablesOf = (db: Database): MadeTables["columns"] => {
  const tables = made.get(db) ?? { columns: new Map<string, string | null>(), rollbacks: db.rollbacks };
  made.set(db, tables);
  if (tables.rollbacks !== db.rollbacks) for (const name of tables.columns.keys()) tables.columns.set(name, null);
  tables.rollbacks = db.rollbacks;
  return tables.columns;
};

/**
 * Makes a temporary table, or empties the one of its name. `name` begins with `#`; columns as CREATE TABLE has them. It lasts as long as the connection, or until its
 * transaction is rolled back. One of the same columns is kept: a server may hold locks on what it drops to the end of the transaction, under numbers that
 * other connections' temporary tables have too.
 */
export const createTemporary = async (db: Database, name: string, columns: readonly string[]): Promise<void> => {
  const known = tablesOf(db);
  const list = columns.join(", ");
  const create = `CREATE TABLE ${name} (${list})`;
  const former = known.get(name);
  known.set(name, list);
  if (former === undefined) await db.batch(create);
  else if (former === list) await db.batch(`TRUNCATE TABLE ${name}`);
  else await db.batch(`DROP TABLE IF EXISTS ${name}; ${create}`);
};

/** Gives back what a temporary table takes up, once it is no longer needed; there may be none. */
export const clearTemporary = async (db: Database, name: string): Promise<void> => {
  await db.batch(`IF OBJECT_ID('tempdb..${name}') IS NOT NULL TRUNCATE TABLE ${name}`);
};
