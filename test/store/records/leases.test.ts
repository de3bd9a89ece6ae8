import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/model/index.js";
import { heartbeatMs, type JobInstance, leaseMs } from "../../../src/store/index.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import { Database } from "../../../src/store/sqlite/synchronization/database.js";
import { extendLeases } from "../../../src/store/sqlite/synchronization/lease.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import {
  elsewhere,
  emptyPlan,
  newDatabase,
  openInstance,
  type Records,
  recordsOn,
  runningTask,
  SteppedTiming,
  storeOn,
  temporaryStore,
} from "./temporary-store.js";

const found = async (store: Records, id: number): Promise<JobInstance> => {
  const instance = await store.records.find(id);
  if (instance === null) throw new Error(`no instance ${id}`);
  return instance;
};

const leaseOf = async (store: Records, id: number): Promise<number | null> => {
  const { leaseUntil } = await found(store, id);
  return leaseUntil === null ? null : Date.parse(leaseUntil);
};

onEachDatabase((kind) => {
  /** A record on which time is the test's. */
  const stepped = async () => {
    const database = await freshDatabase(kind);
    const timing = new SteppedTiming();
    return { store: await recordsOn(database, timing), timing, database };
  };

  test("a lease is given with the instance, extended by heartbeats, and ends with it", async () => {
    const { store, timing } = await stepped();
    const held = await openInstance(store, "Job");
    expect(await leaseOf(store, held.id)).toBe(timing.now() + leaseMs);
    timing.advance(heartbeatMs);
    expect(await store.records.heartbeat(held)).toBe(true);
    expect(await leaseOf(store, held.id)).toBe(timing.now() + leaseMs);
    await store.records.advance(held, { state: "Blocked" });
    expect(await leaseOf(store, held.id)).toBeNull();
    const instance = await found(store, held.id);
    const taking = { instance, runner: elsewhere(1), locks: ["instance:1"], validations: [], decisions: [] };
    const closing = await store.records.take(taking);
    expect(await leaseOf(store, held.id)).toBe(timing.now() + leaseMs);
    await store.records.advance(closing.held, { releasesLocks: true });
    expect(await leaseOf(store, held.id)).toBeNull();
  });

  test.skipIf(kind === "SQLite")("a lease runs on the server's clock", async () => {
    const store = await storeOn(await freshDatabase(kind));
    const { id } = await openInstance(store, "Job");
    const [{ Ms } = { Ms: 0 }] = (await store.knex.raw("SELECT DATEDIFF_BIG(millisecond, '19700101', SYSUTCDATETIME()) AS [Ms]")) as {
      Ms: number;
    }[];
    const left = Number(await leaseOf(store, id)) - Number(Ms);
    expect(left).toBeLessThanOrEqual(leaseMs);
    expect(left).toBeGreaterThan(leaseMs - 20_000);
  });

  describe("a runner that cannot be seen", () => {
    test("lives as long as its lease, and is found dead by it, with its locks", async () => {
      const { store, timing } = await stepped();
      const { held, task } = await runningTask(store, "Job", elsewhere(7));
      await store.records.takeLocks(held, elsewhere(7), ["connector:A"], () => emptyPlan);
      timing.advance(leaseMs);
      expect(await store.records.abortDead()).toEqual([]);
      timing.advance(1);
      const [aborted] = await store.records.abortDead();
      expect(aborted?.message).toBe("its runner (process 7 on web2) is gone: its lease ran out at 2026-11-21T09:01:00.000Z");
      expect(await found(store, held.id)).toMatchObject({ state: "Aborted", message: aborted?.message, leaseUntil: null });
      expect((await store.records.task(task.taskInstance))?.state).toBe("Aborted");
      expect(await store.locks.all()).toEqual([]);
      await openInstance(store, "Job");
    });

    test("whose instance was taken gives no sign of life any more", async () => {
      const { store, timing } = await stepped();
      const { held } = await runningTask(store, "Job", elsewhere(1));
      timing.advance(leaseMs + 1);
      await store.records.abortDead();
      await expect(store.records.heartbeat(held)).rejects.toMatchObject({ code: "JOB_FENCED" });
      expect(await leaseOf(store, held.id)).toBeNull();
    });

    test("whose closing died leaves a lock that its lease frees, and the closing is refused", async () => {
      const { store, timing, database } = await stepped();
      const { held, task } = await runningTask(store, "Job");
      await store.records.advance(held, { state: "Blocked", tasks: [{ id: task.taskInstance, state: "Blocked" }] });
      const locks = ["instance:1"];
      const taking = { instance: await found(store, held.id), locks, validations: [], decisions: [] };
      const closing = await store.records.take({ ...taking, runner: elsewhere(3) });
      timing.advance(leaseMs);
      await store.records.abortDead();
      expect((await store.locks.all()).map(({ lock }) => lock)).toEqual(locks);
      timing.advance(1);
      expect(await store.records.abortDead()).toEqual([]);
      expect(await store.locks.all()).toEqual([]);
      const second = await store.records.take({ ...taking, instance: await found(store, held.id), runner: elsewhere(4) });
      await expect(store.records.advance(closing.held, { state: "Cancelled" })).rejects.toMatchObject({ code: "JOB_FENCED" });
      const { synchronization } = await storeOn(database);
      const { id, fence } = closing.held;
      await expect(synchronization.drop({ jobInstance: id, taskInstance: task.taskInstance, fence })).rejects.toMatchObject({
        code: "SYNC_FENCE_STALE",
      });
      await store.records.advance(second.held, { state: "Cancelled" });
      expect(await store.locks.all()).toEqual([]);
    });

    test("left by a version without leases is taken for dead", async () => {
      const { store } = await stepped();
      const { held } = await runningTask(store, "Job", { ...elsewhere(5), processStart: "8d1c0e1e:123456" });
      await store.knex("UJ_JobInstances").where({ Id: held.id }).update({ LeaseUntil: null });
      expect(await store.records.abortDead()).toMatchObject([{ id: held.id, message: "its runner (process 5 on web2) is gone" }]);
    });
  });

  test("a runner that can be seen is never judged by its lease", async () => {
    const { store, timing } = await stepped();
    const { held } = await runningTask(store, "Job");
    timing.advance(100 * leaseMs);
    expect(await store.records.abortDead()).toEqual([]);
    expect(await store.records.heartbeat(held)).toBe(true);
  });
});

