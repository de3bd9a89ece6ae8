import { expect, test } from "vitest";
import { type SessionGuid, type SynchronizationMode, type SynchronizationType, taskInstanceId } from "../../../src/model/index.js";
import type { FencedTask, Store } from "../../../src/store/index.js";
import { onEachDatabase } from "../../database.js";
import { freshStore, openInstance } from "./temporary-store.js";

const announce = async (
  store: Store,
  mode: SynchronizationMode,
  task: FencedTask,
  connector = "A",
  type: SynchronizationType = "None",
): Promise<SessionGuid> => {
  const startsAt = mode === "Incremental" ? ((await store.sessions.chain(connector)).start?.session ?? null) : null;
  return (await store.sessions.announce(task, { connector, mode, type, mappingHash: "h", startsAt })).guid;
};

const ready = (
  store: Store,
  task: FencedTask,
  guid: SessionGuid,
  mode: SynchronizationMode,
  connector = "A",
  type: SynchronizationType = "None",
): Promise<void> => store.sessions.ready(task, { guid, connector, mode, type, files: [] });

/** As an application moves the head. */
const apply = async (store: Store, task: FencedTask, guid: SessionGuid, connector = "A"): Promise<void> => {
  await store.knex("UJ_SynchronizationSessions").where({ Guid: guid }).update({ State: "applied" });
  await store.knex("UM_ConnectorHeads").where({ Connector: connector }).delete();
  await store.knex("UM_ConnectorHeads").insert({
    Connector: connector,
    Session: guid,
    AppliedAt: "2026-11-21T09:00:00.000Z",
    TaskInstance: task.taskInstance,
    MappingHash: "h",
  });
};

/** A connector with a first load applied. */
const loaded = async (store: Store, task: FencedTask, connector = "A"): Promise<SessionGuid> => {
  const guid = await announce(store, "Complete", task, connector);
  await ready(store, task, guid, "Complete", connector);
  await apply(store, task, guid, connector);
  return guid;
};

