import fc from "fast-check";
import { expect, test } from "vitest";
import { TableDigest } from "../../../src/store/copy/table-digest.js";

type Row = readonly (string | number | null)[];
const digestOf = (rows: readonly Row[]): TableDigest => {
  const digest = new TableDigest();
  for (const row of rows) digest.add(row);
  return digest;
};
const value = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.constantFrom("", "K1", "K1 ", "k1", "é", "e\u0301", "\ud800"),
  fc.string({ unit: "binary" }),
);
const row = fc.array(value, { minLength: 2, maxLength: 2 });
const sorted = (rows: readonly Row[]): string[] => rows.map((each) => JSON.stringify(each)).sort();

test("two tables have the same digest exactly where they hold the same rows as often, in whatever order", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), fc.array(row, { maxLength: 6 }), (a, b) => {
      expect(digestOf(a).equals(digestOf([...a].reverse()))).toBe(true);
      expect(digestOf(a).equals(digestOf(b))).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
    }),
  );
});

test("values stay apart that lists of texts might confuse", () => {
  const digests = [
    [["a", "b"]],
    [["a,b", null]],
    [["a", "b "]],
    [["", null]],
    [[null, ""]],
    [[1, null]],
    [["1", null]],
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [],
  ].map((rows) => digestOf(rows).checksum);
  expect(new Set(digests).size).toBe(digests.length);
  expect(digests.every((each) => /^[0-9a-f]{32}$/.test(each))).toBe(true);
});
