import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearestName } from "../../src/config/nearest.js";

/** The definition itself, without bound: optimal string alignment. */
const distance = (a: string, b: string): number => {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, at(i - 2, j - 2) + 1);
      const row = rows[i];
      if (row !== undefined) row[j] = value;
    }
  }
  return at(a.length, b.length);
};

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), maxLength: 9 });

test("the bounded distance is the distance, or says that it is above the bound", () => {
  fc.assert(
    fc.property(word, word, fc.nat(5), (a, b, limit) => {
      expect(editDistance(a, b, limit)).toBe(Math.min(distance(a, b), limit + 1));
    }),
  );
});

test("the nearest name is never farther than any other, and never farther than a typo", () => {
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 8 }), (name, candidates) => {
      const found = nearestName(name, candidates);
      const best = Math.min(...candidates.map((candidate) => distance(name, candidate)), Number.POSITIVE_INFINITY);
      const tolerance = name.length >= 12 ? 3 : name.length >= 5 ? 2 : 1;
      expect(found === null ? best > tolerance : distance(name, found) === best).toBe(true);
    }),
  );
});

test.each([
  ["maximumdeletedlines", ["MaximumInsertedLines", "MaximumDeletedLines"], "MaximumDeletedLines"],
  ["Conenctor", ["Connection", "Connector"], "Connector"],
  ["Zebra", ["Connection", "Connector"], null],
  ["x", ["Identifier"], null],
])("%s", (name, candidates, expected) => {
  expect(nearestName(name, candidates)).toBe(expected);
});
