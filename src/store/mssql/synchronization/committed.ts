import type { SynchronizeCounters, TaskInstanceId, ThresholdResult } from "../../../model/index.js";
import { jobInstanceId } from "../../../model/index.js";
import type { ResumeRequest, SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import type { Database } from "./database.js";

/**
 * What became of a transaction whose commit was answered by silence: its last write is the end of its own task, so that the row of the task knows. Holding the writer shows that the server
 * is done with that transaction, one way or the other. Gives null where it was rolled back.
 */
export const committedOutcome = async (
  db: Database,
  request: Pick<SynchronizeRequest | ResumeRequest, "jobInstance" | "taskInstance">,
): Promise<SynchronizeOutcome | null> => {
  const { jobInstance, taskInstance } = request;
  const row = await db.transaction(() =>
    db.get("SELECT State, ProducedOutput, Counters, Thresholds, Message FROM UJ_TaskInstances WHERE Id = ?", taskInstance),
  );
  const [state, producedOutput, counters, thresholds, message] = row ?? [];
  if (state !== "Completed" && state !== "Blocked") return null;
  const outcome = {
    counters: JSON.parse(String(counters)) as SynchronizeCounters,
    thresholds: thresholds === null || thresholds === undefined ? [] : (JSON.parse(String(thresholds)) as ThresholdResult[]),
    replaced: await replacedBy(db, jobInstance, taskInstance),
    notes: [],
  };
  if (state === "Blocked") return { ...outcome, state, message: message === null ? null : String(message), changed: false };
  // Its unresolved links were listed before the commit.
  return { ...outcome, state: "Applied", message: null, changed: Number(producedOutput) === 1 };
};

/** The instances whose staged rows it replaced: each was told so in the same transaction. */
const replacedBy = async (db: Database, jobInstance: number, taskInstance: TaskInstanceId): Promise<SynchronizeOutcome["replaced"]> => {
  const rows = await db.all(
    `SELECT d.JobInstance FROM UJ_Decisions d JOIN UJ_TaskInstances mine ON mine.Id = ?
     JOIN UJ_TaskInstances t ON t.Id = d.TaskInstance AND t.Connector = mine.Connector
     WHERE d.Decision = 'replaced' AND d.Reason = ? ORDER BY d.Id`,
    taskInstance,
    `replaced by instance ${jobInstance}`,
  );
  return rows.map(([id]) => jobInstanceId(Number(id)));
};
