import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { CanonicalFile, canonicalFields, compareFiles } from "../../../src/sync/delta/index.js";
import { mergeSorted, SortedFile } from "../../../src/sync/index.js";

const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "delta-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Row = readonly string[];
type Change = readonly [string, ...(readonly (string | null)[])[]];

const written = (name: string, columns: Row, rows: readonly Row[]) => {
  const path = join(folder, name);
  const text = stringify([[...columns], ...rows.map((row) => [...row])], { quote_record_delimiter: true });
  const bytes = Buffer.from(text);
  writeFileSync(path, bytes);
  return { path, columns, rows: rows.length, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
};

type Written = ReturnType<typeof written>;

const compared = (current: Written, former: Written, keyFields: 1 | 2, chunk: number) => {
  const a = new CanonicalFile(current, true, chunk);
  const b = new CanonicalFile(former, true, chunk);
  const changes: Change[] = [];
  const same: string[] = [];
  const fields = (bytes: Buffer, start: number, end: number) => canonicalFields(bytes, start, end);
  try {
    compareFiles(
      a,
      b,
      keyFields,
      {
        unchanged: (bytes, start, end) => same.push(bytes.toString("utf8", start, end)),
        inserted: (bytes, start, end) => changes.push(["insert", fields(bytes, start, end)]),
        updated: (bytes, start, end, old, oldStart, oldEnd) =>
          changes.push(["update", fields(bytes, start, end), fields(old, oldStart, oldEnd)]),
        deleted: (bytes, start, end) => changes.push(["delete", fields(bytes, start, end)]),
      },
      () => undefined,
    );
  } finally {
    a.close();
    b.close();
  }
  return { changes, same: same.join("") };
};

/** The comparison that the server uses, in the form that a database can build. */
const merged = (current: Written, former: Written, keyFields: 1 | 2): Change[] => {
  const changes: Change[] = [];
  const [a, b] = [new SortedFile(current), new SortedFile(former)];
  const fieldsOf = (record: Buffer): (string | null)[] =>
    record
      .toString("latin1")
      .split("\u001f")
      .map((field) => {
        const text = Buffer.from(
          field.replace(/\u001b([\s\S])/g, (_, byte: string) => String.fromCharCode(byte.charCodeAt(0) ^ 0x40)),
          "latin1",
        ).toString();
        return text === "" ? null : text;
      });
  mergeSorted(
    a,
    {
      next: () => b.next(),
      refetch: () => {
        throw new Error("files are exact");
      },
      fieldCount: current.columns.length,
    },
    keyFields,
    {
      inserted: (record) => changes.push(["insert", fieldsOf(record)]),
      updated: (record, old) => changes.push(["update", fieldsOf(record), fieldsOf(old)]),
      deleted: (record) => changes.push(["delete", fieldsOf(record)]),
    },
  );
  a.close();
  b.close();
  return changes;
};

const byBytes = (a: Row, b: Row): number =>
  Buffer.compare(Buffer.from(a[0] ?? ""), Buffer.from(b[0] ?? "")) || Buffer.compare(Buffer.from(a[1] ?? ""), Buffer.from(b[1] ?? ""));

const nasty = [
  "K1",
  "K1 ",
  "a",
  "a\t",
  "\uff5e",
  "\u{1f600}",
  "é",
  "e\u0301",
  "ß",
  "SS",
  'O"Brien',
  "CN=a,OU=b",
  '"',
  '""',
  "\n",
  ",\n",
  '",\n"',
  "\u001e",
  "a\u001fb",
  "\u001b[",
];
const value = fc.oneof(
  fc.constantFrom("", ...nasty, '",",', ',""",', "a\n,b", '\n"', 'x,"\n,",y', "\r\n"),
  fc.string({ unit: fc.constantFrom('"', ",", "\n", "a", "\u001e"), maxLength: 8 }),
  fc.string({ maxLength: 12 }).filter((text) => !text.includes("\0")),
);
const key = fc.oneof(
  fc.constantFrom(...nasty),
  fc.nat(40).map(String),
  value.filter((text) => text !== ""),
);
const rowsOf = (columns: number) =>
  fc
    .uniqueArray(fc.tuple(key, ...Array.from({ length: columns - 1 }, () => value)), { selector: ([first]) => first, maxLength: 40 })
    .map((rows): string[][] => rows.map((row) => [...row]));
const chunk = fc.constantFrom(7, 16, 61, 512, 512 * 1024);

describe("two sorted files", () => {
  test.each([1, 2, 4])("of %i columns: what differs, as the server's comparison finds it, whatever the blocks", (count) => {
    const columns = ["id", "a", "b", "c"].slice(0, count);
    fc.assert(
      fc.property(rowsOf(count), rowsOf(count), fc.array(fc.nat(39)), chunk, (former, extra, changed, size) => {
        const rows = new Map(former.map((row) => [row[0], row]));
        for (const i of changed) {
          const row = former[i];
          const other = extra[i % Math.max(1, extra.length)];
          if (row === undefined || other === undefined) continue;
          if (i % 3 === 0) rows.delete(row[0]);
          else if (i % 3 === 1) rows.set(other[0], other);
          else rows.set(row[0], [row[0] ?? "", ...other.slice(1)]);
        }
        const current = [...rows.values()].sort(byBytes);
        const b = written("former.csv", columns, former.sort(byBytes));
        const a = written("current.csv", columns, current);
        const { changes, same } = compared(a, b, 1, size);
        expect(changes).toEqual(merged(a, b, 1));
        const equal = current.filter((row) => former.some((other) => other.join("\0") === row.join("\0")));
        expect(same).toBe(equal.length === 0 ? "" : stringify(equal, { quote_record_delimiter: true }));
      }),
      { numRuns: 150 },
    );
  });

  test("pairs: both columns are the key", () => {
    const pairs = fc.uniqueArray(fc.tuple(key, key), { selector: (pair) => pair.join("\0"), maxLength: 40 });
    fc.assert(
      fc.property(pairs, pairs, chunk, (one, two, size) => {
        const a = written("current.csv", ["left", "right"], [...one].sort(byBytes));
        const b = written("former.csv", ["left", "right"], [...two].sort(byBytes));
        expect(compared(a, b, 2, size).changes).toEqual(merged(a, b, 2));
      }),
      { numRuns: 150 },
    );
  });

  test("a line feed in a value, found from a block's middle, is no end of a record", () => {
    const columns = ["id", "text"];
    const long = Array.from({ length: 200 }, (_, i) => [`k${1000 + i}`, `a\n,"\n,",\n${i}`]);
    const changed = long.map((row, i) => (i % 17 === 5 ? [row[0] ?? "", `${row[1]}!`] : row));
    const a = written("current.csv", columns, changed);
    const b = written("former.csv", columns, long);
    for (const size of [13, 64, 1000, 512 * 1024]) expect(compared(a, b, 1, size).changes).toEqual(merged(a, b, 1));
  });
});

describe("a baseline that is not what was written", () => {
  const columns = ["id", "a"];
  const rows = Array.from({ length: 50 }, (_, i) => [`k${100 + i}`, "x"]);

  test.each<[string, (file: Written) => void]>([
    ["changed in place", (file) => writeFileSync(file.path, stringify([columns, ...rows.map(([id, a], i) => [id, i === 30 ? "y" : a])]))],
    ["cut off", (file) => writeFileSync(file.path, stringify([columns, ...rows]).slice(0, -4))],
    ["longer", (file) => writeFileSync(file.path, `${stringify([columns, ...rows])}zz,1\n`)],
    ["a quote that is not closed", (file) => writeFileSync(file.path, stringify([columns, ...rows]).replace("k120,x", 'k120,"x'))],
    ["another header", (file) => writeFileSync(file.path, stringify([["id", "b"], ...rows]))],
    ["empty", (file) => writeFileSync(file.path, "")],
    ["gone", (file) => rmSync(file.path)],
  ])("%s: refused", (_, damage) => {
    const current = written("current.csv", columns, rows);
    const former = written("former.csv", columns, rows);
    damage(former);
    for (const size of [32, 512 * 1024]) {
      expect(() => compared(current, former, 1, size)).toThrow(expect.objectContaining({ code: "SRC_BASELINE_INVALID" }));
    }
  });
});
