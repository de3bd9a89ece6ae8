import { isoTime, type TaskInstanceId, type Timing } from "../../../model/index.js";
import { runInWorker } from "../../../sync/index.js";
import type {
  RehearsedSession,
  RehearseRequest,
  ResumeRequest,
  RunOptions,
  SynchronizationStore,
  SynchronizeOutcome,
  SynchronizeRequest,
} from "../../synchronization.js";
import { openConnection } from "../connection.js";
import { isBusy, storeFailure } from "../failure.js";
import { dropRows } from "./apply.js";
import { Database } from "./database.js";
import { stagedSetHash } from "./set-hash.js";
import { requireFence } from "./synchronize.js";
import type { StoreWork } from "./worker.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** Longest wait of the short work here for another writer, and the pause between two tries (ms): the event loop goes on meanwhile. */
const patienceMs = 300_000;
const pauseMs = 100;

/** Synchronization on the embedded database: long work in a thread, short work at once. Takes the absolute path of the database. */
export const createSqliteSynchronization = (path: string, timing: Timing): SynchronizationStore => {
  const inThread = <Result = SynchronizeOutcome>(work: StoreWork, options: RunOptions): Promise<Result> =>
    runInWorker(worker, work, options);
  const briefly = async <T>(work: (db: Database) => T): Promise<T> => {
    const since = timing.now();
    for (;;) {
      const connection = openConnection(path);
      try {
        return work(new Database(connection));
      } catch (error) {
        if (!isBusy(error) || timing.now() - since > patienceMs) throw storeFailure(error, path, patienceMs / 1_000);
      } finally {
        connection.close();
      }
      await timing.sleep(pauseMs);
    }
  };
  return {
    changeSets: {
      applyPlan: (request, options) => inThread({ kind: "applyPlan", path, request }, options),
      undo: (request, options) => inThread({ kind: "undo", path, request }, options),
      rehearseUndo: (requests, options) => inThread<void>({ kind: "rehearseUndo", path, requests }, options),
    },
    synchronize: (request: SynchronizeRequest, options) => inThread({ kind: "synchronize", path, request }, options),
    resume: (request: ResumeRequest, options) => inThread({ kind: "resume", path, request }, options),
    rehearse: (requests: readonly RehearseRequest[], options) =>
      inThread<readonly RehearsedSession[]>({ kind: "rehearse", path, requests }, options),
    setHash: async (task: TaskInstanceId) => briefly((db) => stagedSetHash(db, task)),
    drop: async ({ jobInstance, taskInstance, fence }) =>
      briefly((db) =>
        db.transaction(() => {
          requireFence(db, jobInstance, fence);
          dropRows(db, taskInstance);
          db.run(
            `UPDATE UJ_SynchronizationSessions SET State = 'cancelled', ChangedAt = ?
             WHERE State = 'blocked' AND Guid = (SELECT Session FROM UJ_TaskInstances WHERE Id = ?)`,
            isoTime(timing),
            taskInstance,
          );
        }),
      ),
  };
};
