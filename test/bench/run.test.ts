import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let data = "";
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "sluice-bench-run-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const bench = (args: readonly string[], path = process.env.PATH ?? "") =>
  spawnSync(process.execPath, [resolve("bench/run.mjs"), "--data", data, ...args], {
    encoding: "utf8",
    env: { PATH: path, SLUICE_BENCH_PEERS: data },
  });
/** First cells of the printed table's rows: one for each case. */
const cases = (stdout: string): string[] => [...stdout.matchAll(/^\| ([a-z-]+[a-z])/gm)].map(([, name]) => name ?? "").slice(1);

describe("npm run bench", () => {
  test("measures every case; a peer that is not installed is a counted skip", () => {
    // Nothing but this Node is found: no shell, no sqlite3, no DuckDB, nothing that pins.
    const { status, stdout, stderr } = bench(["--rows", "2000", "--repeat", "1"], data);
    expect([...stdout.matchAll(/^WRONG.*/gm)].map(String)).toEqual([]);
    expect([status, stderr.includes("Error")]).toEqual([0, false]);
    expect(cases(stdout)).toEqual([
      "start",
      "export",
      "export-quoted",
      "prepare",
      "prepare-quoted",
      "prepare-members",
      "initial",
      "complete",
      "unchanged",
    ]);
    const summary = stdout.trimEnd().split("\n").at(-1);
    expect(summary).toContain("9 cases");
    expect(summary).toContain("all counts right");
    expect(summary).toContain("shell: 4 skipped");
    expect(summary).toContain("sqlite3: 2 skipped");
    expect(summary).toContain("duckdb: 2 skipped, @duckdb/node-api not installed (npm i --no-save @duckdb/node-api)");
    // What the runs made is gone; what was generated stays for the next time.
    expect(readdirSync(data).sort()).toEqual(["entries-2000", "members-6000"]);
  }, 120_000);

  test("ends with 1 when the product counts something else than the data holds", () => {
    const folder = join(data, "entries-2000");
    expect(spawnSync(process.execPath, [resolve("bench/data.mjs"), "entries", "2000", folder]).status).toBe(0);
    const file = join(folder, "expected.json");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('"lines": 2004', '"lines": 2005'));
    const { status, stdout } = bench(["--rows", "2000", "--repeat", "1", "--case", "export"]);
    expect(status).toBe(1);
    expect(stdout).toContain("WRONG: 2000 rows, sluice Export: read is 2004, expected 2005");
  }, 60_000);

  test.each([
    [["--rows", "10"], "--rows takes a whole number from 2000, not 10"],
    [["--case", "prepar"], "--case prepar: there are start, export,"],
    [["--quick"], "Unknown option '--quick'"],
  ])("refuses %j with 64", (args, message) => {
    const { status, stderr } = bench(args);
    expect(status).toBe(64);
    expect(stderr).toContain(message);
  });
});
