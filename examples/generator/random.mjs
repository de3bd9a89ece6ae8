/**
 * Numbers that look random and are the same on every machine: a 32-bit generator (mulberry32) started from a label, so that a
 * change in one part of the generator does not move the numbers of another.
 */
import { createHash } from "node:crypto";

/** Changing it changes every generated file. */
const seed = "sluice-example-1";

const digest = (label) => createHash("sha256").update(`${seed}:${label}`, "utf8").digest();

/** Takes a label, gives a stream of random choices. */
export const randomStream = (label) => {
  let state = digest(label).readUInt32LE(0);
  /** A number from 0 (included) to 1 (excluded). */
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit) => Math.floor(next() * limit);
  const stream = {
    /** A whole number from 0 to limit - 1. */
    below,
    /** A whole number from first to last, both included. */
    between: (first, last) => first + below(last - first + 1),
    chance: (probability) => next() < probability,
    pick: (values) => values[below(values.length)],
    /** Takes [value, weight] pairs. */
    weighted: (pairs) => {
      let left = next() * pairs.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of pairs) {
        left -= weight;
        if (left < 0) return value;
      }
      return pairs[pairs.length - 1][0];
    },
    /** A new array in another order. */
    shuffled: (values) => {
      const result = [...values];
      for (let last = result.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [result[last], result[other]] = [result[other], result[last]];
      }
      return result;
    },
    /** The first `count` of a shuffled copy. */
    sample: (values, count) => stream.shuffled(values).slice(0, count),
  };
  return stream;
};

/** The objectGUID of an entry, by what the entry is: 32 lower-case hex digits without dashes, as the repository stores it. */
export const guidOf = (label) => digest(`guid:${label}`).toString("hex").slice(0, 32);
