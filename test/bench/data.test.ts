import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-bench-data-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const generate = (kind: string, rows: number): void => {
  const { status, stderr } = spawnSync(process.execPath, [resolve("bench/data.mjs"), kind, String(rows), folder], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
};
const hash = (name: string): string =>
  createHash("sha256")
    .update(readFileSync(join(folder, name)))
    .digest("hex")
    .slice(0, 16);
const expected = (): unknown => JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

test("entries are the same bytes on every machine, and hold what is planted in them", () => {
  generate("entries", 1_000);
  expect(Object.fromEntries(["entries.day1.csv", "entries.day2.csv", "entries.quoted.csv"].map((name) => [name, hash(name)]))).toEqual({
    "entries.day1.csv": "fab9a8566c27be58",
    "entries.day2.csv": "81aa61dd29530770",
    "entries.quoted.csv": "357a9f0158864f5f",
  });
  expect(expected()).toEqual({
    day1: { lines: 1_001, nullKeys: 1, duplicates: 1, sorted: 999 },
    day2: { lines: 1_000, nullKeys: 1, duplicates: 1, sorted: 998 },
    changes: { insert: 5, update: 7, delete: 6 },
  });
});

test("members are the same bytes on every machine, and hold what is planted in them", () => {
  generate("members", 1_000);
  expect(hash("members.csv")).toBe("0219f229b718238e");
  expect(expected()).toEqual({ lines: 1_001, nullKeys: 1, duplicates: 1, sorted: 999 });
});

test("links and the third day of a directory are the same bytes on every machine, and hold what is planted in them", () => {
  generate("directory", 1_000);
  expect(
    Object.fromEntries(["links.day1.csv", "links.day2.csv", "links.day3.csv", "entries.day3.csv"].map((name) => [name, hash(name)])),
  ).toEqual({
    "links.day1.csv": "7a1a086d9c5fddaf",
    "links.day2.csv": "73627b6ea3959360",
    "links.day3.csv": "d1e6c0225ccb14b8",
    "entries.day3.csv": "8ad32cd274773c90",
  });
  expect(expected()).toEqual({
    links: {
      day1: { lines: 3_000, orphans: 3, linksInserted: 2_997, linksDeleted: 0 },
      day2: { lines: 2_980, orphans: 3, linksInserted: 15, linksDeleted: 35 },
      day3: { lines: 2_948, orphans: 3, linksInserted: 0, linksDeleted: 32 },
    },
    day3: { lines: 1_000, nullKeys: 1, duplicates: 1, sorted: 998, update: 135 },
  });
});
