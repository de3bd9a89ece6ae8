import { systemClock } from "../../../model/index.js";
import type { ThreadTools, WorkerMain } from "../../../sync/index.js";
import type {
  ApplyPlanRequest,
  RehearsedSession,
  RehearseRequest,
  ResumeRequest,
  SynchronizeOutcome,
  SynchronizeRequest,
  UndoRehearsal,
  UndoRequest,
} from "../../synchronization.js";
import { openConnection } from "../connection.js";
import { storeFailure } from "../failure.js";
import { Database } from "./database.js";
import { applyPlan } from "./planned-changes.js";
import { rehearse } from "./rehearsal.js";
import { rehearseUndo } from "./rehearsed-undo.js";
import { resumeStaged } from "./resume.js";
import { type SynchronizationContext, synchronize } from "./synchronize.js";
import { undo } from "./undo.js";

export type StoreWork =
  | { readonly kind: "synchronize"; readonly path: string; readonly request: SynchronizeRequest }
  | { readonly kind: "resume"; readonly path: string; readonly request: ResumeRequest }
  | { readonly kind: "applyPlan"; readonly path: string; readonly request: ApplyPlanRequest }
  | { readonly kind: "undo"; readonly path: string; readonly request: UndoRequest }
  | { readonly kind: "rehearseUndo"; readonly path: string; readonly requests: readonly UndoRehearsal[] }
  | { readonly kind: "rehearse"; readonly path: string; readonly requests: readonly RehearseRequest[] };

/** Sessions for a rehearsal, nothing for that of an undo, one outcome for the rest. */
type StoreWorkResult = SynchronizeOutcome | readonly RehearsedSession[] | undefined;

/** Seconds that a thread waits for a program of others that holds the writer; one of ours may take as long as it needs. */
const writerWaitSeconds = 300;

/** Milliseconds of one wait inside SQLite, after which the thread looks whether it is to stop. */
const waitMs = 500;

/** Pages are cached up to 8 MiB here: the inner nodes of the indexes of some million rows. More loads no faster: the system has the pages too, and new memory costs more than a look there. */
const cacheKiB = 8_192;

/** Whether another synchronization is under way, which then is the one that holds the writer; reading never waits. */
const isOneOfOurs = (db: Database, task: number): boolean =>
  db.count("SELECT count(*) FROM UJ_TaskInstances WHERE Type = 'SynchronizeTask' AND State = 'InProgress' AND Id <> ?", task) > 0;

/**
 * What a big transaction left in the log is moved into the database, not by the next writer. The transaction is committed, and its task goes on meanwhile: a full disk or
 * a reader in the way must not make it look failed.
 */
const checkpoint = (connection: ReturnType<typeof openConnection>): void => {
  try {
    connection.exec("PRAGMA wal_checkpoint(PASSIVE)");
  } catch {
    // The next writer tries again.
  }
};

const done = (context: SynchronizationContext, input: StoreWork): StoreWorkResult => {
  if (input.kind === "rehearse") return rehearse(context, input.requests);
  if (input.kind === "rehearseUndo") {
    rehearseUndo(context, input.requests);
    return undefined;
  }
  if (input.kind === "applyPlan") return applyPlan(context, input.request);
  if (input.kind === "undo") return undo(context, input.request);
  return input.kind === "synchronize" ? synchronize(context, input.request) : resumeStaged(context, input.request);
};

/** Runs in a thread of its own, with a connection of its own (design §6, SQLite). */
const work: WorkerMain<StoreWork, StoreWorkResult> = (input, tools: ThreadTools) => {
  const connection = openConnection(input.path, { busyTimeoutMs: waitMs });
  try {
    connection.exec(`PRAGMA cache_size = -${cacheKiB}`);
    // Otherwise the commit itself would do it, while the job waits.
    connection.exec("PRAGMA wal_autocheckpoint = 0");
    const since = performance.now();
    const own = "requests" in input ? 0 : input.request.taskInstance;
    const db: Database = new Database(connection, (error) => {
      tools.checkStop("waiting for the database");
      tools.onProgress({ step: "waiting for the database", rows: 0 });
      if (performance.now() - since > writerWaitSeconds * 1_000 && !isOneOfOurs(db, own)) throw error;
    });
    const context = { db, clock: systemClock, ...tools };
    return done(context, input);
  } catch (error) {
    throw storeFailure(error, input.path, writerWaitSeconds);
  } finally {
    tools.afterwards(() => {
      checkpoint(connection);
      connection.close();
    });
  }
};

export default work;
