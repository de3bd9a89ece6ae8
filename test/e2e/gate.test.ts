import { afterAll, describe, expect, test } from "vitest";
import { onEachDatabase } from "../database.js";
import { accountRow, dayOne, personRow } from "./day.js";
import { type ChangeDocument, type ChangesDocument, type RunDocument, type StatusList, statesOf, taskOf } from "./document.js";
import { type E2eWorkspace, once, Workspaces } from "./workspace.js";

onEachDatabase((kind) => {
  const workspaces = new Workspaces(kind);
  afterAll(() => workspaces.removeAll());

  const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

  /** Four leavers where three may go: accounts lose their owner, people their manager P01, and P02 has a new name. */
  const fourLeave = (workspace: E2eWorkspace): void =>
    workspace.people(
      dayOne.people
        .filter(([id]) => !["P09", "P10", "P11", "P01"].includes(id ?? ""))
        .map((row) => (row[0] === "P02" ? personRow(2, "Zoë, O'Brien") : row))
        .map(([id = "", name = "", level = "", hired = "", dept = "", manager = ""]) => {
          const quoted = name.includes(",") ? `"${name}"` : name;
          return [id, quoted, level, hired, dept, manager === "P01" ? "" : manager];
        }),
    );

  /** A workspace whose instance 2 is Job_HR, blocked. */
  const blocked = async (
    options: Parameters<Workspaces["loaded"]>[0] = {},
  ): Promise<{ workspace: E2eWorkspace; document: RunDocument }> => {
    const workspace = await workspaces.loaded(options);
    fourLeave(workspace);
    const { code, document } = await workspace.json("run", "Job_HR");
    expect([code, document.state]).toEqual([2, "Blocked"]);
    return { workspace, document };
  };

  const hashOf = async (workspace: E2eWorkspace, instance = 2): Promise<string> =>
    (await workspace.json<ChangesDocument>("changes", String(instance))).document.setHash;

  /** RFC 4180 records of a text without line ends in fields. */
  const records = (text: string): string[][] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line) =>
        [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ""),
      );

  describe("a block", () => {
    test("has the document of design §4, field by field, the same from run and from status", async () => {
      const { workspace, document } = await blocked();
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
      expect(document).toMatchObject({ format: 1, jobInstance: 2, job: "Job_HR", state: "Blocked" });
      expect(document.startedAt).toMatch(isoTime);
      expect(document.endedAt).toMatch(isoTime);
      expect(document.tasks.map((task) => Object.keys(task))).toEqual(
        document.tasks.map(() => [
          "taskInstance",
          "task",
          "type",
          "level",
          "state",
          "isValidation",
          "producedOutput",
          "skippedBecause",
          "startedAt",
          "endedAt",
          "error",
          "counters",
          "thresholds",
          "attempt",
          "attempts",
        ]),
      );
      expect(
        document.tasks.map(({ task, type, level, state, isValidation, skippedBecause, error }) => [
          task,
          type,
          level,
          state,
          isValidation,
          skippedBecause,
          error,
        ]),
      ).toEqual([
        ["HR_Export_HR_People", "ExportTask", 0, "Completed", false, null, null],
        ["HR_Export_HR_Departments", "ExportTask", 0, "Completed", false, null, null],
        ["HR_Prepare", "PrepareSynchronizationTask", 1, "Completed", false, null, null],
        ["HR_Synchronize", "SynchronizeTask", 2, "Blocked", false, null, null],
      ]);
      // Of a Blocked task nobody knows yet whether it will have changed anything.
      expect(document.tasks.map(({ producedOutput }) => producedOutput)).toEqual([true, true, true, null]);
      for (const task of document.tasks) {
        expect(task.startedAt).toMatch(isoTime);
        expect(task.endedAt).toMatch(isoTime);
      }
      expect(taskOf(document, "HR_Export_HR_People").counters).toEqual({ read: 8, written: 8, rejected: 0 });
      const synchronize = taskOf(document, "HR_Synchronize");
      // Staged: four close; P02 has a new name; P02 to P08 lose their manager; E01, E09 and E10 lose their owner.
      expect(synchronize.counters).toEqual({
        inserted: 0,
        updated: 10,
        deleted: 4,
        linksInserted: 0,
        linksDeleted: 0,
        orphans: expect.any(Number),
      });
      for (const threshold of synchronize.thresholds) {
        expect(Object.keys(threshold)).toEqual(["scope", "name", "limit", "count", "of", "exceeded"]);
        expect(threshold.exceeded).toBe(threshold.count > threshold.limit || threshold.name === "WholePopulation");
      }
      // Every active one of the session's own connector is listed, exceeded or not.
      const own = synchronize.thresholds.filter(({ scope }) => scope === "Connector HR").map(({ name, limit }) => `${name} ${limit}`);
      expect(own.sort()).toEqual([
        "MaximumDeletedLines 3",
        "MaximumInsertedLines 5",
        "MaximumLinkDeletedLines 4",
        "MaximumLinkInsertedLines 6",
        "MaximumUpdatedLines 4",
      ]);
      expect(synchronize.thresholds).toContainEqual({
        scope: "Connector HR",
        name: "MaximumDeletedLines",
        limit: 3,
        count: 4,
        of: 15,
        exceeded: true,
      });
      // The cascade into the AD's own type counts there too (design §7.6).
      expect(synchronize.thresholds).toContainEqual({
        scope: "Connector AD",
        name: "MaximumUpdatedLines",
        limit: 4,
        count: 3,
        of: 12,
        exceeded: false,
      });
      expect((await workspace.json("status", "--instance", "2")).document).toEqual(document);
      const { out } = await workspace.call(["status", "--instance", "2"]);
      expect(out).toMatch(/Threshold Exceeded/);
      expect(out).toContain("sluice changes 2");
      const { document: connector } = await workspace.json<{ blocked: { jobInstance: number; message: string }[] }>(
        "status",
        "--connector",
        "HR",
      );
      expect(connector.blocked).toMatchObject([{ jobInstance: 2, message: expect.stringMatching(/^Threshold Exceeded/) }]);
    });

    test("changes: table, csv and json tell the same, whole and filtered", async () => {
      const { workspace } = await blocked();
      const { document } = await workspace.json<ChangesDocument>("changes", "2");
      expect(Object.keys(document)).toEqual(["format", "jobInstance", "job", "setHash", "tasks"]);
      expect(document.setHash).toMatch(/^[0-9a-f]{64}$/);
      const [task] = document.tasks;
      expect(task?.counts).toEqual(
        [
          { kind: "resource", of: "AD_Entry", command: "update", count: 3 },
          { kind: "resource", of: "Person", command: "delete", count: 4 },
          { kind: "resource", of: "Person", command: "update", count: 7 },
        ].sort((a, b) => (a.of + a.command < b.of + b.command ? -1 : 1)),
      );
      const all = task?.changes ?? [];
      const renamed = all.find((change) => change.kind === "resource" && change.key === "P02");
      expect(renamed).toMatchObject({
        command: "update",
        properties: expect.arrayContaining([
          { property: "Name", before: "Person 2", after: "Zoë, O'Brien" },
          { property: "Manager", before: "P01", after: null },
        ]),
      });
      expect(all.find((change) => change.kind === "resource" && change.key === "E09")).toEqual({
        kind: "resource",
        command: "update",
        entityType: "AD_Entry",
        key: "E09",
        properties: [{ property: "Owner", before: "P09", after: null }],
        causedBy: { entityType: "Person", key: "P09" },
      });
      const csv = await workspace.call(["changes", "2", "--format", "csv"]);
      expect(csv.err).toBe(`set hash ${document.setHash}\n`);
      const [header, ...rows] = records(csv.out);
      expect(header).toEqual(["Kind", "Command", "Type", "Key", "Property", "Before", "After", "CausedBy"]);
      const flat = (change: ChangeDocument): string[][] =>
        change.kind === "link"
          ? []
          : change.properties.map(({ property, before, after }) => [
              "resource",
              change.command,
              change.entityType,
              change.key,
              property,
              before ?? "",
              after ?? "",
              change.causedBy === null ? "" : `${change.causedBy.entityType} ${change.causedBy.key}`,
            ]);
      expect(rows).toEqual(all.flatMap(flat));
      const { out: table } = await workspace.call(["changes", "2"]);
      expect(table).toContain("Person: 7 updated, 4 deleted");
      expect(table).toContain("Name: Person 2 → Zoë, O'Brien");
      expect(table).toContain(`Set hash ${document.setHash}`);
      for (const change of all) if (change.kind === "resource") expect(table).toContain(` ${change.key} `);

      const deletes = (await workspace.json<ChangesDocument>("changes", "2", "--command", "delete")).document;
      expect(deletes.tasks[0]?.changes).toEqual(all.filter(({ command }) => command === "delete"));
      expect(deletes.setHash).toBe(document.setHash);
      const entries = (await workspace.json<ChangesDocument>("changes", "2", "--entity", "AD_Entry")).document;
      expect(entries.tasks[0]?.changes).toEqual(all.filter((change) => change.kind === "resource" && change.entityType === "AD_Entry"));
    });

    test("links that a deletion takes along are staged, counted and shown with their cause", async () => {
      const workspace = await workspaces.loaded({
        adLimits: 'MaximumDeletedLines="1" MaxPercentageDeletedLines="0" MaxLinkPercentageDeletedLines="0"',
      });
      workspace.entries(dayOne.entries.filter(([guid]) => guid !== "E01" && guid !== "E02"));
      const { document } = await workspace.json("run", "Job_AD");
      expect(taskOf(document, "AD_Synchronize").counters).toMatchObject({ deleted: 2, linksDeleted: 2, orphans: 2 });
      const { document: changes } = await workspace.json<ChangesDocument>("changes", "2");
      expect(changes.tasks[0]?.changes.filter(({ kind }) => kind === "link")).toEqual(
        ["E01", "E02"].map((key) => ({
          kind: "link",
          command: "delete",
          association: "AD_Members",
          key1: "G1",
          key2: key,
          causedBy: { entityType: "AD_Entry", key },
        })),
      );
      const csv = records(await workspace.csv("changes", "2")).filter(([kind]) => kind === "link");
      expect(csv).toEqual(["E01", "E02"].map((key) => ["link", "delete", "AD_Members", "G1", "", key, "", `AD_Entry ${key}`]));
      expect((await workspace.call(["resume", "2"])).code).toBe(0);
      expect((await workspace.csv("links", "AD_Members")).split("\n")).toHaveLength(8);
      // The link comes back with the resource, whichever run brings it.
      workspace.entries(dayOne.entries);
      const { document: healed } = await workspace.json("run", "Job_AD");
      expect(taskOf(healed, "AD_Synchronize").counters).toMatchObject({ inserted: 2, linksInserted: 2, orphans: 0 });
    });

    test("keeps the repository as it was, and other connectors' jobs run", async () => {
      const { workspace } = await blocked();
      const before = await workspace.holdings();
      workspace.entries([...dayOne.entries, accountRow(11)]);
      expect((await workspace.call(["run", "Job_AD"])).code).toBe(0);
      const { AD_Entry, AD_Owner, ...rest } = await workspace.holdings();
      expect({ ...rest, AD_Entry, AD_Owner }).toEqual({
        ...before,
        AD_Entry: `${before.AD_Entry?.replace("E10,CN=p10,p10,P10\n", "E10,CN=p10,p10,P10\nE11,CN=p11,p11,P11\n")}`,
        AD_Owner: `${before.AD_Owner}E11,P11\n`,
      });
    });
  });

  describe("resume", () => {
    test("--expect another hash: 64, nothing changed; the right one applies exactly the staged set, without the sources, from another process", async () => {
      const { workspace } = await blocked();
      const before = await workspace.holdings();
      const setHash = await hashOf(workspace);
      const wrong = await workspace.failure("resume", "2", "--expect", "0".repeat(64));
      expect(wrong).toMatchObject({ code: 64, error: { code: "JOB_SET_CHANGED", message: expect.stringContaining(setHash) } });
      expect(await workspace.holdings()).toEqual(before);
      workspace.people([]);
      const child = await workspace.child(["resume", "2", "--expect", setHash, "--reason", "HR confirmed", "--json"]).ended;
      expect([child.code, child.signal]).toEqual([0, null]);
      const document = JSON.parse(child.out) as RunDocument;
      expect(statesOf(document)).toEqual({
        HR_Export_HR_People: "Completed",
        HR_Export_HR_Departments: "Completed",
        HR_Prepare: "Completed",
        HR_Synchronize: "Completed",
        "HR_Synchronize (validation)": "Completed",
      });
      expect(taskOf(document, "HR_Synchronize", true)).toMatchObject({
        isValidation: true,
        producedOutput: true,
        counters: { updated: 10, deleted: 4 },
      });
      const after = await workspace.holdings();
      expect(after.Person).toContain(`P02,"Zoë, O'Brien",2,20200101000000,D3,\n`);
      expect(after.Person?.split("\n")).toHaveLength(10);
      expect(after.AD_Entry).toContain("E09,CN=p09,p09,\n");
      expect((await workspace.call(["status", "--instance", "2"])).out).toMatch(/resume by .*: HR confirmed/);
      // Once is enough.
      expect(await workspace.failure("resume", "2")).toMatchObject({ code: 64, error: { code: "JOB_NOT_RESUMABLE" } });
      expect(await workspace.failure("changes", "2")).toMatchObject({ code: 64, error: { code: "CMD_NOTHING_STAGED" } });
      expect(await workspace.failure("cancel", "2")).toMatchObject({ code: 64, error: { code: "JOB_ENDED" } });
    });

    test("equals what the run itself would have applied", async () => {
      const { workspace } = await blocked();
      expect((await workspace.call(["resume", "2"])).code).toBe(0);
      const forced = await workspaces.loaded();
      fourLeave(forced);
      const { code, document } = await forced.json("run", "Job_HR", "--force", "--reason", "agreed");
      expect([code, document.state]).toEqual([0, "Completed"]);
      // Computed and shown, not enforced.
      expect(taskOf(document, "HR_Synchronize").thresholds.some(({ exceeded }) => exceeded)).toBe(true);
      expect(await workspace.holdings()).toEqual(await forced.holdings());
      expect((await forced.call(["status", "--instance", "2"])).out).toMatch(/not enforced \(--force\)/);
    });

    test.skipIf(process.platform === "win32")("while another resumes: 75 naming who; to cancel it then is too late", async () => {
      const { workspace } = await blocked();
      const child = workspace.child(["resume", "2"], { acts: [{ text: "HR_Synchronize (validation) started", signal: "SIGSTOP" }] });
      try {
        await child.printed("HR_Synchronize (validation) started");
        const second = await workspace.failure("resume", "2");
        expect([second.code, second.error.message]).toEqual([expect.any(Number), expect.stringContaining("instance 2")]);
        expect([64, 75]).toContain(second.code);
        expect(await workspace.failure("run", "Job_HR")).toMatchObject({
          code: 75,
          error: { code: "LOCK_JOB_HELD", message: expect.stringContaining(`process ${child.pid}`) },
        });
      } finally {
        child.letGo();
      }
      expect((await child.ended).code).toBe(0);
      expect((await workspace.csv("resources", "Person")).split("\n")).toHaveLength(10);
    });

    test("goes on with the tasks that were not started", async () => {
      const more = `<Job Identifier="Job_Both" DisplayName_L1="Both" Agent="Local">
      <SynchronizeTask Identifier="Both_HR" Connector="HR" DisplayName_L1="S" Level="0"/>
      <ExportTask Identifier="Both_Export" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="AD_Entries" IgnoreCookieFile="true" Level="1"/>
    </Job>`;
      const workspace = await workspaces.loaded({ more });
      fourLeave(workspace);
      expect((await workspace.call(["run", "Job_HR", "--to", "HR_Prepare"])).code).toBe(0);
      const { code, document } = await workspace.json("run", "Job_Both");
      expect([code, statesOf(document)]).toEqual([2, { Both_HR: "Blocked", Both_Export: "NotStarted" }]);
      expect(taskOf(document, "Both_Export")).toMatchObject({
        producedOutput: null,
        startedAt: null,
        endedAt: null,
        counters: {},
        thresholds: [],
      });
      const resumed = await workspace.json("resume", "3");
      expect([resumed.code, resumed.document.state]).toEqual([0, "Completed"]);
      expect(taskOf(resumed.document, "Both_Export").state).toBe("Completed");
    });

    test("lists conflicts, applies nothing and stays Blocked where a before no longer holds", async () => {
      const { workspace } = await blocked();
      // The AD gives E09 another owner meanwhile.
      workspace.entries(dayOne.entries.map((row) => (row[0] === "E09" ? [...row.slice(0, 3), "P08"] : row)));
      expect((await workspace.call(["run", "Job_AD"])).code).toBe(0);
      const before = await workspace.holdings();
      const { code, document } = await workspace.json("resume", "2");
      expect(document.state).toBe("Blocked");
      expect(code).toBe(2);
      expect(taskOf(document, "HR_Synchronize", true).error).toMatchObject({
        code: "SYNC_CONFLICT",
        message: expect.stringContaining("E09"),
      });
      expect(await workspace.holdings()).toEqual(before);
      expect((await workspace.call(["changes", "2"])).code).toBe(0);
    });

    test("under another configuration is refused, naming what differs; what has nothing to do with it may change", async () => {
      const { workspace } = await blocked();
      const model = workspace.read("model.xml");
      const jobs = workspace.read("jobs.xml");
      const refusedWith = async (code: string, named: RegExp): Promise<void> => {
        const { code: exit, error } = await workspace.failure("resume", "2");
        expect([exit, error.code]).toEqual([64, code]);
        expect(error.message).toMatch(named);
        workspace.write("model.xml", model);
        workspace.write("jobs.xml", jobs);
      };
      workspace.edit(
        "model.xml",
        '<Property Identifier="Level" ConnectionColumn="level"/>',
        '<Property Identifier="Level" ConnectionColumn="hired"/>',
      );
      await refusedWith("JOB_CONFIGURATION_CHANGED", /HR/);
      workspace.edit(
        "model.xml",
        '<Property Identifier="Level" DisplayName_L1="Level" Type="Int32" TargetColumnIndex="6"/>',
        '<Property Identifier="Level" DisplayName_L1="Level" Type="Int64" TargetColumnIndex="6"/>',
      );
      await refusedWith("JOB_CONFIGURATION_CHANGED", /HR/);
      workspace.edit(
        "jobs.xml",
        '<SynchronizeTask Identifier="HR_Synchronize" Connector="HR"',
        '<SynchronizeTask Identifier="HR_Synchronize" Orphans="true" Connector="HR"',
      );
      await refusedWith("JOB_PLAN_CHANGED", /HR_Synchronize changed/);
      workspace.edit("jobs.xml", 'Identifier="HR_Synchronize"', 'Identifier="HR_Load"');
      await refusedWith("JOB_PLAN_CHANGED", /HR_Load added.*HR_Synchronize removed|HR_Synchronize removed.*HR_Load added/);

      // Another job, a label, a task that ended: none of them matters.
      workspace.edit("jobs.xml", '<Job Identifier="Job_Unrelated"', '<Job Identifier="Job_Renamed"');
      workspace.edit(
        "jobs.xml",
        'Identifier="HR_Synchronize" Connector="HR" DisplayName_L1="Synchronize"',
        'Identifier="HR_Synchronize" Connector="HR" DisplayName_L1="Load HR"',
      );
      workspace.edit("model.xml", '<Property Identifier="Login" ConnectionColumn="login"/>', "");
      expect((await workspace.call(["resume", "2"])).code).toBe(0);
    });
  });

  describe("cancel, replacement, repetition", () => {
    test("cancel drops what was staged: 0; the next run compares anew", async () => {
      const { workspace } = await blocked();
      const before = await workspace.holdings();
      const { code, document } = await workspace.json<Record<string, unknown>>("cancel", "2", "--reason", "cut-off export");
      expect([code, document]).toEqual([0, { format: 1, jobInstance: 2, outcome: "closed", dropped: ["HR_Synchronize"] }]);
      expect(await workspace.holdings()).toEqual(before);
      const { document: status } = await workspace.json("status", "--instance", "2");
      expect([status.state, taskOf(status, "HR_Synchronize").state]).toEqual(["Cancelled", "Cancelled"]);
      expect((await workspace.call(["status", "--instance", "2"])).out).toMatch(/cancel by .*: cut-off export/);
      expect(await workspace.failure("resume", "2")).toMatchObject({ code: 64 });
      workspace.people(dayOne.people);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    });

    test("a complete run replaces the staged rows: the old instance is Cancelled, to resume it is 64", async () => {
      const { workspace } = await blocked();
      const former = await hashOf(workspace);
      workspace.people(dayOne.people.slice(4));
      const { code, document } = await workspace.json("run", "Job_HR");
      expect([code, document.jobInstance, document.state]).toEqual([2, 3, "Blocked"]);
      const { document: list } = await workspace.json<StatusList>("status", "Job_HR");
      expect(list.instances.map(({ jobInstance, state }) => [jobInstance, state])).toEqual([
        [3, "Blocked"],
        [2, "Cancelled"],
      ]);
      expect(list.instances[1]?.message).toContain("replaced by instance 3");
      const { document: old } = await workspace.json("status", "--instance", "2");
      expect([old.state, taskOf(old, "HR_Synchronize").state]).toEqual(["Cancelled", "Cancelled"]);
      const refused = await workspace.failure("resume", "2");
      expect(refused).toMatchObject({
        code: 64,
        error: { code: "JOB_REPLACED", message: expect.stringContaining("replaced by instance 3") },
      });
      expect(await hashOf(workspace, 3)).not.toBe(former);
      // Sources that are right again let the next run pass, and nothing stays blocked.
      workspace.people(dayOne.people);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
      expect(await workspace.failure("resume", "3")).toMatchObject({ code: 64, error: { code: "JOB_REPLACED" } });
      const { document: connector } = await workspace.json<{ blocked: unknown[] }>("status", "--connector", "HR");
      expect(connector.blocked).toEqual([]);
    });

    test("the same set has the same hash; without changes a complete run is Completed without output", async () => {
      const { workspace } = await blocked();
      const former = await hashOf(workspace);
      await workspace.call(["cancel", "2"]);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(2);
      expect(await hashOf(workspace, 3)).toBe(former);
      workspace.people(dayOne.people);
      const { document } = await workspace.json("run", "Job_HR");
      expect(taskOf(document, "HR_Synchronize")).toMatchObject({
        state: "Completed",
        producedOutput: false,
        counters: { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0, orphans: 0 },
      });
    });

    test("an empty connector says first load and its two ways out; a second initialization is refused", async () => {
      const workspace = await workspaces.empty({ hrLimits: "" });
      const { code, document } = await workspace.json("run", "Job_HR");
      expect([code, document.state]).toEqual([2, "Blocked"]);
      expect((await workspace.call(["status", "--instance", "1"])).out).toMatch(/first load.*resume.*initialization job/s);
      expect((await workspace.call(["resume", "1"])).code).toBe(0);
      const again = await workspace.json("run", "Job_Initialize");
      expect(again.code).toBe(1);
      expect(taskOf(again.document, "Initialize_Synchronize_HR").error).toMatchObject({
        code: "SYNC_NOT_EMPTY",
        message: expect.stringContaining("HR"),
      });
    });

    test("a synchronize without a session is Completed without output: nothing prepared", async () => {
      const workspace = await workspaces.loaded();
      const { code, document } = await workspace.json("run", "Job_HR", "--task", "HR_Synchronize");
      expect(code).toBe(0);
      expect(taskOf(document, "HR_Synchronize")).toMatchObject({ state: "Completed", producedOutput: false });
      expect((await workspace.call(["status", "--instance", "2"])).out).toContain("nothing prepared");
    });
  });

  describe("failures before an instance exists", () => {
    const nowhere = { file: null, line: null, column: null };
    test.each([
      [["run"], "CMD_ARGUMENT_MISSING"],
      [["run", "Job_Hr"], "JOB_UNKNOWN"],
      [["run", "Job_HR", "--task", "HR_Prepar"], "JOB_GRAPH_UNKNOWN_TASK"],
      [["run", "Job_HR", "--from", "HR_Synchronize", "--to", "HR_Prepare"], "JOB_GRAPH_EMPTY_SELECTION"],
      [["run", "Job_HR", "--fource"], "CMD_UNKNOWN_OPTION"],
      [["run", "--task", "HR_Prepare"], "JOB_ROOT_TASK_UNKNOWN"],
      [["resume", "99"], "JOB_INSTANCE_UNKNOWN"],
      [["resume", "x"], "CMD_ARGUMENT_INVALID"],
      [["resume", "1"], "JOB_NOT_RESUMABLE"],
      [["cancel", "99"], "JOB_INSTANCE_UNKNOWN"],
      [["changes", "1"], "CMD_NOTHING_STAGED"],
      [["status", "--instance", "99"], "JOB_INSTANCE_UNKNOWN"],
      [["resources", "Persn"], "CMD_UNKNOWN_NAME"],
      [["resources", "Person", "--where", "Naem=x"], "CMD_UNKNOWN_NAME"],
      [["links", "Person_Managr"], "CMD_UNKNOWN_NAME"],
      [["show", "Person", "P99"], "CMD_RESOURCE_MISSING"],
    ])("%j: 64 %s", async (argv, code) => {
      const workspace = await shared();
      const { code: exit, document, err } = await workspace.json<Record<string, unknown>>(...argv);
      expect(exit).toBe(64);
      expect(document).toEqual({ format: 1, error: { code, message: expect.stringMatching(/\w/), ...nowhere } });
      expect(err).not.toContain("    at ");
      // For a person: on stderr; on stdout at most the first line of a run, which names the database.
      const text = await workspace.call(argv);
      expect(text.code).toBe(64);
      expect(text.out).toMatch(/^(SQL(ite| Server) .*, 27 resources\n)?$/);
      expect(text.err).toContain(code);
    });

    const shared = once(() => workspaces.loaded());

    test("an invalid configuration is named with file, line and column; nothing was made", async () => {
      const workspace = await workspaces.empty();
      workspace.edit("jobs.xml", 'Connector="HR" DisplayName_L1="Synchronize"', 'Connector="HQ" DisplayName_L1="Synchronize"');
      const { code, error } = await workspace.failure("run", "Job_HR");
      expect(code).toBe(64);
      expect(error).toEqual({
        code: "CFG_REFERENCE",
        message: expect.stringContaining("HQ"),
        file: "jobs.xml",
        line: expect.any(Number),
        column: expect.any(Number),
      });
      expect(workspace.files("Work")).toEqual([]);
    });

    test("a task that needs what is not built is refused by name, only where it is selected", async () => {
      const more = `<Job Identifier="Job_Later" DisplayName_L1="Later" Agent="Local">
      <ExportTask Identifier="Later_Export" Agent="Local" DisplayName_L1="E" OpenIdClient="Job" Connection="HR_People" IgnoreCookieFile="true" Level="0"/>
      <UpdateEntityPropertyExpressionsTask Identifier="Later_Update" DisplayName_L1="U" AllEntityType="true" Level="1"/>
    </Job>`;
      const workspace = await workspaces.empty({ more });
      const { code, error } = await workspace.failure("run", "Job_Later");
      expect([code, error.code]).toEqual([64, "TASK_NOT_BUILT"]);
      expect(error.message).toContain("Later_Update");
      expect(error.file).toContain("jobs.xml");
      expect((await workspace.json<StatusList>("status")).document.instances).toEqual([]);
      expect((await workspace.call(["run", "Job_Later", "--to", "Later_Export"])).code).toBe(0);
    });

    if (kind === "SQLite") {
      test.each([
        [
          "is no database",
          (workspace: E2eWorkspace) => workspace.write("Work/sluice.db", "no database at all, but long enough to be one".repeat(100)),
        ],
        ["is a folder", (workspace: E2eWorkspace) => workspace.write("Work/sluice.db/x", "")],
      ])("a database file that %s: 69", async (_, damage) => {
        const workspace = await workspaces.empty();
        damage(workspace);
        for (const argv of [["run", "Job_HR"], ["status"], ["resources", "Person"]]) {
          const { code, error } = await workspace.failure(...argv);
          expect([argv, code]).toEqual([argv, 69]);
          expect(error.code).toMatch(/^DB_/);
          expect(error.message).toContain("sluice.db");
        }
      });
    } else {
      test.each([
        ["that is not there", /Database=[^;]*/, "Database=sluice_test_nowhere"],
        ["where nobody answers", /Server=[^;]*/, "Server=127.0.0.1,1"],
        ["that refuses the login", /Password=[^;]*/, "Password=wrong-Secret-1"],
      ])("a database %s: 69, by name and without the password", async (_, from, to) => {
        const workspace = await workspaces.empty();
        const { ConnectionString } = JSON.parse(workspace.read("appsettings.json")) as { ConnectionString: string };
        expect(ConnectionString).toMatch(from);
        workspace.write("appsettings.json", JSON.stringify({ ConnectionString: ConnectionString.replace(from, to) }));
        for (const argv of [["run", "Job_HR"], ["status"], ["resources", "Person"]]) {
          const { code, error } = await workspace.failure(...argv);
          expect([argv, code]).toEqual([argv, 69]);
          expect(error.code).toMatch(/^DB_/);
          expect(JSON.stringify(error)).not.toContain("Secret");
        }
      });
    }
  });
});
