import { SluiceError } from "../../errors/index.js";
import type { TaskInstance } from "../../store/index.js";
import type { RunReport } from "../report.js";
import { runJob } from "../run-job.js";
import type { RunSurroundings } from "../run-request.js";
import { undoName } from "./change-set-name.js";
import { refuseBlocked } from "./refuse-blocked.js";

export interface UndoInstanceRequest extends RunSurroundings {
  readonly jobInstance: number;
  /** Only this task of it; all its synchronizations where absent. */
  readonly task?: string | undefined;
  /** Thresholds are computed, shown, and not enforced. */
  readonly force?: boolean | undefined;
}

/**
 * Turns back what the synchronizations of an instance applied, the last one first, as an instance of its own with the gate of any synchronization (design §8). Throws
 * JOB_INSTANCE_UNKNOWN, SYNC_UNDO_NOTHING, SYNC_CONNECTOR_BLOCKED, SYNC_EMBEDDED_ONLY (64), and what `runJob` throws; then nothing was changed. What stands in the way in the history
 * makes the task Errored with SYNC_UNDO_HISTORY or SYNC_UNDO_CONFLICT.
 */
export const undoInstance = async (request: UndoInstanceRequest): Promise<RunReport> => {
  const { store, jobInstance, task = null, force } = request;
  if (store.synchronization.changeSets === null) throw new SluiceError("SYNC_EMBEDDED_ONLY", { what: "sluice undo" });
  const instance = await store.records.find(jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  const undone = appliedTasks(await store.records.tasks(instance.id), task);
  if (undone.length === 0) throw new SluiceError("SYNC_UNDO_NOTHING", { jobInstance, task });
  await refuseBlocked(
    store,
    undone.map(({ connector }) => connector),
  );
  return runJob({ ...request, what: { rootTask: undoName(jobInstance, undone) }, force });
};

/** What synchronizations of an instance applied, the last one first. What a resume applied, the history names by the validation's task instance. */
const appliedTasks = (
  tasks: readonly TaskInstance[],
  wanted: string | null,
): readonly { readonly connector: string; readonly taskInstance: number }[] => {
  const validated = new Set(
    tasks.flatMap(({ state, validationOf }) => (state === "Completed" && validationOf !== null ? [validationOf] : [])),
  );
  return tasks
    .filter(
      ({ id, type, state, producedOutput }) =>
        type === "SynchronizeTask" && state === "Completed" && producedOutput === true && !validated.has(id),
    )
    .filter(({ task, taskKey, validationOf }) => {
      const of = tasks.find(({ id }) => id === validationOf);
      return wanted === null || [task, taskKey, of?.taskKey].includes(wanted);
    })
    .toSorted((a, b) => Date.parse(b.endedAt ?? "") - Date.parse(a.endedAt ?? "") || b.id - a.id)
    .flatMap(({ id, connector }) => (connector === null ? [] : [{ connector, taskInstance: id }]));
};
