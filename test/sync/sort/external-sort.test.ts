import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { ExternalSort } from "../../../src/sync/sort/index.js";

const folder = mkdtempSync(join(tmpdir(), "sort-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Row {
  readonly key: Buffer;
  readonly text: string;
}

/** `memory` bytes beside the 256 KiB of output. */
const sorted = (rows: readonly Row[], memory: number): { key: string; text: string; line: number; isRepeated: boolean }[] => {
  const length = memory + 256 * 1024;
  const sort = new ExternalSort(join(folder, "runs"), { bytes: new Uint8Array(length), start: 0, length });
  rows.forEach(({ key, text }, i) => {
    const bytes = Buffer.from(text);
    const at = sort.reserve(bytes.length + key.length);
    sort.bytes.set(bytes, at);
    sort.bytes.set(key, at + bytes.length);
    sort.commit(i, bytes.length, at + bytes.length, key.length, at + bytes.length + key.length, 0);
  });
  const result: { key: string; text: string; line: number; isRepeated: boolean }[] = [];
  sort.drain(() => (row, isRepeated) => {
    result.push({
      key: Buffer.from(row.bytes.subarray(row.keyStart, row.keyStart + row.keyLength)).toString("latin1"),
      text: Buffer.from(row.bytes.subarray(row.textStart, row.textEnd)).toString(),
      line: row.line,
      isRepeated,
    });
  });
  sort.close();
  return result;
};

const oracle = (rows: readonly Row[]) =>
  rows
    .map(({ key, text }, line) => ({ key, text, line }))
    .sort((a, b) => Buffer.compare(a.key, b.key) || a.line - b.line)
    .map(({ key, text, line }, i, all) => ({
      key: key.toString("latin1"),
      text,
      line,
      isRepeated: i > 0 && key.equals(all[i - 1]?.key ?? Buffer.alloc(0)),
    }));

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
  "ı",
  "I",
  "abcdef",
  "abcdefg",
  "abcdefghijkl",
  "z".repeat(30),
];
const key = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom("a", "b", "é", "😀", "CN=Thomas") }),
);
/** Two parts, as links have: a zero byte between them. */
const pair = fc.tuple(key, key).map((parts) => parts.join("\0"));

describe("ExternalSort orders by UTF-8 bytes, equal keys in the order they came", () => {
  for (const [name, keys] of [
    ["single keys", key],
    ["pairs", pair],
  ] as const) {
    const rows = fc.array(fc.record({ key: keys.map((k) => Buffer.from(k)), text: fc.string({ maxLength: 12 }) }), {
      minLength: 0,
      maxLength: 300,
    });
    test(`${name} in memory`, () => {
      fc.assert(fc.property(rows, (list) => void expect(sorted(list, 1 << 20)).toEqual(oracle(list))));
    });
    test(`${name} in many runs`, () => {
      fc.assert(
        fc.property(rows, fc.integer({ min: 300, max: 4000 }), (list, memory) => void expect(sorted(list, memory)).toEqual(oracle(list))),
      );
    });
  }

  test("runs of more than one window each, merged in several passes, rows larger than the memory", () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48271) % 0x7fffffff;
      return seed % below;
    };
    const rows = Array.from({ length: 30_000 }, (_, i) => ({
      key: Buffer.from(`CN=${random(9_000)},OU=${"x".repeat(random(60))}`),
      text: i % 5_000 === 77 ? "y".repeat(150_000) : `row ${i} ${"t".repeat(random(50))}`,
    }));
    expect(sorted(rows, 100_000)).toEqual(oracle(rows));
    expect(readdirSync(folder)).toEqual([]);
  });
});
