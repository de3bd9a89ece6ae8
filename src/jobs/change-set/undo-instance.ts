import { SluiceError } from "../../errors/index.js";
import type { TaskInstanceId } from "../../model/index.js";
import type { Store, TaskInstance } from "../../store/index.js";
import { refuseDeactivated, repositoryModel } from "../../tasks/index.js";
import type { RunReport } from "../report.js";
import { runJob } from "../run-job.js";
import { endOfWait, type RunSurroundings } from "../run-request.js";
import { undoName, undoTaskName } from "./change-set-name.js";
import { refuseBlocked } from "./refuse-blocked.js";

export interface UndoInstanceRequest extends RunSurroundings {
  readonly jobInstance: number;
  /** Only this task of it; all its synchronizations where absent. */
  readonly task?: string | undefined;
  /** Thresholds are computed, shown, and not enforced. */
  readonly force?: boolean | undefined;
}

/**
 * Turns back what the synchronizations of an instance applied, the last one first, as an instance of its own with the gate of any synchronization (design §8). All of them are tried before:
 * where one cannot be turned back, none is. Throws JOB_INSTANCE_UNKNOWN, SYNC_UNDO_NOTHING, SYNC_UNDO_DONE, SYNC_UNDO_HISTORY, SYNC_UNDO_CONFLICT, SYNC_CONNECTOR_BLOCKED,
 * SYNC_CONNECTOR_DEACTIVATED (64), and what `runJob` throws; then nothing was changed. What comes in between makes the task Errored.
 */
export const undoInstance = async (request: UndoInstanceRequest): Promise<RunReport> => {
  const { store, jobInstance, task = null, force } = request;
  const instance = await store.records.find(jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  const undone = appliedTasks(await store.records.tasks(instance.id), task);
  if (undone.length === 0) throw new SluiceError("SYNC_UNDO_NOTHING", { jobInstance, task });
  const connectors = undone.map(({ connector }) => connector);
  await refuseBlocked(store, connectors);
  await refuseDeactivated(request.configuration, store, connectors);
  for (const { connector, taskInstance } of undone) {
    const by = await undoneBy(store, taskInstance, connector);
    if (by !== null) throw new SluiceError("SYNC_UNDO_DONE", { jobInstance, connector, by });
  }
  await rehearse(request, undone);
  return runJob({ ...request, what: { rootTask: undoName(jobInstance, undone), isChangeSet: true }, force });
};

interface Applied {
  readonly connector: string;
  readonly taskInstance: TaskInstanceId;
}

/** The instance that turned a synchronization back, unless that was turned back itself; null where there is none. */
const undoneBy = async (store: Store, taskInstance: TaskInstanceId, connector: string): Promise<number | null> => {
  const undo = await store.records.lastApplied(undoTaskName(taskInstance, connector));
  if (undo === null) return null;
  return (await undoneBy(store, undo.id, connector)) === null ? undo.jobInstance : null;
};

/** Throws SYNC_UNDO_HISTORY, SYNC_UNDO_CONFLICT. */
const rehearse = async (request: UndoInstanceRequest, undone: readonly Applied[]): Promise<void> => {
  const { configuration, store } = request;
  const model = repositoryModel(configuration);
  await store.synchronization.changeSets.rehearseUndo(
    undone.map(({ connector, taskInstance }) => ({
      undone: taskInstance,
      connector,
      model,
      mappingHash: configuration.connectorHash.get(connector) ?? "",
    })),
    { signal: endOfWait(request), onProgress: () => undefined },
  );
};

/** What synchronizations of an instance applied, the last one first. What a resume applied, the history names by the validation's task instance. */
const appliedTasks = (tasks: readonly TaskInstance[], wanted: string | null): readonly Applied[] => {
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
