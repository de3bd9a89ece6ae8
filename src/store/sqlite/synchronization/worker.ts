import { systemClock } from "../../../model/index.js";
import type { WorkerMain, WorkerTools } from "../../../sync/index.js";
import type { ResumeRequest, SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import { openConnection } from "../client.js";
import { storeFailure } from "../failure.js";
import { Database } from "./database.js";
import { resumeStaged } from "./resume.js";
import { synchronize } from "./synchronize.js";

export type StoreWork =
  | { readonly kind: "synchronize"; readonly path: string; readonly request: SynchronizeRequest }
  | { readonly kind: "resume"; readonly path: string; readonly request: ResumeRequest };

/** Seconds that a thread waits for another process's writer before it gives up. */
const writerWaitSeconds = 300;

/** Pages are cached up to 32 MiB here: the inner nodes of the indexes of some million rows; more did not load faster. */
const cacheKiB = 32_768;

/** Runs in a thread of its own, with a connection of its own (design §6, SQLite). */
const work: WorkerMain<StoreWork, SynchronizeOutcome> = (input, tools: WorkerTools) => {
  const connection = openConnection(input.path, { busyTimeoutMs: writerWaitSeconds * 1_000 });
  try {
    connection.exec(`PRAGMA cache_size = -${cacheKiB}`);
    const context = { db: new Database(connection), clock: systemClock, ...tools };
    const outcome = input.kind === "synchronize" ? synchronize(context, input.request) : resumeStaged(context, input.request);
    // What a big transaction left in the log is moved into the database now, not by the next reader; a reader in the way is no error.
    connection.exec("PRAGMA wal_checkpoint(PASSIVE)");
    return outcome;
  } catch (error) {
    throw storeFailure(error, input.path, writerWaitSeconds);
  } finally {
    connection.close();
  }
};

export default work;
