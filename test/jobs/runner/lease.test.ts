import { afterEach, describe, expect, test } from "vitest";
import { cancelInstance, type RunRequest, runJob } from "../../../src/jobs/index.js";
import { heartbeatMs, leaseMs, openStore, type Store } from "../../../src/store/index.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import { EventRecord, Gate, handDriven } from "./hand-driven-tasks.js";
import { ManualTiming } from "./manual-timing.js";
import { type Sample, sampleConfiguration, sampleJob } from "./sample-configuration.js";

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const jobs = [sampleJob("Job", [{ id: "Load", connector: "A" }]), sampleJob("Other", [{ id: "Look", connector: "A" }])];

/** A workspace whose time is the test's, the runner's and the database's alike. */
const prepare = async (sample: Partial<Sample> = {}) => {
  const configuration = sampleConfiguration({ jobs, ...sample });
  const timing = new ManualTiming();
  const store = await openStore(configuration.settings.database, { timing });
  stores.push(store);
  const request = (job: string): RunRequest => ({ configuration, store, timing, startedBy: "ann", what: { job } });
  return { configuration, store, timing, request };
};

/** Lets a second pass, and the looks that it brings end. */
const second = async (timing: ManualTiming): Promise<void> => {
  await timing.sleeperFor(1_000);
  timing.advance(1_000);
};

const leaseOf = async (store: Store, id: number): Promise<number> => Date.parse((await store.records.find(id))?.leaseUntil ?? "");

/** What another one that finds it dead does first. */
const take = async (store: Store): Promise<void> => {
  await store.knex("UJ_JobInstances").where({ Id: 1 }).increment("Fence", 1);
};

describe("a running instance", () => {
  test("has its lease extended every ten seconds", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    await gate.started;
    const begun = timing.now();
    expect(await leaseOf(store, 1)).toBe(begun + leaseMs);
    for (let passed = 0; passed < 25_000; passed += 1_000) await second(timing);
    await timing.sleeperFor(1_000);
    expect(await leaseOf(store, 1)).toBe(begun + 2 * heartbeatMs + leaseMs);
    gate.end();
    expect((await run).state).toBe("Completed");
    expect((await store.records.find(1))?.leaseUntil).toBeNull();
  });

  test("has it extended while it waits for its locks", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const first = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    await gate.started;
    const record = new EventRecord();
    const own = new ManualTiming();
    const waiting = runJob({ ...request("Other"), registry: handDriven({}).registry, timing: own, onEvent: record.note });
    await record.first("waiting");
    const before = await leaseOf(store, 2);
    // The database's clock and the runner's need not agree.
    timing.advance(heartbeatMs);
    for (let passed = 0; passed < heartbeatMs; passed += 1_000) await second(own);
    await own.sleeperFor(1_000);
    expect(await leaseOf(store, 2)).toBe(before + heartbeatMs);
    gate.end();
    await first;
    await second(own);
    expect((await waiting).state).toBe("Completed");
  });

  test("that was taken has its tasks stopped at the next look, and nothing more is written", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    const { signal } = await gate.started;
    await take(store);
    const before = [await store.knex("UJ_JobInstances"), await store.knex("UJ_TaskInstances"), await store.knex("UJ_Locks")];
    const refused = expect(run).rejects.toMatchObject({ code: "JOB_FENCED" });
    await second(timing);
    await refused;
    expect(signal.aborted).toBe(true);
    expect([await store.knex("UJ_JobInstances"), await store.knex("UJ_TaskInstances"), await store.knex("UJ_Locks")]).toEqual(before);
  });

  test("that was taken while it waited starts nothing", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const first = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    await gate.started;
    const record = new EventRecord();
    const { registry, started } = handDriven({});
    const waiting = runJob({ ...request("Other"), registry, onEvent: record.note });
    await record.first("waiting");
    await store.knex("UJ_JobInstances").where({ Id: 2 }).increment("Fence", 1);
    const refused = expect(waiting).rejects.toMatchObject({ code: "JOB_FENCED" });
    await second(timing);
    await refused;
    expect(started).toEqual([]);
    expect((await store.records.find(2))?.state).toBe("Waiting");
    gate.end();
    await first;
  });
});