describe("while SQLite's one writer is held", () => {
  test("nobody is judged, and afterwards who lived when it began lives on", async () => {
    const path = newDatabase();
    const timing = new SteppedTiming();
    const store = await temporaryStore(path, { timing });
    const { held } = await runningTask(store, "Job", elsewhere(1));
    const other = await runningTask(store, "Dead", elsewhere(2));
    timing.advance(leaseMs - heartbeatMs);
    await store.records.heartbeat(held);
    timing.advance(heartbeatMs + 1);
    // A long synchronization. `Dead` gave its last sign of life a lease ago; `Job` is alive, but cannot say so.
    const connection = openConnection(path);
    connection.exec("BEGIN IMMEDIATE");
    const begunAt = timing.now();
    timing.advance(10 * leaseMs);
    expect(await store.records.heartbeat(held)).toBe(false);
    expect(await store.records.abortDead()).toEqual([]);
    extendLeases(new Database(connection), timing, begunAt);
    connection.exec("COMMIT");
    connection.close();
    expect(await store.records.abortDead()).toMatchObject([{ id: other.held.id }]);
    expect(await leaseOf(store, held.id)).toBe(timing.now() + leaseMs);
    expect(await store.records.heartbeat(held)).toBe(true);
  });

  test("a sign of life that comes between look and judgement counts", async () => {
    const path = newDatabase();
    const timing = new SteppedTiming();
    const store = await temporaryStore(path, { timing });
    const { held } = await runningTask(store, "Job", elsewhere(7));
    timing.advance(leaseMs + 1);
    const connection = openConnection(path);
    connection.exec("BEGIN IMMEDIATE");
    let isFree = false;
    const judge = await temporaryStore(path, {
      timing: {
        now: () => timing.now(),
        // The judge waits for the writer, and the runner comes first.
        sleep: async () => {
          if (isFree) return;
          isFree = true;
          connection.exec("ROLLBACK");
          connection.close();
          expect(await store.records.heartbeat(held)).toBe(true);
        },
      },
    });
    expect(await judge.records.abortDead({ isPatient: true })).toEqual([]);
    expect(isFree).toBe(true);
    expect((await found(store, held.id)).state).toBe("InProgress");
  });

  test("a synchronization gives every living instance a whole lease at its commit", async () => {
    const path = newDatabase();
    const store = await temporaryStore(path);
    const { held } = await runningTask(store, "Job", elsewhere(1));
    const connection = openConnection(path);
    const ended = { now: () => systemClock.now() + 1_000_000 };
    new Database(connection).transaction(() => extendLeases(new Database(connection), ended, systemClock.now()));
    connection.close();
    expect(Number(await leaseOf(store, held.id)) - systemClock.now()).toBeGreaterThan(1_000_000);
  });
});
