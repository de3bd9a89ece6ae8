import { isoTime, systemClock, type TaskInstanceId } from "../../../model/index.js";
import { runInWorker } from "../../../sync/index.js";
import type { ResumeRequest, RunOptions, SynchronizationStore, SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import { openConnection } from "../client.js";
import { storeFailure } from "../failure.js";
import { dropRows } from "./apply.js";
import { Database } from "./database.js";
import { stagedSetHash } from "./set-hash.js";
import type { StoreWork } from "./worker.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** Milliseconds that the short work here waits for another writer; it runs on a connection of its own. */
const shortWaitMs = 10_000;

/** Synchronization on the embedded database: long work in a thread, short work at once. Takes the absolute path of the database. */
export const createSqliteSynchronization = (path: string): SynchronizationStore => {
  const inThread = (work: StoreWork, options: RunOptions): Promise<SynchronizeOutcome> => runInWorker(worker, work, options);
  const briefly = <T>(work: (db: Database) => T): T => {
    const connection = openConnection(path, { busyTimeoutMs: shortWaitMs });
    try {
      return work(new Database(connection));
    } catch (error) {
      throw storeFailure(error, path, shortWaitMs / 1_000);
    } finally {
      connection.close();
    }
  };
  return {
    synchronize: (request: SynchronizeRequest, options) => inThread({ kind: "synchronize", path, request }, options),
    resume: (request: ResumeRequest, options) => inThread({ kind: "resume", path, request }, options),
    setHash: async (task: TaskInstanceId) => briefly((db) => stagedSetHash(db, task)),
    drop: async (task: TaskInstanceId) =>
      briefly((db) =>
        db.transaction(() => {
          dropRows(db, task);
          db.run(
            `UPDATE UJ_SynchronizationSessions SET State = 'cancelled', ChangedAt = ?
             WHERE State = 'blocked' AND Guid = (SELECT Session FROM UJ_TaskInstances WHERE Id = ?)`,
            isoTime(systemClock),
            task,
          );
        }),
      ),
  };
};
