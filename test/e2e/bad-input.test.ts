import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, describe, expect, test, vi } from "vitest";
import { onEachDatabase } from "../database.js";
import { temporaryFolder } from "../temporary-folder.js";
import { dayOne, dayTwo, personRow } from "./day.js";
import { type StatusList, statesOf, taskOf } from "./document.js";
import { type E2eWorkspace, once, Workspaces } from "./workspace.js";

onEachDatabase((kind) => {
  const workspaces = new Workspaces(kind);
  afterAll(() => workspaces.removeAll());
  // Many at once, on a machine that may be busy (ms).
  vi.setConfig({ testTimeout: 120_000 });

  const mebi = 1024 * 1024;
  const header = "id,name,level,hired,dept,manager";
  /** The whole of people.csv with one line changed; line 1 is the header. */
  const peopleWithLine = (line: number, text: string): string => {
    const lines = [header, ...dayOne.people.map((row) => row.join(","))];
    lines[line - 1] = text;
    return `${lines.join("\n")}\n`;
  };

  /** Runs Job_HR as far as it goes and checks that nothing of the repository was touched. */
  const failedRun = async (workspace: E2eWorkspace, job = "Job_HR") => {
    const before = await workspace.holdings();
    const { code, document } = await workspace.json("run", job);
    expect(await workspace.holdings()).toEqual(before);
    // What status tells later is what the run told.
    expect((await workspace.json("status", "--instance", String(document.jobInstance))).document).toEqual(document);
    return { code, document };
  };

  describe.concurrent("a source file", () => {
    const breaks: readonly (readonly [string, string, (workspace: E2eWorkspace) => void])[] = [
      ["missing", "SRC_FILE_MISSING", (workspace) => rmSync(workspace.path("sources/people.csv"))],
      [
        "unreadable",
        "SRC_FILE_UNREADABLE",
        (workspace) => {
          rmSync(workspace.path("sources/people.csv"));
          mkdirSync(workspace.path("sources/people.csv"));
        },
      ],
      ["of no bytes", "SRC_FILE_EMPTY", (workspace) => workspace.write("sources/people.csv", "")],
    ];

    test.each(breaks)("%s: that task errors by name, nothing is deleted", async (_, errorCode, damage) => {
      const workspace = await workspaces.loaded();
      damage(workspace);
      const { code, document } = await failedRun(workspace);
      expect(code).toBe(1);
      expect(document.state).toBe("Errored");
      expect(statesOf(document)).toEqual({
        HR_Export_HR_People: "Errored",
        HR_Export_HR_Departments: "Completed",
        HR_Prepare: "NotStarted",
        HR_Synchronize: "NotStarted",
      });
      const { error } = taskOf(document, "HR_Export_HR_People");
      expect(error).toMatchObject({ code: errorCode, file: expect.stringContaining("people.csv") });
      expect(error?.message).toContain(workspace.path("sources", "people.csv"));
      // The output of the run before must not be taken for today's.
      expect(workspace.files("Temp/ExportOutput")).not.toContain("Temp/ExportOutput/HR_People.csv");
      // Once the cause is gone a plain run is enough.
      rmSync(workspace.path("sources/people.csv"), { recursive: true, force: true });
      workspace.people(dayOne.people);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    });

    test("missing, with ContinueOnError: Warning, what depends on it is skipped, 3, and 0 with --accept warning", async () => {
      const workspace = await workspaces.loaded({ exportAttributes: 'ContinueOnError="true"' });
      rmSync(workspace.path("sources/people.csv"));
      const { code, document } = await failedRun(workspace);
      expect([code, document.state]).toEqual([3, "Warning"]);
      expect(statesOf(document)).toEqual({
        HR_Export_HR_People: "Warning",
        HR_Export_HR_Departments: "Completed",
        HR_Prepare: "Skipped",
        HR_Synchronize: "Skipped",
      });
      expect(taskOf(document, "HR_Export_HR_People").error?.code).toBe("SRC_FILE_MISSING");
      expect(document.tasks.map(({ skippedBecause }) => skippedBecause)).toEqual([null, null, "parentFailed", "parentWithoutOutput"]);
      expect((await workspace.call(["run", "Job_HR", "--accept", "warning"])).code).toBe(0);
    });

    test("that a mapping reads and no export wrote is an error of prepare by name", async () => {
      const workspace = await workspaces.loaded();
      rmSync(workspace.path("Temp/ExportOutput/HR_Departments.csv"));
      const { code, document } = await workspace.json("run", "Job_HR", "--task", "HR_Prepare");
      expect(code).toBe(1);
      expect(taskOf(document, "HR_Prepare").error).toMatchObject({
        code: "SRC_MAPPED_FILE_MISSING",
        message: expect.stringMatching(/HR_Departments\.csv.*Department/),
      });
    });
  });

  describe.concurrent("a file that would empty something blocks, whatever thresholds and --force say", () => {
    const noLimits =
      'MaximumInsertedLines="0" MaximumUpdatedLines="0" MaximumDeletedLines="0" MaximumLinkInsertedLines="0" MaximumLinkDeletedLines="0" ' +
      'MaxPercentageInsertedLines="0" MaxPercentageUpdatedLines="0" MaxPercentageDeletedLines="0" MaxLinkPercentageInsertedLines="0" MaxLinkPercentageDeletedLines="0"';
    const emptied: readonly (readonly [string, string, string, number, (workspace: E2eWorkspace) => void])[] = [
      ["a header without rows", "Job_HR", "EntityType Person", 12, (workspace) => workspace.people([])],
      [
        "other keys in every row",
        "Job_HR",
        "EntityType Person",
        12,
        (workspace) => workspace.people(dayOne.people.map(([id = "", ...rest]) => [id.replace("P", "Q"), ...rest])),
      ],
      ["an association's file without rows", "Job_AD", "EntityAssociation AD_Members", 8, (workspace) => workspace.members([])],
      [
        "a navigation's column without values",
        "Job_HR",
        "EntityAssociation Person_Department",
        12,
        (workspace) => workspace.people(dayOne.people.map((row) => row.map((field, i) => (i === 4 ? "" : field)))),
      ],
    ];

    test.each(emptied)("%s", async (_, job, scope, open, damage) => {
      const workspace = await workspaces.loaded({ hrLimits: noLimits, adLimits: noLimits });
      damage(workspace);
      const before = await workspace.holdings();
      const { code, document } = await workspace.json("run", job, "--force");
      expect([code, document.state]).toEqual([2, "Blocked"]);
      const task = taskOf(document, job.replace("Job_", "").concat("_Synchronize"));
      expect(task.state).toBe("Blocked");
      expect(task.thresholds).toContainEqual({ scope, name: "WholePopulation", limit: open, count: open, of: open, exceeded: true });
      expect(await workspace.holdings()).toEqual(before);
      const shown = await workspace.call(["status", "--instance", "2"]);
      expect(shown.out).toContain("Threshold Exceeded");
      expect(shown.out).toContain(`would close all ${open}`);
      // A person may let it pass.
      expect((await workspace.call(["resume", "2"])).code).toBe(0);
      expect(await workspace.holdings()).not.toEqual(before);
    });
  });

  describe.concurrent("a header", () => {
    test.each([
      ["lacks a mapped column", "id,name,hired,dept,manager", "DATA_COLUMN_MISSING", '"level"', "Person"],
      ["lacks a column of an association", "id,name,level,hired,department,manager", "DATA_COLUMN_MISSING", '"dept"', "Person_Department"],
      ["has it in another case", "id,name,Level,hired,dept,manager", "DATA_COLUMN_MISSING", 'it has "Level"', "Person"],
      ["names a mapped column twice", "id,name,level,hired,dept,manager,name", "DATA_COLUMN_REPEATED", '"name"', "Person"],
      ["is separated otherwise", header.replaceAll(",", ";"), "DATA_COLUMN_MISSING", "separated by `;`: set Separator", "Person"],
    ])("that %s: error naming file and column, before any row is read", async (_, text, code, named, mapping) => {
      const workspace = await workspaces.loaded();
      // The row's own fault (level is no number) is not what a person has to hear first.
      const separator = text.includes(";") ? ";" : ",";
      const row = text.split(separator).map((column) => (column === "id" ? "P01" : "x"));
      workspace.write("sources/people.csv", `${text}\n${row.join(separator)}\n`);
      const { code: exit, document } = await failedRun(workspace);
      expect(exit).toBe(1);
      const { error, counters } = taskOf(document, "HR_Prepare");
      expect(error).toMatchObject({ code, file: "HR_People.csv", line: 1 });
      expect(error?.message).toContain("HR_People.csv");
      expect(error?.message).toContain(named);
      expect(error?.message).toContain(mapping);
      expect(counters).toEqual({});
    });

    test("with a column twice that nothing reads is no error", async () => {
      const workspace = await workspaces.loaded();
      workspace.write("sources/people.csv", `${header},x,x\n${dayOne.people.map((row) => `${row.join(",")},1,2\n`).join("")}`);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    });
  });

  describe.concurrent("a row", () => {
    const bytes = (line: number, before: string, bad: number, after: string): Uint8Array => {
      const [head = "", tail = ""] = peopleWithLine(line, `${before}#BAD#${after}`).split("#BAD#");
      return Buffer.concat([Buffer.from(head), Buffer.from([bad]), Buffer.from(tail)]);
    };
    const faults: readonly (readonly [string, string | Uint8Array, string, RegExp])[] = [
      ["too many fields", peopleWithLine(4, "P03,Ann,3,2020-01-01,D1,P01,more"), "DATA_FIELD_COUNT", /7 fields where the header has 6/],
      ["too few fields", peopleWithLine(4, "P03,Ann,3,2020-01-01"), "DATA_FIELD_COUNT", /4 fields where the header has 6/],
      ["a stray quote", peopleWithLine(4, 'P03,Ann "A" B,3,2020-01-01,D1,P01'), "DATA_QUOTE_STRAY", /quote/],
      ["text behind a closing quote", peopleWithLine(4, 'P03,"Ann"B,3,2020-01-01,D1,P01'), "DATA_QUOTE_STRAY", /quote/],
      ["a byte that is no UTF-8", bytes(4, "P03,Zo", 0xeb, ",3,2020-01-01,D1,P01"), "DATA_ENCODING", /UTF-8.*at byte \d+.*Encoding/],
      ["the character NUL", bytes(4, "P03,Zo", 0, ",3,2020-01-01,D1,P01"), "DATA_NUL", /NUL/],
    ];

    test.each(faults)("with %s: error with file and row", async (_, content, code, message) => {
      const workspace = await workspaces.loaded();
      workspace.write("sources/people.csv", content);
      const { code: exit, document } = await failedRun(workspace);
      expect(exit).toBe(1);
      const { error } = taskOf(document, "HR_Export_HR_People");
      expect(error).toMatchObject({ code, line: 4, file: expect.stringMatching(/people\.csv$/) });
      expect(error?.message).toMatch(message);
      expect((await workspace.call(["status", "--instance", "2"])).out).toMatch(/people\.csv:4\n/);
    });

    test("a wrong separator with commas in the values is guessed", async () => {
      const workspace = await workspaces.loaded();
      workspace.write("sources/people.csv", `${header.replaceAll(",", ";")}\nP01;Miller, Ann;1;2020-01-01;D1;\n`);
      const { document } = await failedRun(workspace);
      expect(taskOf(document, "HR_Export_HR_People").error).toMatchObject({
        code: "DATA_FIELD_COUNT",
        line: 2,
        message: expect.stringContaining("separated by `;`: set Separator"),
      });
    });

    test("cut off in the middle of the last row is said to be that", async () => {
      const workspace = await workspaces.loaded();
      workspace.write("sources/people.csv", peopleWithLine(13, "P12,Person 12,12").trimEnd());
      const { document } = await failedRun(workspace);
      expect(taskOf(document, "HR_Export_HR_People").error).toMatchObject({ code: "DATA_CUT_OFF", line: 13 });
    });

    test.each([
      ["another encoding", Buffer.from(`${header}\nP01,Zo\xeb,1,2020-01-01,D1,\n`, "latin1"), { Encoding: "windows-1252" }],
      ["UTF-16 with a BOM", Buffer.from(`\ufeff${header}\r\nP01,Zoë,1,2020-01-01,D1,\r\n`, "utf16le"), { Encoding: "UTF-16" }],
      ["another separator and quotes", `${header.replaceAll(",", "\t")}\nP01\t"Zoë"\t1\t2020-01-01\tD1\t\n`, { Separator: "\\t" }],
    ])("in %s is read once the setting says so", async (_, content, settings) => {
      const workspace = await workspaces.empty({ connections: { HR_People: settings } });
      workspace.write("sources/people.csv", content);
      expect((await workspace.call(["run", "Job_HR", "--force"])).code).toBe(0);
      expect(await workspace.csv("resources", "Person")).toContain("P01,Zoë,1,");
    });
  });

  describe.concurrent("OnRowError SetAside: the row stands for its key", () => {
    const setAside = { connections: { HR_People: { OnRowError: "SetAside" }, AD_Members: { OnRowError: "SetAside" } } };
    test.each([
      ["too few fields", "P03,Changed", "HR_Export_HR_People"],
      ["a stray quote", 'P03,Cha"nged,3,2020-01-01,D1,P01', "HR_Export_HR_People"],
      ["a wrong type", "P03,Changed,three,2020-01-01,D1,P02", "HR_Prepare"],
      ["a value too long", `P03,${"x".repeat(443)},3,2020-01-01,D1,P02`, "HR_Prepare"],
    ])("%s", async (_, line, counting) => {
      const workspace = await workspaces.loaded(setAside);
      const before = await workspace.holdings();
      // The next row changes, so that the run has something to do.
      workspace.write("sources/people.csv", peopleWithLine(4, line).replace("Person 4", "Fourth"));
      const { code, document } = await workspace.json("run", "Job_HR");
      // Counts never turn a task to Warning (design §4).
      expect([code, document.state]).toEqual([0, "Completed"]);
      expect(taskOf(document, counting).counters.rejected).toBe(1);
      expect(taskOf(document, "HR_Prepare").counters.rejected).toBe(1);
      expect(taskOf(document, "HR_Synchronize").counters).toMatchObject({ inserted: 0, updated: 1, deleted: 0 });
      const after = await workspace.holdings();
      expect(after).toEqual({ ...before, Person: before.Person?.replace("Person 4", "Fourth") });
      const file = workspace
        .files("Work/Synchronization")
        .filter((path) => path.endsWith("/errors.csv") && workspace.read(path).includes("P03"));
      expect(file).toHaveLength(1);
      expect(workspace.read(file[0] ?? "")).toMatch(/^file,row,key,property,value,reason\n(.*\n)*HR_People\.csv,4,P03,/);
      expect(workspace.files("Work/Collect")).toContain("Work/Collect/Person.rejected.csv");
    });

    test("errors.csv names the key wherever its column stands", async () => {
      const workspace = await workspaces.loaded(setAside);
      const rows = dayOne.people.map(([id = "", name = "", level = "", ...rest]) =>
        [name, id === "P03" ? "three" : level, id, ...rest].join(","),
      );
      workspace.write("sources/people.csv", `name,level,id,hired,dept,manager\n${rows.join("\n")}\n`);
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
      const texts = workspace
        .files("Work/Synchronization")
        .filter((path) => path.endsWith("/errors.csv"))
        .map((path) => workspace.read(path));
      expect(texts.join("")).toMatch(/^HR_People\.csv,4,P03,Level,three,/m);
    });

    test("a row of links keeps its links", async () => {
      const workspace = await workspaces.loaded(setAside);
      const before = await workspace.holdings();
      workspace.edit("sources/members.csv", "CN=g1;CN=p03", "CN=g1;CN=p03;x");
      const { code, document } = await workspace.json("run", "Job_AD");
      expect(code).toBe(0);
      expect(taskOf(document, "AD_Synchronize").counters).toMatchObject({ linksInserted: 0, linksDeleted: 0 });
      expect(await workspace.holdings()).toEqual(before);
    });

    test("a row whose key cannot be read is an error all the same", async () => {
      const workspace = await workspaces.loaded(setAside);
      workspace.write("sources/people.csv", peopleWithLine(4, '"P03"x,Changed,3,2020-01-01,D1,P01'));
      const { code, document } = await failedRun(workspace);
      expect(code).toBe(1);
      expect(document.tasks.map(({ error }) => error?.code ?? null)).toContain("DATA_REJECTED_WITHOUT_KEY");
    });
  });

  describe.concurrent("a value", () => {
    const long = `${"ab".repeat(221)}c`;
    test.each([
      ["too long for its slot", `P03,${long},3,2020-01-01,D1,P01`, "DATA_VALUE_TOO_LONG", "Name", `"${long.slice(0, 60)}…" has 443`],
      ["that is no number", "P03,Ann,3.5,2020-01-01,D1,P01", "DATA_VALUE_TYPE", "Level", '"3.5"'],
      ["too large for its type", "P03,Ann,2147483648,2020-01-01,D1,P01", "DATA_VALUE_TYPE", "Level", '"2147483648"'],
      ["that is no date", "P03,Ann,3,2020-02-30,D1,P01", "DATA_VALUE_TYPE", "HiredOn", '"2020-02-30"'],
    ])("%s: error with file, row, property, value", async (_, line, code, property, value) => {
      const workspace = await workspaces.loaded();
      workspace.write("sources/people.csv", peopleWithLine(4, line));
      const { code: exit, document } = await failedRun(workspace);
      expect(exit).toBe(1);
      const { error } = taskOf(document, "HR_Prepare");
      expect(error).toMatchObject({ code, file: "HR_People.csv", line: 4 });
      expect(error?.message).toContain(property);
      expect(error?.message).toContain(value);
    });

    test("that just fits is stored whole, characters beyond 16 bits counted as two units", async () => {
      const workspace = await workspaces.loaded();
      const name = `${"😀".repeat(220)}xy`;
      workspace.write("sources/people.csv", peopleWithLine(4, `P03,${name},3,2020-01-01,D1,P01`));
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
      expect(await workspace.csv("resources", "Person", "--where", "PersonId=P03")).toContain(name);
    });
  });

  describe.concurrent("keys", () => {
    test("duplicate and null ones: side files, counts, errors.csv", async () => {
      const workspace = await workspaces.loaded();
      const lines = [dayOne.people[0]?.join(",") ?? "", "P02,Another name,2,2020-01-01,D3,P03", ",Nobody,1,2020-01-01,D1,"];
      workspace.write("sources/people.csv", `${peopleWithLine(1, header)}${lines.join("\n")}\n`);
      const { code, document } = await workspace.json("run", "Job_HR");
      expect([code, document.state]).toEqual([0, "Completed"]);
      const { counters } = taskOf(document, "HR_Prepare");
      expect(Object.keys(counters).sort()).toEqual(
        [
          "read",
          "written",
          "duplicates",
          "conflictingDuplicates",
          "nullKeys",
          "rejected",
          "folded",
          "inserted",
          "updated",
          "deleted",
        ].sort(),
      );
      expect(counters).toMatchObject({ read: 18, duplicates: 2, conflictingDuplicates: 0, nullKeys: 1, rejected: 0, folded: 0 });
      expect(workspace.read("Work/Collect/Person.duplicates.csv")).toMatch(/P01.*\n.*P02/);
      expect(workspace.read("Work/Collect/Person.nullpk.csv")).toContain("Nobody");
      expect(workspace.read("Work/Collect/Department.duplicates.csv")).toBe("code,name\n");
      const errors = workspace.files("Work/Synchronization").filter((path) => path.endsWith("/errors.csv"));
      const text = errors.map((path) => workspace.read(path)).find((each) => each.includes("P02")) ?? "";
      expect(text).toMatch(/^HR_People\.csv,14,P01,/m);
      expect(text).toMatch(/^HR_People\.csv,15,P02,/m);
      expect(text).toMatch(/^HR_People\.csv,16,,/m);
      expect((await workspace.csv("resources", "Person")).split("\n")).toHaveLength(14);
    });

    test("that differ only in blanks, case or Unicode form are all loaded, counted and named", async () => {
      const workspace = await workspaces.empty();
      const keys = ["K1", "K1 ", "k1", "K1\t", "Zo\u00eb", "Zoe\u0308", "STRASSE", "stra\u00dfe", "\uff5e", "\u{1f600}"];
      workspace.people(keys.map((key, n) => [key, `N${n}`, "1", "2020-01-01", "D1", ""]));
      const { code, document } = await workspace.json("run", "Job_HR", "--force");
      expect(code).toBe(0);
      expect(taskOf(document, "HR_Prepare").counters).toMatchObject({ duplicates: 0, nullKeys: 0 });
      const stored = (await workspace.csv("resources", "Person"))
        .split("\n")
        .slice(1, -1)
        .map((line) => line.split(",")[0]);
      // In the order of their UTF-8 bytes (design §6).
      expect(stored).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect((await workspace.call(["status", "--instance", "1"])).out).toContain(
        "8 keys differ from another only in blanks, case or Unicode form",
      );
      const [errors = ""] = workspace.files("Work/Synchronization").filter((path) => path.endsWith("/errors.csv"));
      const named = workspace.read(errors).split("\n").slice(1, -1);
      // The first of each group is what the others are near to.
      expect(named).toHaveLength(5);
      for (const key of ["K1 ", "k1", "K1\t"]) expect(named.some((line) => line.startsWith(`HR_People.csv,,${key},`))).toBe(true);
      // Each is found by exactly its own key.
      for (const [n, key] of keys.entries()) {
        const { document: found } = await workspace.json<{ key: string; properties: { property: string; value: string | null }[] }>(
          "show",
          "Person",
          key,
        );
        expect(found.properties.find(({ property }) => property === "Name")?.value).toBe(`N${n}`);
      }
    });
  });

  const posixOnly = test.skipIf(process.platform === "win32");

  describe.concurrent("locks", () => {
    posixOnly("two starts of one job: the second is refused naming the holder; other connectors go on", async () => {
      const workspace = await workspaces.loaded();
      const holder = workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGSTOP" }] });
      try {
        await holder.printed("HR_Export_HR_People started");
        const second = await workspace.failure("run", "Job_HR");
        expect(second).toMatchObject({ code: 75, error: { code: "LOCK_JOB_HELD", file: null, line: null, column: null } });
        expect(second.error.message).toContain("instance 2");
        expect(second.error.message).toContain(`process ${holder.pid}`);
        // A job that shares the connector does not wait, where waiting is switched off.
        workspace.configure({ maxLockWatchTime: -1 });
        const shared = await workspace.failure("run", "Job_Unrelated");
        expect(shared).toMatchObject({ code: 75, error: { code: "LOCK_CONNECTOR_HELD" } });
        expect(shared.error.message).toMatch(/HR is held by instance 2 of Job_HR, process \d+/);
        const { document } = await workspace.json<StatusList>("status");
        expect(document.instances.map(({ jobInstance, state }) => [jobInstance, state])).toEqual([
          [2, "InProgress"],
          [1, "Completed"],
        ]);
        expect((await workspace.call(["run", "Job_AD"])).code).toBe(0);
      } finally {
        holder.letGo();
      }
      expect((await holder.ended).code).toBe(0);
      expect((await workspace.call(["run", "Job_Unrelated"])).code).toBe(0);
    });

    posixOnly("three starts at once, where there is no database yet: one runs, the others are refused", async () => {
      const workspace = await workspaces.empty();
      // Whoever wins stands still until the others were answered.
      const children = [1, 2, 3].map(() =>
        workspace.child(["run", "Job_Initialize"], { acts: [{ text: "Initialize_Export_HR_People started", signal: "SIGSTOP" }] }),
      );
      let over = 0;
      const ends = await Promise.all(
        children.map(async ({ ended }) => {
          const { code, err } = await ended;
          if (++over === 2) for (const child of children) child.letGo();
          return { code, err };
        }),
      );
      expect(
        ends
          .map(({ code, err }) => [code, /LOCK_JOB_HELD: Job_Initialize runs already: instance 1, process \d+/.test(err) ? "" : err])
          .sort(),
      ).toEqual([
        [0, ""],
        [75, ""],
        [75, ""],
      ]);
      expect((await workspace.csv("resources", "Person")).split("\n")).toHaveLength(14);
    });

    posixOnly("two starts of one job are told as that where waiting is switched off, too", async () => {
      const workspace = await workspaces.loaded({ maxLockWatchTime: -1 });
      const holder = workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGSTOP" }] });
      try {
        await holder.printed("HR_Export_HR_People started");
        expect(await workspace.failure("run", "Job_HR")).toMatchObject({ code: 75, error: { code: "LOCK_JOB_HELD" } });
      } finally {
        holder.letGo();
        await holder.ended;
      }
    });

    posixOnly("two jobs that share a connector: the second waits visibly, then runs", async () => {
      const workspace = await workspaces.loaded();
      const holder = workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGSTOP" }] });
      try {
        await holder.printed("HR_Export_HR_People started");
        const waiter = workspace.child(["run", "Job_Unrelated"]);
        await waiter.printed("waiting for connector HR, held by instance 2 of Job_HR");
        const { document } = await workspace.json<StatusList>("status");
        expect(document.instances[0]).toMatchObject({
          jobInstance: 3,
          state: "Waiting",
          waitingFor: [{ lock: "connector:HR", jobInstance: 2, job: "Job_HR" }],
        });
        holder.letGo();
        expect((await holder.ended).code).toBe(0);
        expect((await waiter.ended).code).toBe(0);
      } finally {
        holder.letGo();
      }
    });

    posixOnly("a wait that is over: 75, nothing was started", async () => {
      const workspace = await workspaces.loaded({ maxLockWatchTime: 1 });
      const holder = workspace.child(["run", "Job_HR"], { acts: [{ text: "HR_Export_HR_People started", signal: "SIGSTOP" }] });
      try {
        await holder.printed("HR_Export_HR_People started");
        const { code, error } = await workspace.failure("run", "Job_Unrelated");
        expect([code, error.code]).toEqual([75, "LOCK_CONNECTOR_HELD"]);
        // At least the second it may wait; a machine that is busy looks later, and the sentence tells what was waited.
        expect(error.message).toMatch(/was not free within \d+ s; nothing was started/);
        const { document } = await workspace.json("status", "--instance", "3");
        expect([document.state, document.tasks.map(({ state }) => state)]).toEqual(["Cancelled", ["NotStarted"]]);
      } finally {
        holder.letGo();
        await holder.ended;
      }
    });
  });

  /** Writes a file piece by piece, so that the test itself stays small. */
  const writeLarge = (path: string, begin: string, piece: string, times: number, end: string): void => {
    const file = openSync(path, "w");
    const bytes = Buffer.from(piece);
    writeSync(file, begin);
    for (let i = 0; i < times; i++) writeSync(file, bytes);
    writeSync(file, end);
    closeSync(file);
  };

  /** More than a run of a dozen rows needs; far below the size of the hostile files (KiB). */
  const allowance = 64 * 1024;

  // Refused before a database is asked anything.
  if (kind === "SQLite")
    describe.concurrent("hostile input is refused in bounded memory", () => {
      const attribute = "a".repeat(mebi);
      const xml: readonly (readonly [string, string, (path: string) => void])[] = [
        [
          "an entity bomb",
          "CFG_XML_DOCTYPE",
          (path) =>
            writeLarge(
              path,
              `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${[..."bcdefghij"].map((name, i) => `<!ENTITY ${name} "${`&${"abcdefghi"[i]};`.repeat(10)}">`).join("")}]>`,
              "",
              0,
              '<ConfigurationFile><Agent Identifier="&j;"/></ConfigurationFile>',
            ),
        ],
        [
          "a DOCTYPE that names a file",
          "CFG_XML_DOCTYPE",
          (path) => writeLarge(path, '<!DOCTYPE x SYSTEM "file:///etc/passwd"><ConfigurationFile/>', "", 0, ""),
        ],
        ["deep nesting", "CFG_XML_LIMIT", (path) => writeLarge(path, "<ConfigurationFile>", "<Connector>".repeat(10_000), 80, "")],
        [
          "a huge attribute",
          "CFG_XML_LIMIT",
          (path) => writeLarge(path, '<ConfigurationFile><Agent Identifier="', attribute, 8, '"/></ConfigurationFile>'),
        ],
        [
          "very many attributes",
          "CFG_XML_LIMIT",
          (path) =>
            writeLarge(
              path,
              "<ConfigurationFile><Agent ",
              Array.from({ length: 60_000 }, (_, i) => `a${i}="1" `).join(""),
              1,
              "/></ConfigurationFile>",
            ),
        ],
        [
          "a file larger than any configuration",
          "CFG_FILE_SIZE",
          (path) => writeLarge(path, "<ConfigurationFile>", attribute, 300, "</ConfigurationFile>"),
        ],
      ];
      const plain = once(async () => {
        const workspace = await workspaces.empty();
        return (await workspace.child(["validate"]).ended).peakKib ?? 0;
      });

      test.each(xml)("XML with %s", async (_, code, write) => {
        const workspace = await workspaces.empty();
        write(workspace.path("hostile.xml"));
        const [usual, { code: exit, out, peakKib }] = await Promise.all([plain(), workspace.child(["run", "Job_HR", "--json"]).ended]);
        expect(exit).toBe(64);
        expect(JSON.parse(out)).toMatchObject({
          format: 1,
          error: { code, file: expect.stringContaining("hostile.xml"), line: code === "CFG_FILE_SIZE" ? null : expect.any(Number) },
        });
        expect(peakKib).toBeLessThan(usual + allowance);
        // Refused before anything was made.
        expect(workspace.files("Work")).toEqual([]);
      });

      const row = "P50,Ann,1,2020-01-01,D1,\n";
      const csv: readonly (readonly [string, string, (path: string) => void])[] = [
        [
          "a huge field",
          "DATA_RECORD_TOO_LARGE",
          (path) => writeLarge(path, `${header}\nP50,`, "x".repeat(mebi), 200, ",1,2020-01-01,D1,\n"),
        ],
        [
          "a quote that is never closed",
          "DATA_RECORD_TOO_LARGE",
          (path) => writeLarge(path, `${header}\nP50,"`, row.repeat(40_000), 200, ""),
        ],
        ["a row of very many fields", "DATA_RECORD_TOO_LARGE", (path) => writeLarge(path, `${header}\nP50,`, ",".repeat(mebi), 200, "\n")],
        [
          "nothing but NUL",
          "DATA_RECORD_TOO_LARGE",
          (path) => {
            const file = openSync(path, "w");
            ftruncateSync(file, 300 * mebi);
            closeSync(file);
          },
        ],
        ["a huge header", "DATA_", (path) => writeLarge(path, "id,", "x".repeat(mebi), 200, "\n")],
      ];
      const usualExport = once(async () => {
        const workspace = await workspaces.empty();
        return (await workspace.child(["run", "Job_HR", "--task", "HR_Export_HR_People"]).ended).peakKib ?? 0;
      });

      test.each(csv)("CSV with %s", async (_, code, write) => {
        const workspace = await workspaces.empty();
        write(workspace.path("sources/people.csv"));
        const [usual, { code: exit, out, peakKib }] = await Promise.all([
          usualExport(),
          workspace.child(["run", "Job_HR", "--task", "HR_Export_HR_People", "--json"]).ended,
        ]);
        rmSync(workspace.path("sources/people.csv"));
        expect(exit).toBe(1);
        const { error } = taskOf(JSON.parse(out), "HR_Export_HR_People");
        expect(error?.code).toMatch(code);
        expect(error?.message.length).toBeLessThan(1000);
        expect(workspace.files("Temp/ExportOutput")).toEqual([]);
        expect(peakKib).toBeLessThan(usual + allowance);
      });
    });

  describe("a full disk", () => {
    /** Bytes that the limited child may write to one file; ignoring the signal makes the write fail with an error. */
    const limited = (blocks: number): readonly string[] => ["/bin/bash", "-c", `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, "bash"];

    posixOnly("while exporting: the task errors and says so; the next run ends as an undisturbed one", async () => {
      const workspace = await workspaces.loaded();
      const undisturbed = await workspaces.loaded();
      for (const each of [workspace, undisturbed]) each.people([...dayTwo.people, ...[21, 22].map((n) => personRow(n))]);
      const long = [...dayTwo.people, ...Array.from({ length: 60_000 }, (_, n) => personRow(n + 100))];
      workspace.people(long);
      // 1 MiB: the database is smaller, the export is not.
      const full = await workspace.child(["run", "Job_HR", "--json"], { through: limited(1024) }).ended;
      expect([full.code, full.err]).toEqual([1, expect.anything()]);
      const { error } = taskOf(JSON.parse(full.out), "HR_Export_HR_People");
      expect(error).toMatchObject({ code: "SRC_WRITE_FAILED", message: expect.stringContaining("HR_People.csv cannot be written") });
      expect(workspace.files("Temp/ExportOutput").filter((file) => file.includes("HR_People"))).toEqual([]);
      workspace.people([...dayTwo.people, ...[21, 22].map((n) => personRow(n))]);
      for (const each of [workspace, undisturbed]) expect((await each.call(["run", "Job_HR"])).code).toBe(0);
      expect(await workspace.holdings()).toEqual(await undisturbed.holdings());
    });

    const canMount = (() => {
      if (kind !== "SQLite" || process.platform !== "linux" || process.getuid?.() !== 0) return false;
      const folder = temporaryFolder("mount");
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
        execFileSync("umount", [folder], { stdio: "ignore" });
        return true;
      } catch {
        return false;
      }
    })();

    test.skipIf(!canMount)(
      "while the database is written: a clear error, nothing half-applied, the next run ends as an undisturbed one",
      async () => {
        const undisturbed = await workspaces.loaded();
        const workspace = await workspaces.loaded();
        const more = Array.from({ length: 4000 }, (_, n) => personRow(n + 100));
        for (const each of [workspace, undisturbed]) each.people([...dayOne.people, ...more]);
        // The workspace's database moves to a disk of its own, that has room for day 1 and little more.
        const disk = workspace.path("disk");
        mkdirSync(disk);
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
        try {
          workspace.write("disk/sluice.db", "");
          rmSync(workspace.path("disk/sluice.db"));
          execFileSync("cp", [
            "-a",
            ...workspace
              .files("Work")
              .filter((file) => /sluice\.db/.test(file))
              .map((file) => workspace.path(file)),
            disk,
          ]);
          const settings = { ConnectionString: "sqlite:disk/sluice.db" };
          workspace.write("appsettings.json", JSON.stringify(settings));
          const before = await workspace.holdings();
          const { code, document } = await workspace.json("run", "Job_HR", "--force");
          expect([code, document.state]).toEqual([1, "Errored"]);
          const { error } = taskOf(document, "HR_Synchronize");
          expect(error?.code).not.toBe("TASK_FAULT");
          expect(error?.message).toMatch(/disk|space|full/i);
          expect(await workspace.holdings()).toEqual(before);
          execFileSync("mount", ["-o", "remount,size=64m", disk]);
          expect((await workspace.call(["run", "Job_HR", "--force"])).code).toBe(0);
          expect((await undisturbed.call(["run", "Job_HR", "--force"])).code).toBe(0);
          expect(await workspace.holdings()).toEqual(await undisturbed.holdings());
        } finally {
          execFileSync("umount", ["-l", disk]);
        }
      },
    );
  });

  describe("the database held by another program", () => {
    interface Connection {
      exec(sql: string): void;
      close(): void;
    }
    const { DatabaseSync } = createRequire(import.meta.url)("@photostructure/sqlite") as { DatabaseSync: new (path: string) => Connection };
    /** Holds what every writer takes first; gives what lets go. */
    const hold = async (workspace: E2eWorkspace): Promise<() => Promise<void>> => {
      const knex = await workspace.knex();
      if (knex === null) {
        const other = new DatabaseSync(workspace.path("Work/sluice.db"));
        other.exec("BEGIN IMMEDIATE");
        return async () => {
          other.exec("ROLLBACK");
          other.close();
        };
      }
      const transaction = await knex.transaction();
      await transaction("UM_Sequences").update({ Value: transaction.ref("Value") });
      return async () => {
        await transaction.rollback();
      };
    };
    /** After so many turns of the event loop: a run that waits tries again in between. */
    const afterTurns = (turns: number, work: () => Promise<void>): void => {
      if (turns === 0) void work();
      else setImmediate(() => afterTurns(turns - 1, work));
    };

    test("when a run starts, between its tasks, and while it applies: it waits, and ends as an undisturbed one", async () => {
      const undisturbed = await workspaces.loaded();
      undisturbed.writeDay(dayTwo);
      expect((await undisturbed.call(["run", "Job_HR"])).code).toBe(0);
      for (const place of [`${kind} `, "HR_Prepare Completed", "HR_Synchronize started"]) {
        const workspace = await workspaces.loaded();
        workspace.writeDay(dayTwo);
        let isHeld = false;
        const { code } = await workspace.call(["run", "Job_HR"], {
          onLine: (line) => {
            if (isHeld || !line.includes(place)) return;
            isHeld = true;
            void hold(workspace).then((release) => afterTurns(40, release));
          },
        });
        expect([place, isHeld, code]).toEqual([place, true, 0]);
        expect(await workspace.holdings()).toEqual(await undisturbed.holdings());
      }
    });

    test("commands that read answer meanwhile", async () => {
      const workspace = await workspaces.loaded();
      const release = await hold(workspace);
      try {
        for (const argv of [
          ["status"],
          ["status", "--instance", "1"],
          ["status", "--connector", "HR"],
          ["jobs"],
          ["resources", "Person"],
          ["links", "AD_Members"],
          ["show", "Person", "P01", "--history"],
          ["logs", "1"],
        ]) {
          expect([argv, (await workspace.call([...argv, "--json"])).code]).toEqual([argv, 0]);
        }
      } finally {
        await release();
      }
    });
  });
});
