import { taskInstanceId } from "../../../model/index.js";
import type { UndoRehearsal } from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import { prepareTouched } from "./link-resolution.js";
import { planRepository } from "./repository-plan.js";
import { Staging } from "./staging.js";
import type { SynchronizationContext } from "./synchronize.js";
import { stageUndo } from "./undo.js";

/** Owns what a rehearsal stages: instances count from 1. */
const rehearsing = taskInstanceId(0);

/**
 * Tries one undo after the other, each on what the former would leave, in one transaction that is undone: so that what stands in the way of the last is known before the first has changed
 * anything. Of the record of jobs nothing is written. Throws SYNC_UNDO_HISTORY, SYNC_UNDO_CONFLICT.
 */
export const rehearseUndo = async (context: SynchronizationContext, requests: readonly UndoRehearsal[]): Promise<void> => {
  const { db, clock, checkStop } = context;
  await db.rehearsal(async () => {
    for (const request of requests) {
      const plan = await planRepository(db, request.model);
      const staging = await Staging.open(db, rehearsing);
      await prepareTouched(db);
      await stageUndo({ context, plan, staging }, { ...request, taskInstance: rehearsing });
      if (request === requests.at(-1)) return;
      await applyStaged(db, plan, rehearsing, rehearsing, clock, checkStop);
      await dropRows(db, rehearsing);
    }
  });
};
