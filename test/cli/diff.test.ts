import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openConfigurationSource } from "../../src/jobs/index.js";
import { onEachDatabase } from "../database.js";
import { now, TestWorkspace } from "./workspace.js";

onEachDatabase((kind) => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
  });
  afterEach(() => {
    workspace.remove();
  });
  const call = (...argv: string[]) => workspace.call(argv);
  const xml = (): string => readFileSync(join(workspace.folder, "hr.xml"), "utf8");
  /** Replaces text in the workspace's XML. */
  const drop = (...replacements: readonly (readonly [string, string])[]): void => {
    let text = xml();
    for (const [before, after] of replacements) {
      if (!text.includes(before)) throw new Error(`${before} is not there`);
      text = text.replace(before, after);
    }
    workspace.write("hr.xml", text);
  };
  const serve = () =>
    openConfigurationSource({ workspace: workspace.folder, env: {}, timing: { now: () => now, sleep: async () => undefined } });

  describe("diff", () => {
    test("has nothing to compare with before anything ran", async () => {
      const { code, err } = await call("diff");
      expect([code, err]).toEqual([64, expect.stringContaining("CMD_CONFIGURATION_UNKNOWN: there is nothing to compare with")]);
      expect((await call("diff", "--from", "nowhere")).err).toContain("there is no such folder");
      expect((await call("diff", "--from", "abcdef")).err).toContain("there is no such folder");
      expect((await call("diff", "--from", "7")).err).toContain("JOB_INSTANCE_UNKNOWN");
    });

    test("says what dropped files would do to jobs, thresholds, mappings and settings", async () => {
      await serve();
      expect((await call("diff")).out).toMatch(
        /^from the configuration in force since 2026-11-21 12:00:00 UTC \([0-9a-f]{12}\) to the files of the workspace\nno difference\n$/,
      );
      drop(
        ['CronTabExpression="0 3 * * *"', 'CronTabExpression="0 4 * * *"'],
        ['Connection="Teams" Level="0"', 'Connection="Teams" Level="1"'],
        [
          '<Connector Identifier="HR" DisplayName_L1="HR" Agent="Local"',
          '<Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" MaximumDeletedLines="20"',
        ],
        ['ConnectionColumn="name"', 'ConnectionColumn="full_name"'],
        [
          '<Property Identifier="Name"',
          '<Property Identifier="Mail" DisplayName_L1="Mail" TargetColumnIndex="6"/>\n    <Property Identifier="Name"',
        ],
      );
      workspace.write(
        "new.xml",
        '<ConfigurationFile><Job Identifier="Job_New" DisplayName_L1="New" CronTabExpression="0 5 * * *"/></ConfigurationFile>',
      );
      workspace.write(
        "appsettings.agent.json",
        JSON.stringify({ Connections: { People: { Path: "sources/other.csv" }, Teams: { Path: "sources/teams.csv" } } }),
      );
      const { code, out } = await call("diff");
      expect(code).toBe(0);
      expect(out.split("\n").slice(1)).toEqual([
        "~ Job Job_HR",
        "  CronTabExpression: 0 3 * * * → 0 4 * * *",
        "  ~ ExportTask Teams_Export",
        "    Level: 0 → 1",
        "+ Job Job_New (0 5 * * *)",
        "~ Connector HR",
        "  MaximumDeletedLines: 100 → 20",
        "  ~ EntityTypeMapping Person",
        "    ~ Property Name",
        "      ConnectionColumn: name → full_name",
        "~ EntityType Person",
        "  + Property Mail",
        "~ settings",
        "  Connections.people.Path: sources/people.csv → sources/other.csv",
        "",
      ]);
      const document = JSON.parse((await call("diff", "--json")).out);
      expect(Object.keys(document)).toEqual(["format", "from", "to", "elements", "settings", "refused"]);
      expect(document.from).toMatchObject({ kind: "inForce", since: "2026-11-21T12:00:00.000Z", jobInstance: null, folder: null });
      expect(document.elements[0].attributes).toEqual([{ name: "CronTabExpression", before: "0 3 * * *", after: "0 4 * * *" }]);
    });

    test("compares with a folder, as if its files lay in the workspace", async () => {
      const other = join(workspace.folder, "..", `other-${process.pid}-${kind.length}`);
      mkdirSync(other, { recursive: true });
      try {
        writeFileSync(join(other, "x.xml"), xml());
        writeFileSync(join(other, "appsettings.json"), readFileSync(join(workspace.folder, "appsettings.agent.json")));
        drop(['DisplayName_L1="People" Agent', 'DisplayName_L1="All people" Agent']);
        const { code, out } = await call("diff", "--from", other);
        expect(code).toBe(0);
        const lines = out.split("\n").slice(1);
        expect(lines.slice(0, 2)).toEqual(["~ Job Job_HR", "  DisplayName_L1: People → All people"]);
        writeFileSync(join(other, "x.xml"), "<ConfigurationFile>");
        const refused = await call("diff", "--from", other);
        expect([refused.code, refused.err]).toEqual([64, expect.stringContaining("x.xml:1:")]);
      } finally {
        rmSync(other, { recursive: true, force: true });
      }
    });

    test("says that the next synchronization would refuse moved slots and keys, and what a run says then", async () => {
      expect((await call("run", "Job_HR", "--force")).code).toBe(0);
      drop(
        [
          '<Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>',
          '<Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="7"/>',
        ],
        [
          '<Property Identifier="TeamId" DisplayName_L1="Id" TargetColumnIndex="4" IsKey="true"/>',
          '<Property Identifier="TeamId" DisplayName_L1="Id" TargetColumnIndex="4" IsKey="true"/><Property Identifier="Code" DisplayName_L1="Code" TargetColumnIndex="9"/>',
        ],
        [
          '<Property Identifier="TeamId" ConnectionColumn="id" IsPrimaryKey="true"/>',
          '<Property Identifier="TeamId" ConnectionColumn="id"/><Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>',
        ],
      );
      // Without a scheduler: what the last instance was started with.
      const { out } = await call("diff");
      expect(out).toContain("from the configuration of instance 1 (");
      expect(out).toContain("    TargetColumnIndex: 5 → 7\n");
      expect(out).toContain("the next synchronization would be refused:\n  SYNC_SLOT_MOVED: Person:Name is to be String in C7");
      expect(out).toContain("\n  SYNC_KEY_MOVED: the mapping key of Team is now Code");
      const document = JSON.parse((await call("diff", "--from", "1", "--json")).out);
      expect(document.refused.map(({ code }: { code: string }) => code)).toEqual(["SYNC_SLOT_MOVED", "SYNC_KEY_MOVED"]);
      workspace.write("sources/teams.csv", "id,code\nT1,t1\n");
      const run = await call("run", "Job_HR", "--force");
      expect([run.code, run.out]).toEqual([1, expect.stringMatching(/SYNC_(SLOT|KEY)_MOVED/)]);
      // Back again, nothing is refused.
      drop(
        ['TargetColumnIndex="7"/>', 'TargetColumnIndex="5"/>'],
        ['<Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>', ""],
      );
      drop([
        '<Property Identifier="TeamId" ConnectionColumn="id"/>',
        '<Property Identifier="TeamId" ConnectionColumn="id" IsPrimaryKey="true"/>',
      ]);
      expect(JSON.parse((await call("diff", "--json")).out).refused).toEqual([]);
    });
  });

  describe("resume after a dropped change", () => {
    test("a blocked instance is not resumed under other mappings, but under the configuration it was started with where that is asked for, or the files are invalid", async () => {
      expect((await call("run", "Job_HR")).code).toBe(2);
      const started = xml();
      drop(['ConnectionColumn="name"', 'ConnectionColumn="full_name"']);
      const refused = await call("resume", "1");
      expect([refused.code, refused.err]).toEqual([64, expect.stringContaining("JOB_CONFIGURATION_CHANGED")]);
      expect(refused.err).toContain("sluice resume 1 --configuration started");
      expect(refused.err).toContain("instance 1 goes on under the present configuration, not the one it was started with");
      // An invalid workspace hinders nobody who started before.
      workspace.write("hr.xml", started.replace("</ConfigurationFile>", ""));
      const resumed = await call("resume", "1");
      expect([resumed.code, resumed.err]).toEqual([0, expect.stringContaining("goes on under the configuration it was started with (")]);
      workspace.write("hr.xml", started);
      expect((await call("resources", "Person", "--format", "csv")).out).toContain("P2,Zoë O'Brien");
    });

    test("one that failed goes on under the present configuration, where the mistake was mended, unless told otherwise", async () => {
      const settings = (path: string) => ({ Connections: { People: { Path: path }, Teams: { Path: "sources/teams.csv" } } });
      expect((await call("run", "Job_HR", "--force")).code).toBe(0);
      workspace.write("appsettings.agent.json", JSON.stringify(settings("sources/poeple.csv")));
      expect((await call("run", "Job_HR")).code).toBe(1);
      workspace.write("appsettings.agent.json", JSON.stringify(settings("sources/people.csv")));
      const started = await call("resume", "2", "--configuration", "started");
      expect([started.code, started.err]).toEqual([1, expect.stringContaining("goes on under the configuration it was started with")]);
      const present = await call("resume", "2");
      expect([present.code, present.err]).toEqual([0, expect.stringContaining("--configuration started takes that one")]);
    });

    test("as before where it was not kept: it is refused", async () => {
      expect((await call("run", "Job_HR")).code).toBe(2);
      rmSync(join(workspace.folder, "Work", "Configurations"), { recursive: true });
      drop(['ConnectionColumn="name"', 'ConnectionColumn="full_name"']);
      const refused = await call("resume", "1", "--configuration", "started");
      expect([refused.code, refused.err]).toEqual([64, expect.stringMatching(/was not kept\n[\s\S]*JOB_CONFIGURATION_CHANGED/)]);
      workspace.write("hr.xml", "<ConfigurationFile>");
      expect((await call("resume", "1")).code).toBe(64);
    });

    test("the one it was started with is taken where that is asked for", async () => {
      expect((await call("run", "Job_HR")).code).toBe(2);
      drop(['ConnectionColumn="name"', 'ConnectionColumn="full_name"']);
      const resumed = await call("resume", "1", "--configuration", "started");
      expect([resumed.code, resumed.err]).toEqual([0, expect.stringContaining("goes on under the configuration it was started with (")]);
    });

    test("the documented tool repairs a job likewise", async () => {
      expect((await call("invoke-job", "-j", "Job_HR")).code).toBe(2);
      drop(['ConnectionColumn="name"', 'ConnectionColumn="full_name"']);
      const repaired = await call("invoke-job", "-j", "Job_HR", "-r");
      expect([repaired.code, repaired.err]).toEqual([64, expect.stringContaining("--configuration started")]);
    });
  });
});
