import { systemClock, systemTiming } from "../../../model/index.js";
import type { WorkerMain, WorkerTools } from "../../../sync/index.js";
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
import { mssqlTarget } from "../connection-string.js";
import { mssqlFailure } from "../failure.js";
import { databaseName } from "../open.js";
import { withAttempts } from "./attempts.js";
import { committedOutcome } from "./committed.js";
import { Database } from "./database.js";
import { applyPlan } from "./planned-changes.js";
import { rehearse } from "./rehearse.js";
import { rehearseUndo } from "./rehearsed-undo.js";
import { resumeStaged } from "./resume.js";
import { type SynchronizationContext, synchronize } from "./synchronize.js";
import { undo } from "./undo.js";

/** Work that is committed. `connectionString` holds a secret: it is in no message and in no log. */
type RecordedWork =
  | { readonly kind: "synchronize"; readonly connectionString: string; readonly request: SynchronizeRequest }
  | { readonly kind: "resume"; readonly connectionString: string; readonly request: ResumeRequest }
  | { readonly kind: "applyPlan"; readonly connectionString: string; readonly request: ApplyPlanRequest }
  | { readonly kind: "undo"; readonly connectionString: string; readonly request: UndoRequest };

export type StoreWork =
  | RecordedWork
  | { readonly kind: "rehearse"; readonly connectionString: string; readonly requests: readonly RehearseRequest[] }
  | { readonly kind: "rehearseUndo"; readonly connectionString: string; readonly requests: readonly UndoRehearsal[] };

/** An outcome, or one for each request of a rehearsal; that of an undo has none. */
type StoreResult = SynchronizeOutcome | readonly RehearsedSession[] | undefined;

/** How long a server that went away at a commit is asked what became of it, and how often (ms): a failover takes less. */
const commitPatienceMs = 60_000;
const commitPauseMs = 1_000;

const open = ({ connectionString }: StoreWork, tools: WorkerTools): Promise<Database> =>
  Database.open(mssqlTarget(connectionString), {
    checkStop: tools.checkStop,
    onBusy: () => {
      // Whoever holds it is a synchronization like this one, which takes as long as it needs; a stop ends the wait.
      tools.checkStop("waiting for the database");
      tools.onProgress({ step: "waiting for the database", rows: 0 });
    },
  });

const recorded = (context: SynchronizationContext, input: RecordedWork): Promise<SynchronizeOutcome> => {
  if (input.kind === "applyPlan") return applyPlan(context, input.request);
  if (input.kind === "undo") return undo(context, input.request);
  return input.kind === "synchronize" ? synchronize(context, input.request) : resumeStaged(context, input.request);
};

/** One connection and one transaction; nothing is left of it where it throws, unless nobody knows: then the server is asked. */
const attempt = async (input: StoreWork, tools: WorkerTools): Promise<StoreResult> => {
  const db = await open(input, tools);
  const context = { db, clock: systemClock, ...tools };
  if ("requests" in input) {
    try {
      if (input.kind === "rehearse") return await rehearse(context, input.requests);
      await rehearseUndo(context, input.requests);
      return undefined;
    } finally {
      await db.close();
    }
  }
  try {
    return await recorded(context, input);
  } catch (error) {
    const committed = db.isCommitUnknown ? await askCommitted(input, tools) : null;
    if (committed === null) throw error;
    return committed;
  } finally {
    await db.close();
  }
};

/** Null where it was rolled back, and where the server does not come back in time or a stop is asked for: then what happened at the commit is told. */
const askCommitted = async (input: RecordedWork, tools: WorkerTools): Promise<SynchronizeOutcome | null> => {
  const since = systemTiming.now();
  const isToWait = (): boolean => systemTiming.now() - since < commitPatienceMs;
  const checkStop = (step: string): void => {
    tools.checkStop(step);
    if (!isToWait()) throw new Error("the server did not say in time what became of a commit");
  };
  while (isToWait()) {
    tools.onProgress({ step: "asking what became of the commit", rows: 0 });
    try {
      const db = await open(input, { ...tools, checkStop });
      try {
        return await committedOutcome(db, input.request);
      } finally {
        await db.close();
      }
    } catch {
      if (isStopped(tools)) return null;
      await systemTiming.sleep(commitPauseMs);
    }
  }
  return null;
};

const isStopped = ({ checkStop }: WorkerTools): boolean => {
  try {
    checkStop("asking what became of the commit");
    return false;
  } catch {
    return true;
  }
};

/** Runs in a thread of its own, with a connection of its own: heartbeats go on, and the files are read without holding up the runner. */
const work: WorkerMain<StoreWork, StoreResult> = async (input, tools) => {
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
