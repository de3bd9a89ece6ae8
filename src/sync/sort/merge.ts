import { Word } from "./record.js";
import type { Run, RunFile } from "./run-file.js";

/** Takes a record of a merge: its place in the merged memory, and how many key bytes it shares with the one before (its key's length: equal). */
export type TakeRecord = (record: number, common: number, isRepeated: boolean) => void;

/** Largest offset that a code can hold; keys are far shorter. */
const maximumOffset = 0x7fffff;
const exhausted = 0x7fffffff;

/**
 * Merges sorted runs by a tree of losers with offset-value codes.
 *
 * The code of a key stands for its order relative to the last key taken: first how many bytes both share (more is nearer), then the byte
 * that follows. Two keys with different codes are ordered without a look at their bytes; two with equal codes agree up to that byte and
 * are compared behind it. 0 = equal to the key before, which is how repeated keys are found. Equal keys come in the order of their runs.
 *
 * @param bytes memory to read the runs into, `windowStart` up to `windowStart + runs.length * windowBytes`; `words` the same memory
 * @param windowBytes per run, a multiple of 4, no record longer
 */
export const mergeRuns = (
  file: RunFile,
  runs: readonly Run[],
  bytes: Uint8Array,
  words: Int32Array,
  windowStart: number,
  windowBytes: number,
  take: TakeRecord,
): void => {
  const count = runs.length;
  const current = new Int32Array(count);
  const limits = new Int32Array(count);
  const positions = Float64Array.from(runs, (run) => run.start);
  const ends = Float64Array.from(runs, (run) => run.end);
  const codes = new Int32Array(count);

  /** Brings the part of the run's file that begins at its current record to the front of its window. */
  const load = (run: number): boolean => {
    const start = windowStart + run * windowBytes;
    const kept = (limits[run] as number) - (current[run] as number);
    bytes.copyWithin(start, current[run] as number, limits[run]);
    const length = Math.min(windowBytes - kept, (ends[run] as number) - (positions[run] as number));
    file.read(bytes, start + kept, length, positions[run] as number);
    positions[run] = (positions[run] as number) + length;
    current[run] = start;
    limits[run] = start + kept + length;
    return kept + length > 0;
  };

  const keyByte = (record: number, offset: number): number => {
    const at = record >> 2;
    return offset < (words[at + Word.keyLength] as number)
      ? (bytes[record + (words[at + Word.keyOffset] as number) + offset] as number)
      : 0;
  };

  /** The run whose key comes first; the other's code becomes relative to it. */
  const play = (a: number, b: number): number => {
    const codeA = codes[a] as number;
    const codeB = codes[b] as number;
    if (codeA !== codeB) return codeA < codeB ? a : b;
    const first = Math.min(a, b);
    if (codeA === 0 || codeA === exhausted) return first;
    const recordA = current[a] as number;
    const recordB = current[b] as number;
    const lengthA = words[(recordA >> 2) + Word.keyLength] as number;
    const lengthB = words[(recordB >> 2) + Word.keyLength] as number;
    const startA = recordA + (words[(recordA >> 2) + Word.keyOffset] as number);
    const startB = recordB + (words[(recordB >> 2) + Word.keyOffset] as number);
    const both = Math.min(lengthA, lengthB);
    let offset = maximumOffset - (codeA >> 8) + 1;
    while (offset < both && bytes[startA + offset] === bytes[startB + offset]) offset++;
    const byteA = offset < lengthA ? (bytes[startA + offset] as number) : 0;
    const byteB = offset < lengthB ? (bytes[startB + offset] as number) : 0;
    if (offset >= lengthA && offset >= lengthB) {
      codes[first === a ? b : a] = 0;
      return first;
    }
    const aComesFirst = offset >= lengthA || (offset < lengthB && byteA < byteB);
    codes[aComesFirst ? b : a] = ((maximumOffset - offset) << 8) | (aComesFirst ? byteB : byteA);
    return aComesFirst ? a : b;
  };

  const losers = new Int32Array(count).fill(-1);
  /** Carries a run towards the root; the winner, or -1 where an unplayed place took it. */
  const climb = (run: number): number => {
    let winner = run;
    for (let node = (run + count) >> 1; node > 0; node >>= 1) {
      const loser = losers[node] as number;
      if (loser === -1) {
        losers[node] = winner;
        return -1;
      }
      const first = play(winner, loser);
      if (first !== winner) {
        losers[node] = winner;
        winner = first;
      }
    }
    return winner;
  };

  let winner = -1;
  for (let run = 0; run < count; run++) {
    codes[run] = load(run) ? (maximumOffset << 8) | keyByte(current[run] as number, 0) : exhausted;
    winner = climb(run);
  }
  while (codes[winner] !== exhausted) {
    const record = current[winner] as number;
    const at = record >> 2;
    const code = codes[winner] as number;
    take(record, code === 0 ? (words[at + Word.keyLength] as number) : maximumOffset - (code >> 8), code === 0);
    let next = record + (words[at + Word.size] as number);
    const limit = limits[winner] as number;
    current[winner] = next;
    const isWhole = next + 4 <= limit && next + (words[(next >> 2) + Word.size] as number) <= limit;
    if (!isWhole) {
      if (!load(winner)) {
        codes[winner] = exhausted;
        winner = climb(winner);
        continue;
      }
      next = current[winner] as number;
    }
    const common = words[(next >> 2) + Word.common] as number;
    const isEqual = common === (words[(next >> 2) + Word.keyLength] as number);
    codes[winner] = isEqual ? 0 : ((maximumOffset - common) << 8) | keyByte(next, common);
    winner = climb(winner);
  }
};
