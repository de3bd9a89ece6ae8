import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldsOf, joinRecord, mergeSorted, type RecordSource, type StoredSource } from "../../../src/sync/index.js";

type Row = readonly [string, string | null];

const blocks = (records: readonly Buffer[], sizes: readonly number[]): Buffer[] => {
  const made: Buffer[] = [];
  for (let at = 0, turn = 0; at < records.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    made.push(Buffer.concat(records.slice(at, at + size)));
    at += size;
  }
  return made;
};

const source = (rows: readonly Row[], sizes: readonly number[]): RecordSource => {
  const list = blocks(
    rows.map((row) => joinRecord(row)),
    sizes,
  );
  return { next: () => list.shift() ?? null };
};

/** A database's side: blocks are not escaped, and what cannot be told apart so is fetched again. */
const stored = (rows: readonly Row[], sizes: readonly number[]): StoredSource => {
  const raw = (row: Row): Buffer => Buffer.from(`${row[0]}\u001f${row[1] ?? ""}\u001e`);
  const groups: Row[][] = [];
  for (let at = 0, turn = 0; at < rows.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    groups.push(rows.slice(at, at + size));
    at += size;
  }
  let current: Row[] = [];
  const exact = (consumed: number): Buffer => Buffer.concat(current.slice(consumed).map((row) => joinRecord(row)));
  return {
    fieldCount: 2,
    refetch: exact,
    next: () => {
      const group = groups.shift();
      if (group === undefined) return null;
      current = group;
      const block = Buffer.concat(group.map(raw));
      const ends = block.filter((byte) => byte === 0x1e).length;
      return ends !== group.length || block.includes(0x1b) ? exact(0) : block;
    },
  };
};

const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
  fc.constantFrom("a", "a\t", "a ", "ab", "\u001f", "\u001e", "\u001b", "a\u001f", "\u{1F600}", "～"),
);
const wellFormed = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
const side = fc
  .array(fc.tuple(key.filter(wellFormed), fc.option(fc.oneof(key, fc.constant("x".repeat(300))).filter(wellFormed), { nil: null })), {
    maxLength: 40,
  })
  .map((rows) =>
    [...new Map(rows.map((row) => [row[0], row] as const)).values()].sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]))),
  );
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });

test("finds what a comparison by a map finds, in key order, however both sides are cut into blocks", () => {
  fc.assert(
    fc.property(side, side, fc.double({ min: 0, max: 1, noNaN: true }), sizes, sizes, (a, b, share, sizesA, sizesB) => {
      // Most rows are the same on both sides, or equal stretches would never be passed over.
      const file = a.map((row, index): Row => (index / a.length < share ? (b[index] ?? row) : row));
      const unique = [...new Map(file.map((row) => [row[0], row] as const)).values()].sort((x, y) =>
        Buffer.compare(Buffer.from(x[0]), Buffer.from(y[0])),
      );
      const found: unknown[] = [];
      mergeSorted(source(unique, sizesA), stored(b, sizesB), 1, {
        inserted: (record) => found.push(["insert", ...fieldsOf(record)]),
        updated: (record, before) => found.push(["update", ...fieldsOf(record), ...fieldsOf(before)]),
        deleted: (before) => found.push(["delete", ...fieldsOf(before)]),
      });
      const before = new Map(b.map((row) => [row[0], row]));
      const after = new Map(unique.map((row) => [row[0], row]));
      const expected = [...new Set([...before.keys(), ...after.keys()])]
        .sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
        .flatMap((name): unknown[] => {
          const was = before.get(name);
          const is = after.get(name);
          const empty = (row: Row): unknown[] => [row[0], row[1] === "" ? null : row[1]];
          if (was === undefined && is !== undefined) return [["insert", ...empty(is)]];
          if (is === undefined && was !== undefined) return [["delete", ...empty(was)]];
          return was !== undefined && is !== undefined && (was[1] ?? "") !== (is[1] ?? "") ? [["update", ...empty(is), ...empty(was)]] : [];
        });
      expect(found).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test("orders pairs field by field, not as one text: a tab sorts below the separator", () => {
  const found: string[] = [];
  // As one text "a<TAB>" would come before "a" followed by the separator.
  mergeSorted(
    source(
      [
        ["a", "z"],
        ["a\t", "b"],
      ],
      [2],
    ),
    stored(
      [
        ["a", "z"],
        ["a\t", "c"],
      ],
      [2],
    ),
    2,
    {
      inserted: (record) => found.push(`+${fieldsOf(record).join("|")}`),
      updated: () => found.push("update"),
      deleted: (before) => found.push(`-${fieldsOf(before).join("|")}`),
    },
  );
  expect(found).toEqual(["+a\t|b", "-a\t|c"]);
});
