import { FileSource, RecordReader } from "../csv/index.js";
import { foldedKey } from "../folded-key.js";
import { RunFile } from "../sort/index.js";

/** Groups that `errors.csv` names; more are only counted. */
const namedGroups = 1000;

/** Capital letters; blanks and control characters, which the hash leaves out, and parts of longer characters become 0. */
const folded = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte <= 0x20 || byte >= 0x7f ? 0 : byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte,
);

/**
 * First code point that the table below does not cover: up to the end of Latin Extended-B no character depends on its neighbours,
 * because the marks that combine with others begin at U+0300.
 */
const tableEnd = 0x250;
/** Folded unit of each two-byte character below `tableEnd`; 0 where it is not one unit, as ß, which is SS. */
const foldedLatin = Uint16Array.from({ length: tableEnd }, (_, code) => {
  const fold = code < 0x80 ? "" : foldedKey(String.fromCharCode(code));
  return fold.length === 1 ? fold.charCodeAt(0) : 0;
});

const firstSeed = 0x811c9dc5 | 0;
const secondSeed = 0x9e3779b9 | 0;
const firstFactor = 0x01000193;
const secondFactor = 0x85ebca6b;

/** Parts that hashes are spread over by their upper bits, so that one part at a time fits a small table. */
const parts = 64;
/** Hashes of one part gathered before they go to the disk. */
const partHashes = 4096;
const partBytes = partHashes * 8;

interface Extent {
  readonly part: number;
  readonly start: number;
}

/**
 * Finds keys that differ only in blanks, case or Unicode form: all are loaded, they are counted and named.
 *
 * Each key leaves a hash of 64 bits of its folded form. A hash that occurs twice names a group, and only where there is one is the
 * sorted file read again, for the keys themselves. Hashes beyond the first quarter million lie in a temporary file.
 */
export class NearKeys {
  private readonly path: string;
  /** Pairs of 32 bits, one stretch for each part. */
  private readonly gathered = new Int32Array(parts * partHashes * 2);
  private readonly counts = new Int32Array(parts);
  private readonly extents: Extent[] = [];
  private file: RunFile | null = null;
  private first = 0;
  private second = 0;

  /** @param path of the temporary file */
  constructor(path: string) {
    this.path = path;
  }

  /** Takes the key `bytes[start, end)`, once. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.hash(bytes, start, end);
    const part = this.first >>> 26;
    let count = this.counts[part] as number;
    if (count === partHashes) {
      this.spill(part);
      count = 0;
    }
    const at = (part * partHashes + count) * 2;
    this.gathered[at] = this.first;
    this.gathered[at + 1] = this.second;
    this.counts[part] = count + 1;
  }

  /**
   * Names the keys of each group that the sorted file holds; gives how many keys are in groups. The key is the file's first column.
   * @param name takes a key of a group, the line-free text of the key it is near to
   */
  find(sortedFile: string, name: (key: string, near: string) => void): number {
    const repeated = this.repeated();
    if (repeated.size === 0) return 0;
    const groups = new Map<string, string[]>();
    let unnamed = 0;
    const source = new FileSource(sortedFile, sortedFile);
    try {
      const reader = new RecordReader(source, { delimiter: ",", file: sortedFile });
      reader.header();
      for (let batch = reader.next(); batch !== null; batch = reader.next()) {
        for (let i = 0; i < batch.count; i++) {
          const field = batch.firstFields[i] as number;
          const start = batch.fieldStarts[field] as number;
          const end = batch.fieldEnds[field] as number;
          this.hash(batch.bytes, start, end);
          if (!repeated.has(joined(this.first, this.second))) continue;
          const key = Buffer.from(batch.bytes.subarray(start, end)).toString();
          const fold = foldedKey(key);
          const group = groups.get(fold);
          if (group !== undefined) group.push(key);
          else if (groups.size < namedGroups) groups.set(fold, [key]);
          else unnamed++;
        }
      }
    } finally {
      source.close();
    }
    let found = unnamed;
    for (const [near, ...others] of groups.values()) {
      if (near === undefined || others.length === 0) continue;
      found += others.length + 1;
      for (const key of others) name(key, near);
    }
    return found;
  }

