import { beforeAll, describe, expect, test } from "vitest";
import type { SessionManifest } from "../../../src/model/index.js";
import { type FencedTask, type HeldInstance, openStore, type Store, thisProcess } from "../../../src/store/index.js";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import { lastingDatabase, onEachDatabase } from "../../database.js";
import { emptyPlan, runningTask } from "./temporary-store.js";

const model: RepositoryModel = { entityTypes: [], associations: [], connectors: [] };
const options = { signal: new AbortController().signal, onProgress: () => undefined };

interface Attempt {
  readonly store: Store;
  readonly held: HeldInstance;
  readonly task: FencedTask;
  readonly manifest: SessionManifest;
}

/** Every write of a runner and of its tasks: what it throws with a stale fence, and, where it is a task's, once its task has ended. */
const writes: readonly {
  readonly name: string;
  readonly stale: string;
  readonly ended: string | null;
  readonly write: (attempt: Attempt) => Promise<unknown>;
}[] = [
  {
    name: "a change of state",
    stale: "JOB_FENCED",
    ended: null,
    write: ({ store, held }) => store.records.advance(held, { state: "Completed" }),
  },
  {
    name: "taking locks",
    stale: "JOB_FENCED",
    ended: null,
    write: ({ store, held }) => store.records.takeLocks(held, thisProcess(), ["connector:B"], () => emptyPlan),
  },
  { name: "a heartbeat", stale: "JOB_FENCED", ended: null, write: ({ store, held }) => store.records.heartbeat(held) },
  {
    name: "progress",
    stale: "JOB_FENCED",
    ended: "TASK_ENDED",
    write: ({ store, task }) => store.records.progress(task, { step: "reading", rows: 1 }),
  },
  {
    name: "announcing a session",
    stale: "JOB_FENCED",
    ended: "TASK_ENDED",
    write: ({ store, task }) => store.sessions.announce(task, { connector: "A", mode: "Complete", type: "None", mappingHash: "h" }),
  },
  {
    name: "a session's readiness",
    stale: "JOB_FENCED",
    ended: "TASK_ENDED",
    write: ({ store, task, manifest }) => store.sessions.ready(task, manifest),
  },
  {
    name: "a session's failure",
    stale: "JOB_FENCED",
    ended: "TASK_ENDED",
    write: ({ store, task, manifest }) => store.sessions.fail(task, manifest.guid),
  },
  {
    name: "a synchronization",
    stale: "SYNC_FENCE_STALE",
    ended: "SYNC_FENCE_STALE",
    write: ({ store, task, manifest }) =>
      store.synchronization.synchronize(
        { ...task, session: manifest, folder: "", model, mappingHash: "h", force: false, keepChanges: false, orphans: false },
        options,
      ),
  },
  {
    name: "a resume",
    stale: "SYNC_FENCE_STALE",
    ended: "SYNC_FENCE_STALE",
    write: ({ store, task }) =>
      store.synchronization.resume(
        { ...task, blocked: task.taskInstance, folder: "", model, mappingHash: "h", keepChanges: false, orphans: false },
        options,
      ),
  },
  { name: "dropping staged changes", stale: "SYNC_FENCE_STALE", ended: null, write: ({ store, task }) => store.synchronization.drop(task) },
];

/** All that is recorded. */
const record = async ({ store }: Attempt): Promise<unknown> => [
  await store.knex("UJ_JobInstances"),
  await store.knex("UJ_TaskInstances"),
  await store.knex("UJ_SynchronizationSessions"),
  await store.knex("UJ_Locks"),
  await store.knex("UR_ResourceChanges"),
];

/** Gives the instance to another runner. */
const take = async ({ store, held }: Attempt): Promise<void> => {
  await store
    .knex("UJ_JobInstances")
    .where({ Id: held.id })
    .update({ Fence: held.fence + 1 });
};

onEachDatabase((kind) => {
  let store: Store;
  let count = 0;
  beforeAll(async () => {
    const database = await lastingDatabase(kind);
    store = await openStore(database.setting);
    return async () => {
      await store.close();
      await database.close();
    };
  });

  /** An instance of its own with a task that runs and has announced a session. */
  const attempt = async (): Promise<Attempt> => {
    const connector = `A${++count}`;
    const { held, task } = await runningTask(store, `Job${count}`);
    const { guid } = await store.sessions.announce(task, { connector, mode: "Complete", type: "None", mappingHash: "h" });
    return { store, held, task, manifest: { guid, connector, mode: "Complete", type: "None", files: [] } };
  };

  describe("with a stale fence", () => {
    test.each(writes)("$name is refused and changes nothing", async ({ write, stale }) => {
      const given = await attempt();
      await take(given);
      const before = await record(given);
      await expect(write(given)).rejects.toMatchObject({ code: stale });
      expect(await record(given)).toEqual(before);
    });
  });

  describe("once its task has ended", () => {
    const ofTasks = writes.filter(({ ended }) => ended !== null);
    test.each(ofTasks)("$name is refused and changes nothing, though the fence holds", async ({ write, ended }) => {
      const given = await attempt();
      await given.store.records.advance(given.held, { tasks: [{ id: given.task.taskInstance, state: "Errored" }] });
      const before = await record(given);
      await expect(write(given)).rejects.toMatchObject({ code: ended });
      expect(await record(given)).toEqual(before);
    });
  });

  test("of another instance is no fence of this one", async () => {
    const given = await attempt();
    const other = await runningTask(given.store, "Other");
    const task = { ...given.task, jobInstance: other.held.id, fence: other.held.fence };
    await expect(given.store.records.progress(task, { step: "reading", rows: 1 })).rejects.toMatchObject({ code: "JOB_FENCED" });
  });
});
