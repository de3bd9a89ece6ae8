import { systemClock, systemTiming } from "../../../model/index.js";
import type { WorkerMain, WorkerTools } from "../../../sync/index.js";
import type { ResumeRequest, SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import { mssqlTarget } from "../connection-string.js";
import { mssqlFailure } from "../failure.js";
import { databaseName } from "../open.js";
import { withAttempts } from "./attempts.js";
import { Database } from "./database.js";
import { resumeStaged } from "./resume.js";
import { synchronize } from "./synchronize.js";

/** `connectionString` holds a secret: it is in no message and in no log. */
export type StoreWork =
  | { readonly kind: "synchronize"; readonly connectionString: string; readonly request: SynchronizeRequest }
  | { readonly kind: "resume"; readonly connectionString: string; readonly request: ResumeRequest };

/** One connection and one transaction; nothing is left of it where it throws. */
const attempt = async (input: StoreWork, tools: WorkerTools): Promise<SynchronizeOutcome> => {
  const db = await Database.open(mssqlTarget(input.connectionString), {
    checkStop: tools.checkStop,
    onBusy: () => {
      // Whoever holds it is a synchronization like this one, which takes as long as it needs; a stop ends the wait.
      tools.checkStop("waiting for the database");
      tools.onProgress({ step: "waiting for the database", rows: 0 });
    },
  });
  try {
    const context = { db, clock: systemClock, ...tools };
    return await (input.kind === "synchronize" ? synchronize(context, input.request) : resumeStaged(context, input.request));
  } finally {
    await db.close();
  }
};

/** Runs in a thread of its own, with a connection of its own: heartbeats go on, and the files are read without holding up the runner. */
const work: WorkerMain<StoreWork, SynchronizeOutcome> = async (input, tools) => {
  try {
    return await withAttempts(
      systemTiming,
      () => tools.checkStop("waiting for the database"),
      () => attempt(input, tools),
    );
  } catch (error) {
    throw mssqlFailure(error, databaseName(mssqlTarget(input.connectionString)));
  }
};

export default work;
