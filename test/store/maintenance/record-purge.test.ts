import type { Knex } from "knex";
import { describe, expect, test } from "vitest";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { addInstance, addLink, addVersions, day, maintenanceOf, numbers, quietly, register } from "./filled.js";

const idsOf = async (knex: Knex, table: string, column = "Id"): Promise<unknown[]> =>
  ((await knex(table).select(column).orderBy(column)) as Record<string, unknown>[]).map((row) => row[column]);
const numbersOf = async (knex: Knex, table: string, column = "Id"): Promise<number[]> => (await idsOf(knex, table, column)).map(Number);

const request = {
  instances: day(10),
  sessions: day(10),
  history: null,
  keepsAppliedChanges: false,
  batch: 2,
  dryRun: false,
} as const;

const nothing = { jobInstances: 0, taskInstances: 0, sessions: 0, scheduledRuns: 0, appliedChanges: 0 };

const addSession = async (knex: Knex, sequence: number, more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  await knex("UJ_SynchronizationSessions").insert({
    Guid: `g${sequence}`,
    Sequence: sequence,
    Connector: "HR",
    Mode: "Incremental",
    Type: "Changes",
    State: "applied",
    MappingHash: "m",
    CreatedAt: day(1),
    ChangedAt: day(1),
    ...more,
  });
};

