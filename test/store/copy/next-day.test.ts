import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { main } from "../../../src/cli/main.js";
import { systemClock } from "../../../src/model/index.js";
import { Capture } from "../../cli/screen.js";
import { TestWorkspace } from "../../cli/workspace.js";
import { freshDatabase, testServer } from "../../database.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** Some forty commands, each a fraction of a second on a machine of its own, and some seconds on a busy one. */
const timeout = 300_000;

const call = async (
  folder: string,
  argv: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
  const [stdout, stderr] = [new Capture(), new Capture()];
  const code = await main(argv, { stdout, stderr, env: {}, cwd: folder, clock: systemClock });
  return { code, out: stdout.text, err: stderr.text };
};

/** The sources of each day: a key that goes and comes back, a link that waits for its team, names that differ in blanks only. */
const days: readonly (readonly [people: string, teams: string])[] = [
  ["P1,Ann,,T1\nP2,Zoë O'Brien,P1,T1\nP5,Eve,P2,T2\n", "T1\nT2\n"],
  ["P1,Ann ,,T1\nP3,\u{1f600},P1,T9\nP5,Eve,P1,T2\n", "T1\nT2\n"],
  ["P1,Anna,P3,T2\nP3,\u{1f600},P1,T9\nP5,Eve,P1,T2\n", "T1\nT2\nT9\n"],
  ["P1,Anna,P3,T2\nP2,Zoë O'Brien,P1,T1\nP3,\u{1f600},P1,T9\n", "T1\nT9\n"],
];

const arrive = (folder: string, day: number): void => {
  const [people, teams] = days[day] ?? ["", ""];
  writeFileSync(join(folder, "sources/people.csv"), `id,name,manager,team\n${people}`);
  writeFileSync(join(folder, "sources/teams.csv"), `id\n${teams}`);
};

/** Moments differ between two runs of the same: they become their order. */
const withoutMoments = (text: string): string => {
  const found = [...new Set(text.match(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{3}Z)?/g) ?? [])].sort();
  return found.reduce((all, moment, index) => all.replaceAll(moment, `<${index}>`), text).replaceAll(/\d+(\.\d)? m?s\b/g, "<time>");
};

/** Everything that a person sees of the repository. */
const seen = async (folder: string): Promise<Record<string, string>> => {
  const result: Record<string, string> = {};
  for (const argv of [
    "resources Person --format csv --with-id",
    "resources Team --format csv --with-id",
    "links Team_Members --format csv",
    "links Person_Manager --format csv",
    "show Person P1 --history",
    "show Person P2 --history",
    "show Person P5 --history",
  ]) {
    const { code, out, err } = await call(folder, argv.split(" "));
    result[argv] = `${code} ${out}${code === 0 ? "" : err}`;
  }
  return result;
};

const numbersFree = (all: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(all).map(([argv, text]) => [argv, withoutMoments(text)]));

describe.skipIf(testServer === null)("a repository copied to SQL Server", () => {
  test("goes on there as its twin on SQLite does: blocked instance, resume, next day, keys that return", { timeout }, async () => {
    const workspace = new TestWorkspace();
    try {
      const moved = workspace.folder;
      for (const day of [0, 1]) {
        arrive(moved, day);
        expect((await call(moved, ["run", "Job_HR", "--force"])).code).toBe(0);
      }
      arrive(moved, 2);
      expect((await call(moved, ["run", "Job_HR"])).code).toBe(2);
      const stayed = temporaryFolder("stayed");
      workspace.copyTo(stayed);

      const target = await freshDatabase("SQL Server");
      const copied = await call(moved, ["database", "copy", "--to", target.connectionString, "--json"]);
      expect(copied.err).not.toContain("error");
      expect(copied.code).toBe(0);
      expect(JSON.parse(copied.out)).toMatchObject({ format: 1, dryRun: false });
      workspace.write("appsettings.json", JSON.stringify({ ConnectionString: target.connectionString }));

      // Before anything runs: every word and moment is the same.
      expect(await seen(moved)).toEqual(await seen(stayed));
      for (const argv of [
        ["changes", "3", "--json"],
        ["status", "--instance", "3", "--json"],
        ["status", "--json"],
        ["status", "--connector", "HR", "--json"],
      ]) {
        expect([argv, (await call(moved, argv)).out]).toEqual([argv, (await call(stayed, argv)).out]);
      }

      for (const folder of [moved, stayed]) {
        const resumed = await call(folder, ["resume", "3"]);
        expect([folder, resumed.code === 0 ? "" : resumed.out + resumed.err]).toEqual([folder, ""]);
      }
      for (const folder of [moved, stayed]) {
        arrive(folder, 3);
        const next = await call(folder, ["run", "Job_HR", "--force", "--json"]);
        expect([next.code, (JSON.parse(next.out) as { jobInstance: number }).jobInstance]).toEqual([0, 4]);
      }
      const last = await seen(moved);
      expect(numbersFree(last)).toEqual(numbersFree(await seen(stayed)));
      expect(last["resources Person --format csv --with-id"]).toContain("Zoë O'Brien");
    } finally {
      workspace.remove();
    }
  });
});
