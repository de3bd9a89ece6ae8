import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { taskInstanceId } from "../../../src/model/index.js";
import { lifeOf, processStart, thisProcess } from "../../../src/store/index.js";
import { onEachDatabase } from "../../database.js";
import { emptyPlan, freshStore, openInstance } from "./temporary-store.js";

onEachDatabase((kind) => {
  describe("the record of an instance", () => {
    test("holds what was written, with times, and refuses a stale fence", async () => {
      const store = await freshStore(kind);
      const { tasks, ...held } = await openInstance(store, "Job", ["Export", "Load"]);
      expect(await store.records.find(held.id)).toMatchObject({
        state: "Waiting",
        job: "Job",
        runner: thisProcess(),
        plan: emptyPlan,
        endedAt: null,
        waitingFor: [],
      });
      const [export1 = taskInstanceId(0), load = taskInstanceId(0)] = [...tasks.values()];
      await store.records.advance(held, { state: "InProgress", tasks: [{ id: export1, state: "InProgress" }] });
      const error = { code: "SRC_MISSING", message: "gone", file: "a.csv", line: 3 };
      await store.records.advance(held, {
        state: "Errored",
        tasks: [
          { id: export1, state: "Errored", producedOutput: false, error, counters: { read: 3 } },
          { id: load, state: "Skipped", producedOutput: false, skippedBecause: "parentFailed" },
        ],
      });
      const rows = await store.records.tasks(held.id);
      expect(rows).toMatchObject([
        {
          task: "Export",
          state: "Errored",
          producedOutput: false,
          error,
          counters: { read: 3 },
          startedAt: expect.stringMatching(/Z$/),
          endedAt: expect.stringMatching(/Z$/),
        },
        { task: "Load", state: "Skipped", skippedBecause: "parentFailed", startedAt: null, endedAt: expect.stringMatching(/Z$/) },
      ]);
      expect((await store.records.find(held.id))?.endedAt).not.toBeNull();
      await expect(store.records.advance({ ...held, fence: held.fence - 1 }, { message: "late" })).rejects.toMatchObject({
        code: "JOB_FENCED",
      });
      expect((await store.records.find(held.id))?.message).toBeNull();
    });

    test("what is done in one change is done wholly or not at all", async () => {
      const store = await freshStore(kind);
      const { tasks, ...held } = await openInstance(store, "Job");
      const [load = taskInstanceId(0)] = [...tasks.values()];
      const impossible = { id: load, state: "InProgress", counters: { n: 1n as unknown as number } } as const;
      await expect(store.records.advance(held, { state: "InProgress", tasks: [impossible] })).rejects.toThrow();
      expect(await store.records.find(held.id)).toMatchObject({ state: "Waiting" });
      expect(await store.records.task(load)).toMatchObject({ state: "NotStarted", startedAt: null });
    });

    test("locks are taken together or not at all", async () => {
      const store = await freshStore(kind);
      const one = await openInstance(store, "One");
      const two = await openInstance(store, "Two");
      expect((await store.records.takeLocks(one, thisProcess(), ["connector:B"], () => emptyPlan)).holders).toEqual([]);
      const { holders } = await store.records.takeLocks(two, thisProcess(), ["connector:A", "connector:B"], () => emptyPlan);
      expect(holders).toMatchObject([{ lock: "connector:B", jobInstance: one.id, job: "One", host: hostname(), pid: process.pid }]);
      expect((await store.locks.all()).map(({ lock }) => lock)).toEqual(["connector:B", "job:One", "job:Two"]);
      expect(await store.records.find(two.id)).toMatchObject({ state: "Waiting", waitingFor: holders });
    });

    test("the latest instance of each job", async () => {
      const store = await freshStore(kind);
      for (const job of ["One", "Two", "One"]) {
        const held = await openInstance(store, job);
        await store.records.advance(held, { state: "Completed" });
      }
      expect([...(await store.records.latestByJob())].map(([job, { id }]) => [job, id])).toEqual([
        ["Two", 2],
        ["One", 3],
      ]);
      expect((await store.records.list({ job: "One", limit: 1 })).map(({ id }) => id)).toEqual([3]);
    });
  });

  describe("a dead runner", () => {
    test("leaves a validation that was applied: its task is Completed, what was InProgress is Aborted, what had not started stays", async () => {
      const store = await freshStore(kind);
      const { tasks, ...held } = await openInstance(store, "Job", ["LoadA", "LoadB", "Later"]);
      const [a = taskInstanceId(0), b = taskInstanceId(0)] = [...tasks.values()];
      await store.records.advance(held, { state: "Blocked", tasks: [a, b].map((id) => ({ id, state: "Blocked" })) });
      const instance = await store.records.find(held.id);
      if (instance === null) throw new Error("no instance");
      const validation = (taskKey: string, validationOf: typeof a) => ({
        taskKey: `${taskKey}#validation1`,
        task: taskKey,
        type: "SynchronizeTask",
        level: 0,
        position: 0,
        connector: "A",
        validationOf,
      });
      const dead = { ...thisProcess(), processStart: `${thisProcess().processStart}0` };
      const taken = await store.records.take({
        instance,
        runner: dead,
        attempt: { repeated: [], planOf: () => ({ plan: instance.plan, works: [] }) },
        locks: ["job:Job"],
        decisions: [],
        validations: [validation("LoadA", a), validation("LoadB", b), validation("Third", b)],
      });
      const [first = taskInstanceId(0), second = taskInstanceId(0)] = [...taken.tasks.values()];
      await store.records.advance(taken.held, {
        tasks: [
          { id: first, state: "Completed", producedOutput: true },
          { id: second, state: "InProgress" },
        ],
      });
      expect(await store.records.abortDead()).toMatchObject([{ id: held.id }]);
      expect((await store.records.tasks(held.id)).map(({ taskKey, state }) => [taskKey, state])).toEqual([
        ["LoadA", "Completed"],
        ["LoadB", "Blocked"],
        ["Later", "NotStarted"],
        ["LoadA#validation1", "Completed"],
        ["LoadB#validation1", "Aborted"],
        ["Third#validation1", "Cancelled"],
      ]);
      await expect(store.records.advance(taken.held, { state: "Completed" })).rejects.toMatchObject({ code: "JOB_FENCED" });
    });
  });
});

