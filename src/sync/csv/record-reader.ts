import { isUtf8 } from "node:buffer";
import { parse } from "csv-parse/sync";
import { SluiceError } from "../../errors/index.js";
import { carriageReturn, comma, lineFeed, type MemoryWindow, quote } from "./byte.js";
import { FieldForm, type RecordBatch, RecordProblem } from "./record-batch.js";
import { invalidUtf8At } from "./utf8.js";

/** Bytes one after the other; a file, or the UTF-8 text that an encoding was decoded to. */
export interface ByteSource {
  /** Writes up to `length` bytes at `offset` of `target`; gives how many, 0 at the end. */
  read(target: Uint8Array, offset: number, length: number): number;
}

/** An unclosed quote must not eat the file: no record is longer than 16 MiB. */
export const maximumRecordBytes = 16 * 1024 * 1024;

/** Bytes scanned at a time: the positions of their fields stay in the processor's cache, and 25 doubled quotes share one csv-parse call. */
const chunkBytes = 256 * 1024;
/** Fields and records of one batch: a chunk of nothing but delimiters, or of nothing but line ends, is cut in two. */
const batchFields = chunkBytes;
const batchRecords = 32 * 1024;
/** What the reader needs of a lent window: the chunk, the text of records that csv-parse decoded, and the guard byte between them. */
export const readerWindowBytes = 2 * chunkBytes + 16;

// Classes of a byte outside quotes.
const ordinary = 0;
/** A comma that is not the delimiter: only changes how the field is written. */
const marked = 1;
const delimiting = 2;
const lineEnding = 3;
const quoting = 4;

// Properties of an object are slower than constants in the loop that sees every byte.
const { enclosed, needsQuotes } = FieldForm;

const utf8Bom = [0xef, 0xbb, 0xbf];

type MutableBatch = { -readonly [K in keyof RecordBatch]: RecordBatch[K] };

export interface RecordReaderOptions {
  /** One ASCII character but quote, CR and LF. */
  readonly delimiter: string;
  /** Name for errors, as people know the file. */
  readonly file: string;
  /** Lines before the header. */
  readonly linesToSkip?: number;
  /** Memory to work in, `readerWindowBytes` long; own memory where absent. */
  readonly window?: MemoryWindow;
  /** Bytes scanned at a time, at most 256 KiB, which is the default. */
  readonly chunkBytes?: number;
}

/**
 * Cuts CSV bytes into records and fields (connectors §4.3, design §5).
 *
 * What it gives is what csv-parse gives for `{delimiter, quote: '"', escape: '"', record_delimiter: ['\r\n', '\n', '\r'], bom: true,
 * relax_column_count: true}`. A field without a quote, and an enclosed one without quotes inside, are cut here, because there is only one
 * reading of them; records with doubled quotes go to csv-parse, all of a chunk in one call, and keep their place; a record that this
 * reader takes for malformed is shown to csv-parse before it is reported. The header is always read by csv-parse.
 */
export class RecordReader {
  readonly file: string;
  private readonly source: ByteSource;
  private readonly delimiter: string;
  private readonly delimiterByte: number;
  private readonly classes = new Uint8Array(256);
  /** Bytes above it are ordinary outside quotes: one comparison instead of a table for nearly all text. */
  private readonly ordinaryAbove: number;

  private bytes: Uint8Array;
  private base: number;
  /** Chunk capacity; the guard byte follows, then as much again for decoded text. */
  private capacity: number;
  private position: number;
  private end: number;
  private isFinal = false;
  /** Source offset of `bytes[base]`. */
  private offset = 0;
  private line = 1;

  private readonly batch: MutableBatch;
  /** Records of the batch that csv-parse has to decode. */
  private readonly deferred: number[] = [];

