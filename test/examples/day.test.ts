import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { examples } from "./workspace.js";

let copy = "";
const inCopy = (name: string) => join(copy, "examples", name);
const day = (...args: string[]) => spawnSync(process.execPath, [inCopy("day.mjs"), ...args], { encoding: "utf8" });

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "sluice-day-"));
  for (const name of ["day.mjs", "program.mjs", "days"]) cpSync(join(examples, name), inCopy(name), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

test("copies the files of a day over those of another, and leaves no temporary file", () => {
  expect(day("1").status).toBe(0);
  const { status, stdout } = day("3");
  expect([status, stdout]).toEqual([
    0,
    "Day 3: copied ad_entries.csv, ad_managers.csv, ad_members.csv, hr_organizations.csv, hr_users.csv to examples/Sources.\n",
  ]);
  const names = readdirSync(inCopy("days/3")).sort();
  expect(readdirSync(inCopy("Sources")).sort()).toEqual(names);
  for (const name of names) expect(readFileSync(inCopy(`Sources/${name}`)).equals(readFileSync(inCopy(`days/3/${name}`)))).toBe(true);
});

test.each([[[]], [["4"]], [["../days/1"]], [["1", "2"]]])("refuses %j with 64 and copies nothing", (args) => {
  const { status, stderr } = day(...args);
  expect(status).toBe(64);
  expect(stderr).toContain("1, 2 or 3");
  expect(readdirSync(join(copy, "examples"))).not.toContain("Sources");
});
