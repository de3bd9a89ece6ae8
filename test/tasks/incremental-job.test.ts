import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cancelInstance, type RunReport, resumeInstance, runJob } from "../../src/jobs/index.js";
import type { ConnectorStatus } from "../../src/store/index.js";
import { repositoryModel } from "../../src/tasks/index.js";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { incrementalJob } from "./incremental-jobs.js";
import { people, peopleIn, type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

const more = `${incrementalJob("Fast", "None", 'IgnoreCookieFile="true"')}${incrementalJob("Delta", "Changes", "")}${incrementalJob("Wrong", "None", "")}
  <PrepareSynchronizationTask Identifier="Alone" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connector="HR" SynchronizationMode="Incremental" />
  <Job Identifier="WrongComplete" DisplayName_L1="x" Agent="Local">
    <ExportTask Identifier="WrongComplete_Export" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connection="HR_People" />
    <PrepareSynchronizationTask Identifier="WrongComplete_Prepare" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connector="HR"
      SynchronizationMode="Complete" />
    <SynchronizeTask Identifier="WrongComplete_Load" DisplayName_L1="x" Connector="HR" />
  </Job>
  <ResetValidFromTask Identifier="Reset" DisplayName_L1="x" />`;

onEachDatabase((kind) => {
  const timeout = testTimeoutOn(kind, 60_000);
  const workspace = (): Promise<SampleWorkspace> => sampleWorkspace({ kind, more, settings: { PathIncremental: "Sources/changes.csv" } });
  const run = (
    { configuration, store }: SampleWorkspace,
    jobOf: string,
    selection: { from?: string; to?: string } = {},
  ): Promise<RunReport> => runJob({ configuration, store, startedBy: "ann", what: { job: jobOf, ...selection } });
  const runTask = ({ configuration, store }: SampleWorkspace, rootTask: string): Promise<RunReport> =>
    runJob({ configuration, store, startedBy: "ann", what: { rootTask } });
  const resume = ({ configuration, store }: SampleWorkspace, { jobInstance }: RunReport): Promise<RunReport> =>
    resumeInstance({ configuration, store, startedBy: "bob", jobInstance });

  /** Loaded with people 1 to 10. */
  const loaded = async (): Promise<SampleWorkspace> => {
    const sample = await workspace();
    sample.writePeople(people(1, 10));
    expect((await run(sample, "HR_First")).state).toBe("Completed");
    return sample;
  };
  const writeChanges = (sample: SampleWorkspace, rows: readonly string[]): void =>
    writeFileSync(join(sample.workspace, "Sources", "changes.csv"), ["command;number;name", ...rows].map((row) => `${row}\n`).join(""));

  /** State of each task, what it produced where it completed, why it was skipped. */
  const ends = ({ tasks }: RunReport): readonly string[] =>
    tasks.map(({ state, producedOutput, skippedBecause, error }) =>
      [state, state === "Completed" ? String(producedOutput) : "", skippedBecause ?? "", error?.code ?? ""]
        .filter((part) => part !== "")
        .join(" "),
    );
  const message = async ({ store }: SampleWorkspace, report: RunReport, index: number): Promise<string> =>
    (await store.records.task(report.tasks[index]?.taskInstance ?? 0))?.message ?? "";
  const statusOf = ({ store, configuration }: SampleWorkspace): Promise<ConnectorStatus> =>
    store.reading.connectorStatus(repositoryModel(configuration), "HR");
  const previous = ({ configuration }: SampleWorkspace): string => join(configuration.settings.workFolder, "Collect", "previous");
  /** Numbers of people with the number of the flag they got last. */
  const flags = async ({ store }: SampleWorkspace): Promise<Readonly<Record<string, number>>> => {
    const rows = (await store.knex("UR_Resources").where("Dirty", ">", 0).orderBy(["C4", "ValidTo"]).select("C4", "Dirty")) as {
      C4: string;
      Dirty: number;
    }[];
    return Object.fromEntries(rows.map(({ C4, Dirty }) => [C4, Number(Dirty)]));
  };
  const stagedRows = async ({ store }: SampleWorkspace): Promise<number> =>
    Number(((await store.knex("UR_ResourceChanges").count("* as Count").first()) as { Count: number }).Count);

  describe("incremental jobs", () => {
    test("days of whole files: only what changed goes over, is flagged, and becomes what the next day is compared with", {
      timeout,
    }, async () => {
      const sample = await loaded();
      const second: (readonly [string, string])[] = [["P001", "Renamed"], ...people(2, 9), ["P020", "New"]];
      sample.writePeople(second);
      const report = await run(sample, "Fast");
      expect(ends(report)).toEqual(["Completed true", "Completed true", "Completed true", "Completed true"]);
      expect(report.tasks[1]?.counters).toMatchObject({ read: 10, inserted: 1, updated: 1, deleted: 1 });
      expect(report.tasks[2]?.counters).toMatchObject({ inserted: 1, updated: 1, deleted: 1 });
      expect(report.tasks[3]?.counters).toEqual({ flagged: 3, changes: 3 });
      expect(await peopleIn(sample)).toEqual(second);
      expect([await flags(sample), await stagedRows(sample)]).toEqual([{ P001: 1, P010: 1, P020: 1 }, 0]);

      const idle = await run(sample, "Fast");
      expect(ends(idle)).toEqual(["Completed true", "Completed false", "Skipped parentWithoutOutput", "Skipped parentWithoutOutput"]);
      expect([idle.state, await message(sample, idle, 1)]).toEqual(["Completed", expect.stringContaining("nothing differs")]);

      // What nobody synchronized is compared with the same state again.
      const third: (readonly [string, string])[] = [["P001", "Again"], ...second.slice(1)];
      sample.writePeople(third);
      await run(sample, "Fast", { to: "Fast_Prepare" });
      expect(ends(await run(sample, "Fast")).at(-1)).toBe("Completed true");
      expect(await peopleIn(sample)).toEqual(third);
      expect((await flags(sample)).P001).toBe(2);
      expect((await sample.store.sessions.of("HR")).map(({ state }) => state)).toEqual([
        "applied",
        "cancelled",
        "cancelled",
        "applied",
        "applied",
      ]);
      expect(readdirSync(join(previous(sample), "pending"))).toEqual([]);
      expect(ends(await run(sample, "HR_Complete"))).toEqual(["Completed true", "Completed true", "Completed false"]);
    });

    test("changes of the source, then whole files: a complete run is required in between, and said until it was applied", {
      timeout,
    }, async () => {
      const sample = await loaded();
      writeChanges(sample, ["update;P002;Changed", "insert;P020;New", "delete;P003;", "update;P030;Unknown", "delete;P040;"]);
      const report = await run(sample, "Delta");
      expect(ends(report)).toEqual(["Completed true", "Completed true", "Completed true", "Completed true"]);
      const changed: (readonly [string, string])[] = [
        ["P001", "Name 1"],
        ["P002", "Changed"],
        ...people(4, 10),
        ["P020", "New"],
        ["P030", "Unknown"],
      ];
      expect(await peopleIn(sample)).toEqual(changed);
      // Updates and deletes of people that are not there.
      expect(await message(sample, report, 2)).not.toBe("");

      sample.writePeople(changed);
      const refused = await run(sample, "Fast");
      expect(ends(refused)).toEqual(["Completed true", "Errored SYNC_COMPLETE_REQUIRED", "NotStarted", "NotStarted"]);
      expect(refused.tasks[1]?.error?.message).toContain("Type Changes");
      expect((await statusOf(sample)).completeRequired).toContain("Type Changes");
      writeChanges(sample, ["merge;P002;Merged"]);
      expect(ends(await run(sample, "Delta")).at(-1)).toBe("Completed true");
      expect((await statusOf(sample)).completeRequired).toContain("Type Changes");
      expect((await run(sample, "HR_Complete")).state).toBe("Completed");
      expect((await statusOf(sample)).completeRequired).toBeNull();
      sample.writePeople(changed.slice(1));
      expect(ends(await run(sample, "Fast")).at(-1)).toBe("Completed true");
      expect(await peopleIn(sample)).toEqual(changed.slice(1));
    });

    test("blocked: left out and said by whom; cancelled, the next run holds it all again; resumed, it is done", { timeout }, async () => {
      const sample = await loaded();
      sample.writePeople(people(1, 5));
      const blocked = await run(sample, "Fast");
      expect(ends(blocked)).toEqual(["Completed true", "Completed true", "Blocked", "NotStarted"]);
      const left = await run(sample, "Fast");
      expect(ends(left)).toEqual([
        "Skipped connectorBlocked",
        "Skipped connectorBlocked",
        "Skipped connectorBlocked",
        "Skipped parentWithoutOutput",
      ]);
      const said = await message(sample, left, 0);
      expect(said).toContain(`blocked by instance ${blocked.jobInstance}`);
      expect(said).toContain(`sluice resume ${blocked.jobInstance}`);
      const log = readFileSync(join(sample.configuration.settings.tempFolder, "JobLogs", `Fast_${left.jobInstance}.log`), "utf8");
      expect(log).toContain(`sluice resume ${blocked.jobInstance}`);
      // A preparation by itself would build on what is not decided yet.
      expect(ends(await runTask(sample, "Alone"))).toEqual(["Skipped connectorBlocked"]);

      await cancelInstance({ store: sample.store, jobInstance: blocked.jobInstance, by: "bob" });
      sample.writePeople([...people(1, 5), ["P011", "Eleventh"]]);
      const again = await run(sample, "Fast");
      expect(again.tasks[2]).toMatchObject({ state: "Blocked", counters: { inserted: 1, deleted: 5 } });
      expect(ends(await resume(sample, again)).slice(2)).toEqual(["Completed true", "Completed true", "Completed true"]);
      expect(await peopleIn(sample)).toEqual([...people(1, 5), ["P011", "Eleventh"]]);
      expect(ends(await run(sample, "Fast"))[1]).toBe("Completed false");
    });

    test("changes that were blocked and cancelled are carried on, though the source does not say them again", { timeout }, async () => {
      const sample = await loaded();
      writeChanges(sample, ["delete;P001;", "delete;P002;", "delete;P003;", "update;P004;First"]);
      const blocked = await run(sample, "Delta");
      expect(blocked.tasks[2]?.state).toBe("Blocked");
      await cancelInstance({ store: sample.store, jobInstance: blocked.jobInstance, by: "bob" });
      writeChanges(sample, ["update;P004;Second", "insert;P003;Back"]);
      const next = await run(sample, "Delta");
      expect(next).toMatchObject({
        state: "Completed",
        tasks: [{}, { counters: { read: 2 } }, { counters: { deleted: 2, updated: 2 } }, {}],
      });
      expect(await message(sample, next, 1)).toContain("which was not applied");
      expect(await peopleIn(sample)).toEqual([["P003", "Back"], ["P004", "Second"], ...people(5, 10)]);

      // Not even a changed row: what is still to be applied is reason enough to prepare.
      writeChanges(sample, ["delete;P005;", "delete;P006;", "delete;P007;"]);
      const third = await run(sample, "Delta");
      await cancelInstance({ store: sample.store, jobInstance: third.jobInstance, by: "bob" });
      writeChanges(sample, []);
      const fourth = await run(sample, "Delta");
      expect(ends(fourth)).toEqual(["Completed true", "Completed true", "Blocked", "NotStarted"]);
      await resume(sample, fourth);
      expect(await peopleIn(sample)).toEqual([["P003", "Back"], ["P004", "Second"], ...people(8, 10)]);
      expect(ends(await run(sample, "Delta"))).toEqual([
        "Completed false",
        "Skipped parentWithoutOutput",
        "Skipped parentWithoutOutput",
        "Skipped parentWithoutOutput",
      ]);
    });

    test("the folder of baselines lost: refused and shown, run after run, until a complete one was applied", { timeout }, async () => {
      const sample = await loaded();
      rmSync(previous(sample), { recursive: true });
      sample.writePeople(people(1, 9));
      for (let twice = 0; twice < 2; twice++) {
        expect(ends(await run(sample, "Fast"))[1]).toBe("Errored SYNC_COMPLETE_REQUIRED");
        expect((await statusOf(sample)).completeRequired).toContain(previous(sample));
      }
      expect(await peopleIn(sample)).toEqual(people(1, 10));
      expect((await run(sample, "HR_Complete")).state).toBe("Completed");
      expect((await statusOf(sample)).completeRequired).toBeNull();
      sample.writePeople(people(1, 8));
      expect((await run(sample, "Fast")).state).toBe("Completed");
      expect(await peopleIn(sample)).toEqual(people(1, 8));
    });

    test("a baseline that somebody altered, its length kept: refused and shown", { timeout }, async () => {
      const sample = await loaded();
      const home = join(previous(sample), "promoted", "HR");
      const { session } = JSON.parse(readFileSync(join(home, "current.json"), "utf8")) as { session: string };
      const file = join(home, session, "Person.sorted.csv");
      const altered = readFileSync(file, "utf8").replace("Name 3", "Game 3");
      rmSync(file);
      writeFileSync(file, altered);
      sample.writePeople(people(1, 9));
      expect(ends(await run(sample, "Fast"))[1]).toBe("Errored SYNC_COMPLETE_REQUIRED");
      expect((await statusOf(sample)).completeRequired).toContain(file);
      expect((await sample.store.sessions.of("HR"))[0]?.state).toBe("failed");
      expect(await peopleIn(sample)).toEqual(people(1, 10));
    });

    test("changes that were never applied, lost: refused, instead of going on without them", { timeout }, async () => {
      const sample = await loaded();
      writeChanges(sample, ["delete;P001;", "delete;P002;", "delete;P003;"]);
      const blocked = await run(sample, "Delta");
      await cancelInstance({ store: sample.store, jobInstance: blocked.jobInstance, by: "bob" });
      rmSync(join(previous(sample), "pending"), { recursive: true });
      writeChanges(sample, ["update;P004;Second"]);
      expect(ends(await run(sample, "Delta"))[1]).toBe("Errored SYNC_COMPLETE_REQUIRED");
      expect((await statusOf(sample)).completeRequired).toContain("never applied");
    });

    test("never loaded, or loaded by other mappings: refused by name", { timeout }, async () => {
      const empty = await workspace();
      empty.writePeople(people(1, 3));
      expect(ends(await run(empty, "Fast"))[1]).toBe("Errored SYNC_COMPLETE_REQUIRED");
      const sample = await loaded();
      await sample.store.knex("UM_ConnectorHeads").update({ MappingHash: "older" });
      const refused = await run(sample, "Fast");
      expect(refused.tasks[1]?.error).toMatchObject({ code: "SYNC_COMPLETE_REQUIRED", message: expect.stringContaining("mappings") });
      expect((await statusOf(sample)).completeRequired).toContain("mappings");
    });

    test("died between an application and its promotion: the next run makes up for it", { timeout }, async () => {
      const sample = await loaded();
      const { session } = JSON.parse(readFileSync(join(previous(sample), "promoted", "HR", "current.json"), "utf8")) as { session: string };
      renameSync(join(previous(sample), "promoted", "HR", session), join(previous(sample), "pending", session));
      rmSync(join(previous(sample), "promoted", "HR", "current.json"));
      sample.writePeople(people(1, 9));
      expect((await run(sample, "Fast")).state).toBe("Completed");
      expect(await peopleIn(sample)).toEqual(people(1, 9));
    });

    test("a complete session that waits is applied first, and what comes after it starts there", { timeout }, async () => {
      const sample = await loaded();
      sample.writePeople(people(1, 11));
      await run(sample, "HR_Complete", { to: "HR_Prepare" });
      sample.writePeople(people(1, 12));
      expect((await run(sample, "Fast")).tasks[2]?.counters).toMatchObject({ inserted: 1 });
      expect(await peopleIn(sample)).toEqual(people(1, 11));
      expect((await runTask(sample, "HR_LoadAlone")).tasks[0]?.counters).toMatchObject({ inserted: 1 });
      expect(await peopleIn(sample)).toEqual(people(1, 12));
    });

    test("a session that does not start where the repository stands expires, and nothing is changed", { timeout }, async () => {
      const sample = await loaded();
      sample.writePeople(people(1, 12));
      await run(sample, "Fast", { to: "Fast_Prepare" });
      const [waiting] = await sample.store.sessions.of("HR");
      await sample.store.knex("UJ_SynchronizationSessions").where({ State: "ready" }).update({ StartsAt: "elsewhere" });
      const moved = await runTask(sample, "HR_LoadAlone");
      expect(moved.tasks[0]?.error).toMatchObject({
        code: "SYNC_CHAIN_MOVED",
        message: expect.stringContaining("run the incremental job again"),
      });
      expect((await sample.store.sessions.find(waiting?.guid ?? ("" as never)))?.state).toBe("expired");
      expect(await peopleIn(sample)).toEqual(people(1, 10));
      expect(await message(sample, await runTask(sample, "HR_LoadAlone"), 0)).toBe("nothing prepared");
      expect(ends(await run(sample, "Fast")).at(-1)).toBe("Completed true");
      expect(await peopleIn(sample)).toEqual(people(1, 12));
    });

    test("what an incremental export gave is not taken for the whole", { timeout }, async () => {
      const sample = await loaded();
      writeChanges(sample, ["update;P004;Second"]);
      expect(ends(await run(sample, "Wrong"))).toEqual(["Completed true", "Errored SRC_CHANGES_AS_WHOLE", "NotStarted", "NotStarted"]);
      expect(ends(await run(sample, "WrongComplete"))).toEqual(["Completed true", "Errored SRC_CHANGES_AS_WHOLE", "NotStarted"]);
      expect(await peopleIn(sample)).toEqual(people(1, 10));
    });

    test("changes that failed to be prepared and are replaced by the next ones are spoken of", { timeout }, async () => {
      const sample = await loaded();
      writeChanges(sample, ["update;P001;Monday", "nonsense;P002;x"]);
      expect(ends(await run(sample, "Delta"))[1]).toBe("Errored DATA_COMMAND_UNKNOWN");
      writeChanges(sample, ["update;P003;Tuesday"]);
      const next = await run(sample, "Delta");
      expect(await message(sample, next, 0)).toContain("HR_People were replaced before a preparation took them");
      writeChanges(sample, ["update;P003;Wednesday"]);
      expect(await message(sample, await run(sample, "Delta"), 0)).toBe("");
    });

    test("what a complete run set aside is not forgotten: an incremental one deletes it once the source has it no more", {
      timeout,
    }, async () => {
      const sample = await sampleWorkspace({ kind, more, settings: { OnRowError: "SetAside" } });
      sample.writePeople(people(1, 4));
      await run(sample, "HR_First");
      const write = (...rows: string[]): void =>
        writeFileSync(join(sample.workspace, "Sources", "people.csv"), ["number;name", ...rows].map((row) => `${row}\n`).join(""));
      write("P001;A", "P002;Name 2", "P003;C", "P004;D;too many");
      expect((await run(sample, "HR_Complete")).state).toBe("Completed");
      const aside = [
        ["P001", "A"],
        ["P002", "Name 2"],
        ["P003", "C"],
        ["P004", "Name 4"],
      ];
      expect(await peopleIn(sample)).toEqual(aside);
      expect(ends(await run(sample, "Fast"))[1]).toBe("Completed false");
      write("P001;A", "P002;Name 2", "P003;C");
      expect(ends(await run(sample, "Fast")).at(-1)).toBe("Completed true");
      expect(await peopleIn(sample)).toEqual(aside.slice(0, 3));
      expect(ends(await run(sample, "HR_Complete")).at(-1)).toBe("Completed false");

      // Where nothing tells what is stored under such a key, nothing is compared with the rest.
      rmSync(previous(sample), { recursive: true });
      write("P001;A", "P002;Name 2", "P003;C;too many");
      await run(sample, "HR_Complete");
      const refused = await run(sample, "Fast");
      expect(refused.tasks[1]?.error).toMatchObject({ code: "SYNC_COMPLETE_REQUIRED", message: expect.stringContaining("set aside") });
      write("P001;A", "P002;Name 2");
      await run(sample, "HR_Complete");
      expect(ends(await run(sample, "Fast"))[1]).toBe("Completed false");
    });

    test("files that something else dropped are prepared as they are; one whose manifest does not fit is not", { timeout }, async () => {
      const sample = await loaded();
      const folder = join(sample.configuration.settings.tempFolder, "ExportOutput");
      const file = join(folder, "HR_People.csv");
      const dropped = (numbers: readonly (readonly [string, string])[]): void =>
        writeFileSync(file, ["number,name", ...numbers.map((row) => row.join(","))].map((line) => `${line}\n`).join(""));
      dropped(people(1, 9));
      expect((await run(sample, "Fast", { from: "Fast_Prepare" })).tasks[0]?.error?.code).toBe("SRC_MANIFEST_INVALID");
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      dropped(people(1, 9));
      expect(ends(await run(sample, "Fast", { from: "Fast_Prepare" }))).toEqual(["Completed true", "Completed true", "Completed true"]);
      expect(await peopleIn(sample)).toEqual(people(1, 9));
      // Nothing newer came: no error, and it is said.
      const idle = await run(sample, "Fast", { from: "Fast_Prepare" });
      expect([ends(idle)[0], await message(sample, idle, 0)]).toEqual(["Completed false", expect.stringContaining("nothing differs")]);
    });

    test("a connector that a person switched off takes part in nothing until it is switched on", { timeout }, async () => {
      const sample = await loaded();
      await sample.store.connectors.deactivate("HR", "ann", "server moves");
      sample.writePeople(people(1, 12));
      for (const id of ["Fast", "HR_Complete"]) {
        const report = await run(sample, id);
        expect(ends(report).slice(0, 3)).toEqual(Array(3).fill("Skipped connectorDeactivated"));
        expect(await message(sample, report, 0)).toMatch(/ann \(server moves\).*sluice connector activate HR/);
      }
      expect((await statusOf(sample)).deactivation).toMatchObject({ by: "ann", reason: "server moves" });
      await sample.store.connectors.activate("HR");
      expect((await run(sample, "Fast")).state).toBe("Completed");
      expect(await peopleIn(sample)).toEqual(people(1, 12));
    });

    test("first versions moved to the first day, while a synchronization waits for a decision: it can be resumed", {
      timeout,
    }, async () => {
      const sample = await loaded();
      sample.writePeople(people(1, 5));
      const blocked = await run(sample, "Fast");
      expect((await runTask(sample, "Reset")).tasks[0]).toMatchObject({ state: "Completed", counters: { moved: 10 } });
      await resume(sample, blocked);
      expect(await peopleIn(sample)).toEqual(people(1, 5));
    });
  });
});
