import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SessionFile } from "../../../src/model/index.js";
import type { EarlierFiles, PrepareResult } from "../../../src/sync/index.js";
import { type DeltaRow, hasClearedColumn, readDelta } from "../../../src/sync/index.js";
import {
  association,
  associationMapping,
  entityMapping,
  entityType,
  type Folders,
  folders,
  kept,
  put,
  run,
  type Setup,
} from "./fixture.js";

type Resources = Map<string, readonly (string | null)[]>;
type Pairs = Set<string>;
const between = "\0";

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
  "\u001e",
  "a\u001fb",
  "\u001b[",
];
const keyOf = fc.constantFrom(...nasty);
const cell = fc.oneof(
  fc.constantFrom("", ...nasty, "x\ny", "y\r\nz", '","', ",\n", '"\n'),
  fc.string({ maxLength: 5 }).filter((text) => !text.includes("\0")),
);
const links = fc.oneof(fc.constantFrom("", ...nasty), fc.constantFrom("K1\na", "é\r\nß\nK1"));

const type = entityType("T", ["id", "a", "b", "n:Int32"]);
const setupOf = (isCollection1: boolean, isCollection2: boolean): Setup => {
  const boss = association("T_Boss", "T", isCollection1, "T", isCollection2);
  const free = association("T_Free", "T", isCollection1, "T", isCollection2);
  return {
    types: [type],
    associations: [boss, free],
    entityMappings: [entityMapping(type, "C")],
    linkMappings: [
      associationMapping(boss, "C", "boss", "id", "id", "id"),
      associationMapping(free, "C_links", "left", "right", "id", "id"),
    ],
    onRowError: "SetAside",
  };
};
const columns: Record<string, readonly string[]> = { T: ["id", "a", "b", "n"], T_Boss: ["boss", "id"], T_Free: ["left", "right"] };

const write = (rows: readonly (readonly string[])[]): string => stringify([...rows], { quote_record_delimiter: true });
const rowsIn = (folder: string, { name }: SessionFile): string[][] => parse(readFileSync(join(folder, name)), { from: 2 });
const named = (files: readonly SessionFile[], mapping: string): SessionFile => {
  const file = files.find((candidate) => candidate.mapping === mapping && candidate.content !== "rejected");
  if (file === undefined) throw new Error(`no file of ${mapping}`);
  return file;
};
const deltaOf = (at: Folders, { files }: PrepareResult, mapping: string, type: "None" | "Changes"): DeltaRow[] => {
  const file = named(files, mapping);
  return [...readDelta({ ...file, path: join(at.collect, file.name), columns: columns[mapping] ?? [] }, hasClearedColumn(file.kind, type))];
};

const resourcesOf = ({ folder, files }: EarlierFiles): Resources =>
  new Map(rowsIn(folder, named(files, "T")).map((row) => [row[0] ?? "", row.map((value) => (value === "" ? null : value))]));
const pairsOf = ({ folder, files }: EarlierFiles, mapping: string): Pairs =>
  new Set(rowsIn(folder, named(files, mapping)).map((row) => row.join(between)));

/** What the server makes of a delta (connectors §2.4). */
const apply = (resources: Resources, delta: readonly DeltaRow[]): void => {
  for (const { command, fields, cleared } of delta) {
    const [key] = fields;
    const stored = resources.get(key ?? "");
    if (command === "delete") resources.delete(key ?? "");
    else if (command !== "merge" || stored === undefined) resources.set(key ?? "", fields);
    else
      resources.set(
        key ?? "",
        stored.map((value, i) => fields[i] ?? (cleared.includes(columns.T?.[i] ?? "") ? null : value)),
      );
  }
};
const withdraw = (pairs: Pairs, side: 0 | 1, key: string): void => {
  for (const pair of pairs) if (pair.split(between)[side] === key) pairs.delete(pair);
};
const applyLinks = (pairs: Pairs, delta: readonly DeltaRow[]): void => {
  for (const { command, fields } of delta) {
    const [one, two] = fields;
    if (command !== "delete") continue;
    if (one === null || one === undefined) withdraw(pairs, 1, two ?? "");
    else if (two === null || two === undefined) withdraw(pairs, 0, one);
    else pairs.delete(`${one}${between}${two}`);
  }
  for (const { command, fields } of delta) if (command === "insert") pairs.add(fields.join(between));
};

