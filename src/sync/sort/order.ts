import { Word } from "./record.js";

/** Key bytes held in one double: exact up to 2^53. */
const cached = 6;
/** Below this many records insertion is quicker than partitioning. */
const smallGroup = 12;

/**
 * Puts records into the order of their keys' bytes, equal keys into the order they were put in.
 * Multikey quicksort: six key bytes at a time stand in a double beside the record's number, so that most comparisons touch no key.
 * Keys hold no NUL but at most one as a separator of two parts, so that a key padded with zeros orders as a shorter key should.
 *
 * @param records places of the records in `bytes`, ascending; reordered
 * @param count how many of them
 */
export class KeyOrder {
  private cache = new Float64Array(0);

  sort(bytes: Uint8Array, words: Int32Array, records: Int32Array, count: number): void {
    if (this.cache.length < count) this.cache = new Float64Array(records.length);
    this.load(bytes, words, records, 0, count, 0);
    this.partition(bytes, words, records, 0, count, 0);
  }

  private load(bytes: Uint8Array, words: Int32Array, records: Int32Array, from: number, to: number, depth: number): void {
    const cache = this.cache;
    for (let i = from; i < to; i++) {
      const record = records[i] as number;
      const start = record + (words[(record >> 2) + Word.keyOffset] as number) + depth;
      const left = (words[(record >> 2) + Word.keyLength] as number) - depth;
      if (left >= cached) {
        const high = ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
        const low = ((bytes[start + 3] as number) << 16) | ((bytes[start + 4] as number) << 8) | (bytes[start + 5] as number);
        cache[i] = high * 0x1000000 + low;
      } else {
        let value = 0;
        for (let k = 0; k < cached; k++) value = value * 256 + (k < left ? (bytes[start + k] as number) : 0);
        cache[i] = value;
      }
    }
  }

  /** Sorts `[from, to)`, whose caches hold the key bytes from `depth` on and whose keys agree before it. */
  private partition(bytes: Uint8Array, words: Int32Array, records: Int32Array, from: number, to: number, depth: number): void {
    const cache = this.cache;
    let low = from;
    let high = to;
    while (high - low > smallGroup) {
      const pivot = this.pivot(low, high);
      let less = low;
      let greater = high;
      for (let i = low; i < greater; ) {
        const value = cache[i] as number;
        if (value < pivot) {
          if (i !== less) this.swap(records, i, less);
          less++;
          i++;
        } else if (value > pivot) {
          this.swap(records, i, --greater);
        } else i++;
      }
      this.equal(bytes, words, records, less, greater, depth);
      // The larger part stays in this loop: the stack is never deeper than the logarithm of the group.
      if (less - low < high - greater) {
        this.partition(bytes, words, records, low, less, depth);
        low = greater;
      } else {
        this.partition(bytes, words, records, greater, high, depth);
        high = less;
      }
    }
    if (high - low > 1) this.insert(bytes, words, records, low, high, depth);
  }

  /** A group that agrees in the cached bytes too: either all keys end in them, or the next bytes decide. */
  private equal(bytes: Uint8Array, words: Int32Array, records: Int32Array, from: number, to: number, depth: number): void {
    if (to - from < 2) return;
    const next = depth + cached;
    const first = records[from] as number;
    if ((words[(first >> 2) + Word.keyLength] as number) < next) {
      records.subarray(from, to).sort();
      return;
    }
    if (to - from <= smallGroup) {
      this.insert(bytes, words, records, from, to, depth);
      return;
    }
    this.load(bytes, words, records, from, to, next);
    this.partition(bytes, words, records, from, to, next);
  }

  /** The middle of three, or of three middles of three in a large group. */
  private pivot(low: number, high: number): number {
    const cache = this.cache;
    const at = (i: number): number => cache[i] as number;
    const middle = (low + high) >> 1;
    if (high - low < 200) return median(at(low), at(middle), at(high - 1));
    const step = (high - low) >> 3;
    return median(
      median(at(low), at(low + step), at(low + 2 * step)),
      median(at(middle - step), at(middle), at(middle + step)),
      median(at(high - 1 - 2 * step), at(high - 1 - step), at(high - 1)),
    );
  }

  private swap(records: Int32Array, a: number, b: number): void {
    const cache = this.cache;
    const record = records[a] as number;
    records[a] = records[b] as number;
    records[b] = record;
    const value = cache[a] as number;
    cache[a] = cache[b] as number;
    cache[b] = value;
  }

  private insert(bytes: Uint8Array, words: Int32Array, records: Int32Array, from: number, to: number, depth: number): void {
    const cache = this.cache;
    for (let i = from + 1; i < to; i++) {
      const record = records[i] as number;
      const value = cache[i] as number;
      let j = i - 1;
      for (; j >= from; j--) {
        const other = cache[j] as number;
        if (other < value) break;
        if (other === value && compareFrom(bytes, words, records[j] as number, record, depth + cached) < 0) break;
        records[j + 1] = records[j] as number;
        cache[j + 1] = other;
      }
      records[j + 1] = record;
      cache[j + 1] = value;
    }
  }
}

const median = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** Compares two keys that agree before `depth`; equal keys by their place. */
const compareFrom = (bytes: Uint8Array, words: Int32Array, a: number, b: number, depth: number): number => {
  const lengthA = words[(a >> 2) + Word.keyLength] as number;
  const lengthB = words[(b >> 2) + Word.keyLength] as number;
  const startA = a + (words[(a >> 2) + Word.keyOffset] as number);
  const startB = b + (words[(b >> 2) + Word.keyOffset] as number);
  const both = Math.min(lengthA, lengthB);
  for (let i = depth; i < both; i++) {
    const difference = (bytes[startA + i] as number) - (bytes[startB + i] as number);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB || a - b;
};

/** Bytes at the start that two keys have in common. */
export const commonBytes = (bytes: Uint8Array, words: Int32Array, a: number, b: number): number => {
  const both = Math.min(words[(a >> 2) + Word.keyLength] as number, words[(b >> 2) + Word.keyLength] as number);
  const startA = a + (words[(a >> 2) + Word.keyOffset] as number);
  const startB = b + (words[(b >> 2) + Word.keyOffset] as number);
  let i = 0;
  while (i < both && bytes[startA + i] === bytes[startB + i]) i++;
  return i;
};
