import { taskInstanceId } from "../../../model/index.js";
import type { UndoRehearsal } from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import { ensureKeyIndexes } from "./key-index.js";
import { extendLeases } from "./lease.js";
import { prepareTouched } from "./link-resolution.js";
import { planRepository } from "./repository-plan.js";
import { Staging } from "./staging.js";
import type { SynchronizationContext } from "./synchronize.js";
import { stageUndo } from "./undo.js";

/** Owner of what a rehearsal stages: no task instance has it. */
const nobody = taskInstanceId(0);

/**
 * Tries one undo after the other, each on what the former would leave, in one transaction that is rolled back: so that what stands in the way of the last is known before the first has changed
 * anything. Nothing of the record of jobs is written. Throws SYNC_UNDO_HISTORY, SYNC_UNDO_CONFLICT.
 */
export const rehearseUndo = (context: SynchronizationContext, requests: readonly UndoRehearsal[]): void => {
  const { db, clock, checkStop } = context;
  const begunAt = clock.now();
  db.rehearsal(() => {
    for (const request of requests) {
      const plan = planRepository(db, request.model);
      for (const type of plan.types.values()) ensureKeyIndexes(db, type);
      prepareTouched(db);
      const staging = new Staging(db, nobody);
      stageUndo({ context, plan, staging }, { ...request, taskInstance: nobody });
      if (request === requests.at(-1)) return;
      applyStaged(db, plan, nobody, nobody, clock, checkStop);
      dropRows(db, nobody);
    }
  });
  // While the writer was held nobody could give a sign of life.
  db.transaction(() => extendLeases(db, clock, begunAt));
};
