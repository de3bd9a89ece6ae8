import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { onEachDatabase } from "../database.js";
import { addLinks, addTask, addVersions, insertNumbered } from "../store/reading/repository.js";
import { Capture } from "./screen.js";
import { now, TestWorkspace } from "./workspace.js";

onEachDatabase((kind) => {
  const person = 1;
  const team = 2;
  const members = 1;

  let workspace: TestWorkspace;
  const call = (...argv: string[]) => workspace.call(argv);
  const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();

  /** Three people, two teams; a completed instance 1, a blocked one 2 with staged rows, a running one 3 that stalled. */
  beforeEach(async () => {
    workspace = await TestWorkspace.on(kind);
    await workspace.withDatabase(async (knex) => {
      await insertNumbered(knex, "UM_EntityTypes", [
        { Id: person, Identifier: "Person", MappingKey: "PersonId" },
        { Id: team, Identifier: "Team", MappingKey: "TeamId" },
      ]);
      await insertNumbered(knex, "UM_Mappings", [
        { Id: members, Association: "Team_Members", Connector: "HR" },
        { Id: 2, Association: "Person_Manager", Connector: "HR" },
      ]);
      await addTask(knex, { id: 1, jobInstance: 1, job: "Job_HR", task: "HR_Synchronize", connector: "HR" });
      await addTask(knex, {
        id: 2,
        jobInstance: 2,
        job: "Job_HR",
        task: "HR_Synchronize",
        connector: "HR",
        state: "Blocked",
        jobState: "Blocked",
      });
      await addTask(knex, { id: 3, jobInstance: 3, job: "Job_Other", task: "People_Export", state: "InProgress", jobState: "InProgress" });
      await knex("UJ_TaskInstances")
        .where("Id", 2)
        .update({
          Message: "Threshold Exceeded: 2 of 3 resources would be deleted",
          Counters: JSON.stringify({ inserted: 1, updated: 1, deleted: 1, linksInserted: 0, linksDeleted: 2, orphans: 0 }),
          Thresholds: JSON.stringify([
            { scope: "Connector HR", name: "MaxPercentageDeletedLines", limit: 5, count: 1, of: 3, exceeded: true },
            { scope: "Connector HR", name: "MaximumDeletedLines", limit: 100, count: 1, of: 3, exceeded: false },
          ]),
        });
      await knex("UJ_JobInstances")
        .where("Id", 3)
        .update({ EndDate: null, Host: "elsewhere", StartDate: ago(30), LeaseUntil: "2999-01-01T00:00:00.000Z" });
      await knex("UJ_TaskInstances")
        .where("Id", 3)
        .update({
          EndDate: null,
          StartDate: ago(30),
          LastProgressUpdate: ago(20),
          Progress: '{"step":"reading people","rows":1234,"of":5000}',
        });
      await addVersions(knex, [
        { id: 1, type: person, C4: "P1", C5: "Ann", changedBy: 1 },
        { id: 2, type: person, C4: "P2", C5: '=cmd|" /C calc"', I40: 1, changedBy: 1 },
        { id: 3, type: person, C4: "007", C5: "漢字, \u001b[2J", I40: 1, changedBy: 1 },
        { id: 10, type: team, C4: "T1", changedBy: 1 },
      ]);
      await addLinks(knex, [
        [members, 10, 1],
        [members, 10, 2],
      ]);
      const own = { TaskInstance: 2, State: "staged" };
      await knex("UR_ResourceChanges").insert([
        { ...own, Command: "insert", Type: person, Key: "P9", ResourceId: 9, Changes: '{"C4":[null,"P9"],"C5":[null,"New, one"]}' },
        { ...own, Command: "update", Type: person, Key: "P2", ResourceId: 2, Changes: '{"I40":[1,9],"C5":["old",null]}', CausedBy: 1 },
        { ...own, Command: "delete", Type: person, Key: "P1", ResourceId: 1, Changes: '{"C4":["P1",null],"C5":["Ann",null]}' },
      ]);
      await knex("UR_ResourceLinkChanges").insert([
        { ...own, Command: "delete", Mapping: members, R1_Id: 10, R2_Id: 1, Key1: "T1", Key2: "P1", CausedBy: 1 },
        { ...own, Command: "delete", Mapping: members, R1_Id: 10, R2_Id: 2, Key1: "T1", Key2: "P2", CausedBy: null },
      ]);
      await knex("UM_ConnectorHeads").insert({
        Connector: "HR",
        Session: "s1",
        AppliedAt: ago(60),
        TaskInstance: 1,
        MappingHash: "another",
      });
    });
  });
  afterEach(() => {
    workspace.remove();
  });

  describe("resources and links", () => {
    test("CSV: exactly as stored, nothing else on stdout", async () => {
      const { code, out, err } = await call("resources", "Person", "--format", "csv", "--with-id");
      expect([code, err]).toEqual([0, ""]);
      expect(out).toBe('Id,PersonId,Name,Manager\n3,007,"漢字, \u001b[2J",P1\n1,P1,Ann,\n2,P2,"=cmd|"" /C calc""",P1\n');
    });

    test("a table: aligned, controls made visible, cut on a terminal, the count on stderr", async () => {
      const { out, err } = await call("resources", "Person");
      expect(out).toBe('PersonId  Name             Manager\n007       漢字, ␛[2J       P1\nP1        Ann\nP2        =cmd|" /C calc"  P1\n');
      expect(err).toBe("3 rows\n");
      const stdout = new Capture({ columns: 24, rows: 24 });
      await workspace.call(["resources", "Person"], { stdout, env: { NO_COLOR: "1" } });
      expect(stdout.text.split("\n")[3]).toBe('P2      =cmd|"…  P1');
    });

    test("JSON: one document", async () => {
      const { out } = await call("resources", "Person", "--json", "--where", "Manager=P1", "--where", "PersonId=P2");
      expect(JSON.parse(out)).toEqual({
        format: 1,
        entityType: "Person",
        rows: [{ PersonId: "P2", Name: '=cmd|" /C calc"', Manager: "P1" }],
      });
    });

    test("of a past moment, and nothing where nothing is", async () => {
      expect((await call("resources", "Person", "--as-of", "2026-10-01", "--format", "csv")).out).toBe("PersonId,Name,Manager\n");
      expect((await call("resources", "Person", "--as-of", "2026-11-02T00:00:00+01:00", "--format", "csv")).out.split("\n")).toHaveLength(
        5,
      );
      expect((await call("resources", "Person", "--where", "Manager=", "--format", "csv")).out).toBe("PersonId,Name,Manager\nP1,Ann,\n");
    });

    test("links in two columns", async () => {
      expect((await call("links", "Team_Members", "--format", "csv")).out).toBe("Teams,Members\nT1,P1\nT1,P2\n");
      expect((await call("links", "Person_Manager", "--format", "csv")).out).toBe("Manager,Reports\nP1,P2\nP1,007\n");
      expect(JSON.parse((await call("links", "Team_Members", "--json")).out).rows).toEqual([
        { Teams: "T1", Members: "P1" },
        { Teams: "T1", Members: "P2" },
      ]);
    });
  });

  describe("show", () => {
    test("properties, links both ways, who made it", async () => {
      const { code, out } = await call("show", "Person", "P1");
      expect(code).toBe(0);
      expect(out).toContain("Person P1  Id 1, since 2026-11-01 00:00:00 UTC");
      expect(out).toContain("by HR_Synchronize in Job_HR, instance 1 (task instance 1)");
      expect(out).toMatch(/Reports +Person +P2\n.*Reports +Person +007\n.*Teams +Team +T1/);
      expect((await call("show", "Person", "P1", "--history")).out).toMatch(/1 version\n {2}2026-11-01 00:00:00 UTC to now/);
      expect(JSON.parse((await call("show", "Person", "P2", "--json")).out)).toMatchObject({
        format: 1,
        key: "P2",
        links: [{ property: "Manager", key: "P1" }, { key: "T1" }],
      });
    });
  });

  describe("status", () => {
    test("the last instances, newest first, a stalled one named", async () => {
      const { code, out } = await call("status");
      expect(code).toBe(0);
      const lines = out.trimEnd().split("\n");
      expect(lines.map((line) => line.split(/ {2,}/).filter((part) => part !== "")[0])).toEqual(["Instance", "3", "2", "1"]);
      expect(lines[1]).toMatch(/Job_Other +InProgress .* 30 min 00 s .*stalled since 2026-11-21 11:40:00 UTC$/);
      expect((await call("status", "Job_HR")).out.trimEnd().split("\n")).toHaveLength(3);
      expect(JSON.parse((await call("status", "--json")).out)).toMatchObject({
        format: 1,
        instances: [
          { jobInstance: 3, state: "InProgress", stalledSince: ago(20) },
          { jobInstance: 2 },
          { jobInstance: 1, stalledSince: null },
        ],
      });
    });

    test("an instance that is blocked: counters, thresholds with limit, count and base, why, what to do", async () => {
      const { code, out } = await call("status", "--instance", "2", "-w", ".");
      expect(code).toBe(0);
      expect(out).toContain("1 inserted, 1 updated, 1 deleted, 2 links deleted");
      expect(out).toMatch(/Connector HR +MaxPercentageDeletedLines +5 % +1 +3 +exceeded\n/);
      expect(out).toMatch(/Connector HR +MaximumDeletedLines +100 +1 +3\n/);
      expect(out).toContain("Threshold Exceeded: 2 of 3 resources would be deleted");
      for (const hint of ["sluice changes 2 -w .", "sluice resume 2 -w .", "sluice cancel 2 -w ."]) expect(out).toContain(hint);
      const document = JSON.parse((await call("status", "--instance", "2", "--json")).out);
      expect(Object.keys(document)).toEqual([
        "format",
        "jobInstance",
        "job",
        "state",
        "startedAt",
        "endedAt",
        "attempt",
        "attempts",
        "tasks",
      ]);
      expect(document.tasks[0]).toMatchObject({
        taskInstance: 2,
        state: "Blocked",
        counters: { deleted: 1 },
        thresholds: [{ exceeded: true }, { exceeded: false }],
      });
    });

    test("a running instance: what it does, and that it stalled", async () => {
      expect((await call("status", "--instance", "3")).out).toContain(
        "stalled since 2026-11-21 11:40:00 UTC, reading people 1,234 of 5,000",
      );
    });

    test("a connector: last synchronization, block, counts", async () => {
      const { out } = await call("status", "--connector", "HR");
      expect(out).toContain("last synchronized 2026-11-21 11:00:00 UTC by Job_HR, instance 1");
      expect(out).toContain("its mappings or entity types were changed since");
      expect(out).toContain("blocked by instance 2 of Job_HR");
      expect(out).toMatch(/Person +3\n {2}Team +1/);
      expect(JSON.parse((await call("status", "--connector", "HR", "--json")).out)).toMatchObject({
        format: 1,
        connector: "HR",
        isConfigurationChanged: true,
      });
    });
  });

  describe("changes", () => {
    test("a table a person reads, with the hash of the set", async () => {
      const { code, out } = await call("changes", "2");
      expect(code).toBe(0);
      expect(out).toContain(
        "Job_HR, instance 2: HR_Synchronize would make 5 changes\n  Person: 1 inserted, 1 updated, 1 deleted\n  Team_Members: 2 links deleted\n\n",
      );
      expect(out).toMatch(/insert +Person +P9 +Name New, one\n/);
      expect(out).toMatch(/update +Person +P2 +Manager: P1 → P9 +Person P1\n +update +Person +P2 +Name: old → \(none\) +Person P1\n/);
      expect(out).toMatch(/Command +Links +Key 1 +Key 2 +Caused by\n +delete +Team_Members +T1 +P1 +Person P1\n/);
      const hash = /Set hash ([0-9a-f]{64})\n/.exec(out)?.[1];
      expect(hash).toBeDefined();
      expect(out).toContain(`sluice resume 2 --expect ${hash}`);
      expect(JSON.parse((await call("changes", "2", "--json")).out).setHash).toBe(hash);
    });

    test("CSV: a line for each property and link, the hash on stderr", async () => {
      const { out, err } = await call("changes", "2", "--format", "csv");
      expect(out).toBe(
        [
          "Kind,Command,Type,Key,Property,Before,After,CausedBy",
          "resource,insert,Person,P9,PersonId,,P9,",
          'resource,insert,Person,P9,Name,,"New, one",',
          "resource,update,Person,P2,Manager,P1,P9,Person P1",
          "resource,update,Person,P2,Name,old,,Person P1",
          "resource,delete,Person,P1,PersonId,P1,,",
          "resource,delete,Person,P1,Name,Ann,,",
          "link,delete,Team_Members,T1,,P1,,Person P1",
          "link,delete,Team_Members,T1,,P2,,",
          "",
        ].join("\n"),
      );
      expect(err).toMatch(/^set hash [0-9a-f]{64}\n$/);
    });

    test("filters; the counts stay those of the whole set", async () => {
      const document = JSON.parse((await call("changes", "2", "--entity", "Person", "--command", "delete", "--json")).out);
      expect(document.tasks[0].changes.map((change: { key?: string; key1?: string }) => change.key ?? change.key1)).toEqual([
        "P1",
        "T1",
        "T1",
      ]);
      expect(document.tasks[0].counts).toHaveLength(4);
      expect((await call("changes", "2", "--entity", "Team", "--command", "insert")).out).toContain("nothing of what was asked for");
    });

    test("an instance that holds nothing is refused", async () => {
      const { code, err } = await call("changes", "1");
      expect(code).toBe(64);
      expect(err).toContain("CMD_NOTHING_STAGED: job instance 1 is Completed");
    });
  });

  describe("jobs, cancel, logs", () => {
    test("jobs with the last state", async () => {
      expect((await call("jobs")).out.split("\n")[1]).toMatch(/^Job_HR .* Blocked +2$/);
      expect(JSON.parse((await call("jobs", "--json")).out).jobs[0].last).toMatchObject({ jobInstance: 2, state: "Blocked" });
    });

    test("logs: for people, for a task, as JSON; a line cut off by a dying process is left out", async () => {
      const line = (msg: string, more: object = {}) =>
        JSON.stringify({ level: "info", time: "2026-11-21T09:30:00.000Z", pid: 1, ...more, msg });
      workspace.write(
        "Temp/JobLogs/Job_HR_2.log",
        [
          line("HR_Synchronize started", { taskInstance: 2 }),
          line("compared", { task: "HR_Synchronize", rows: 5 }),
          line("HR_Synchronize2 started"),
          line("job Blocked"),
          '{"level',
        ].join("\n"),
      );
      expect((await call("logs", "2")).out.split("\n")).toEqual([
        "2026-11-21 09:30:00 UTC info  HR_Synchronize started taskInstance=2",
        "2026-11-21 09:30:00 UTC info  HR_Synchronize: compared rows=5",
        "2026-11-21 09:30:00 UTC info  HR_Synchronize2 started",
        "2026-11-21 09:30:00 UTC info  job Blocked",
        "",
      ]);
      expect((await call("logs", "2", "--task", "HR_Synchronize")).out.trimEnd().split("\n")).toHaveLength(2);
      expect(JSON.parse((await call("logs", "2", "--json")).out)).toMatchObject({
        format: 1,
        jobInstance: 2,
        lines: [{}, { rows: 5 }, {}, {}],
      });
      expect((await call("logs", "1")).err).toContain("CMD_LOG_MISSING");
    });

    test("cancel closes the blocked instance, drops what was staged and keeps why; an ended one is refused", async () => {
      const { code, out } = await call("cancel", "2", "--reason", "export was cut off");
      expect([code, out]).toEqual([0, "instance 2 is closed; dropped what these tasks had staged: HR_Synchronize\n"]);
      await workspace.withDatabase(async (knex) => {
        expect(await knex("UR_ResourceChanges")).toEqual([]);
        expect(await knex("UJ_JobInstances").where("Id", 2).first()).toMatchObject({ State: "Cancelled" });
      });
      expect((await call("status", "--instance", "2")).out).toMatch(/Decisions\n.* cancel by .*: export was cut off\n/);
      expect((await call("cancel", "2")).err).toContain("error JOB_ENDED");
      expect(JSON.parse((await call("cancel", "3", "--json")).out)).toEqual({
        format: 1,
        jobInstance: 3,
        outcome: "requested",
        dropped: [],
      });
    });
  });

  describe("secrets", () => {
    test("are masked in words, not in the repository's data", async () => {
      workspace.settings({ ApplicationUri: "http://localhost", OpenId: { OpenIdClients: { Job: "Ann-and-Zoe" } } });
      workspace.write(
        "appsettings.agent.json",
        JSON.stringify({ Connections: { People: { Path: "sources/people.csv" }, Teams: { Path: "sources/teams.csv" } } }),
      );
      const line = JSON.stringify({ level: "info", time: "2026-11-21T09:30:00.000Z", msg: "token Ann-and-Zoe refused" });
      workspace.write("Temp/JobLogs/Job_HR_2.log", `${line}\n`);
      const { out, err } = await call("logs", "2");
      expect(err).toBe("");
      expect(out).toContain("token *** refused");
    });
  });
});
