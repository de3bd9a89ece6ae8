import { SluiceError } from "../../errors/index.js";
import { entityTypeNumber } from "../../model/index.js";
import type { MssqlTarget } from "../mssql/connection-string.js";
import { databaseName } from "../mssql/open.js";
import { collation } from "../mssql/schema.js";
import { Database } from "../mssql/synchronization/database.js";
import { ensureKeyIndexes } from "../mssql/synchronization/key-index.js";
import { createTemporary } from "../mssql/synchronization/temporary-tables.js";
import { bulkColumn, type CopiedColumn, copiedColumn, declaration, type Stored } from "./column.js";
import type { KeyIndex, SourceTable } from "./embedded-source.js";
import { TableDigest } from "./table-digest.js";

/** Tables that a migration fills: their rows give way to those of the source. */
const prefilled: Readonly<Record<string, string>> = {
  // The row `writer` is held by this very transaction, and says nothing that a copy needs.
  UM_Sequences: "Name <> 'writer'",
  UM_Clock: "1 = 1",
};

const bracketed = (name: string): string => `[${name}]`;
const list = (names: readonly string[]): string => names.map(bracketed).join(", ");

/**
 * Identity columns are loaded by way of a temporary table: a bulk load would give them numbers of its own. Each has one of its own, which ends with the connection: a server
 * over PostgreSQL keeps a lock for a temporary table that was dropped, until the transaction ends, and others wait for it.
 */
const detourOf = (table: string): string => `#${table}`;

export interface TargetOptions {
  /** Throws when the copy is to stop. */
  readonly checkStop: () => void;
  /** Called as long as another program holds the target; throws to give up. */
  readonly onBusy: () => void;
}

/** A repository on SQL Server while it is copied into: one transaction, which nobody sees before its end. */
export class ServerTarget {
  readonly #db: Database;
  readonly #name: string;

  private constructor(db: Database, name: string) {
    this.#db = db;
    this.#name = name;
  }

  /** Throws the driver's error. */
  static async open(target: MssqlTarget, { checkStop, onBusy }: TargetOptions): Promise<ServerTarget> {
    return new ServerTarget(await Database.open(target, { checkStop: () => checkStop(), onBusy }), databaseName(target));
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /** Runs `work` in one transaction that holds the writer and keeps the record of jobs from being written; commits, or leaves nothing. */
  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#db.transaction(async () => {
      await this.#db.run("UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence'");
      return work();
    });
  }

  /** Columns of every table, by table. */
  async columns(): Promise<ReadonlyMap<string, readonly CopiedColumn[]>> {
    const rows = await this.#db.all(
      `SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE, COLUMNPROPERTY(OBJECT_ID(TABLE_NAME), COLUMN_NAME, 'IsIdentity')
       FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = SCHEMA_NAME() AND TABLE_NAME LIKE 'U[_MRJP]%' ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    );
    const tables = new Map<string, CopiedColumn[]>();
    for (const [table, name, dataType, length, isNullable, isIdentity] of rows) {
      const column = copiedColumn({
        name: String(name),
        dataType: String(dataType),
        length: length === null || length === undefined ? null : Number(length),
        isNullable: isNullable === "YES",
        isIdentity: Number(isIdentity) === 1,
      });
      tables.set(String(table), [...(tables.get(String(table)) ?? []), column]);
    }
    return tables;
  }

  /** Throws DB_COPY_NOT_EMPTY where a table holds rows that no migration made. */
  async requireEmpty(tables: readonly string[]): Promise<void> {
    for (const table of tables) {
      if (prefilled[table] !== undefined) continue;
      const found = await this.#db.get(`SELECT TOP (1) 1 FROM ${bracketed(table)}`);
      if (found !== null) throw new SluiceError("DB_COPY_NOT_EMPTY", { database: this.#name, table });
    }
  }

  /** Loads rows of a table; `columns` are those that the rows hold, in their order. */
  async load(table: string, columns: readonly CopiedColumn[], rows: Iterable<readonly Stored[]>): Promise<void> {
    const db = this.#db;
    const former = prefilled[table];
    if (former !== undefined) await db.run(`DELETE FROM ${bracketed(table)} WHERE ${former}`);
    if (columns.length === 0) return;
    const bulk = columns.map(bulkColumn);
    if (!columns.some(({ isIdentity }) => isIdentity)) {
      await db.bulk(bracketed(table), bulk, rows);
      return;
    }
    const names = list(columns.map(({ name }) => name));
    const detour = detourOf(table);
    await createTemporary(
      db,
      detour,
      columns.map((column) => declaration(column, collation)),
    );
    await db.bulk(detour, bulk, rows);
    await db.batch(
      `SET IDENTITY_INSERT ${bracketed(table)} ON;
       INSERT INTO ${bracketed(table)} (${names}) SELECT ${names} FROM ${detour};
       SET IDENTITY_INSERT ${bracketed(table)} OFF`,
    );
  }

  /** Makes the table's next number one above the highest that the source ever gave: numbers of rows that are gone must not come back. */
  async continueNumbers({ name, lastId }: SourceTable): Promise<void> {
    if (lastId === null) return;
    const highest = await this.#db.count(`SELECT MAX(Id) FROM ${bracketed(name)}`);
    // Whether the next number is this one or the one above depends on whether the table ever held rows: a gap costs nothing.
    if (lastId > highest) await this.#db.batch(`DBCC CHECKIDENT ('${name}', RESEED, ${lastId + 1})`);
  }

  async makeKeyIndexes(indexes: readonly KeyIndex[]): Promise<void> {
    for (const { type, slot } of indexes)
      await ensureKeyIndexes(this.#db, { number: entityTypeNumber(type), slots: [], lookupSlots: new Set([slot]) });
  }

  /** Count and checksum over some columns of what the table holds now, and how many rows hold a value in one of the others. */
  async digest(
    table: string,
    columns: readonly CopiedColumn[],
    others: readonly CopiedColumn[],
  ): Promise<{ digest: TableDigest; strays: number }> {
    const own = table === "UM_Sequences" ? ` WHERE ${prefilled[table]}` : "";
    const isNumber = columns.map(({ type }) => type === "integer" || type === "int");
    const digest = new TableDigest();
    if (columns.length > 0) {
      await this.#db.each(`SELECT ${list(columns.map(({ name }) => name))} FROM ${bracketed(table)}${own}`, (row) =>
        digest.add(row.map((value, index) => (value !== null && isNumber[index] === true ? Number(value) : value))),
      );
    }
    const filled = others.map(({ name }) => `${bracketed(name)} IS NOT NULL`).join(" OR ");
    const strays = filled === "" ? 0 : await this.#db.count(`SELECT COUNT(*) FROM ${bracketed(table)} WHERE ${filled}`);
    return { digest, strays };
  }
}