  close(): void {
    this.file?.close();
    this.file = null;
  }

  /** Two sums over the folded units, four at a time, stirred at the end; the result in `first` and `second`. */
  private hash(bytes: Uint8Array, start: number, end: number): void {
    let first = firstSeed;
    let second = secondSeed;
    let four = 0;
    let count = 0;
    for (let p = start; p < end; p++) {
      const byte = bytes[p] as number;
      let unit = folded[byte] as number;
      if (unit === 0) {
        if (byte < 0x80) continue;
        const code = byte < 0xe0 ? ((byte & 0x1f) << 6) | ((bytes[++p] as number) & 0x3f) : tableEnd;
        unit = code < tableEnd ? (foldedLatin[code] as number) : 0;
        if (unit === 0) {
          this.hashText(foldedKey(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()));
          return;
        }
      }
      four = (four << 8) ^ unit;
      if ((++count & 3) === 0) {
        first = Math.imul(first ^ four, firstFactor);
        second = Math.imul(second + four, secondFactor);
      }
    }
    this.stir(first, second, four, count);
  }

  /** The same over folded text. */
  private hashText(text: string): void {
    let first = firstSeed;
    let second = secondSeed;
    let four = 0;
    for (let i = 0; i < text.length; i++) {
      four = (four << 8) ^ text.charCodeAt(i);
      if ((i & 3) === 3) {
        first = Math.imul(first ^ four, firstFactor);
        second = Math.imul(second + four, secondFactor);
      }
    }
    this.stir(first, second, four, text.length);
  }

  private stir(first: number, second: number, four: number, count: number): void {
    this.first = stirred(Math.imul(first ^ four, firstFactor) ^ count);
    this.second = stirred(Math.imul(second + four, secondFactor) ^ count);
  }

  private spill(part: number): void {
    this.file ??= new RunFile(this.path);
    this.extents.push({ part, start: this.file.end });
    const start = part * partBytes;
    this.file.append(new Uint8Array(this.gathered.buffer), start, start + partBytes);
    this.counts[part] = 0;
  }

  /** Hashes that occur more than once. */
  private repeated(): Set<number> {
    const found = new Set<number>();
    const read = new Int32Array(partHashes * 2);
    for (let part = 0; part < parts; part++) {
      const extents = this.extents.filter((extent) => extent.part === part);
      const count = this.counts[part] as number;
      const table = new HashTable(extents.length * partHashes + count);
      for (const extent of extents) {
        this.file?.read(new Uint8Array(read.buffer), 0, partBytes, extent.start);
        table.addAll(read, 0, partHashes, found);
      }
      table.addAll(this.gathered, part * partHashes * 2, count, found);
    }
    return found;
  }
}

const stirred = (value: number): number => {
  const once = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  const twice = Math.imul(once ^ (once >>> 12), 0x297a2d39);
  return twice ^ (twice >>> 15);
};

/** 53 bits of a hash in one number, for the few that are looked up. */
const joined = (first: number, second: number): number => (first >>> 0) * 0x200000 + (second >>> 11);

/** Open addressing over pairs; 0, 0 is an empty place (a key with that hash is merely not named). */
class HashTable {
  private readonly places: Int32Array;
  private readonly mask: number;

  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(count * 2 + 2));
    this.places = new Int32Array(size * 2);
    this.mask = size - 1;
  }

  addAll(pairs: Int32Array, from: number, count: number, found: Set<number>): void {
    const { places, mask } = this;
    for (let at = from; at < from + 2 * count; at += 2) {
      const first = pairs[at] as number;
      const second = pairs[at + 1] as number;
      let place = second & mask;
      for (;;) {
        const other = places[2 * place] as number;
        const otherSecond = places[2 * place + 1] as number;
        if (other === 0 && otherSecond === 0) {
          places[2 * place] = first;
          places[2 * place + 1] = second;
          break;
        }
        if (other === first && otherSecond === second) {
          found.add(joined(first, second));
          break;
        }
        place = (place + 1) & mask;
      }
    }
  }
}
