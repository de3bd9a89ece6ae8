import { SluiceError } from "../../../errors/index.js";
import { isoTime, type TaskInstanceId, type Timing } from "../../../model/index.js";
import { runInWorker } from "../../../sync/index.js";
import type {
  DropRequest,
  ResumeRequest,
  RunOptions,
  SynchronizationStore,
  SynchronizeOutcome,
  SynchronizeRequest,
} from "../../synchronization.js";
import { mssqlTarget } from "../connection-string.js";
import { mssqlFailure } from "../failure.js";
import { databaseName } from "../open.js";
import { dropRows } from "./apply.js";
import { withAttempts } from "./attempts.js";
import { Database } from "./database.js";
import { stagedSetHash } from "./set-hash.js";
import { takeFence } from "./synchronize.js";
import type { StoreWork } from "./worker.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** Longest wait of a drop for a synchronization that is at work (ms). */
const patienceMs = 300_000;

/**
 * Synchronization on SQL Server: long work in a thread with a connection of its own, short work at once. The connection string is a secret; it goes to the thread as
 * it is, and into no message.
 */
export const createMssqlSynchronization = (connectionString: string, timing: Timing): SynchronizationStore => {
  const target = mssqlTarget(connectionString);
  const inThread = (work: StoreWork, options: RunOptions): Promise<SynchronizeOutcome> => runInWorker(worker, work, options);
  const once = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const since = timing.now();
    const db = await Database.open(target, {
      checkStop: () => undefined,
      onBusy: () => {
        if (timing.now() - since > patienceMs) {
          throw new SluiceError("DB_LOCKED", { database: databaseName(target), seconds: patienceMs / 1_000 });
        }
      },
    });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  };
  const briefly = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    try {
      return await withAttempts(
        timing,
        () => undefined,
        () => once(work),
      );
    } catch (error) {
      throw mssqlFailure(error, databaseName(target));
    }
  };
  return {
    changeSets: {
      applyPlan: (request, options) => inThread({ kind: "applyPlan", connectionString, request }, options),
      undo: (request, options) => inThread({ kind: "undo", connectionString, request }, options),
      rehearseUndo: (requests, options) =>
        runInWorker(worker, { kind: "rehearseUndo", connectionString, requests } satisfies StoreWork, options),
    },
    synchronize: (request: SynchronizeRequest, options) => inThread({ kind: "synchronize", connectionString, request }, options),
    resume: (request: ResumeRequest, options) => inThread({ kind: "resume", connectionString, request }, options),
    rehearse: (requests, options) => runInWorker(worker, { kind: "rehearse", connectionString, requests } satisfies StoreWork, options),
    setHash: (task: TaskInstanceId) => briefly((db) => stagedSetHash(db, task)),
    drop: ({ jobInstance, taskInstance, fence }: DropRequest) =>
      briefly((db) =>
        // Holds the writer: a resume that applies these rows at this moment is waited for, and then nothing is blocked any more.
        db.transaction(async () => {
          await dropRows(db, taskInstance);
          await takeFence(db, jobInstance, fence);
          await db.run(
            `UPDATE UJ_SynchronizationSessions SET State = 'cancelled', ChangedAt = ?
             WHERE State = 'blocked' AND Guid = (SELECT Session FROM UJ_TaskInstances WHERE Id = ?)`,
            isoTime(timing),
            taskInstance,
          );
        }),
      ),
  };
};
