import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mssqlTarget } from "../../src/store/mssql/connection-string.js";
import { connectMssql } from "../../src/store/mssql/open.js";

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
/** ADO connection string of a server to make databases on; without it the server's cases are skipped here, and counted. */
const testServer = process.env.SLUICE_TEST_MSSQL;
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
      "delta",
      "initial",
      "complete",
      "unchanged",
      "initial-links",
      "complete-links",
      "unchanged-links",
      "block-links",
      "resume-links",
    ]);
    const summary = stdout.trimEnd().split("\n").at(-1);
    expect(summary).toContain("15 cases");
    expect(summary).toContain("all counts right");
    expect(summary).toContain("shell: 5 skipped");
    expect(summary).toContain("sqlite3: 2 skipped");
    expect(summary).toContain("duckdb: 2 skipped, @duckdb/node-api not installed (npm i --no-save @duckdb/node-api)");
    expect(summary).toContain("server: 5 skipped, no --database");
    // What the runs made is gone; what was generated stays for the next time.
    expect(readdirSync(data).sort()).toEqual(["directory-2000", "entries-2000", "members-6000"]);
  }, 300_000);

  test.skipIf(testServer === undefined)(
    "measures on a server, in databases of its own that are gone afterwards",
    async () => {
      const { pid, status, stdout, stderr } = bench(["--rows", "2000", "--repeat", "1", "--database", testServer ?? ""]);
      expect([...stdout.matchAll(/^WRONG.*/gm)].map(String)).toEqual([]);
      expect([status, stderr.includes("Error")]).toEqual([0, false]);
      expect(cases(stdout)).toEqual(["server-initial", "server-complete", "server-unchanged", "server-block", "server-resume"]);
      expect(stdout).toContain("÷ tedious: bulk load");
      expect(stdout).toContain("÷ T-SQL: set-based");
      expect(stdout.trimEnd().split("\n").at(-1)).toBe("5 cases; no bar holds for so few rows; all counts right");
      const server = connectMssql(mssqlTarget(testServer ?? ""));
      try {
        // What the server says of itself stands above the results.
        const [told]: { Product: string }[] = await server.raw("SELECT @@VERSION AS Product");
        expect(stdout).toContain(told?.Product.split("\n")[0]?.trim());
        expect(await server.raw(`SELECT name FROM sys.databases WHERE name LIKE 'sluice[_]bench[_]${pid}[_]%'`)).toEqual([]);
      } finally {
        await server.destroy();
      }
      expect(readdirSync(data).sort()).toEqual(["directory-2000", "entries-2000"]);
    },
    600_000,
  );

  test("ends with 69 when the server cannot be reached", () => {
    const { status, stderr } = bench(["--database", "Server=127.0.0.1,1;User Id=nobody;Password=secret-of-nobody;Connect Timeout=5"]);
    expect(status).toBe(69);
    expect(stderr).toMatch(/^--database: .*127\.0\.0\.1:1/);
    expect(stderr).not.toContain("secret-of-nobody");
  }, 60_000);

  test("ends with 1 when the product counts something else than the data holds", () => {
    const folder = join(data, "entries-2000");
    expect(spawnSync(process.execPath, [resolve("bench/data.mjs"), "entries", "2000", folder]).status).toBe(0);
    const file = join(folder, "expected.json");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('"lines": 2004', '"lines": 2005'));
    const { status, stdout } = bench(["--rows", "2000", "--repeat", "1", "--case", "export"]);
    expect(status).toBe(1);
    expect(stdout).toContain("WRONG: 2000 rows, sluice Export: read is 2004, expected 2005");
  }, 60_000);

  test("ends with 1 when the links of a blocked run that went on are not those of the data", () => {
    expect(bench(["--rows", "2000", "--repeat", "1", "--case", "initial-links"]).status).toBe(0);
    const file = join(data, "directory-2000", "expected.json");
    const expected: { links: { day3: { linksDeleted: number } } } = JSON.parse(readFileSync(file, "utf8"));
    const right = expected.links.day3.linksDeleted;
    expected.links.day3.linksDeleted = right + 1;
    writeFileSync(file, JSON.stringify(expected));
    const { status, stdout } = bench(["--rows", "2000", "--repeat", "1", "--case", "resume-links"]);
    expect(status).toBe(1);
    for (const step of ["block", "resume"]) {
      expect(stdout).toContain(`WRONG: 2000 rows, sluice embedded-1 ${step}: linksDeleted is ${right}, expected ${right + 1}`);
    }
  }, 200_000);

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