describe("a database that does not answer", () => {
  const hide = async (store: Store): Promise<void> => {
    await store.knex.raw("ALTER TABLE UJ_JobInstances RENAME TO Hidden");
  };
  const show = async (store: Store): Promise<void> => {
    await store.knex.raw("ALTER TABLE Hidden RENAME TO UJ_JobInstances");
  };

  test("is borne for less than a lease", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    const { signal } = await gate.started;
    await hide(store);
    for (let passed = 0; passed < leaseMs - 1_000; passed += 1_000) await second(timing);
    await timing.sleeperFor(1_000);
    await show(store);
    expect(signal.aborted).toBe(false);
    await second(timing);
    await timing.sleeperFor(1_000);
    expect(await leaseOf(store, 1)).toBe(timing.now() + leaseMs);
    gate.end();
    expect((await run).state).toBe("Completed");
  });

  test("for a whole lease ends the run: its tasks are stopped, and nothing is written even where it could be", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    const { signal } = await gate.started;
    await hide(store);
    const lost = expect(run).rejects.toMatchObject({
      code: "JOB_LEASE_LOST",
      exit: 69,
      message: expect.stringContaining("UJ_JobInstances"),
    });
    signal.addEventListener("abort", () => void show(store));
    for (let passed = 0; passed < leaseMs; passed += 1_000) await second(timing);
    await lost;
    expect(await store.records.find(1)).toMatchObject({ state: "InProgress", message: null });
    expect((await store.records.tasks(1)).map(({ state }) => state)).toEqual(["InProgress"]);
  });
});

describe("a database that another program holds", () => {
  const hold = (store: Store): (() => void) => {
    const connection = openConnection(store.database.replace("SQLite ", ""));
    connection.exec("BEGIN IMMEDIATE");
    return () => {
      connection.exec("ROLLBACK");
      connection.close();
    };
  };
  /** Time passes by itself, so that pauses between two tries do not stop the test. */
  const patient = (timing: ManualTiming, atSleep: () => void) => ({
    now: () => timing.now(),
    sleep: async (milliseconds: number) => {
      timing.advance(milliseconds);
      atSleep();
    },
  });

  test("does not end a run that cannot extend its lease meanwhile", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    const { signal } = await gate.started;
    const release = hold(store);
    for (let passed = 0; passed < leaseMs + 10_000; passed += 1_000) await second(timing);
    await timing.sleeperFor(1_000);
    expect(signal.aborted).toBe(false);
    release();
    gate.end();
    expect((await run).state).toBe("Completed");
  });

  test("is waited for by a start until Ctrl-C, and then there is no instance", async () => {
    const { configuration, store, timing, request } = await prepare();
    const release = hold(store);
    const cancel = new AbortController();
    let sleeps = 0;
    const waiting = await openStore(configuration.settings.database, {
      timing: patient(timing, () => {
        if (++sleeps === 5) cancel.abort();
      }),
    });
    stores.push(waiting);
    await expect(
      runJob({ ...request("Job"), store: waiting, cancel: cancel.signal, registry: handDriven({}).registry }),
    ).rejects.toMatchObject({ code: "JOB_WAIT_ENDED", exit: 75 });
    release();
    expect(await store.records.list()).toEqual([]);
  });

  test("is waited for by a cancel until Ctrl-C, and then nothing was asked", async () => {
    const { configuration, store, timing, request } = await prepare();
    const gate = new Gate();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry });
    await gate.started;
    const release = hold(store);
    const ending = new AbortController();
    const waiting = await openStore(configuration.settings.database, { timing: patient(timing, () => ending.abort()) });
    stores.push(waiting);
    await expect(cancelInstance({ store: waiting, jobInstance: 1, by: "bob", signal: ending.signal })).rejects.toMatchObject({
      code: "JOB_WAIT_ENDED",
      message: expect.stringContaining("held by instance 1 (Job)"),
    });
    release();
    expect((await store.records.find(1))?.cancelRequestedAt).toBeNull();
    gate.end();
    await run;
  });

  test("keeps a stopped run for five seconds only: its end is recorded by whoever finds it dead", async () => {
    const { store, timing, request } = await prepare();
    const gate = new Gate();
    const stop = new AbortController();
    const run = runJob({ ...request("Job"), registry: handDriven({ Load: gate.run }).registry, stop: stop.signal });
    await gate.started;
    const release = hold(store);
    const unrecorded = expect(run).rejects.toMatchObject({ code: "JOB_END_UNRECORDED", exit: 75 });
    stop.abort();
    await timing.sleeperFor(5_000);
    timing.advance(5_000);
    await unrecorded;
    release();
    expect(await store.records.find(1)).toMatchObject({ state: "InProgress" });
  });
});
