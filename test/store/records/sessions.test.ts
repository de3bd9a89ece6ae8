import { describe, expect, test } from "vitest";
import { type SessionGuid, type SynchronizationMode, type TaskInstanceId, taskInstanceId } from "../../../src/model/index.js";
import type { Store } from "../../../src/store/index.js";
import { openInstance, temporaryStore } from "./temporary-store.js";

const announce = async (store: Store, mode: SynchronizationMode, prepareTask: TaskInstanceId, connector = "A"): Promise<SessionGuid> =>
  (await store.sessions.announce({ connector, mode, type: "None", mappingHash: "h", prepareTask })).guid;

const ready = (store: Store, guid: SessionGuid, mode: SynchronizationMode, connector = "A"): Promise<void> =>
  store.sessions.ready({ guid, connector, mode, type: "None", files: [] });

/** A prepare task that runs. */
const runningTask = async (store: Store, job = "Job"): Promise<TaskInstanceId> => {
  const { tasks, ...held } = await openInstance(store, job);
  const id = tasks.get("Load") ?? taskInstanceId(0);
  await store.records.advance(held, { state: "InProgress", tasks: [{ id, state: "InProgress" }] });
  return id;
};

describe("sessions", () => {
  test("are numbered as announced, noted with their task, and handed out oldest first", async () => {
    const store = await temporaryStore();
    const task = await runningTask(store);
    const first = await store.sessions.announce({ connector: "A", mode: "Incremental", type: "None", mappingHash: "h", prepareTask: task });
    const second = await store.sessions.announce({
      connector: "A",
      mode: "Incremental",
      type: "None",
      mappingHash: "h",
      prepareTask: task,
    });
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    expect(first.guid).toMatch(/^[0-9a-f-]{36}$/);
    await ready(store, second.guid, "Incremental");
    // An older one still open is not overtaken.
    expect(await store.sessions.oldestReady("A")).toBeNull();
    await ready(store, first.guid, "Incremental");
    expect(await store.sessions.oldestReady("A")).toMatchObject({ guid: first.guid, manifest: { guid: first.guid, files: [] } });
    expect(await store.sessions.oldestReady("B")).toBeNull();
    expect((await store.records.task(task))?.session).toBe(second.guid);
  });

  test("a complete one cancels its connector's unprocessed incrementals when announced, others stay", async () => {
    const store = await temporaryStore();
    const task = await runningTask(store);
    const open = await announce(store, "Incremental", task);
    const waiting = await announce(store, "Incremental", task);
    await ready(store, waiting, "Incremental");
    const foreign = await announce(store, "Incremental", task, "B");
    await announce(store, "Complete", task);
    const states = await Promise.all([open, waiting, foreign].map(async (guid) => (await store.sessions.find(guid))?.state));
    expect(states).toEqual(["cancelled", "cancelled", "open"]);
  });

  test("a ready complete one makes an older complete one needless, a failed one does not", async () => {
    const store = await temporaryStore();
    const task = await runningTask(store);
    const left = await announce(store, "Complete", task);
    await ready(store, left, "Complete");
    const failed = await announce(store, "Complete", task);
    await store.sessions.fail(failed);
    expect((await store.sessions.oldestReady("A"))?.guid).toBe(left);
    const newer = await announce(store, "Complete", task);
    await ready(store, newer, "Complete");
    expect((await store.sessions.oldestReady("A"))?.guid).toBe(newer);
    expect((await store.sessions.of("A")).map(({ state }) => state)).toEqual(["ready", "failed", "cancelled"]);
  });

  test("one whose prepare no longer runs expires at the next announcement", async () => {
    const store = await temporaryStore();
    const { tasks, ...held } = await openInstance(store, "Old");
    const task = tasks.get("Load") ?? taskInstanceId(0);
    await store.records.advance(held, { state: "InProgress", tasks: [{ id: task, state: "InProgress" }] });
    const left = await announce(store, "Complete", task);
    await store.records.advance(held, { state: "Errored", tasks: [{ id: task, state: "Errored" }] });
    const running = await runningTask(store, "New");
    const other = await announce(store, "Complete", running);
    await announce(store, "Complete", running);
    expect((await store.sessions.find(left))?.state).toBe("expired");
    expect((await store.sessions.find(other))?.state).toBe("open");
  });
});
