import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandNamed, type DeltaRow, deltaCommands, foldRows, LinkFold, type LinkWord } from "../../../src/sync/delta/index.js";

const columns = ["id", "a", "b", "c"];
type Fields = DeltaRow["fields"];

/** What is stored under the key after a command (connectors §2.4); null: nothing. */
const applied = (stored: Fields | null, { command, fields, cleared }: DeltaRow): Fields | null => {
  if (command === "delete") return null;
  if (command !== "merge" || stored === null) return fields;
  return stored.map((value, i) => fields[i] ?? (cleared.includes(columns[i] ?? "") ? null : value));
};

const cell = fc.constantFrom(null, "1", "2", "3");
const row: fc.Arbitrary<DeltaRow> = fc
  .tuple(fc.constantFrom(...deltaCommands), cell, cell, cell, fc.subarray(["a", "b", "c"]))
  .map(([command, a, b, c, names]) => {
    if (command === "delete") return { command, fields: ["k", null, null, null], cleared: [] };
    const fields = ["k", a, b, c];
    const cleared = command === "merge" ? names.filter((name) => fields[columns.indexOf(name)] === null) : [];
    return { command, fields, cleared };
  });
const rows = fc.array(row, { minLength: 1, maxLength: 8 });
const stored = fc.option(fc.tuple(fc.constant("k"), cell, cell, cell));
const folded = (list: readonly DeltaRow[]): DeltaRow => list.reduce((earlier, later) => foldRows(earlier, later, columns));

