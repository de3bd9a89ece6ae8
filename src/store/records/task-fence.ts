import type { Knex } from "knex";
import { SluiceError } from "../../errors/index.js";
import type { JobInstanceId, TaskInstanceId } from "../../model/index.js";

/** A task that runs, as each of its writes names it (design §10). */
export interface FencedTask {
  readonly jobInstance: JobInstanceId;
  readonly taskInstance: TaskInstanceId;
  /** The fence under which it was started. */
  readonly fence: number;
}

/**
 * Refuses what a task writes when another runner has taken its instance since (JOB_FENCED), or when it has ended in the eyes of its own: a task that did not stop in time is
 * given up, and must not write behind its runner's back (TASK_ENDED). Called in the transaction of the write.
 */
export const requireRunning = async (trx: Knex.Transaction, { jobInstance, taskInstance, fence }: FencedTask): Promise<void> => {
  const row = (await trx("UJ_TaskInstances as t")
    .join("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .where({ "t.Id": taskInstance, "j.Id": jobInstance })
    .first("j.Fence", "t.State")) as { Fence: number; State: string } | undefined;
  if (Number(row?.Fence) !== fence) throw new SluiceError("JOB_FENCED", { jobInstance });
  if (row?.State !== "InProgress") throw new SluiceError("TASK_ENDED", { taskInstance });
};
