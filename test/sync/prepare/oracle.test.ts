import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  association,
  associationMapping,
  collected,
  entityMapping,
  entityType,
  errorRows,
  folders,
  put,
  rowsOf,
  run,
  textOf,
} from "./fixture.js";

/** The same rules, written without a thought for speed or memory. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byPair = (a: readonly string[], b: readonly string[]): number => byBytes(a[0] ?? "", b[0] ?? "") || byBytes(a[1] ?? "", b[1] ?? "");

const entities = (rows: readonly string[][], columns: readonly number[]) => {
  const kept = new Map<string, string[]>();
  const nulls: string[][] = [];
  const duplicates: string[][] = [];
  const accepted: string[][] = [];
  for (const row of rows) {
    const cells = columns.map((c) => row[c] ?? "");
    const key = cells[0] ?? "";
    if (key === "") nulls.push(cells);
    else if (kept.has(key)) duplicates.push(cells);
    else {
      kept.set(key, cells);
      accepted.push(row);
    }
  }
  const sorted = [...kept.values()].sort(byPair);
  // Stable: duplicates of one key stay in file order.
  return { sorted, nulls, duplicates: duplicates.sort((a, b) => byBytes(a[0] ?? "", b[0] ?? "")), accepted };
};

const links = (rows: readonly string[][], c1: number, c2: number, isEntries: boolean, isCollection1: boolean, isCollection2: boolean) => {
  const nulls: string[][] = [];
  const pairs: [string, string][] = [];
  for (const row of rows) {
    const [ones, twos] = [c1, c2].map((c) => (row[c] ?? "").split(/\r\n|\n|\r/).filter((value) => value !== ""));
    if (ones?.length === 0 || twos?.length === 0) {
      if (!isEntries) nulls.push([row[c1] ?? "", row[c2] ?? ""]);
      continue;
    }
    for (const one of ones ?? []) for (const two of twos ?? []) pairs.push([one, two]);
  }
  const seen = new Set<string>();
  let duplicates = 0;
  let conflicts = 0;
  let kept = pairs.filter((pair) => {
    const isNew = !seen.has(pair.join("\0"));
    seen.add(pair.join("\0"));
    if (!isNew) duplicates++;
    return isNew;
  });
  const firstOf = (side: 0 | 1): void => {
    const owners = new Set<string>();
    kept = kept.filter((pair) => {
      const isFirst = !owners.has(pair[side]);
      owners.add(pair[side]);
      if (!isFirst) conflicts++;
      return isFirst;
    });
  };
  if (!isCollection2) firstOf(1);
  if (!isCollection1) firstOf(0);
  return { sorted: kept.sort(byPair), nulls, duplicates, conflicts };
};

const nastyKeys = ["K1", "K1 ", "a", "a\t", "\uff5e", "\u{1f600}", "é", "e\u0301", "ß", "SS", "ı", "I", "007", 'O"Brien', "CN=a,OU=b", ""];
const cell = fc.oneof(fc.constantFrom(...nastyKeys), fc.constantFrom("x", "y", "z", "x\ny", "y\r\nz\nx", "漢字", "a,b", 'q"'));
const key = fc
  .oneof({ weight: 3, arbitrary: fc.constantFrom(...nastyKeys) }, { weight: 1, arbitrary: fc.string({ maxLength: 5 }) })
  .filter((k) => !/[\r\n\0]/.test(k));
const style = fc.record({ quoted: fc.boolean(), record_delimiter: fc.constantFrom("\n", "\r\n", "\r"), bom: fc.boolean() });

test("entities and links are what the naive reading gives, whatever the file's style", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(key, cell, cell, cell), { maxLength: 30 }),
      fc.array(fc.tuple(cell, cell), { maxLength: 30 }),
      style,
      fc.boolean(),
      fc.boolean(),
      fc.shuffledSubarray([1, 2, 3], { minLength: 0 }),
      (rows, pairs, form, isCollection1, isCollection2, others) => {
        const at = folders();
        const write = (list: readonly (readonly string[])[]): string => stringify([...list], { ...form, quote_record_delimiter: true });
        put(at, "C.csv", write([["id", "boss", "a", "unused"], ...rows]));
        put(at, "C_links.csv", write([["left", "right"], ...pairs]));
        const names = ["id", "boss", "a", "unused"];
        const type = entityType("T", ["id", "boss", "a", "unused"]);
        const boss = association("T_Boss", "T", isCollection1, "T", isCollection2);
        const free = association("T_Free", "T", isCollection1, "T", isCollection2);
        const result = run(at, {
          types: [type],
          associations: [boss, free],
          entityMappings: [entityMapping(type, "C", ["id", ...others.map((c) => names[c] ?? "")])],
          linkMappings: [
            associationMapping(boss, "C", "boss", "id", "id", "id"),
            associationMapping(free, "C_links", "left", "right", "id", "id"),
          ],
        });

        const expected = entities(rows, [0, ...others]);
        const header = ["id", ...others.map((c) => names[c] ?? "")];
        const single = header.length === 1;
        // csv-parse reads an empty line of a file with one column as one empty field, and so does prepare.
        expect(rowsOf(at, "T.sorted.csv")).toEqual([header, ...expected.sorted]);
        expect(textOf(at, "T.sorted.csv")).toBe(stringify([header, ...expected.sorted], { quote_record_delimiter: true }));
        if (!single) expect(rowsOf(at, "T.nullpk.csv")).toEqual([header, ...expected.nulls]);
        expect(rowsOf(at, "T.duplicates.csv")).toEqual([header, ...expected.duplicates]);

        const own = links(expected.accepted, 1, 0, true, isCollection1, isCollection2);
        expect(rowsOf(at, "T_Boss.sorted.csv")).toEqual([["boss", "id"], ...own.sorted]);
        expect(textOf(at, "T_Boss.nullpk.csv")).toBe("boss,id\n");
        const other = links(
          pairs.map((pair) => [...pair]),
          0,
          1,
          false,
          isCollection1,
          isCollection2,
        );
        expect(rowsOf(at, "T_Free.sorted.csv")).toEqual([["left", "right"], ...other.sorted]);
        expect(rowsOf(at, "T_Free.nullpk.csv")).toEqual([["left", "right"], ...other.nulls]);
        expect(rowsOf(at, "T_Free.duplicates.csv")).toHaveLength(1 + other.duplicates + other.conflicts);

        expect(result.counters).toMatchObject({
          read: rows.length + pairs.length,
          written: expected.sorted.length + own.sorted.length + other.sorted.length,
          duplicates: expected.duplicates.length + own.duplicates + other.duplicates,
          conflictingDuplicates: own.conflicts + other.conflicts,
          nullKeys: expected.nulls.length + other.nulls.length,
          rejected: 0,
        });
        const unkeyed = errorRows(at).filter(([, , , , , reason]) => reason === "no key");
        expect(unkeyed).toHaveLength(expected.nulls.length + other.nulls.length);
        for (const file of result.files) {
          const bytes = readFileSync(join(at.collect, file.name));
          expect(file).toMatchObject({
            bytes: bytes.length,
            sha256: createHash("sha256").update(bytes).digest("hex"),
            rows: parse(bytes).length - 1,
          });
        }
        expect(collected(at).filter((name) => name.startsWith("."))).toEqual([]);
        at.remove();
      },
    ),
    { numRuns: 150 },
  );
});
