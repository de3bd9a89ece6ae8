import { copyBytes, type MemoryWindow } from "../csv/index.js";
import { mergeRuns } from "./merge.js";
import { commonBytes, KeyOrder } from "./order.js";
import { aligned, headerBytes, Word } from "./record.js";
import { type Run, RunFile } from "./run-file.js";

/** Bytes gathered before a write of a run or of the sorted output. */
const outputBytes = 256 * 1024;
/** Rows are sorted in pieces that fit the processor's cache, though all of the memory serves the merge. */
const runBytes = 2 * 1024 * 1024;
/** After so many runs the next ones are twice as long, and so on: one merge can then take them all, up to some 10 GB. */
const runsOfOneSize = 256;
/** Least memory per run of a merge: below it reads become many and small. More runs are merged in several passes. */
const leastWindowBytes = 16 * 1024;

/**
 * Sorts rows by their keys' bytes in flat memory, whatever their number (design §6, keys; §7.10).
 *
 * Rows are gathered in memory until it is full, sorted, and written as a run; the runs are merged at the end. A sort that fits into
 * memory writes no run. Equal keys keep the order they came in.
 */
export class ExternalSort {
  /** Where rows are written to and given out from. May be another array after `reserve`. */
  bytes: Uint8Array;
  private words: Int32Array;
  private start: number;
  /** End of the rows' part; output is gathered behind it. */
  private limit: number;
  /** Where the run at hand is full. */
  private runLimit = 0;
  private at: number;
  private records = new Int32Array(16 * 1024);
  private count = 0;
  private largest = 0;
  private readonly order = new KeyOrder();
  private readonly path: string;
  private file: RunFile | null = null;
  private runs: Run[] = [];
  private passes = 0;

  /** @param path of the temporary file. `window`: memory to work in, its start a multiple of 4, more than 1 MiB. */
  constructor(path: string, window: MemoryWindow) {
    this.path = path;
    this.bytes = window.bytes;
    this.words = wordsOf(window.bytes);
    this.start = window.start;
    this.limit = window.start + (window.length & ~3) - outputBytes;
    this.at = this.start;
    this.beginRun();
  }

  /** Makes room for a row of up to `length` bytes of text and key; gives where in `bytes` to write it. */
  reserve(length: number): number {
    const needed = aligned(headerBytes + length);
    if (needed > this.runLimit - this.at) {
      this.spill();
      if (needed > this.limit - this.at) this.grow(needed);
    }
    return this.at + headerBytes;
  }

  /** Takes the row written at the reserved place: its text first, `keyAt` the key's place in `bytes`, `end` behind all of it. */
  commit(line: number, textLength: number, keyAt: number, keyLength: number, end: number, flags: number): void {
    const record = this.at;
    const size = aligned(end - record);
    const word = record >> 2;
    const words = this.words;
    words[word + Word.size] = size;
    words[word + Word.line] = line;
    words[word + Word.textLength] = textLength;
    words[word + Word.keyLength] = keyLength;
    words[word + Word.keyOffset] = keyAt - record;
    words[word + Word.common] = 0;
    words[word + Word.flags] = flags;
    if (this.count === this.records.length) {
      const more = new Int32Array(this.records.length * 2);
      more.set(this.records);
      this.records = more;
    }
    this.records[this.count++] = record;
    if (size > this.largest) this.largest = size;
    this.at = record + size;
  }

  /**
   * Gives the rows out in order; `isRepeated`: the key is that of the row before. Called once.
   * @param start is handed memory beside the rows to gather output in (copying inside one array is quickest), gives who takes the rows
   */
  drain(start: (output: MemoryWindow) => (row: SortedRow, isRepeated: boolean) => void): void {
    if (this.file === null) this.order.sort(this.bytes, this.words, this.records, this.count);
    else {
      this.spill();
      this.mergeToFew();
    }
    const { words, records, count, file } = this;
    const row = new SortedRow();
    row.bytes = this.bytes;
    const take = start({ bytes: this.bytes, start: this.limit, length: outputBytes });
    if (file !== null) {
      const windowBytes = this.windowBytes(this.runs.length);
      mergeRuns(file, this.runs, this.bytes, words, this.start, windowBytes, (record, _common, isRepeated) => {
        row.read(words, record);
        take(row, isRepeated);
      });
      return;
    }
    for (let i = 0; i < count; i++) {
      const record = records[i] as number;
      row.read(words, record);
      // A key that shares all its bytes with the one before is no shorter, or it would have come first.
      take(row, i > 0 && commonBytes(this.bytes, words, records[i - 1] as number, record) === row.keyLength);
    }
  }