  constructor(source: ByteSource, options: RecordReaderOptions) {
    this.source = source;
    this.file = options.file;
    this.delimiter = options.delimiter;
    this.delimiterByte = options.delimiter.charCodeAt(0);
    this.capacity = options.chunkBytes ?? chunkBytes;
    this.bytes = options.window?.bytes ?? new Uint8Array(readerWindowBytes);
    this.base = options.window?.start ?? 0;
    this.batch = {
      bytes: this.bytes,
      count: 0,
      firstFields: new Int32Array(batchRecords + 1),
      fieldStarts: new Int32Array(batchFields),
      fieldEnds: new Int32Array(batchFields),
      fieldForms: new Uint8Array(batchFields),
      recordStarts: new Int32Array(batchRecords),
      recordEnds: new Int32Array(batchRecords),
      lines: new Uint32Array(batchRecords),
      canonical: new Uint8Array(batchRecords),
      problems: new Uint8Array(batchRecords),
      endsWithoutLineBreak: false,
    };
    this.position = this.base;
    this.end = this.base;
    this.classes[comma] = marked;
    this.classes[lineFeed] = lineEnding;
    this.classes[carriageReturn] = lineEnding;
    this.classes[quote] = quoting;
    this.classes[this.delimiterByte] = delimiting;
    this.ordinaryAbove = Math.max(comma, this.delimiterByte);
    this.fill();
    if (utf8Bom.every((byte, i) => this.bytes[this.base + i] === byte && this.base + i < this.end)) this.position += utf8Bom.length;
    for (let i = 0; i < (options.linesToSkip ?? 0); i++) this.skipLine();
  }

  /**
   * The names of the header record, by csv-parse. Called once, before the first batch.
   * @throws DATA_HEADER_MISSING, DATA_HEADER_INVALID, DATA_ENCODING, DATA_NUL, DATA_RECORD_TOO_LARGE
   */
  header(): string[] {
    const place = { file: this.file, line: this.line };
    if (!this.scanSome(1)) throw new SluiceError("DATA_HEADER_MISSING", { file: this.file }, { place });
    const { recordStarts, recordEnds, problems } = this.batch;
    const start = recordStarts[0] as number;
    const raw = this.bytes.subarray(start, recordEnds[0]);
    this.checkText();
    const problem = problems[0] as number;
    if (problem === RecordProblem.nul) throw new SluiceError("DATA_NUL", { file: this.file }, { place });
    if (problem === RecordProblem.encoding) {
      const offset = this.offsetOf(start) + invalidUtf8At(raw);
      throw new SluiceError("DATA_ENCODING", { file: this.file, encoding: "UTF-8", offset }, { place });
    }
    try {
      return parseRecords(raw, this.delimiter)[0] ?? [""];
    } catch (cause) {
      throw new SluiceError("DATA_HEADER_INVALID", { file: this.file, reason: (cause as Error).message }, { place, cause });
    }
  }

  /**
   * The next records, or null at the end of the source.
   * @throws DATA_RECORD_TOO_LARGE; whatever the source throws
   */
  next(): RecordBatch | null {
    if (!this.scanSome(batchRecords)) return null;
    this.checkText();
    if (this.deferred.length > 0) this.decode();
    return this.batch;
  }

  /** Offset in the (decoded) source of a place in the batch's bytes. */
  offsetOf(place: number): number {
    return this.offset + place - this.base;
  }

  /** Scans at least one record and at most `most`; false at the end. */
  private scanSome(most: number): boolean {
    if (!this.isFinal && this.end - this.position < this.capacity / 2) this.fill();
    for (;;) {
      this.scan(most);
      if (this.batch.count > 0) return true;
      if (this.isFinal) return false;
      this.fill();
    }
  }

  /** Moves what is left to the front and reads the chunk full; doubles the chunk when one record fills it. */
  private fill(): void {
    const left = this.end - this.position;
    this.offset += this.position - this.base;
    if (left === this.capacity) this.grow();
    else if (this.position !== this.base) this.bytes.copyWithin(this.base, this.position, this.end);
    this.position = this.base;
    this.end = this.base + left;
    while (this.end < this.base + this.capacity) {
      const read = this.source.read(this.bytes, this.end, this.base + this.capacity - this.end);
      if (read === 0) {
        this.isFinal = true;
        break;
      }
      this.end += read;
    }
    // Every loop of the scan stops at a quote, so none has to look for the end of the data.
    this.bytes[this.end] = quote;
  }

