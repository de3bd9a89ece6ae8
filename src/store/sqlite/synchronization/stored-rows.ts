import { escapeByte, joinRecord, recordSeparator, type StoredSource, unitSeparator } from "../../../sync/index.js";
import { currentRows, type LinkPlan, type TypePlan } from "../../plan/index.js";
import type { Database, Statement, Value } from "./database.js";

/** Rows a page: one statement builds some 400 kB of joined form, which stays in the processor's cache. */
const pageSize = 2_000;

const us = `char(${unitSeparator})`;
const rs = `char(${recordSeparator})`;

interface PagedTable {
  readonly columns: readonly string[];
  readonly keyColumns: readonly string[];
  readonly table: string;
  readonly where: string;
}

/**
 * The repository's side of a comparison: pages of current rows in key order, joined by the database itself, so that an unchanged row never
 * becomes an object. A value that holds a separator shows as a page with too many records, or later as a record with too many fields;
 * then the page is read row by row and escaped.
 */
class StoredPages implements StoredSource {
  readonly fieldCount: number;
  readonly #joined: Statement;
  readonly #rows: Statement;
  readonly #keyCount: number;
  #after: Value[];
  /** Key before the current page. */
  #before: Value[];
  #done = false;
  rowsRead = 0;

  constructor(db: Database, { columns, keyColumns, table, where }: PagedTable) {
    this.fieldCount = columns.length;
    this.#keyCount = keyColumns.length;
    const after =
      keyColumns.length === 1 ? `${keyColumns[0]} > ?` : `(${keyColumns.join(", ")}) > (${keyColumns.map(() => "?").join(", ")})`;
    const page = `FROM ${table} WHERE ${where} AND ${after} ORDER BY ${keyColumns.join(", ")} LIMIT ${pageSize}`;
    const joined = columns.map((column) => `coalesce(${column}, '')`).join(` || ${us} || `);
    this.#joined = db.prepare(`SELECT count(*), CAST(group_concat(Joined, '') AS BLOB) FROM (SELECT ${joined} || ${rs} AS Joined ${page})`);
    this.#rows = db.prepare(`SELECT ${columns.join(", ")} ${page}`);
    this.#after = keyColumns.map(() => "");
    this.#before = this.#after;
  }

  next(): Buffer | null {
    if (this.#done) return null;
    const [count, blob] = this.#joined.get(...this.#after) ?? [0, null];
    const rows = Number(count);
    if (rows === 0 || !(blob instanceof Uint8Array)) {
      this.#done = true;
      return null;
    }
    this.#before = this.#after;
    this.rowsRead += rows;
    const block = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
    const key = this.#lastKey(block, rows);
    if (key === null) return this.refetch(0);
    this.#after = key;
    return block;
  }

  refetch(consumed: number): Buffer {
    const rows = this.#rows.all(...this.#before);
    const last = rows.at(-1);
    if (last !== undefined) this.#after = last.slice(0, this.#keyCount);
    return Buffer.concat(rows.slice(consumed).map((row) => joinRecord(row.map((value) => (value === null ? null : String(value))))));
  }

  /** The key of the block's last record; null when a value may hold a byte that the joined form escapes, as far as a block can tell. */
  #lastKey(block: Buffer, rows: number): Value[] | null {
    let records = 0;
    for (let i = block.indexOf(recordSeparator); i >= 0; i = block.indexOf(recordSeparator, i + 1)) records++;
    if (records !== rows || block.includes(escapeByte)) return null;
    const start = block.lastIndexOf(recordSeparator, block.length - 2) + 1;
    const fields = block
      .subarray(start, block.length - 1)
      .toString("utf8")
      .split(String.fromCharCode(unitSeparator));
    return fields.length === this.fieldCount ? fields.slice(0, this.#keyCount) : null;
  }
}

/** Current rows of a type: mapped slots, key first. */
export const storedResources = (db: Database, type: TypePlan): StoredPages =>
  new StoredPages(db, {
    columns: type.slots,
    keyColumns: type.slots.slice(0, 1),
    table: "UR_Resources",
    where: currentRows(type),
  });

/** What the source said last of an association mapping. */
export const storedLinkKeys = (db: Database, link: LinkPlan): StoredPages =>
  new StoredPages(db, {
    columns: ["Key1", "Key2"],
    keyColumns: ["Key1", "Key2"],
    table: "UR_LinkKeys",
    where: `Mapping = ${link.number}`,
  });
