import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type BulkLoad, TYPES } from "tedious";
import { escapeByte, fieldsOf, type RecordSource, recordSeparator, unitSeparator } from "../../../sync/index.js";
import type { Value } from "./database.js";

/**
 * A column of a bulk load, as the table has it: the server refuses or converts nothing, so that name, type and whether it takes nulls must be those of the table.
 * `integer` is bigint as in every table of the repository that keeps Ids, `text` nvarchar(`length`), `time` char(24), `word` varchar(`length`, else 120), `long` nvarchar(max).
 */
export interface BulkColumn {
  readonly name: string;
  readonly type: "integer" | "int" | "text" | "time" | "word" | "long";
  /** Characters of a `text` or `word`. */
  readonly length?: number;
  /** The column takes no nulls. */
  readonly required?: true;
}

/** A column whose value is the same in every row, or counts up from a number, one a row. */
export type Leading = Value | { readonly from: number };

const types = {
  integer: [TYPES.BigInt, {}],
  int: [TYPES.Int, {}],
  text: [TYPES.NVarChar, {}],
  time: [TYPES.Char, { length: 24 }],
  word: [TYPES.VarChar, { length: 120 }],
  long: [TYPES.NVarChar, { length: Number.POSITIVE_INFINITY }],
} as const;

/** Longest value of a column by its type, in units of two bytes for texts, of one for ASCII. */
const longestOf = ({ type, length }: BulkColumn): number => length ?? (type === "text" ? 4_000 : type === "time" ? 24 : 120);

/** Bytes handed to the driver at a time: enough that a call costs nothing beside it; a few of them are under way at once, whatever the load's size. */
const chunkSize = 128 * 1024;

const rowToken = 0xd1;
/** Length of a null text. */
const nullLength = 0xffff;

/** A text longer than its column would not be refused by the server but read as the next fields. */
const tooLong = (column: BulkColumn, length: number): Error =>
  new Error(`a value of ${length} characters does not fit into ${column.name}, which takes ${longestOf(column)}`);

/** Builds rows as the protocol has them (TDS: ROW token, then each value with its length), in chunks. Chunks given are the caller's. */
class RowWriter {
  readonly #columns: readonly BulkColumn[];
  #chunk = Buffer.allocUnsafeSlow(chunkSize);
  #at = 0;

  constructor(columns: readonly BulkColumn[]) {
    this.#columns = columns;
  }

  /** What is finished so far. */
  take(): Buffer {
    const taken = this.#chunk.subarray(0, this.#at);
    this.#chunk = Buffer.allocUnsafeSlow(chunkSize);
    this.#at = 0;
    return taken;
  }

  get isFull(): boolean {
    return this.#at > chunkSize / 2;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#chunk.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(2 * this.#chunk.length, this.#at + bytes));
    this.#chunk.copy(longer, 0, 0, this.#at);
    this.#chunk = longer;
  }

  /** Adds a row of plain values. */
  row(values: readonly Value[]): void {
    this.start();
    for (let i = 0; i < this.#columns.length; i++) this.value(this.#columns[i] as BulkColumn, values[i] ?? null);
  }

  start(): void {
    this.#reserve(1);
    this.#chunk[this.#at++] = rowToken;
  }

  value(column: BulkColumn, value: Value): void {
    if (column.type === "integer") this.#integer(value);
    else if (column.type === "int") this.#int(value);
    else if (column.type === "text") this.#text(column, value);
    else if (column.type === "long") this.#long(value);
    else this.#ascii(column, value);
  }

  #integer(value: Value): void {
    this.#reserve(9);
    if (value === null) {
      this.#chunk[this.#at++] = 0;
      return;
    }
    const number = Number(value);
    this.#chunk[this.#at] = 8;
    this.#chunk.writeUInt32LE(number >>> 0, this.#at + 1);
    this.#chunk.writeInt32LE(Math.floor(number / 0x1_0000_0000), this.#at + 5);
    this.#at += 9;
  }