const expectSorted = (delta: readonly DeltaRow[], keyFields: number): void => {
  const order = delta.map(({ command, fields }) =>
    Buffer.from([...fields.slice(0, keyFields).map((f) => f ?? ""), command === "insert" ? "b" : "a"].join("\0")),
  );
  expect([...order].sort(Buffer.compare)).toEqual(order);
};

const number = fc.constantFrom("", "1", "2", "bad");
const entries = fc.array(fc.tuple(keyOf, cell, cell, number, links), { maxLength: 20 });
const free = fc.array(fc.tuple(links, links), { maxLength: 15 });

test("Type None: the baseline and the delta make the new baseline, which is the new file where no row was set aside", () => {
  fc.assert(
    fc.property(
      fc.tuple(entries, entries),
      fc.tuple(free, free),
      fc.boolean(),
      fc.boolean(),
      (days, links, isCollection1, isCollection2) => {
        const at = folders();
        const setup = setupOf(isCollection1, isCollection2);
        const putDay = (day: 0 | 1): void => {
          // Mostly the rows of the first day.
          const rows = day === 0 ? days[0] : [...days[0].slice(days[1].length >> 1), ...days[1]];
          const pairs = day === 0 ? links[0] : [...links[0].slice(links[1].length >> 1), ...links[1]];
          put(at, "C.csv", write([["id", "a", "b", "n", "boss"], ...rows]));
          put(at, "C_links.csv", write([["left", "right"], ...pairs]));
        };
        putDay(0);
        const before = kept(at, run(at, setup));
        putDay(1);
        const full = kept(at, run(at, setup), "full");
        const result = run(at, { ...setup, incremental: { type: "None", baseline: before } });
        const after = kept(at, result, "after");

        const delta = deltaOf(at, result, "T", "None");
        const resources = resourcesOf(before);
        apply(resources, delta);
        expect(resources).toEqual(resourcesOf(after));
        expectSorted(delta, 1);
        let written = delta.length;
        for (const mapping of ["T_Boss", "T_Free"]) {
          const linkDelta = deltaOf(at, result, mapping, "None");
          const pairs = pairsOf(before, mapping);
          applyLinks(pairs, linkDelta);
          expect(pairs).toEqual(pairsOf(after, mapping));
          expectSorted(linkDelta, 2);
          written += linkDelta.length;
        }
        const { counters } = result;
        expect(counters.written).toBe(written);
        expect(counters.inserted + counters.updated + counters.deleted).toBe(written);
        if (counters.rejected === 0) {
          expect(resources).toEqual(resourcesOf(full));
          expect(after.files.map(({ sha256 }) => sha256)).toEqual(
            full.files.filter(({ content }) => content === "sorted").map(({ sha256 }) => sha256),
          );
        }
        at.remove();
      },
    ),
    { numRuns: 30 },
  );
});

const command = fc.constantFrom("add", "Insert", "update", "DELETE", "merge");
const commanded = fc.array(
  fc.tuple(command, keyOf, cell, cell, fc.constantFrom("", "1", "2"), links, fc.subarray(["a", "b", "n", "boss"])),
  { maxLength: 20 },
);
const pairCommands = fc.array(fc.tuple(command, fc.constantFrom(...nasty.slice(0, 5), ""), fc.constantFrom(...nasty.slice(0, 5), "")), {
  maxLength: 15,
});

const lines = (value: string): string[] => value.split(/\r\n|\n|\r/).filter((line) => line !== "");

