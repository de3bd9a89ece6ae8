import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestWorkspace } from "../../cli/workspace.js";
import { freshDatabase, testServer } from "../../database.js";

const timeout = 120_000;

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = new TestWorkspace();
});
afterEach(() => workspace.remove());

describe("sluice database copy", () => {
  test("refuses what names no two databases, before anything is opened", { timeout }, async () => {
    const server = "Server=127.0.0.1,1;Database=d;User Id=u;Password=geheim-wort";
    const cases: readonly (readonly [readonly string[], number, string])[] = [
      [[], 64, "CMD_OPTION_NEEDED"],
      [["--to", "somewhere"], 64, "CMD_OPTION_VALUE_INVALID"],
      [["--to", "sqlite:other.db"], 64, "DB_COPY_DIRECTION"],
      [["--to", "Server=h;Database=d;Integrated Security=SSPI"], 64, "DB_CONNECTION_STRING"],
      [["--to", server], 64, "DB_COPY_NO_SOURCE"],
      [["--from", server, "--to", "sqlite:x.db"], 64, "DB_COPY_DIRECTION"],
    ];
    for (const [options, code, expected] of cases) {
      const answer = await workspace.call(["database", "copy", ...options]);
      expect([options, answer.code, answer.err]).toEqual([options, code, expect.stringContaining(expected)]);
      expect(answer.err + answer.out).not.toContain("geheim-wort");
    }
    const json = await workspace.call(["database", "copy", "--to", server, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ format: 1, error: { code: "DB_COPY_NO_SOURCE" } });
  });

  test("of a server that does not answer says so, and no password", { timeout }, async () => {
    await workspace.withDatabase(async () => undefined);
    const answer = await workspace.call(["database", "copy", "--to", "mssql://u:geheim-wort@127.0.0.1:1/d"]);
    expect([answer.code, answer.err]).toEqual([69, expect.stringContaining("DB_SERVER_UNREACHABLE")]);
    expect(answer.err + answer.out).not.toContain("geheim-wort");
  });

  test.skipIf(testServer === null)(
    "copies to the database that the workspace names by now, and says what is left to do",
    { timeout },
    async () => {
      expect((await workspace.call(["run", "Job_HR", "--force"])).code).toBe(0);
      const { connectionString } = await freshDatabase("SQL Server");
      workspace.write("appsettings.json", JSON.stringify({ ConnectionString: connectionString }));
      const from = ["--from", "sqlite:Work/sluice.db"];
      const dry = await workspace.call(["database", "copy", ...from, "--dry-run"]);
      expect([dry.code, dry.err]).toEqual([0, ""]);
      expect(dry.out).toContain("can be copied; nothing was written");
      expect((await workspace.call(["resources", "Person", "--format", "csv"])).out).not.toContain("Ann");

      const real = await workspace.call(["database", "copy", ...from]);
      expect([real.code, real.err]).toEqual([0, ""]);
      expect(real.out).toMatch(/^ +UR_Resources +4 +[0-9a-f]{32}$/m);
      expect(real.out).toMatch(/copied \d+ rows of \d+ tables .* counts and checksums are equal/);
      expect(real.out).toContain(`Move ${join(workspace.folder, "Work/sluice.db")} away`);
      // It names the new database already.
      expect(real.out).not.toContain("appsettings.json");
      expect((await workspace.call(["resources", "Person", "--format", "csv"])).out).toContain("Ann");

      const again = await workspace.call(["database", "copy", ...from]);
      expect([again.code, again.err]).toEqual([64, expect.stringContaining("DB_COPY_NOT_EMPTY")]);
    },
  );

  test.skipIf(testServer === null)("ends at Ctrl-C with nothing written", { timeout }, async () => {
    expect((await workspace.call(["run", "Job_HR", "--force"])).code).toBe(0);
    const { connectionString } = await freshDatabase("SQL Server");
    // Pressed as soon as somebody listens.
    const signals = { on: (_: string, listener: () => void) => setImmediate(listener), off: () => undefined };
    const answer = await workspace.call(["database", "copy", "--to", connectionString], { signals });
    expect([answer.code, answer.err]).toEqual([1, expect.stringContaining("DB_COPY_STOPPED")]);
    expect((await workspace.call(["database", "copy", "--to", connectionString, "--dry-run"])).code).toBe(0);
  });
});
