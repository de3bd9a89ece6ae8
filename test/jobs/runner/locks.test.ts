import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { Configuration } from "../../../src/config/index.js";
import { cancelInstance, type RunRequest, runJob } from "../../../src/jobs/index.js";
import { lifeOf, openStore, type ProcessIdentity, processStart, type Store, thisProcess } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { EventRecord, Gate, handDriven } from "./hand-driven-tasks.js";
import { ManualTiming } from "./manual-timing.js";
import { type Sample, sampleConfiguration, sampleJob } from "./sample-configuration.js";

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const open = async (configuration: Configuration): Promise<Store> => {
  const store = await openStore(configuration.settings.database);
  stores.push(store);
  return store;
};

const load = (id: string, connector: string): { id: string; connector: string } => ({ id, connector });
const jobs = [
  sampleJob("One", [load("LoadA", "A")]),
  sampleJob("Two", [{ id: "ExportA", type: "ExportTask", connector: "A" }]),
  sampleJob("Three", [load("LoadB", "B")]),
  sampleJob("Free", [{ id: "Policy", type: "ComputeRoleModelTask", connector: "A" }]),
];

const request = (configuration: Configuration, store: Store, job: string): RunRequest => ({
  configuration,
  store,
  startedBy: "ann",
  what: { job },
});

/** Starts job One on connector A, held until its gate is opened. */
const holdA = async (configuration: Configuration): Promise<{ gate: Gate; run: ReturnType<typeof runJob>; store: Store }> => {
  const store = await open(configuration);
  const gate = new Gate();
  const run = runJob({ ...request(configuration, store, "One"), registry: handDriven({ LoadA: gate.run }).registry });
  await gate.started;
  return { gate, run, store };
};

/** A process of this host that has ended: a runner that died. */
const deadProcess = async (): Promise<ProcessIdentity> => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const identity = { host: thisProcess().host, pid, processStart: processStart(pid) ?? "" };
  expect(lifeOf(identity)).toBe("alive");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(lifeOf(identity)).toBe("dead");
  return identity;
};