  private grow(): void {
    if (this.capacity >= maximumRecordBytes) throw this.tooLarge();
    const grown = new Uint8Array(4 * this.capacity + 16);
    grown.set(this.bytes.subarray(this.position, this.end), 0);
    this.capacity *= 2;
    this.bytes = grown;
    this.base = 0;
  }

  private tooLarge(): SluiceError {
    return new SluiceError(
      "DATA_RECORD_TOO_LARGE",
      { file: this.file, maximum: maximumRecordBytes },
      { place: { file: this.file, line: this.line } },
    );
  }

  private skipLine(): void {
    for (;;) {
      for (let p = this.position; p < this.end; p++) {
        const byte = this.bytes[p];
        if (byte !== lineFeed && byte !== carriageReturn) continue;
        if (byte === carriageReturn && p + 1 === this.end && !this.isFinal) break;
        this.position = byte === carriageReturn && p + 1 < this.end && this.bytes[p + 1] === lineFeed ? p + 2 : p + 1;
        this.line++;
        return;
      }
      if (this.isFinal) {
        this.position = this.end;
        return;
      }
      this.fill();
    }
  }

  /**
   * Cuts as many whole records as lie in the chunk, at most `most`.
   * One pass over the bytes; a record that does not end in the chunk is left for the next call.
   */
  private scan(most: number): void {
    const { bytes, end, isFinal, classes, ordinaryAbove, batch, deferred } = this;
    const { firstFields, fieldStarts, fieldEnds, fieldForms, recordStarts, recordEnds, lines, canonical, problems } = batch;
    const isComma = this.delimiterByte === comma ? 1 : 0;
    let position = this.position;
    let line = this.line;
    let count = 0;
    let field = 0;
    deferred.length = 0;
    batch.endsWithoutLineBreak = false;
    records: while (position < end && count < most) {
      let p = position;
      let lineBreaks = 0;
      let isCanonical = isComma;
      let isDeferred = false;
      let problem: number = RecordProblem.none;
      let kind = ordinary;
      for (;;) {
        if (field === batchFields) {
          if (count === 0) throw this.tooLarge();
          break records;
        }
        let start = p;
        let form = 0;
        if (bytes[p] === quote && p < end) {
          start = ++p;
          form = enclosed;
          for (;;) {
            let byte = bytes[p] as number;
            while (byte > comma) byte = bytes[++p] as number;
            if (byte === quote) {
              if (p >= end) {
                if (!isFinal) break records;
                problem = RecordProblem.quoteNotClosed;
                break;
              }
              if (p + 1 >= end && !isFinal) break records;
              if (p + 1 >= end || bytes[p + 1] !== quote) break;
              isDeferred = true;
              p += 2;
              continue;
            }
            if (byte === comma) form |= needsQuotes;
            else if (byte === lineFeed || (byte === carriageReturn && bytes[p + 1] !== lineFeed)) {
              form |= needsQuotes;
              lineBreaks++;
            } else if (byte === carriageReturn) form |= needsQuotes;
            p++;
          }
          if (form === enclosed) isCanonical = 0;
          fieldEnds[field] = p;
          if (problem === RecordProblem.none) {
            p++;
            kind = p >= end ? lineEnding : (classes[bytes[p] as number] as number);
            if (kind !== delimiting && kind !== lineEnding) problem = RecordProblem.strayQuote;
          }
        } else {
          for (;;) {
            let byte = bytes[p] as number;
            while (byte > ordinaryAbove) byte = bytes[++p] as number;
            kind = classes[byte] as number;
            if (kind >= delimiting) break;
            if (kind === marked) form = needsQuotes;
            p++;
          }
          fieldEnds[field] = p;
          if (kind === quoting) {
            if (p < end) problem = RecordProblem.strayQuote;
            else if (isFinal) kind = lineEnding;
            else break records;
          }
        }
        fieldStarts[field] = start;
        fieldForms[field] = form;
        field++;
        if (problem !== RecordProblem.none) break;
        if (kind === lineEnding) break;
        p++;
      }
      if (problem === RecordProblem.strayQuote) {
        // Where a malformed record ends is a matter of agreement: at the next line end.
        while (p < end && bytes[p] !== lineFeed && bytes[p] !== carriageReturn) p++;
        if (p >= end && !isFinal) break;
      }
      recordStarts[count] = position;
      recordEnds[count] = p;
      lines[count] = line;
      problems[count] = problem;
      canonical[count] = isDeferred || problem !== RecordProblem.none ? 0 : isCanonical;
      if (p >= end) {
        batch.endsWithoutLineBreak = true;
      } else {
        if (bytes[p] === carriageReturn) {
          if (p + 1 >= end && !isFinal) break;
          if (p + 1 < end && bytes[p + 1] === lineFeed) p++;
        }
        p++;
        lineBreaks++;
      }
      if (isDeferred && problem === RecordProblem.none) deferred.push(count);
      firstFields[++count] = field;
      line += lineBreaks;
      position = p;
    }
    batch.count = count;
    batch.bytes = bytes;
    this.position = position;
    this.line = line;
  }