/** Commands one by one, written without a thought for speed or memory. */
const oneByOne = (
  resources: Resources,
  bosses: Pairs,
  frees: Pairs,
  rows: readonly (readonly [string, string, string, string, string, string, string[]])[],
  pairs: readonly (readonly [string, string, string])[],
  isCollection1: boolean,
  isCollection2: boolean,
): void => {
  const insert = (into: Pairs, one: string, two: string): void => {
    if (!isCollection1) withdraw(into, 0, one);
    if (!isCollection2) withdraw(into, 1, two);
    into.add(`${one}${between}${two}`);
  };
  for (const [text, key, a, b, n, boss, cleared] of rows) {
    const name = text.toLowerCase();
    const fields = [key, a, b, n].map((value) => value || null);
    const what = name === "add" ? "insert" : (name as DeltaRow["command"]);
    apply(resources, [{ command: what, fields, cleared }]);
    const values = lines(boss);
    if (what !== "merge" || values.length > 0 || cleared.includes("boss")) withdraw(bosses, 1, key);
    if (what === "delete") continue;
    // Of several for a property that takes one the first stays.
    const seen = new Set<string>();
    for (const one of values) {
      if ((!isCollection2 && seen.size > 0) || seen.has(one)) continue;
      seen.add(one);
      insert(bosses, one, key);
    }
  }
  for (const [text, one, two] of pairs) {
    if (one === "" || two === "") continue;
    if (/^delete$/i.test(text)) frees.delete(`${one}${between}${two}`);
    else insert(frees, one, two);
  }
};

test("Type Changes: the delta does what the commands do one by one, also where an earlier delta is carried", () => {
  fc.assert(
    fc.property(
      fc.tuple(commanded, commanded),
      fc.tuple(pairCommands, pairCommands),
      fc.uniqueArray(fc.tuple(keyOf, cell, cell), { selector: ([first]) => first }),
      fc.array(fc.tuple(keyOf, keyOf)),
      fc.boolean(),
      fc.boolean(),
      (rows, pairs, stored, storedPairs, isCollection1, isCollection2) => {
        const at = folders();
        const setup = setupOf(isCollection1, isCollection2);
        const prepareFile = (day: 0 | 1, carried: EarlierFiles | null): PrepareResult => {
          const texts = rows[day].map(([what, key, a, b, n, boss, cleared]) => [what, key, a, b, n, boss, cleared.join(";")]);
          put(at, "C.csv", write([["Command", "id", "a", "b", "n", "boss", "#cleared"], ...texts]));
          put(at, "C_links.csv", write([["command", "left", "right"], ...pairs[day]]));
          return run(at, { ...setup, incremental: { type: "Changes", carried } });
        };
        const resources: Resources = new Map(stored.map(([key, a, b]) => [key, [key, a || null, b || null, null]]));
        const linked = storedPairs.map((pair) => pair.join(between));
        const [bosses, frees] = [new Set(linked), new Set(linked)];
        const result = prepareFile(1, kept(at, prepareFile(0, null), "pending"));

        const expected = { resources: new Map(resources), bosses: new Set(bosses), frees: new Set(frees) };
        for (const day of [0, 1] as const) {
          oneByOne(expected.resources, expected.bosses, expected.frees, rows[day], pairs[day], isCollection1, isCollection2);
        }
        const delta = deltaOf(at, result, "T", "Changes");
        const bossDelta = deltaOf(at, result, "T_Boss", "Changes");
        const freeDelta = deltaOf(at, result, "T_Free", "Changes");
        for (let times = 0; times < 2; times++) {
          apply(resources, delta);
          applyLinks(bosses, bossDelta);
          applyLinks(frees, freeDelta);
          expect(resources).toEqual(expected.resources);
          expect(bosses).toEqual(expected.bosses);
          expect(frees).toEqual(expected.frees);
        }
        expectSorted(delta, 1);
        expectSorted(bossDelta, 2);
        expectSorted(freeDelta, 2);
        expect(new Set(delta.map(({ fields }) => fields[0])).size).toBe(delta.length);
        expect(result.counters).toMatchObject({ read: rows[1].length + pairs[1].length, duplicates: 0, rejected: 0 });
        expect(result.counters.written).toBe(delta.length + bossDelta.length + freeDelta.length);
        at.remove();
      },
    ),
    { numRuns: 30 },
  );
});