const statesOf = async (store: Store, guids: readonly SessionGuid[]): Promise<readonly (string | undefined)[]> =>
  Promise.all(guids.map(async (guid) => (await store.sessions.find(guid))?.state));

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
    const head = await loaded(store, task);
    const announcement = { connector: "A", type: "None", mappingHash: "h" } as const;
    const first = await store.sessions.announce(task, { ...announcement, mode: "Complete" });
    const second = await store.sessions.announce(task, { ...announcement, mode: "Incremental", startsAt: head });
    expect([first.sequence, second.sequence]).toEqual([2, 3]);
    expect(first.guid).toMatch(/^[0-9a-f-]{36}$/);
    await ready(store, task, second.guid, "Incremental");
    // An older one still open is not overtaken.
    expect(await store.sessions.oldestReady("A")).toBeNull();
    await store.sessions.fail(task, first.guid);
    expect(await store.sessions.oldestReady("A")).toMatchObject({
      guid: second.guid,
      startsAt: head,
      manifest: { guid: second.guid, files: [] },
    });
    expect(await store.sessions.oldestReady("B")).toBeNull();
    expect((await store.records.task(task.taskInstance))?.session).toBe(second.guid);
  });

  test("a complete one cancels its connector's unprocessed incrementals when announced, others stay", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    await loaded(store, task);
    await loaded(store, task, "B");
    const waiting = await announce(store, "Incremental", task);
    await ready(store, task, waiting, "Incremental");
    const open = await announce(store, "Incremental", task);
    const foreign = await announce(store, "Incremental", task, "B");
    await announce(store, "Complete", task);
    expect(await statesOf(store, [open, waiting, foreign])).toEqual(["cancelled", "cancelled", "open"]);
  });

  test("a ready incremental one makes older incrementals of its connector needless, never a complete one", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    await loaded(store, task);
    await loaded(store, task, "B");
    const foreign = await announce(store, "Incremental", task, "B");
    await ready(store, task, foreign, "Incremental", "B");
    const older = await announce(store, "Incremental", task);
    await ready(store, task, older, "Incremental");
    const newer = await announce(store, "Incremental", task);
    expect(await statesOf(store, [older, newer])).toEqual(["ready", "open"]);
    await ready(store, task, newer, "Incremental");
    expect(await statesOf(store, [older, newer, foreign])).toEqual(["cancelled", "ready", "ready"]);
    const complete = await announce(store, "Complete", task);
    await ready(store, task, complete, "Complete");
    const onTop = await announce(store, "Incremental", task);
    await ready(store, task, onTop, "Incremental");
    expect(await statesOf(store, [newer, complete, onTop])).toEqual(["cancelled", "ready", "ready"]);
    expect((await store.sessions.oldestReady("A"))?.guid).toBe(complete);
  });

  test("an incremental one starts at the head, or at the complete one that waits; elsewhere it is refused", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    const announcement = { connector: "A", mode: "Incremental", type: "None", mappingHash: "h" } as const;
    await expect(store.sessions.announce(task, { ...announcement, startsAt: null })).rejects.toMatchObject({ code: "SYNC_CHAIN_MOVED" });
    const first = await loaded(store, task);
    expect((await store.sessions.chain("A")).start).toEqual({ session: first, mappingHash: "h" });
    const complete = await announce(store, "Complete", task);
    expect((await store.sessions.chain("A")).start?.session).toBe(first);
    await ready(store, task, complete, "Complete");
    expect(await store.sessions.chain("A")).toMatchObject({ head: { session: first }, start: { session: complete }, unended: [complete] });
    await expect(store.sessions.announce(task, { ...announcement, startsAt: first })).rejects.toMatchObject({
      code: "SYNC_CHAIN_MOVED",
      message: expect.stringContaining(complete),
    });
    expect((await store.sessions.find(await announce(store, "Incremental", task)))?.startsAt).toBe(complete);
  });

  test("waiting incrementals that start where the repository no longer stands expire; those on top of a waiting complete one stay", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    const first = await loaded(store, task);
    const moved = await announce(store, "Incremental", task);
    await ready(store, task, moved, "Incremental");
    expect(await store.sessions.expireMoved(task, "A")).toEqual({ head: first, expired: [] });
    const head = await announce(store, "Incremental", task);
    await apply(store, task, head);
    expect(await store.sessions.expireMoved(task, "A")).toMatchObject({ head, expired: [{ guid: moved, startsAt: first }] });
    expect(await statesOf(store, [moved])).toEqual(["expired"]);
    const complete = await announce(store, "Complete", task);
    await ready(store, task, complete, "Complete");
    const onTop = await announce(store, "Incremental", task);
    await ready(store, task, onTop, "Incremental");
    expect((await store.sessions.expireMoved(task, "A")).expired).toEqual([]);
    await apply(store, task, complete);
    expect((await store.sessions.expireMoved(task, "A")).expired).toEqual([]);
    expect((await store.sessions.oldestReady("A"))?.guid).toBe(onTop);
  });

  test("changes of the source that were handed over and not applied are known until a whole one after them is", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    await loaded(store, task);
    const unapplied = async () => (await store.sessions.chain("A")).unapplied?.session ?? null;
    const open = await announce(store, "Incremental", task, "A", "Changes");
    // Not handed over: its prepare may have died before it read a row.
    expect(await unapplied()).toBeNull();
    await ready(store, task, open, "Incremental", "A", "Changes");
    expect(await unapplied()).toBe(open);
    const whole = await announce(store, "Incremental", task);
    await ready(store, task, whole, "Incremental");
    expect(await unapplied()).toBe(open);
    await apply(store, task, whole);
    expect(await unapplied()).toBeNull();
    const later = await announce(store, "Incremental", task, "A", "Changes");
    await ready(store, task, later, "Incremental", "A", "Changes");
    expect(await unapplied()).toBe(later);
    await apply(store, task, later);
    expect(await unapplied()).toBeNull();
  });

  test("that a complete run is required is noted at the head; without one there is nothing to note", async () => {
    const store = await freshStore(kind);
    const task = await runningTask(store);
    await store.sessions.requireComplete(task, "A", "because it never was");
    expect(await store.sessions.chain("A")).toEqual({ head: null, start: null, unended: [], unapplied: null, completeRequired: null });
    await loaded(store, task);
    await store.sessions.requireComplete(task, "A", "because it is so");
    expect((await store.sessions.chain("A")).completeRequired).toBe("because it is so");
    await expect(store.sessions.requireComplete({ ...task, fence: task.fence + 1 }, "A", "x")).rejects.toMatchObject({
      code: "JOB_FENCED",
    });
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
