import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import { escapeByte, escapedAs, isEscaped, recordSeparator, unitSeparator } from "./joined-form.js";
import type { RecordSource } from "./merge.js";

/** Bytes read at a time: big enough that a call costs nothing beside it, small enough to stay in the processor's cache. */
const chunkSize = 512 * 1024;

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;

/** What the session's manifest says of the file. */
export interface ExpectedFile {
  readonly path: string;
  /** Header, as prepare wrote it. */
  readonly columns: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Reads a canonical `.sorted.csv` (design §5) once, in joined form. At its end rows, bytes and SHA-256 are held against the manifest.
 * Throws SYNC_FILE_CHANGED when they differ and SYNC_FILE_COLUMNS when the header is not the expected one. Close it, read or not.
 */
export class SortedFile implements RecordSource {
  readonly #fd: number;
  readonly #expected: ExpectedFile;
  readonly #hash = createHash("sha256");
  readonly #chunk = Buffer.allocUnsafe(chunkSize);
  /** Two buffers in turn: the block given last stays whole while the next is built. Each byte becomes at most two. */
  #out = Buffer.allocUnsafe(3 * chunkSize);
  #other = Buffer.allocUnsafe(3 * chunkSize);
  /** Bytes of an unfinished record at the start of `#out`. */
  #filled = 0;
  #inQuotes = false;
  #quotePending = false;
  #bytes = 0;
  #rows = 0;
  #headerSeen = false;
  #ended = false;

  constructor(expected: ExpectedFile) {
    this.#expected = expected;
    try {
      this.#fd = openSync(expected.path, "r");
    } catch (cause) {
      throw new SluiceError("SYNC_FILE_CHANGED", { rows: expected.rows, found: 0 }, { place: { file: expected.path }, cause });
    }
  }

  /** Data records given so far. */
  get rows(): number {
    return this.#rows;
  }

  close(): void {
    closeSync(this.#fd);
  }

  next(): Buffer | null {
    for (;;) {
      const block = this.#nextBlock();
      if (block === null) return null;
      if (this.#headerSeen) {
        if (block.length > 0) return block;
        continue;
      }
      if (block.length === 0) continue;
      this.#headerSeen = true;
      const end = block.indexOf(recordSeparator);
      const header = block.subarray(0, end).toString("utf8").split(String.fromCharCode(unitSeparator));
      const { columns, path } = this.#expected;
      if (header.length !== columns.length || header.some((name, index) => name !== columns[index])) {
        throw new SluiceError("SYNC_FILE_COLUMNS", { expected: columns.join(","), found: header.join(",") }, { place: { file: path } });
      }
      this.#rows -= 1;
      if (end + 1 < block.length) return block.subarray(end + 1);
    }
  }

  #nextBlock(): Buffer | null {
    if (this.#ended) return null;
    const read = readSync(this.#fd, this.#chunk, 0, chunkSize, null);
    if (read === 0) {
      this.#end();
      return null;
    }
    const chunk = read === chunkSize ? this.#chunk : this.#chunk.subarray(0, read);
    this.#hash.update(chunk);
    this.#bytes += read;
    return this.#join(chunk, read);
  }

  /** Turns a chunk into joined form behind what is carried over; gives the whole records, keeps the rest. */
  #join(chunk: Buffer, read: number): Buffer {
    const out = this.#out;
    let o = this.#filled;
    let lastEnd = 0;
    let rows = 0;
    let inQuotes = this.#inQuotes;
    let i = 0;
    if (this.#quotePending) {
      this.#quotePending = false;
      if (chunk[0] === quote) {
        out[o++] = quote;
        i = 1;
      } else inQuotes = false;
    }
    while (i < read) {
      const byte = chunk[i] as number;
      if (inQuotes) {
        if (byte === quote) {
          if (i + 1 === read) {
            this.#quotePending = true;
            i++;
            break;
          }
          if (chunk[i + 1] === quote) {
            out[o++] = quote;
            i += 2;
          } else {
            inQuotes = false;
            i++;
          }
          continue;
        }
      } else if (byte === comma) {
        out[o++] = unitSeparator;
        i++;
        continue;
      } else if (byte === lineFeed) {
        out[o++] = recordSeparator;
        lastEnd = o;
        rows++;
        i++;
        continue;
      } else if (byte === quote) {
        inQuotes = true;
        i++;
        continue;
      }
      if (byte < 0x20 && isEscaped(byte)) {
        out[o++] = escapeByte;
        out[o++] = escapedAs(byte);
      } else out[o++] = byte;
      i++;
    }
    this.#inQuotes = inQuotes;
    this.#rows += rows;
    const block = out.subarray(0, lastEnd);
    const rest = out.subarray(lastEnd, o);
    const needed = rest.length + 2 * chunkSize;
    const next = this.#other.length < needed ? Buffer.allocUnsafe(needed) : this.#other;
    rest.copy(next);
    this.#other = out;
    this.#out = next;
    this.#filled = rest.length;
    return block;
  }

  #end(): void {
    this.#ended = true;
    const { path, bytes, rows, sha256 } = this.#expected;
    const isWhole = this.#filled === 0 && !this.#inQuotes && this.#headerSeen;
    if (!isWhole || this.#bytes !== bytes || this.#rows !== rows || this.#hash.digest("hex") !== sha256) {
      throw new SluiceError("SYNC_FILE_CHANGED", { rows, found: this.#rows }, { place: { file: path } });
    }
  }
}