  #int(value: Value): void {
    this.#reserve(5);
    if (value === null) {
      this.#chunk[this.#at++] = 0;
      return;
    }
    this.#chunk[this.#at] = 4;
    this.#chunk.writeInt32LE(Number(value), this.#at + 1);
    this.#at += 5;
  }

  #text(column: BulkColumn, value: Value): void {
    const text = value === null ? null : String(value);
    if (text !== null && text.length > longestOf(column)) throw tooLong(column, text.length);
    this.#reserve(2 + 2 * (text?.length ?? 0));
    this.#chunk.writeUInt16LE(text === null ? nullLength : 2 * text.length, this.#at);
    this.#at += 2;
    if (text !== null) this.#at += this.#chunk.write(text, this.#at, "utf16le");
  }

  #ascii(column: BulkColumn, value: Value): void {
    const text = value === null ? null : String(value);
    if (text !== null && text.length > longestOf(column)) throw tooLong(column, text.length);
    this.#reserve(2 + (text?.length ?? 0));
    this.#chunk.writeUInt16LE(text === null ? nullLength : text.length, this.#at);
    this.#at += 2;
    if (text !== null) this.#at += this.#chunk.write(text, this.#at, "latin1");
  }

  /** Of unbounded length: all of it is one part, then the part of length 0 that ends it. */
  #long(value: Value): void {
    const text = value === null ? null : String(value);
    this.#reserve(16 + 2 * (text?.length ?? 0));
    const chunk = this.#chunk;
    chunk.writeUInt32LE(text === null ? 0xffff_ffff : 0xffff_fffe, this.#at);
    chunk.writeUInt32LE(0xffff_ffff, this.#at + 4);
    this.#at += 8;
    if (text === null) return;
    if (text.length > 0) {
      chunk.writeUInt32LE(2 * text.length, this.#at);
      this.#at += 4;
      this.#at += chunk.write(text, this.#at, "utf16le");
    }
    chunk.writeUInt32LE(0, this.#at);
    this.#at += 4;
  }

  /** Adds texts that stand as the protocol has them already, lengths included. */
  raw(bytes: Buffer, from: number, to: number): void {
    this.#reserve(to - from);
    this.#at += bytes.copy(this.#chunk, this.#at, from, to);
  }
}

/**
 * Rows of a bulk load that come as records: the leading columns are said here, the others are the record's fields in their order, all of them `text`. A block of
 * records becomes rows without a string a field: in UTF-16 the separator before a field is as wide as the length that the protocol has there.
 */
export class RecordRows {
  readonly #source: RecordSource;
  readonly #leading: readonly Leading[];

  constructor(source: RecordSource, leading: readonly Leading[]) {
    this.#source = source;
    this.#leading = leading;
  }

  *chunks(columns: readonly BulkColumn[]): Generator<Buffer> {
    const writer = new RowWriter(columns);
    const texts = columns.slice(this.#leading.length);
    let row = 0;
    const leading = (): void => {
      writer.start();
      this.#leading.forEach((value, i) => {
        writer.value(columns[i] as BulkColumn, typeof value === "object" && value !== null ? value.from + row : value);
      });
      row++;
    };
    const longest = texts.map(longestOf);
    for (let block = this.#source.next(); block !== null; block = this.#source.next()) {
      if (block.includes(escapeByte)) {
        let start = 0;
        for (let end = block.indexOf(recordSeparator); end >= 0; end = block.indexOf(recordSeparator, start)) {
          const fields = fieldsOf(block.subarray(start, end));
          if (fields.length !== texts.length) throw notFields(fields.length, texts.length);
          leading();
          fields.forEach((field, i) => {
            writer.value(texts[i] as BulkColumn, field);
          });
          start = end + 1;
          if (writer.isFull) yield writer.take();
        }
        continue;
      }
      const text = block.toString("utf8");
      // One unit before the text, where the first field's length goes.
      const units = new Uint16Array(text.length + 1);
      const bytes = Buffer.from(units.buffer);
      bytes.write(text, 2, "utf16le");
      let recordStart = 0;
      let fieldStart = 0;
      let field = 0;
      for (let i = 1; i < units.length; i++) {
        const unit = units[i] as number;
        if (unit > unitSeparator || (unit !== unitSeparator && unit !== recordSeparator)) continue;
        const length = i - fieldStart - 1;
        const column = texts[field];
        if (column === undefined) throw notFields(field + 1, texts.length);
        if (length > (longest[field] as number)) throw tooLong(column, length);
        units[fieldStart] = length === 0 ? nullLength : 2 * length;
        fieldStart = i;
        field++;
        if (unit === unitSeparator) continue;
        if (field !== texts.length) throw notFields(field, texts.length);
        leading();
        writer.raw(bytes, 2 * recordStart, 2 * i);
        recordStart = i;
        field = 0;
        if (writer.isFull) yield writer.take();
      }
    }
    yield writer.take();
  }
}

const notFields = (found: number, expected: number): Error => new Error(`a record has ${found} fields where the table has ${expected}`);

export type BulkRows = Iterable<readonly Value[]> | AsyncIterable<readonly Value[]> | RecordRows;

const valueChunks = async function* (
  columns: readonly BulkColumn[],
  rows: Iterable<readonly Value[]> | AsyncIterable<readonly Value[]>,
): AsyncGenerator<Buffer> {
  const writer = new RowWriter(columns);
  if (Symbol.asyncIterator in rows) {
    for await (const values of rows) {
      writer.row(values);
      if (writer.isFull) yield writer.take();
    }
  } else {
    for (const values of rows) {
      writer.row(values);
      if (writer.isFull) yield writer.take();
    }
  }
  yield writer.take();
};

/** What the load's stream gets: what the columns are, the rows, the end. */
const payload = async function* (
  load: Internals,
  columns: readonly BulkColumn[],
  rows: BulkRows,
  onFailure: (error: Error) => void,
): AsyncGenerator<Buffer> {
  yield load.getColMetaData();
  try {
    for await (const chunk of rows instanceof RecordRows ? rows.chunks(columns) : valueChunks(columns, rows)) {
      // An empty chunk would end the stream.
      if (chunk.length > 0) yield chunk;
      // Lets timers and streams have their turn: a load that is cancelled would else be fed without anything being told, to the end of its source.
      await nextTurn();
    }
  } catch (error) {
    onFailure(error as Error);
    throw error;
  }
  yield load.createDoneToken();
};

/** What is reached of the driver's load besides its documented members; the driver's version is pinned exactly, and a test names what must be there. */
interface Internals {
  rowToPacketTransform: PassThrough;
  getColMetaData(): Buffer;
  createDoneToken(): Buffer;
}

/**
 * Makes a load ready and gives what to hand to `execBulkLoad`. The driver's own stream turns each row into some thirty small buffers and waits a tick after each;
 * ours hands it chunks of whole rows instead, a third of the processor time, and waits whenever the server is slower than we are. `onFailure` is told what the rows'
 * source throws.
 */
export const prepareLoad = (
  load: BulkLoad,
  columns: readonly BulkColumn[],
  rows: BulkRows,
  onFailure: (error: Error) => void,
): AsyncIterable<Buffer> => {
  for (const { name, type, length, required } of columns) {
    const [kind, options] = types[type];
    load.addColumn(name, kind, { ...options, ...(length === undefined ? {} : { length }), nullable: required !== true });
  }
  const internals = load as unknown as Internals;
  internals.rowToPacketTransform = new PassThrough();
  return payload(internals, columns, rows, onFailure);
};