onEachDatabase((kind) => {
  describe("the record of jobs", () => {
    test("loses old instances with their attempts and decisions; what may be resumed stays until its job ended again", async () => {
      const database = await freshDatabase(kind);
      const knex = await database.knex();
      const gone = await addInstance(knex, day(1));
      const followed = await addInstance(knex, day(1), { state: "Errored" });
      const followedByBlocked = await addInstance(knex, day(1), { state: "Aborted", job: "Blocks" });
      const blocked = await addInstance(knex, day(2), { state: "Blocked", taskState: "Blocked", job: "Blocks" });
      const blocksNow = await addInstance(knex, day(2), { state: "InProgress", job: "Blocks" });
      const followedByRunning = await addInstance(knex, day(1), { state: "Errored", job: "Runs" });
      const running = await addInstance(knex, day(2), { state: "InProgress", job: "Runs" });
      const last = await addInstance(knex, day(2));
      const lastErrored = await addInstance(knex, day(2), { state: "Errored", job: "Alone" });
      for (const { instance, task } of [gone, followed, last]) {
        const attempt = { Attempt: 1, State: "Errored", StartDate: day(1) };
        await knex("UJ_JobAttempts").insert({ ...attempt, JobInstance: instance, StartedBy: "ann", Host: "h", Pid: 1 });
        await knex("UJ_TaskAttempts").insert({ ...attempt, TaskInstance: task });
        await knex("UJ_Decisions").insert({ JobInstance: instance, Decision: "resume", TakenBy: "ann", Host: "h", TakenAt: day(1) });
      }
      const maintenance = await maintenanceOf(database);
      const counts = { ...nothing, jobInstances: 3, taskInstances: 3 };
      expect(await maintenance.purgeRecords({ ...request, instances: null }, quietly)).toEqual(nothing);
      expect(await maintenance.purgeRecords({ ...request, dryRun: true }, quietly)).toEqual(counts);
      expect(await maintenance.purgeRecords(request, quietly)).toEqual(counts);
      const left = [blocked, blocksNow, followedByRunning, running, last, lastErrored];
      expect(await numbersOf(knex, "UJ_JobInstances")).toEqual(left.map(({ instance }) => instance));
      expect(await numbersOf(knex, "UJ_TaskInstances")).toEqual(left.map(({ task }) => task));
      expect(await numbersOf(knex, "UJ_JobAttempts", "JobInstance")).toEqual([last.instance]);
      expect(await numbersOf(knex, "UJ_TaskAttempts", "TaskInstance")).toEqual([last.task]);
      expect(await numbersOf(knex, "UJ_Decisions", "JobInstance")).toEqual([last.instance]);
      expect(await maintenance.purgeRecords(request, quietly)).toEqual(nothing);
      expect(followedByBlocked.instance).toBeGreaterThan(0);
    });

    test("keeps whoever a version or link names, wherever among the numbers it lies, and history with it", async () => {
      const database = await freshDatabase(kind);
      const knex = await database.knex();
      await register(knex);
      const instances = [];
      for (let index = 0; index < 8; index++) instances.push(await addInstance(knex, day(1)));
      await addInstance(knex, day(2));
      const [first, formerOpened, formerClosed, far, link, otherLink, unnamed] = instances;
      if (unnamed === undefined) throw new Error("too few instances");
      // Beyond one stretch, and beyond one without any row.
      await addVersions(knex, [
        { id: 1, from: day(1), to: day(2), by: formerOpened?.task ?? 0, closedBy: formerClosed?.task ?? 0 },
        { id: 1, from: day(2), by: first?.task ?? 0 },
        { id: 65_000, from: day(1), by: far?.task ?? 0 },
      ]);
      await addLink(knex, numbers.members, 5, 1, day(1), day(2), link?.task ?? 0);
      await addLink(knex, numbers.sites, 70_000, 1, day(1), undefined, otherLink?.task ?? 0);
      const maintenance = await maintenanceOf(database);
      expect(await maintenance.purgeRecords(request, quietly)).toMatchObject({ jobInstances: 2 });
      const left = await numbersOf(knex, "UJ_TaskInstances");
      expect(left).toEqual(expect.arrayContaining([first, formerOpened, formerClosed, far, link, otherLink].map((each) => each?.task)));
      expect(left).toHaveLength(7);
      expect(await numbersOf(knex, "UR_Resources")).toHaveLength(3);
      // Once that history is gone nobody needs those who made it.
      expect(await maintenance.purgeRecords({ ...request, history: day(3) }, quietly)).toMatchObject({ jobInstances: 3 });
    });

    test("loses applied changes of old instances only where nothing consumes them, and never staged ones", async () => {
      const database = await freshDatabase(kind);
      const knex = await database.knex();
      const old = await addInstance(knex, day(1));
      const blocked = await addInstance(knex, day(1), { state: "Blocked", taskState: "Blocked" });
      const young = await addInstance(knex, day(20));
      const change = async (TaskInstance: number, ResourceId: number, State: string): Promise<void> => {
        await knex("UR_ResourceChanges").insert({ TaskInstance, State, Command: "update", Type: 1, Key: "k", ResourceId, Changes: "{}" });
        const keys = { TaskInstance, State, Mapping: 1, Key1: "a", Key2: "b" };
        await knex("UR_ResourceLinkChanges").insert({ ...keys, Command: "insert", R1_Id: 1, R2_Id: ResourceId });
        await knex("UR_LinkKeyChanges").insert({ ...keys, Command: "add" });
      };
      for (let id = 1; id <= 3; id++) await change(old.task, id, "applied");
      await change(old.task, 4, "staged");
      await change(blocked.task, 5, "applied");
      await change(young.task, 6, "applied");
      await change(9_999, 7, "applied");
      const maintenance = await maintenanceOf(database);
      expect(await maintenance.purgeRecords({ ...request, keepsAppliedChanges: true }, quietly)).toEqual(nothing);
      expect(await maintenance.purgeRecords({ ...request, dryRun: true }, quietly)).toMatchObject({ appliedChanges: 12 });
      expect(await maintenance.purgeRecords(request, quietly)).toMatchObject({ appliedChanges: 12 });
      expect(await numbersOf(knex, "UR_ResourceChanges", "ResourceId")).toEqual([4, 5, 6]);
      expect(await numbersOf(knex, "UR_ResourceLinkChanges", "R2_Id")).toEqual([4, 5, 6]);
    });

    test("loses old decisions of schedulers, but for the last due time of each job and what is still to start", async () => {
      const database = await freshDatabase(kind);
      const knex = await database.knex();
      const run = async (Job: string, due: number, State = "started", decided = due): Promise<void> => {
        const who = { Host: "h", Pid: 1, ProcessStart: "1" };
        await knex("UJ_ScheduledRuns").insert({
          Job,
          DueAt: day(due),
          FirstDueAt: day(due),
          Runs: 1,
          State,
          DecidedAt: day(decided),
          ...who,
        });
      };
      const states = ["started", "skipped", "missed", "failed", "queued", "claimed"];
      for (const [index, state] of states.entries()) await run("HR", index + 1, state);
      await run("HR", 8, "started", 20);
      await run("HR", 9);
      await run("Silent", 1, "missed");
      const scheduler = {
        Host: "h",
        Workspace: "w",
        StartedAt: day(1),
        LeaseUntil: day(1),
        ConfigurationHash: "c",
        ConfigurationSince: day(1),
      };
      for (const Pid of [1, 2, 3]) await knex("UJ_Schedulers").insert({ ...scheduler, Pid, ProcessStart: "1", SeenAt: day(Pid) });
      const maintenance = await maintenanceOf(database);
      expect(await maintenance.purgeRecords({ ...request, dryRun: true }, quietly)).toMatchObject({ scheduledRuns: 4 });
      expect(await maintenance.purgeRecords(request, quietly)).toMatchObject({ scheduledRuns: 4 });
      const left = (await knex("UJ_ScheduledRuns").select("Job", "DueAt").orderBy(["Job", "DueAt"])) as { Job: string; DueAt: string }[];
      expect(left.map(({ Job, DueAt }) => `${Job} ${DueAt.slice(8, 10)}`)).toEqual(["HR 05", "HR 06", "HR 08", "HR 09", "Silent 01"]);
      expect(await numbersOf(knex, "UJ_Schedulers", "Pid")).toEqual([3]);
    });

    test("keeps sessions that came after the head: their changes wait to be carried on", async () => {
      const database = await freshDatabase(kind);
      const knex = await database.knex();
      for (let sequence = 1; sequence <= 50; sequence++) await addSession(knex, sequence, sequence > 5 ? { State: "expired" } : {});
      await knex("UM_ConnectorHeads").insert({ Connector: "HR", Session: "g5", AppliedAt: day(1), TaskInstance: 1, MappingHash: "m" });
      for (let sequence = 51; sequence <= 83; sequence++) await addSession(knex, sequence, { Connector: "Other", State: "failed" });
      const maintenance = await maintenanceOf(database);
      expect(await maintenance.purgeRecords({ ...request, sessions: null }, quietly)).toEqual(nothing);
      expect(await maintenance.purgeRecords(request, quietly)).toMatchObject({ sessions: 7 });
      const left = new Set(await idsOf(knex, "UJ_SynchronizationSessions", "Guid"));
      expect(["g1", "g4", "g51", "g53"].filter((guid) => left.has(guid))).toEqual([]);
      expect(["g5", "g6", "g50", "g54", "g83"].filter((guid) => !left.has(guid))).toEqual([]);
    });

    test("says which files are needed", async () => {
      const database = await freshDatabase(kind);
      const knex = await database.knex();
      await addInstance(knex, day(1));
      await addInstance(knex, day(1), { state: "Errored" });
      await addInstance(knex, day(2));
      const needed = [
        await addInstance(knex, day(1), { state: "InProgress", job: "Runs" }),
        await addInstance(knex, day(1), { state: "Aborted", taskState: "Blocked", job: "A" }),
        await addInstance(knex, day(2), { state: "Blocked", taskState: "Blocked", job: "A" }),
        await addInstance(knex, day(2), { state: "Errored", job: "B" }),
      ];
      await addInstance(knex, day(3), { job: "A" });
      for (const state of ["applied", "failed", "applied", "ready", "expired"]) {
        await addSession(knex, (await idsOf(knex, "UJ_SynchronizationSessions", "Guid")).length + 1, { State: state });
      }
      await knex("UM_ConnectorHeads").insert({ Connector: "HR", Session: "g3", AppliedAt: day(1), TaskInstance: 1, MappingHash: "m" });
      await addSession(knex, 6, { Connector: "Headless", State: "failed" });
      await addSession(knex, 7, { Connector: "Headless", State: "failed", ChangedAt: day(20) });
      await addSession(knex, 8, { Connector: "Headless", State: "failed" });
      const { instances, sessions, endedSessions } = await (await maintenanceOf(database)).recordNeeds(day(10), quietly);
      expect([...instances].sort((a, b) => a - b)).toEqual(needed.map(({ instance }) => instance));
      expect([...sessions].sort()).toEqual(["g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"]);
      expect([...endedSessions].sort()).toEqual(["g1", "g2", "g6"]);
    });
  });
});