describe("a process", () => {
  test("is judged by pid and start where its process could be seen, and nowhere else", async () => {
    const self = thisProcess();
    const [table] = self.processStart.split("/");
    expect(lifeOf(self)).toBe("alive");
    expect(lifeOf({ ...self, host: "another name" })).toBe("alive");
    expect(lifeOf({ ...self, processStart: `${table}/1` })).toBe("dead");
    expect(lifeOf({ ...self, pid: process.ppid, processStart: processStart(process.ppid) ?? "" })).toBe("alive");
    expect(lifeOf({ ...self, pid: process.ppid, processStart: `${table}/1` })).toBe("dead");
    // The greatest pid that Linux gives is 2^22.
    expect(processStart(2 ** 22 + 1)).toBeNull();
    expect(lifeOf({ ...self, pid: 2 ** 22 + 1 })).toBe("dead");
  });

  test("of another container, machine or boot is never judged by its pid, though it calls itself the same", () => {
    const self = thisProcess();
    for (const processStart of ["another boot:4026531836/1", self.processStart.replace(/\d+\//, "1/"), "of a former version"]) {
      expect(lifeOf({ ...self, processStart })).toBe("unknown");
      expect(lifeOf({ ...self, pid: 2 ** 22 + 1, processStart })).toBe("unknown");
    }
  });

  test("whose start the platform does not tell is left to its lease, unless it does not run at all", () => {
    const self = thisProcess();
    const [table] = self.processStart.split("/");
    expect(lifeOf({ ...self, pid: process.ppid, processStart: `${table}/unknown` })).toBe("unknown");
    expect(lifeOf({ ...self, pid: 2 ** 22 + 1, processStart: `${table}/unknown` })).toBe("dead");
  });
});
