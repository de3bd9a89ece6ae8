import { expect, test } from "vitest";
import { type SessionGuid, type SynchronizationMode, taskInstanceId } from "../../../src/model/index.js";
import type { FencedTask, Store } from "../../../src/store/index.js";
import { onEachDatabase } from "../../database.js";
import { freshStore, openInstance } from "./temporary-store.js";

const announce = async (store: Store, mode: SynchronizationMode, task: FencedTask, connector = "A"): Promise<SessionGuid> =>
  (await store.sessions.announce(task, { connector, mode, type: "None", mappingHash: "h" })).guid;

const ready = (store: Store, task: FencedTask, guid: SessionGuid, mode: SynchronizationMode, connector = "A"): Promise<void> =>
  store.sessions.ready(task, { guid, connector, mode, type: "None", files: [] });

/** A prepare task that runs. */
const runningTask = async (store: Store, job = "Job"): Promise<FencedTask> => {
  const { tasks, ...held } = await openInstance(store, job);
  const id = tasks.get("Load") ?? taskInstanceId(0);
  await store.records.advance(held, { state: "InProgress", tasks: [{ id, state: "InProgress" }] });
  return { jobInstance: held.id, taskInstance: id, fence: held.fence };
};

onEachDatabase((kind) => {
  test("are numbered as announced, noted with their task, and handed out oldest first", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    const announcement = { connector: "A", mode: "Incremental", type: "None", mappingHash: "h" } as const;
    const first = await store.sessions.announce(task, announcement);
    const second = await store.sessions.announce(task, announcement);
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    expect(first.guid).toMatch(/^[0-9a-f-]{36}$/);
    await ready(store, task, second.guid, "Incremental");
    // An older one still open is not overtaken.
    expect(await store.sessions.oldestReady("A")).toBeNull();
    await ready(store, task, first.guid, "Incremental");
    expect(await store.sessions.oldestReady("A")).toMatchObject({ guid: first.guid, manifest: { guid: first.guid, files: [] } });
    expect(await store.sessions.oldestReady("B")).toBeNull();
    expect((await store.records.task(task.taskInstance))?.session).toBe(second.guid);
  });

  test("a complete one cancels its connector's unprocessed incrementals when announced, others stay", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    const open = await announce(store, "Incremental", task);
    const waiting = await announce(store, "Incremental", task);
    await ready(store, task, waiting, "Incremental");
    const foreign = await announce(store, "Incremental", task, "B");
    await announce(store, "Complete", task);
    const states = await Promise.all([open, waiting, foreign].map(async (guid) => (await store.sessions.find(guid))?.state));
    expect(states).toEqual(["cancelled", "cancelled", "open"]);
  });

  test("a ready complete one makes an older complete one needless, a failed one does not", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    const left = await announce(store, "Complete", task);
    await ready(store, task, left, "Complete");
    const failed = await announce(store, "Complete", task);
    await store.sessions.fail(task, failed);
    expect((await store.sessions.oldestReady("A"))?.guid).toBe(left);
    const newer = await announce(store, "Complete", task);
    await ready(store, task, newer, "Complete");
    expect((await store.sessions.oldestReady("A"))?.guid).toBe(newer);
    expect((await store.sessions.of("A")).map(({ state }) => state)).toEqual(["ready", "failed", "cancelled"]);
  });

  test("one whose prepare no longer runs expires at the next announcement", async () => {
    const store = await freshStore(kind);
    const { tasks, ...held } = await openInstance(store, "Old");
    const id = tasks.get("Load") ?? taskInstanceId(0);
    await store.records.advance(held, { state: "InProgress", tasks: [{ id, state: "InProgress" }] });
    const left = await announce(store, "Complete", { jobInstance: held.id, taskInstance: id, fence: held.fence });
    await store.records.advance(held, { state: "Errored", tasks: [{ id, state: "Errored" }] });
    const running = await runningTask(store, "New");
    const other = await announce(store, "Complete", running);
    await announce(store, "Complete", running);
    expect((await store.sessions.find(left))?.state).toBe("expired");
    expect((await store.sessions.find(other))?.state).toBe("open");
  });
});
