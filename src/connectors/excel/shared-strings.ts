import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";

/** Texts that are read from the file together: neighbours in the table mostly stand in neighbouring rows. */
const groupTexts = 32;
/** Groups kept as text: 32,768 texts. */
const cachedGroups = 1_024;
/** Bytes kept in memory; what comes behind goes to a file, so that memory stays flat as rows grow (design §7.10). */
const maximumMemory = 16 * 1024 * 1024;
const firstMemory = 64 * 1024;

/** The texts that cells of all sheets name by number, as UTF-8: each with its length in four bytes before it. */
export class SharedStrings {
  count = 0;
  /** Place of the first text of each group. */
  private readonly groups: number[] = [];
  private memory = Buffer.allocUnsafe(firstMemory);
  /** Bytes of `memory` that are used. */
  private used = 0;
  /** Bytes that went to the file. */
  private spilled = 0;
  private descriptor: number | null = null;
  private readonly cache = new Map<number, readonly string[]>();

  /** @param path of a file that is made when memory does not suffice, and removed by `close` */
  constructor(
    private readonly path: string,
    private readonly memoryBytes = maximumMemory,
  ) {}

  add(text: string): void {
    if (this.count % groupTexts === 0) this.groups.push(this.length);
    const length = Buffer.byteLength(text);
    this.makeRoom(length + 4);
    this.memory.writeUInt32LE(length, this.used);
    this.memory.write(text, this.used + 4);
    this.used += length + 4;
    this.count++;
  }

  /** null where there is none of that number. */
  get(index: number): string | null {
    const group = Math.floor(index / groupTexts);
    const known = this.cache.get(group);
    if (known !== undefined) return known[index % groupTexts] ?? null;
    const start = this.groups[group];
    if (start === undefined) return null;
    const texts = this.read(start, this.groups[group + 1] ?? this.length);
    // Those made first go first: rows come in order.
    if (this.cache.size === cachedGroups) for (const [oldest] of [...this.cache].slice(0, cachedGroups / 2)) this.cache.delete(oldest);
    this.cache.set(group, texts);
    return texts[index % groupTexts] ?? null;
  }

  close(): void {
    if (this.descriptor === null) return;
    closeSync(this.descriptor);
    this.descriptor = null;
    rmSync(this.path, { force: true });
  }

  private get length(): number {
    return this.spilled + this.used;
  }

  private read(start: number, end: number): readonly string[] {
    const bytes = Buffer.allocUnsafe(end - start);
    const inFile = Math.max(0, Math.min(end, this.spilled) - start);
    for (let at = 0; at < inFile; ) at += readSync(this.descriptor ?? -1, bytes, at, inFile - at, start + at);
    if (inFile < bytes.length) this.memory.copy(bytes, inFile, start + inFile - this.spilled, end - this.spilled);
    const texts: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      texts.push(bytes.toString("utf8", at + 4, at + 4 + length));
      at += 4 + length;
    }
    return texts;
  }

  private makeRoom(length: number): void {
    if (this.used + length <= this.memory.length) return;
    if (this.used + length > this.memoryBytes && this.used > 0) this.spill();
    if (this.used + length <= this.memory.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.memory.length, this.used + length));
    this.memory.copy(grown, 0, 0, this.used);
    this.memory = grown;
  }

  private spill(): void {
    this.descriptor ??= openSync(this.path, "w+");
    for (let at = 0; at < this.used; ) at += writeSync(this.descriptor, this.memory, at, this.used - at, this.spilled + at);
    this.spilled += this.used;
    this.used = 0;
  }
}