describe("commands on a key", () => {
  test("do folded what they do one by one", () => {
    fc.assert(
      fc.property(rows, stored, (list, before) => {
        const oneByOne = list.reduce<Fields | null>(applied, before);
        expect(applied(before, folded(list))).toEqual(oneByOne);
      }),
      { numRuns: 3000 },
    );
  });

  test("folded again, or applied again, change nothing more", () => {
    fc.assert(
      fc.property(rows, stored, (list, before) => {
        const once = folded(list);
        expect(applied(applied(before, once), once)).toEqual(applied(before, once));
        expect(folded([...list, once])).toEqual(once);
        expect(applied(before, folded([...list, ...list]))).toEqual(applied(applied(before, once), once));
      }),
      { numRuns: 2000 },
    );
  });

  test("may be folded in any grouping", () => {
    fc.assert(
      fc.property(rows, rows, rows, stored, (a, b, c, before) => {
        const [x, y, z] = [folded(a), folded(b), folded(c)];
        expect(applied(before, foldRows(foldRows(x, y, columns), z, columns))).toEqual(
          applied(before, foldRows(x, foldRows(y, z, columns), columns)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  const insert = (a: string | null): DeltaRow => ({ command: "insert", fields: ["k", a, null, null], cleared: [] });
  const update = (a: string | null): DeltaRow => ({ command: "update", fields: ["k", a, null, null], cleared: [] });
  const merge = (a: string | null, b: string | null, ...cleared: string[]): DeltaRow => ({
    command: "merge",
    fields: ["k", a, b, null],
    cleared,
  });
  const remove: DeltaRow = { command: "delete", fields: ["k", null, null, null], cleared: [] };
  test.each<[string, DeltaRow, DeltaRow, DeltaRow]>([
    ["insert, update", insert("1"), update("2"), insert("2")],
    ["update, insert", update("1"), insert("2"), update("2")],
    ["insert, delete", insert("1"), remove, remove],
    ["delete, insert", remove, insert("1"), insert("1")],
    ["delete, update", remove, update("1"), update("1")],
    ["delete, merge", remove, merge("1", null, "b"), { ...insert("1") }],
    ["merge, merge: the later cell wins", merge("1", "x"), merge("2", null), merge("2", "x")],
    ["merge, merge: cleared", merge("1", "x"), merge(null, null, "a"), merge(null, "x", "a")],
    ["merge, merge: un-cleared", merge(null, null, "a"), merge("1", null), merge("1", null)],
    ["update, merge: cleared", update("1"), merge(null, "x", "a"), { command: "update", fields: ["k", null, "x", null], cleared: [] }],
    ["merge, insert", merge("1", "x"), insert("2"), insert("2")],
    ["merge, delete", merge("1", "x"), remove, remove],
  ])("%s", (_, earlier, later, expected) => {
    expect(foldRows(earlier, later, columns)).toEqual(expected);
  });
});

test("commands by name, in whatever case; nothing else is one", () => {
  expect(["ADD", "Insert", "update", "DELETE", "mErGe"].map(commandNamed)).toEqual(["insert", "insert", "update", "delete", "merge"]);
  expect(["", "modify", "insert ", "constructor"].map(commandNamed)).toEqual([null, null, null, null]);
});

interface Said {
  readonly keys: readonly [string, string];
  readonly word: "insert" | "delete" | "withdraw";
}
interface Word extends LinkWord, Said {}

const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    keys: fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom("x", "y", "z")),
    word: fc.constantFrom("insert" as const, "delete" as const),
  }),
  fc.record({ keys: fc.tuple(fc.constantFrom("a", "b"), fc.constant("")), word: fc.constant("withdraw" as const) }),
  fc.record({ keys: fc.tuple(fc.constant(""), fc.constantFrom("x", "y", "z")), word: fc.constant("withdraw" as const) }),
);

const pass = (words: readonly Omit<Word, "withdrawsOwner">[], side: 0 | 1): Word[] => {
  const owner = ({ keys }: Said): string => keys[side];
  const other = ({ keys }: Said): string => keys[1 - side] ?? "";
  const found: Word[] = [];
  const fold = new LinkFold<Word>(
    (word) => found.push(word),
    () => undefined,
    () => undefined,
  );
  const ordered = [...words].sort(
    (one, two) => owner(one).localeCompare(owner(two)) || other(one).localeCompare(other(two)) || one.sequence - two.sequence,
  );
  ordered.forEach((word, i) => {
    const before = ordered[i - 1];
    const isSameOwner = before !== undefined && owner(before) === owner(word);
    fold.take(
      { ...word, withdrawsOwner: word.word === "withdraw" && other(word) === "" },
      isSameOwner,
      isSameOwner && other(before) === other(word),
    );
  });
  fold.end();
  return found;
};

const foldedLinks = (list: readonly Said[]): Said[] => {
  const words = list.map((each, sequence) => ({ ...each, sequence, isAside: false, isCarried: false }));
  return pass(pass(words, 1), 0);
};

/** One by one. */
const pairsAfter = (before: ReadonlySet<string>, list: readonly Said[]): Set<string> => {
  const pairs = new Set(before);
  for (const { keys, word } of list) {
    if (word === "insert") pairs.add(keys.join());
    else if (word === "delete") pairs.delete(keys.join());
    else for (const pair of pairs) if (pair.split(",").some((key, i) => key === keys[i])) pairs.delete(pair);
  }
  return pairs;
};

describe("words about links", () => {
  test("do folded, all removals first, what they do one by one", () => {
    const allPairs = ["a", "b"].flatMap((one) => ["x", "y", "z"].map((two) => `${one},${two}`));
    fc.assert(
      fc.property(fc.array(said, { maxLength: 12 }), fc.subarray(allPairs), (list, before) => {
        const folded = foldedLinks(list);
        const asApplied = [...folded.filter(({ word }) => word !== "insert"), ...folded.filter(({ word }) => word === "insert")];
        expect(pairsAfter(new Set(before), asApplied)).toEqual(pairsAfter(new Set(before), list));
        // Each pair, and each key, is named once.
        expect(new Set(folded.map(({ keys }) => keys.join())).size).toBe(folded.length);
        expect(pairsAfter(new Set(before), [...asApplied, ...asApplied])).toEqual(pairsAfter(new Set(before), asApplied));
      }),
      { numRuns: 3000 },
    );
  });

  test("of a pair set aside only carried ones count", () => {
    const found: Word[] = [];
    const dropped: Word[] = [];
    const aside: Word[] = [];
    const fold = new LinkFold<Word>(
      (word) => found.push(word),
      (word) => dropped.push(word),
      (word) => aside.push(word),
    );
    const word = (sequence: number, flags: Partial<LinkWord>): Word => ({
      keys: ["a", "x"],
      word: "insert",
      sequence,
      withdrawsOwner: false,
      isAside: false,
      isCarried: false,
      ...flags,
    });
    fold.take(word(1, { isCarried: true }), false, false);
    fold.take(word(2, {}), true, true);
    fold.take(word(3, { isAside: true }), true, true);
    fold.end();
    expect(found.map(({ sequence }) => sequence)).toEqual([1]);
    expect(aside.map(({ sequence }) => sequence)).toEqual([2]);
  });
});