  /** Valid UTF-8 without NUL: asked once a batch, and record by record only when the answer is no. */
  private checkText(): void {
    const { count, recordStarts, recordEnds, problems } = this.batch;
    if (count === 0 || isText(this.view(recordStarts[0] as number, recordEnds[count - 1] as number))) return;
    for (let i = 0; i < count; i++) {
      const record = this.view(recordStarts[i] as number, recordEnds[i] as number);
      if (record.includes(0)) problems[i] = RecordProblem.nul;
      else if (!isUtf8(record)) problems[i] = RecordProblem.encoding;
    }
  }

  private view(start: number, end: number): Buffer {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start);
  }

  /** Lets csv-parse read the records with doubled quotes, and puts their values behind the chunk. */
  private decode(): void {
    const { batch, deferred } = this;
    const wanted = deferred.filter((i) => batch.problems[i] === RecordProblem.none);
    if (wanted.length === 0) return;
    const lineEnd = Buffer.of(lineFeed);
    const pieces = wanted.flatMap((i) => [this.view(batch.recordStarts[i] as number, batch.recordEnds[i] as number), lineEnd]);
    const records = parseRecords(Buffer.concat(pieces), this.delimiter);
    if (records.length !== wanted.length) throw new Error(`csv-parse found ${records.length} records where ${wanted.length} were cut`);
    const room = this.view(0, this.bytes.length);
    let at = this.base + this.capacity + 1;
    wanted.forEach((i, n) => {
      const record = records[n] as string[];
      const first = batch.firstFields[i] as number;
      if (record.length !== (batch.firstFields[i + 1] as number) - first) {
        throw new Error(`csv-parse found ${record.length} fields on line ${batch.lines[i]} of ${this.file}, more or fewer than were cut`);
      }
      record.forEach((value, column) => {
        const written = room.write(value, at);
        batch.fieldStarts[first + column] = at;
        at += written;
        batch.fieldEnds[first + column] = at;
        batch.fieldForms[first + column] = formOf(value);
      });
    });
  }
}

const parseRecords = (bytes: Uint8Array, delimiter: string): string[][] =>
  parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
    delimiter,
    quote: '"',
    escape: '"',
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
  });

const formOf = (value: string): number => {
  if (value.includes('"')) return FieldForm.needsQuotes | FieldForm.holdsQuote;
  return /[,\r\n]/.test(value) ? FieldForm.needsQuotes : 0;
};

const isText = (bytes: Buffer): boolean => bytes.indexOf(0) === -1 && isUtf8(bytes);
