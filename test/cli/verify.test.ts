import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { TestWorkspace } from "./workspace.js";

const quick = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Job Identifier="Job_Quick" DisplayName_L1="Quick" Agent="Local" IsIncremental="true">
    <ExportTask Identifier="Quick_People" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <ExportTask Identifier="Quick_Teams" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="Teams" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="Quick_Prepare" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Incremental" Level="1"/>
    <SynchronizeTask Identifier="Quick_Load" Connector="HR" DisplayName_L1="S" Level="2"/>
  </Job>
  <Job Identifier="Job_Changes" DisplayName_L1="Changes" Agent="Local" IsIncremental="true">
    <PrepareSynchronizationTask Identifier="Changes_Prepare" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Incremental" Type="Changes" Level="1"/>
    <SynchronizeTask Identifier="Changes_Load" Connector="HR" DisplayName_L1="S" Type="Changes" Level="2"/>
  </Job>
</ConfigurationFile>
`;

interface Answer {
  readonly equal: boolean;
  readonly counters: Record<string, number>;
  readonly changes: readonly { scope: string; command: string; keys: string[]; values: Record<string, [string | null, string | null]> }[];
}

onEachDatabase((kind) => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
    workspace.write("quick.xml", quick);
  });
  afterEach(() => {
    workspace.remove();
  });
  const call = (...argv: string[]) => workspace.call(argv);
  const verify = async (): Promise<{ code: number; answer: Answer }> => {
    const { code, out } = await call("verify", "HR", "--json");
    return { code, answer: JSON.parse(out) as Answer };
  };

  describe("verify", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("after complete and incremental runs the repository is equal, also where links wait for their other side", async () => {
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Ann,,T1\nP2,Zoë O'Brien,P9,T8\n");
      await call("run", "Job_HR", "--force");
      const { code, out } = await call("verify", "HR");
      expect([code, out]).toEqual([
        0,
        expect.stringMatching(/^equal: the repository holds of HR what the files of session [0-9a-f-]{36}, applied /),
      ]);
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Anna,P2,T1\nP3,New,P9,T1\n");
      expect((await call("run", "Job_Quick", "--force")).code).toBe(0);
      expect(await verify()).toMatchObject({ code: 0, answer: { equal: true, changes: [] } });
      // What the source says now is another matter.
      workspace.write("sources/people.csv", "id,name,manager,team\n");
      expect((await verify()).code).toBe(0);
    });

    test("a value altered in the database is found by key and property; nothing is mended", async () => {
      await call("run", "Job_HR", "--force");
      await workspace.withDatabase(async (knex) => {
        expect(await knex("UR_Resources").where({ C5: "Ann" }).update({ C5: "Altered" })).toBe(1);
      });
      for (const _ of [1, 2]) {
        expect(await verify()).toMatchObject({
          code: 1,
          answer: {
            equal: false,
            counters: { updated: 1, inserted: 0, deleted: 0 },
            changes: [{ scope: "resource", command: "update", keys: ["P1"], values: { Name: ["Altered", "Ann"] } }],
          },
        });
      }
      const { out } = await call("verify", "HR");
      expect(out).toMatch(/^different: 1 difference between/);
      expect(out).toMatch(/update +Person +P1 +Name: Altered → Ann/);
    });

    test("resources and links that are gone are found", async () => {
      await call("run", "Job_HR", "--force");
      await workspace.withDatabase(async (knex) => {
        expect(await knex("UR_ResourceLinks").delete()).toBe(2);
        expect(await knex("UR_Resources").where({ C4: "T2" }).delete()).toBe(1);
      });
      const { code, answer } = await verify();
      expect([code, answer.counters.inserted]).toEqual([1, 1]);
      expect(answer.changes.map(({ scope, command, keys }) => [scope, command, ...keys])).toContainEqual(["resource", "insert", "T2"]);
    });

    test("rows that were set aside stand for what is stored under their keys", async () => {
      workspace.write(
        "appsettings.agent.json",
        JSON.stringify({
          Connections: { People: { Path: "sources/people.csv", OnRowError: "SetAside" }, Teams: { Path: "sources/teams.csv" } },
        }),
      );
      await call("run", "Job_HR", "--force");
      workspace.write("sources/people.csv", `id,name,manager,team\nP1,Ann,,T1\nP2,${"x".repeat(500)},P1,T1\n`);
      expect((await call("run", "Job_HR", "--force")).code).toBe(0);
      expect((await call("show", "Person", "P2")).out).toContain("Zoë");
      expect(await verify()).toMatchObject({ code: 0, answer: { equal: true } });
    });

    test("without what it compares with it says what to do", async () => {
      const refused = async (): Promise<string> => {
        const { code, err } = await call("verify", "HR");
        expect([code, err]).toEqual([64, expect.stringContaining("SynchronizationMode Complete")]);
        return err;
      };
      expect((await call("verify", "HRR")).err).toContain("did you mean HR?");
      if (kind === "SQLite") expect((await call("verify", "HR")).err).toContain("CMD_DATABASE_ABSENT");
      await call("run", "Job_HR");
      expect(await refused()).toContain("nothing of it was synchronized yet");
      await call("resume", "1");
      expect((await verify()).code).toBe(0);

      const promoted = join(workspace.folder, "Work", "Collect", "previous", "promoted", "HR");
      const [session = ""] = readdirSync(promoted).filter((name) => name !== "current.json");
      writeFileSync(join(promoted, session, "Person.sorted.csv"), "id,name\n");
      expect(await refused()).toContain("is not as session");
      rmSync(promoted, { recursive: true });
      expect(await refused()).toContain("are not in");
    });

    test("after changes from the source there are no whole files to compare with", async () => {
      await call("run", "Job_HR", "--force");
      const output = join(workspace.folder, "Temp", "ExportOutput");
      rmSync(output, { recursive: true });
      workspace.write("Temp/ExportOutput/People.csv", "command,id,name,manager,team\nupdate,P1,Anna,,T1\n");
      workspace.write("Temp/ExportOutput/Teams.csv", "command,id\n");
      const run = await call("run", "Job_Changes", "--force");
      expect(run.code, run.out + run.err).toBe(0);
      expect((await call("verify", "HR")).err).toContain("of Type Changes");
    });
  });
});
