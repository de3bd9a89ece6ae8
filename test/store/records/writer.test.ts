import { describe, expect, test } from "vitest";
import { systemTiming, type Timing } from "../../../src/model/index.js";
import { processStart, thisProcess } from "../../../src/store/index.js";
import type { DatabaseWait } from "../../../src/store/retry.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import { newDatabase, openInstance, runningTask, temporaryStore } from "./temporary-store.js";

/** Takes the writer as another program would; gives what frees it. */
const holdWriter = (path: string): (() => void) => {
  const connection = openConnection(path);
  connection.exec("BEGIN IMMEDIATE");
  return () => {
    connection.exec("ROLLBACK");
    connection.close();
  };
};

/** Counts the pauses and calls back at one of them, so that no test sleeps. */
const countingTiming = (at: number, then: () => void): { readonly timing: Timing; readonly pauses: number[] } => {
  const pauses: number[] = [];
  let now = 0;
  const timing: Timing = {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      pauses.push(milliseconds);
      if (pauses.length === at) then();
    },
  };
  return { timing, pauses };
};

describe("a write while another connection holds the writer", () => {
  test("is repeated after growing pauses, and then done once", async () => {
    const path = newDatabase();
    await temporaryStore(path);
    const { timing, pauses } = countingTiming(7, () => release());
    const store = await temporaryStore(path, { timing });
    const release = holdWriter(path);
    await openInstance(store, "Job");
    expect(pauses).toEqual([10, 20, 40, 80, 160, 250, 250]);
    expect(await store.records.list()).toHaveLength(1);
  });

  test("is given up with DB_LOCKED when the patience is over", async () => {
    const path = newDatabase();
    await temporaryStore(path);
    const { timing } = countingTiming(-1, () => undefined);
    const store = await temporaryStore(path, { timing, patienceMs: 200 });
    const release = holdWriter(path);
    await expect(openInstance(store, "Job")).rejects.toMatchObject({ code: "DB_LOCKED", exit: 75 });
    release();
  });

  test("waits on while a synchronization of ours is at work", async () => {
    const path = newDatabase();
    const first = await temporaryStore(path);
    const { tasks, ...held } = await openInstance(first, "Loading");
    for (const id of tasks.values()) await first.records.advance(held, { state: "InProgress", tasks: [{ id, state: "InProgress" }] });
    const { timing, pauses } = countingTiming(12, () => release());
    const store = await temporaryStore(path, { timing, patienceMs: 200 });
    const release = holdWriter(path);
    await openInstance(store, "Job");
    expect(pauses).toHaveLength(12);
  });

  test("progress is left out instead", async () => {
    const path = newDatabase();
    const store = await temporaryStore(path, { timing: { ...systemTiming, sleep: () => Promise.reject(new Error("it waited")) } });
    const { tasks, ...held } = await openInstance(store, "Job");
    const [id] = [...tasks.values()];
    if (id === undefined) throw new Error("no task");
    await store.records.advance(held, { state: "InProgress", tasks: [{ id, state: "InProgress" }] });
    const release = holdWriter(path);
    const task = { jobInstance: held.id, taskInstance: id, fence: held.fence };
    await store.records.progress(task, { step: "reading", rows: 1 });
    release();
    expect((await store.records.task(id))?.progress).toBeNull();
    await store.records.progress(task, { step: "reading", rows: 2 });
    expect((await store.records.task(id))?.progress).toEqual({ step: "reading", rows: 2 });
  });

  test("tells for whom it waits, once for each who holds the database, and not of short waits", async () => {
    const path = newDatabase();
    const first = await temporaryStore(path);
    const parent = { ...thisProcess(), pid: process.ppid, processStart: processStart(process.ppid) ?? "" };
    const { held } = await runningTask(first, "Loading", parent);
    const waits: DatabaseWait[] = [];
    const { timing, pauses } = countingTiming(30, () => release());
    const store = await temporaryStore(path, { timing, onWait: (wait) => waits.push(wait) });
    const release = holdWriter(path);
    await openInstance(store, "Job");
    expect(pauses).toHaveLength(30);
    expect(waits).toEqual([
      {
        holders: [{ jobInstance: held.id, job: "Loading", isOwn: false }],
        text: "waiting for the database, held by instance 1 (Loading)",
      },
    ]);
  });

  test("does not tell of this process's own synchronization, but of a program that is none of ours", async () => {
    const path = newDatabase();
    const first = await temporaryStore(path);
    const own = await runningTask(first, "Loading");
    const texts: string[] = [];
    const { timing } = countingTiming(15, () => release());
    const store = await temporaryStore(path, { timing, onWait: ({ text }) => texts.push(text) });
    let release = holdWriter(path);
    await openInstance(store, "Job");
    expect(texts).toEqual([]);
    await first.records.advance(own.held, { state: "Errored", tasks: [{ id: own.task.taskInstance, state: "Errored" }] });
    const again = countingTiming(15, () => release());
    const second = await temporaryStore(path, { timing: again.timing, onWait: ({ text }) => texts.push(text) });
    release = holdWriter(path);
    await openInstance(second, "Another");
    expect(texts).toEqual(["waiting for the database, held by another program"]);
  });

  test("ends when it is told to, and nothing was written", async () => {
    const path = newDatabase();
    const store = await temporaryStore(path);
    const { held } = await runningTask(store, "Loading");
    const ending = new AbortController();
    const { timing } = countingTiming(5, () => ending.abort());
    const waiting = await temporaryStore(path, { timing });
    const release = holdWriter(path);
    await expect(waiting.records.requestCancel(held.id, "ann", "here", null, ending.signal)).rejects.toMatchObject({
      code: "JOB_WAIT_ENDED",
      exit: 75,
      message: expect.stringContaining("held by instance 1 (Loading)"),
    });
    release();
    expect((await store.records.find(held.id))?.cancelRequestedAt).toBeNull();
    // What need not wait is written, signal or not.
    expect(await waiting.records.requestCancel(held.id, "ann", "here", null, ending.signal)).toBe(true);
  });
});