  /** Removes what lies on the disk. Harmless when called twice. */
  close(): void {
    this.file?.close();
    this.file = null;
  }

  private spill(): void {
    if (this.count === 0) return;
    this.file ??= new RunFile(this.path);
    const { bytes, words, records, count, file } = this;
    this.order.sort(bytes, words, records, count);
    const start = file.end;
    const output = new Gathered(bytes, this.limit, file);
    for (let i = 0; i < count; i++) {
      const record = records[i] as number;
      if (i > 0) words[(record >> 2) + Word.common] = commonBytes(bytes, words, records[i - 1] as number, record);
      output.append(bytes, record, record + (words[(record >> 2) + Word.size] as number));
    }
    output.flush();
    this.runs.push({ start, end: file.end });
    this.count = 0;
    this.beginRun();
  }

  private beginRun(): void {
    this.at = this.start;
    this.runLimit = Math.min(this.limit, this.start + runBytes * 2 ** Math.floor(this.runs.length / runsOfOneSize));
  }

  /** A row larger than the memory: own memory from now on. Only between runs. */
  private grow(needed: number): void {
    this.bytes = new Uint8Array(aligned(2 * needed) + outputBytes);
    this.words = wordsOf(this.bytes);
    this.start = 0;
    this.limit = aligned(2 * needed);
    this.beginRun();
  }

  /** Memory for each of so many runs. */
  private windowBytes(runs: number): number {
    return Math.floor((this.limit - this.start) / runs) & ~3;
  }

  /** Merges runs until one merge can take them all. */
  private mergeToFew(): void {
    if (this.limit - this.start < 2 * this.largest) this.grow(this.largest);
    const most = Math.max(2, Math.floor((this.limit - this.start) / Math.max(leastWindowBytes, this.largest)));
    while (this.runs.length > most) this.mergePass(most, this.windowBytes(most));
  }

  /** Merges neighbouring runs, `most` at a time, into a new file. */
  private mergePass(most: number, windowBytes: number): void {
    const { bytes, words, file } = this;
    if (file === null) return;
    const merged = new RunFile(`${this.path}.${++this.passes}`);
    const runs: Run[] = [];
    try {
      for (let from = 0; from < this.runs.length; from += most) {
        const start = merged.end;
        const output = new Gathered(bytes, this.limit, merged);
        mergeRuns(file, this.runs.slice(from, from + most), bytes, words, this.start, windowBytes, (record, common) => {
          words[(record >> 2) + Word.common] = common;
          output.append(bytes, record, record + (words[(record >> 2) + Word.size] as number));
        });
        output.flush();
        runs.push({ start, end: merged.end });
      }
    } catch (error) {
      merged.close();
      throw error;
    }
    file.close();
    this.file = merged;
    this.runs = runs;
  }
}

/** A row as `drain` gives it out; the same object for each. */
export class SortedRow {
  bytes: Uint8Array = new Uint8Array(0);
  line = 0;
  textStart = 0;
  textEnd = 0;
  keyStart = 0;
  keyLength = 0;
  flags = 0;

  read(words: Int32Array, record: number): void {
    const word = record >> 2;
    this.line = words[word + Word.line] as number;
    this.textStart = record + headerBytes;
    this.textEnd = this.textStart + (words[word + Word.textLength] as number);
    this.keyStart = record + (words[word + Word.keyOffset] as number);
    this.keyLength = words[word + Word.keyLength] as number;
    this.flags = words[word + Word.flags] as number;
  }
}

/** Gathers the bytes of a run behind the rows and writes them in large pieces. */
class Gathered {
  private at: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    private readonly file: RunFile,
  ) {
    this.at = start;
  }

  append(source: Uint8Array, start: number, end: number): void {
    if (end - start > this.start + outputBytes - this.at) {
      this.flush();
      if (end - start > outputBytes) {
        this.file.append(source, start, end);
        return;
      }
    }
    this.at = copyBytes(this.bytes, this.at, source, start, end);
  }

  flush(): void {
    if (this.at > this.start) this.file.append(this.bytes, this.start, this.at);
    this.at = this.start;
  }
}

const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
