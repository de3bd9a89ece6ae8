import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import { canonicalRow, comma, lineFeed, quote } from "../csv/index.js";

/** Bytes read at a time by default: big enough that a call costs nothing beside it, small enough to be hashed and compared in the processor's cache. */
const usualChunkBytes = 512 * 1024;

/** What is known of the file. */
export interface WrittenCanonicalFile {
  readonly path: string;
  /** Header. */
  readonly columns: readonly string[];
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * A canonical CSV file (design §5) as the bytes it is made of, read once, with the means to find where its records begin and end.
 * Canonical text is unique: rows are equal exactly when their bytes are, so that whole blocks can be compared unread.
 */
export class CanonicalFile {
  /** What is read and not yet used up lies in `bytes[at, end)`; `at` is where a record begins. */
  bytes: Buffer;
  at = 0;
  end = 0;
  private readonly descriptor: number;
  private readonly hash = createHash("sha256");
  /** Bytes read so far. */
  read = 0;
  private isEnded = false;
  /** There is no quote in `bytes[quoteFrom, quoteAt)`. */
  private quoteFrom = 0;
  private quoteAt = 0;

  /** @param isVerified whether size and SHA-256 are held against what is known, at the end; @throws SRC_BASELINE_INVALID */
  constructor(
    private readonly file: WrittenCanonicalFile,
    private readonly isVerified: boolean,
    private readonly chunkBytes = usualChunkBytes,
  ) {
    this.bytes = Buffer.allocUnsafe(2 * chunkBytes);
    try {
      this.descriptor = openSync(file.path, "r");
    } catch (cause) {
      throw this.invalid((cause as NodeJS.ErrnoException).code ?? String(cause), cause);
    }
    try {
      this.skipHeader();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Reads on, what is left moved to the front; false at the end of the file, which is verified there. @throws SRC_BASELINE_INVALID */
  more(): boolean {
    if (this.isEnded) return false;
    const left = this.end - this.at;
    if (left + this.chunkBytes > this.bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (left + this.chunkBytes));
      this.bytes.copy(larger, 0, this.at, this.end);
      this.bytes = larger;
    } else if (left > 0) this.bytes.copyWithin(0, this.at, this.end);
    this.at = 0;
    this.end = left;
    this.quoteFrom = 0;
    this.quoteAt = 0;
    const count = readSync(this.descriptor, this.bytes, left, this.chunkBytes, null);
    if (count === 0) {
      this.isEnded = true;
      if (left > 0 || this.read !== this.file.bytes || (this.isVerified && this.hash.digest("hex") !== this.file.sha256))
        throw this.changed();
      return false;
    }
    if (this.isVerified) this.hash.update(this.bytes.subarray(left, left + count));
    this.read += count;
    this.end += count;
    return true;
  }

  /** Where the record at `at` ends, behind its line feed. Reads on as far as needed, which moves `at`. */
  recordEnd(): number {
    let inQuotes = false;
    let p = this.at;
    for (;;) {
      const { bytes, end } = this;
      for (; p < end; p++) {
        const byte = bytes[p] as number;
        if (byte > comma) continue;
        if (byte === quote) inQuotes = !inQuotes;
        else if (byte === lineFeed && !inQuotes) return p + 1;
      }
      p -= this.at;
      if (!this.more()) throw this.changed();
    }
  }

  /** Where the record begins that holds `limit`, or ends before it: the last place up to `limit` where one does. At least `at`. */
  lastStart(limit: number): number {
    for (let from = limit - 1; from >= this.at; ) {
      const place = this.bytes.lastIndexOf(lineFeed, from);
      if (place < this.at) break;
      if (this.endsRecord(place)) return place + 1;
      from = place - 1;
    }
    return this.at;
  }

  changed(): SluiceError {
    return this.invalid("it is not as it was written");
  }

  private invalid(reason: string, cause?: unknown): SluiceError {
    const { path } = this.file;
    return new SluiceError("SRC_BASELINE_INVALID", { file: path, reason }, { place: { file: path }, cause });
  }

  private skipHeader(): void {
    const header = Buffer.from(canonicalRow(this.file.columns));
    while (this.end < header.length && this.more());
    if (this.end < header.length || this.bytes.compare(header, 0, header.length, 0, header.length) !== 0) {
      throw this.invalid(`its header is not ${this.file.columns.join(",")}`);
    }
    this.at = header.length;
  }

  /**
   * Whether the line feed at `place` ends a record, or stands inside quotes. What stands around the next quote nearly always tells: one that opens
   * a field stands at its beginning, and behind one that closes it the field ends. Where both could be, the quotes since `at` are counted.
   */
  private endsRecord(place: number): boolean {
    const { bytes, end } = this;
    if (this.nextQuote(this.at) > place) return true;
    const first = this.nextQuote(place + 1);
    let behind = first;
    while (behind < end && bytes[behind] === quote) behind++;
    if (behind < end) {
      if (!isBetweenFields(bytes[first - 1])) return false;
      if ((behind - first) % 2 === 1 && !isBetweenFields(bytes[behind])) return true;
    }
    let count = 0;
    for (let p = bytes.indexOf(quote, this.at); p >= 0 && p < place; p = bytes.indexOf(quote, p + 1)) count++;
    return count % 2 === 0;
  }

  /** The first quote from there on; `end` where there is none. */
  private nextQuote(from: number): number {
    if (from < this.quoteFrom || from > this.quoteAt || this.quoteAt === this.quoteFrom) {
      const found = this.bytes.subarray(0, this.end).indexOf(quote, from);
      this.quoteFrom = from;
      this.quoteAt = found < 0 ? this.end : found;
    }
    return this.quoteAt;
  }
}

const isBetweenFields = (byte: number | undefined): boolean => byte === comma || byte === lineFeed;