onEachDatabase((kind) => {
  const configured = async (sample: Sample): Promise<Configuration> =>
    sampleConfiguration({ ...sample, database: (await freshDatabase(kind)).setting });

  describe("locks", () => {
    test("a second start of a job is refused and names the holder", async () => {
      const configuration = await configured({ jobs });
      const { gate, run } = await holdA(configuration);
      const other = await open(configuration);
      await expect(runJob({ ...request(configuration, other, "One"), registry: handDriven({}).registry })).rejects.toMatchObject({
        code: "LOCK_JOB_HELD",
        exit: 75,
        message: expect.stringContaining(`instance 1, process ${process.pid}`),
      });
      gate.end();
      await run;
      expect(await other.records.list()).toHaveLength(1);
      expect((await runJob({ ...request(configuration, other, "One"), registry: handDriven({}).registry })).state).toBe("Completed");
    });

    test("of many simultaneous starts exactly one runs", async () => {
      const configuration = await configured({ jobs });
      const gate = new Gate();
      const { registry } = handDriven({ LoadA: gate.run });
      const refused: string[] = [];
      let allRefused: () => void = () => undefined;
      const fiveRefused = new Promise<void>((resolve) => (allRefused = resolve));
      const runs = Array.from({ length: 6 }, async () => {
        const store = await open(configuration);
        try {
          return (await runJob({ ...request(configuration, store, "One"), registry })).state;
        } catch (error) {
          refused.push((error as { code: string }).code);
          if (refused.length === 5) allRefused();
          return null;
        }
      });
      await fiveRefused;
      gate.end();
      expect((await Promise.all(runs)).filter((state) => state !== null)).toEqual(["Completed"]);
      expect(refused).toEqual(Array.from({ length: 5 }, () => "LOCK_JOB_HELD"));
      expect(await stores[0]?.records.list()).toHaveLength(1);
    });

    test("a job that shares a connector waits visibly and goes on when it is free", async () => {
      const configuration = await configured({ jobs });
      const { gate, run } = await holdA(configuration);
      const store = await open(configuration);
      const timing = new ManualTiming();
      const record = new EventRecord();
      const { registry, started } = handDriven({});
      const second = runJob({ ...request(configuration, store, "Two"), registry, timing, onEvent: record.note });
      const { waitingFor } = await record.first("waiting");
      expect(waitingFor).toMatchObject([{ lock: "connector:A", jobInstance: 1, job: "One", pid: process.pid }]);
      expect(await store.records.find(2)).toMatchObject({ state: "Waiting", waitingFor });
      expect((await store.locks.all()).map(({ lock, jobInstance }) => [lock, jobInstance])).toEqual([
        ["connector:A", 1],
        ["job:One", 1],
        ["job:Two", 2],
      ]);

      const { registry: third } = handDriven({});
      expect((await runJob({ ...request(configuration, store, "Three"), registry: third })).state).toBe("Completed");
      expect((await runJob({ ...request(configuration, store, "Free"), registry: third })).state).toBe("Completed");
      expect(started).toEqual([]);
      gate.end();
      await run;
      timing.advance(1_000);
      expect((await second).state).toBe("Completed");
      expect(await store.records.find(2)).toMatchObject({ waitingFor: [] });
    });

    test("the wait ends after MaxLockWatchTime with nothing started", async () => {
      const configuration = await configured({ jobs, maxLockWatchSeconds: 2 });
      const { gate, run, store } = await holdA(configuration);
      const timing = new ManualTiming();
      const { registry, started } = handDriven({});
      const second = runJob({ ...request(configuration, store, "Two"), registry, timing });
      const refused = expect(second).rejects.toMatchObject({
        code: "LOCK_CONNECTOR_HELD",
        exit: 75,
        message: expect.stringContaining("connector A is held by instance 1 of One"),
      });
      await timing.sleeperFor(1_000);
      timing.advance(1_000);
      await timing.sleeperFor(1_000);
      timing.advance(1_000);
      await refused;
      expect(started).toEqual([]);
      expect(await store.records.find(2)).toMatchObject({ state: "Cancelled", message: expect.stringContaining("not free within 2 s") });
      gate.end();
      await run;
      expect(await store.locks.all()).toEqual([]);
    });

    test("a negative MaxLockWatchTime does not wait, and leaves no instance", async () => {
      const configuration = await configured({ jobs, maxLockWatchSeconds: -1 });
      const { gate, run, store } = await holdA(configuration);
      await expect(runJob({ ...request(configuration, store, "Two"), registry: handDriven({}).registry })).rejects.toMatchObject({
        code: "LOCK_CONNECTOR_HELD",
      });
      expect(await store.records.list()).toHaveLength(1);
      gate.end();
      await run;
    });

    test("a wait can be cancelled from its own and from another process", async () => {
      const configuration = await configured({ jobs });
      const { gate, run, store } = await holdA(configuration);
      const cancel = new AbortController();
      const own = new EventRecord();
      const first = runJob({
        ...request(configuration, store, "Two"),
        registry: handDriven({}).registry,
        cancel: cancel.signal,
        timing: new ManualTiming(),
        onEvent: own.note,
      });
      await own.first("waiting");
      cancel.abort();
      expect((await first).state).toBe("Cancelled");

      const timing = new ManualTiming();
      const record = new EventRecord();
      const second = runJob({ ...request(configuration, store, "Two"), registry: handDriven({}).registry, timing, onEvent: record.note });
      const { jobInstance } = await record.first("waiting");
      expect(await cancelInstance({ store, jobInstance, by: "bob" })).toEqual({ outcome: "requested" });
      timing.advance(1_000);
      expect((await second).state).toBe("Cancelled");
      gate.end();
      await run;
    });
  });

  describe("a runner that died", () => {
    test("is found, its instance Aborted, its locks freed, and the job runs again", async () => {
      const configuration = await configured({ jobs });
      const store = await open(configuration);
      const runner = await deadProcess();
      const gate = new Gate();
      // The instance of the dead process: driven here, under its name, until it was at work.
      void runJob({
        ...request(configuration, store, "One"),
        registry: handDriven({ LoadA: gate.run }).registry,
        process: runner,
        timing: new ManualTiming(),
      }).catch(() => undefined);
      await gate.started;
      const { jobInstance, taskInstance, fence } = await gate.started;
      const session = await store.sessions.announce(
        { jobInstance, taskInstance, fence },
        { connector: "A", mode: "Complete", type: "None", mappingHash: "h" },
      );

      const other = await open(configuration);
      const aborted = await other.records.abortDead();
      expect(aborted).toMatchObject([{ id: 1, job: "One", message: expect.stringContaining(`process ${runner.pid}`) }]);
      expect(await other.records.find(1)).toMatchObject({ state: "Aborted", message: expect.stringContaining("is gone") });
      expect((await other.records.tasks(1)).map(({ state }) => state)).toEqual(["Aborted"]);
      expect((await other.sessions.find(session.guid))?.state).toBe("failed");
      expect(await other.locks.all()).toEqual([]);
      expect(await other.records.abortDead()).toEqual([]);
      expect((await runJob({ ...request(configuration, other, "One"), registry: handDriven({}).registry })).jobInstance).toBe(2);
    });

    test("cannot write any more: its fence is stale", async () => {
      const configuration = await configured({ jobs });
      const store = await open(configuration);
      const runner = await deadProcess();
      const gate = new Gate();
      const run = runJob({
        ...request(configuration, store, "One"),
        registry: handDriven({ LoadA: gate.run }).registry,
        process: runner,
        timing: new ManualTiming(),
      });
      await gate.started;
      await store.records.abortDead();
      gate.end();
      await expect(run).rejects.toMatchObject({ code: "JOB_FENCED" });
      expect((await store.records.find(1))?.state).toBe("Aborted");
    });

    test("a waiting job goes on when the holder dies", async () => {
      const configuration = await configured({ jobs });
      const store = await open(configuration);
      const held = await store.records.open({
        job: "One",
        lock: "job:One",
        trigger: "CommandLine",
        startedBy: "ann",
        runner: thisProcess(),
        configurationHash: "c",
        planHash: "p",
        plan: { kind: "job", selection: null, tasks: [], connectorHashes: {}, leftOut: {} },
        force: false,
        reason: null,
        tasks: [],
      });
      await store.records.takeLocks(held, thisProcess(), ["connector:A"], () => ({
        kind: "job",
        selection: null,
        tasks: [],
        connectorHashes: {},
        leftOut: {},
      }));
      const timing = new ManualTiming();
      const record = new EventRecord();
      const run = runJob({ ...request(configuration, store, "Two"), registry: handDriven({}).registry, timing, onEvent: record.note });
      await record.first("waiting");
      const { pid, processStart: start } = await deadProcess();
      await store.knex("UJ_JobInstances").where({ Id: held.id }).update({ Pid: pid, ProcessStart: start });
      await store.knex("UJ_Locks").where({ JobInstance: held.id }).update({ Pid: pid, ProcessStart: start });
      timing.advance(1_000);
      expect((await run).state).toBe("Completed");
      expect((await store.records.find(held.id))?.state).toBe("Aborted");
    });
  });
});
