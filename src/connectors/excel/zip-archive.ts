import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { SluiceError } from "../../errors/index.js";
import type { WorkbookFaults } from "./workbook-fault.js";

/** Largest part of a workbook, uncompressed: a sheet of a million rows and a hundred columns has about as much. */
const maximumPartBytes = 4 * 1024 ** 3;
/** A part that grew this large must be packed less than `maximumRatio` to one: sheets of empty cells reach a hundred, the packing itself 1032. */
const checkedBytes = 64 * 1024 ** 2;
const maximumRatio = 400;
/** A workbook has some parts a sheet. */
const maximumEntries = 20_000;
const maximumDirectoryBytes = 16 * 1024 ** 2;
/** Bytes read, and bytes unpacked, at a time. */
const blockBytes = 64 * 1024;

const localHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const directoryEnd = 0x06054b50;
const directoryEnd64 = 0x06064b50;
const locator64 = 0x07064b50;
const beyond32 = 0xffffffff;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  readonly headerAt: number;
}

/** The parts of a zip file, read without keeping them: PKWARE's application note, as far as workbooks use it (with 64-bit sizes). */
export class ZipArchive {
  private readonly descriptor: number;
  private readonly size: number;
  private readonly entries: ReadonlyMap<string, Entry>;

  /** @throws SRC_WORKBOOK_…; errors of the file system */
  constructor(
    path: string,
    private readonly faults: WorkbookFaults,
  ) {
    this.descriptor = openSync(path, "r");
    try {
      this.size = fstatSync(this.descriptor).size;
      this.checkSignature();
      this.entries = new Map(this.directory().map((entry) => [entry.name.toLowerCase(), entry]));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Names of parts ignore case. */
  has(name: string): boolean {
    return this.entries.has(name.toLowerCase());
  }

  /**
   * The unpacked bytes of a part, in blocks.
   * @param label what errors call it
   * @throws SRC_WORKBOOK_…, also behind its last byte: when its checksum differs
   */
  async *read(name: string, label: string): AsyncGenerator<Buffer, void, undefined> {
    const { faults } = this;
    const entry = this.entries.get(name.toLowerCase());
    if (entry === undefined) throw faults.damaged(label, "the part is missing");
    if (entry.isEncrypted) throw faults.encrypted();
    if (entry.method !== 0 && entry.method !== 8) throw faults.damaged(label, `it is packed by the unknown method ${entry.method}`);
    if (entry.size > maximumPartBytes) throw faults.tooLarge(label, `has ${entry.size} bytes unpacked`);
    let size = 0;
    let checksum = 0;
    try {
      for await (const block of entry.method === 0 ? this.packedBytes(entry, label) : this.inflated(entry, label)) {
        size += block.length;
        if (size > maximumPartBytes) throw faults.tooLarge(label, `has more than ${maximumPartBytes} bytes unpacked`);
        if (size > checkedBytes && size > maximumRatio * entry.packed) {
          throw faults.tooLarge(label, `unpacks to more than ${maximumRatio} times its size`);
        }
        checksum = crc32(block, checksum);
        yield block;
      }
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause;
      throw faults.damaged(label, "its packed data are cut off or changed", cause);
    }
    if (size !== entry.size || checksum !== entry.checksum) throw faults.damaged(label, "its checksum differs");
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private async *inflated(entry: Entry, label: string): AsyncGenerator<Buffer, void, undefined> {
    const source = Readable.from(this.packedBytes(entry, label));
    const inflate = createInflateRaw({ chunkSize: blockBytes });
    // What goes wrong in it is thrown by the loop.
    pipeline(source, inflate, () => {});
    try {
      yield* inflate as AsyncIterable<Buffer>;
    } finally {
      source.destroy();
      inflate.destroy();
    }
  }

  private *packedBytes({ headerAt, packed }: Entry, label: string): Generator<Buffer, void, undefined> {
    const header = this.bytes(headerAt, 30, label);
    if (header.readUInt32LE(0) !== localHeader) throw this.faults.damaged(label, "its header is not where the directory says");
    let at = headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    for (const end = at + packed; at < end; ) {
      const block = this.bytes(at, Math.min(blockBytes, end - at), label);
      at += block.length;
      yield block;
    }
  }

  private bytes(at: number, length: number, part: string): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    if (at < 0 || at + length > this.size || readSync(this.descriptor, bytes, 0, length, at) !== length) {
      throw this.faults.damaged(part, "it lies beyond the end of the file");
    }
    return bytes;
  }

  /** Says what the file is where it is no zip file. */
  private checkSignature(): void {
    const { faults } = this;
    const start = this.bytes(0, Math.min(8, this.size), "the file");
    if (start.toString("latin1", 0, 2) === "PK") return;
    if (start.toString("hex") !== "d0cf11e0a1b11ae1") throw faults.format("no Excel workbook, whatever its name says");
    // A compound file: its directory names the streams, in UTF-16. It starts in the sector that the header names.
    const header = this.size < 512 ? Buffer.alloc(512) : this.bytes(0, 512, "the file");
    const sector = 2 ** Math.min(header.readUInt16LE(30), 12);
    const at = (header.readUInt32LE(48) + 1) * sector;
    const directory = at < this.size ? this.bytes(at, Math.min(4096, this.size - at), "the file") : Buffer.alloc(0);
    throw directory.includes("EncryptedPackage", 0, "utf16le")
      ? faults.encrypted()
      : faults.format("an Excel workbook of the old format (.xls)");
  }

  private directory(): readonly Entry[] {
    const { faults } = this;
    const part = "the directory of the archive";
    const { at, length, count } = this.directoryPlace(part);
    if (count > maximumEntries || length > maximumDirectoryBytes) throw faults.tooLarge(part, `has ${count} entries`);
    const bytes = this.bytes(at, length, part);
    const entries: Entry[] = [];
    const names = new Set<string>();
    for (let p = 0, i = 0; i < count; i++) {
      if (p + 46 > bytes.length || bytes.readUInt32LE(p) !== directoryHeader) throw faults.damaged(part, `entry ${i + 1} cannot be read`);
      const nameEnd = p + 46 + bytes.readUInt16LE(p + 28);
      const extraEnd = nameEnd + bytes.readUInt16LE(p + 30);
      if (extraEnd > bytes.length) throw faults.damaged(part, `entry ${i + 1} cannot be read`);
      const name = bytes.toString("utf8", p + 46, nameEnd);
      if (names.has(name.toLowerCase())) throw faults.damaged(part, `${name} stands in it twice`);
      names.add(name.toLowerCase());
      const wide = wideNumbers(bytes.subarray(nameEnd, extraEnd));
      const number = (place: number): number => {
        const value = bytes.readUInt32LE(p + place);
        if (value !== beyond32) return value;
        const next = wide.shift();
        if (next === undefined) throw faults.damaged(part, `the sizes of ${name} are missing`);
        return next;
      };
      // In this order stand those that do not fit in 32 bits.
      const size = number(24);
      const packed = number(20);
      entries.push({
        name,
        method: bytes.readUInt16LE(p + 10),
        isEncrypted: (bytes.readUInt16LE(p + 8) & 1) === 1,
        checksum: bytes.readUInt32LE(p + 16),
        packed,
        size,
        headerAt: number(42),
      });
      p = extraEnd + bytes.readUInt16LE(p + 32);
    }
    return entries;
  }

  private directoryPlace(part: string): { readonly at: number; readonly length: number; readonly count: number } {
    // The end record has 22 bytes and a comment of at most 65,535.
    const from = Math.max(0, this.size - 22 - 0xffff);
    const tail = this.bytes(from, this.size - from, part);
    let end = tail.length - 22;
    while (end >= 0 && !(tail.readUInt32LE(end) === directoryEnd && end + 22 + tail.readUInt16LE(end + 20) === tail.length)) end--;
    if (end < 0) throw this.faults.damaged(part, "it is missing: the file is cut off, or no workbook");
    const small = { at: tail.readUInt32LE(end + 16), length: tail.readUInt32LE(end + 12), count: tail.readUInt16LE(end + 10) };
    if (small.at !== beyond32 && small.length !== beyond32 && small.count !== 0xffff) return small;
    if (end < 20 || tail.readUInt32LE(end - 20) !== locator64) throw this.faults.damaged(part, "its 64-bit form is missing");
    const wide = this.bytes(safe(tail.readBigUInt64LE(end - 12)), 56, part);
    if (wide.readUInt32LE(0) !== directoryEnd64) throw this.faults.damaged(part, "its 64-bit form is missing");
    return { at: safe(wide.readBigUInt64LE(48)), length: safe(wide.readBigUInt64LE(40)), count: safe(wide.readBigUInt64LE(32)) };
  }
}

/** A number that is no place in any file lies beyond the end of this one, too. */
const safe = (value: bigint): number => (value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value));

/** 64-bit numbers of an entry's extra field 1, in their order. */
const wideNumbers = (extra: Buffer): number[] => {
  for (let p = 0; p + 4 <= extra.length; p += 4 + extra.readUInt16LE(p + 2)) {
    if (extra.readUInt16LE(p) !== 1) continue;
    const numbers: number[] = [];
    const end = Math.min(extra.length, p + 4 + extra.readUInt16LE(p + 2));
    for (let at = p + 4; at + 8 <= end; at += 8) numbers.push(safe(extra.readBigUInt64LE(at)));
    return numbers;
  }
  return [];
};
