import { rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { TestWorkspace } from "./workspace.js";

/** An incremental job, and a connector that takes no part in complete jobs and is switched off by its XML. */
const more = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Connector Identifier="Old" DisplayName_L1="Old one" Agent="Local" IsDeactivated="true" CompleteJob="NotUsed" IncrementalJob="OnlyProvisioning"/>
  <Connection Identifier="OldFile" Connector="Old" DisplayName_L1="Old" Package="Usercube.CSV@0000001"/>
  <Job Identifier="Job_Quick" DisplayName_L1="Quick" Agent="Local" IsIncremental="true">
    <ExportTask Identifier="Quick_People" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="People" Level="0" IgnoreCookieFile="true"/>
    <PrepareSynchronizationTask Identifier="Quick_Prepare" Agent="Local" Connector="HR" DisplayName_L1="P" OpenIdClient="Job" SynchronizationMode="Incremental" Level="1"/>
    <SynchronizeTask Identifier="Quick_Load" Connector="HR" DisplayName_L1="S" Level="2"/>
  </Job>
</ConfigurationFile>
`;

interface Line {
  readonly connector: string;
  readonly state: string;
  readonly because: string | null;
  readonly completeJob: string;
  readonly incrementalJob: string;
  readonly lastSynchronization: string | null;
  readonly job: string | null;
  readonly head: string | null;
  readonly blocked: readonly { jobInstance: number; job: string }[];
  readonly nextIncremental: { type: string; completeRequired: string | null } | null;
}

onEachDatabase((kind) => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
    workspace.write("more.xml", more);
  });
  afterEach(() => {
    workspace.remove();
  });
  const call = (...argv: string[]) => workspace.call(argv);
  const lineOf = async (name: string): Promise<Line> => {
    const { connectors } = JSON.parse((await call("connectors", "--json")).out) as { connectors: Line[] };
    const found = connectors.find(({ connector }) => connector === name);
    if (found === undefined) throw new Error(`no connector ${name}`);
    return found;
  };

  describe("connectors", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("before the first run, without a database", async () => {
      expect(await lineOf("HR")).toMatchObject({ state: "active", lastSynchronization: null, head: null, blocked: [] });
      expect((await lineOf("HR")).nextIncremental).toEqual({ type: "None", completeRequired: "nothing was loaded yet" });
      expect(await lineOf("Old")).toMatchObject({
        state: "deactivated",
        because: expect.stringMatching(/^IsDeactivated in more\.xml:3$/),
        completeJob: "NotUsed",
        incrementalJob: "OnlyProvisioning",
        nextIncremental: null,
      });
      const { out } = await call("connectors");
      expect(out).toMatch(/HR +active +never/);
      expect(out).toContain("complete NotUsed, incremental OnlyProvisioning");
      expect(out).toContain("no incremental job");
    });

    test("after a load: head, and that the next incremental run goes on; without its baseline, why it does not", async () => {
      await call("run", "Job_HR", "--force");
      const loaded = await lineOf("HR");
      expect(loaded).toMatchObject({ job: "Job_HR", nextIncremental: { type: "None", completeRequired: null } });
      expect(loaded.head).toMatch(/^[0-9a-f-]{36}$/);
      rmSync(join(workspace.folder, "Work", "Collect"), { recursive: true });
      expect((await lineOf("HR")).nextIncremental?.completeRequired).toContain("which it would be compared with");
      expect((await call("connectors")).out).toContain("HR: an incremental run needs a complete one first: ");
      // What a run found is kept, and shown the same way.
      expect((await call("run", "Job_Quick")).code).toBe(1);
      expect((await lineOf("HR")).nextIncremental?.completeRequired).toEqual(expect.any(String));
      await call("run", "Job_HR", "--force");
      expect((await lineOf("HR")).nextIncremental?.completeRequired).toBeNull();
    });

    test("a block, with its instance and how to resume", async () => {
      await call("run", "Job_HR");
      expect((await lineOf("HR")).blocked).toMatchObject([{ jobInstance: 1, job: "Job_HR" }]);
      expect((await call("connectors")).out).toMatch(
        /HR: blocked by instance 1 of Job_HR since .*: sluice changes 1 .*sluice resume 1 applies it/,
      );
    });

    test("--format csv has a header and one row each, whatever stands in a reason", async () => {
      await call("connector", "deactivate", "HR", "--reason", 'moved, "soon"');
      const { out } = await call("connectors", "--format", "csv");
      const rows: Record<string, string>[] = parse(out, { columns: true });
      expect(rows.map(({ Connector, State }) => [Connector, State])).toEqual([
        ["HR", "deactivated"],
        ["Old", "deactivated"],
      ]);
      expect(rows[0]?.Because).toContain(': moved, "soon"');
    });
  });

  describe("connector activate | deactivate", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("a deactivated connector is left out of runs by name of who and why, until it is activated", async () => {
      await call("run", "Job_HR", "--force");
      const off = await call("connector", "deactivate", "HR", "--reason", "audit");
      expect([off.code, off.out]).toEqual([0, expect.stringContaining("sluice connector activate HR switches it on again")]);
      expect((await lineOf("HR")).because).toMatch(/^by .+ on \d{4}-\d\d-\d\d: audit$/);
      workspace.write("sources/people.csv", "id,name,manager,team\nP1,Changed,,T1\nP2,Zoë O'Brien,P1,T1\n");
      const skipped = await call("run", "Job_HR", "--force");
      expect(skipped.out).toContain("audit");
      expect((await call("show", "Person", "P1")).out).toContain("Ann");
      const again = JSON.parse((await call("connector", "deactivate", "HR", "--json")).out);
      expect(again).toEqual({ format: 1, connector: "HR", state: "deactivated", changed: false });

      expect((await call("connector", "activate", "HR")).out).toContain("HR is active");
      expect((await lineOf("HR")).state).toBe("active");
      expect((await call("connector", "activate", "HR")).out).toContain("active already");
      expect((await call("run", "Job_HR", "--force")).code).toBe(0);
      expect((await call("show", "Person", "P1")).out).toContain("Changed");
    });

    test("what the XML switches off is its own business; unknown names are", async () => {
      for (const command of ["activate", "deactivate"]) {
        const { code, err } = await call("connector", command, "Old");
        expect([code, err]).toEqual([
          64,
          expect.stringMatching(/^more\.xml:3:\d+: error CMD_CONNECTOR_STATE: .*IsDeactivated in more\.xml:3/),
        ]);
        expect((await call("connector", command, "HRR")).err).toContain("did you mean HR?");
      }
    });
  });
});
