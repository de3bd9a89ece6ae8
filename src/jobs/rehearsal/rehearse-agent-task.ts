import type { Task } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { jobInstanceId, type OnProgress, type TaskResult, type Timing, taskInstanceId } from "../../model/index.js";
import type { Store } from "../../store/index.js";
import { isUnbuilt, type TaskRegistry } from "../../tasks/index.js";
import { deadlineMinutesOf } from "../task-run.js";
import type { RehearsalFolder } from "./rehearsal-folder.js";
import { type CollectedSession, rehearsalLink } from "./rehearsal-link.js";

/** What an agent-side task has around it in a rehearsal. */
export interface AgentRehearsal {
  readonly store: Store;
  readonly folder: RehearsalFolder;
  readonly timing: Timing;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** A warning of the task. */
  readonly note: (text: string) => void;
  readonly collected: (session: CollectedSession) => void;
}

/**
 * Runs an export or a prepare as a run does, with the rehearsal's folders and a server that only listens (design §7.9). Throws what makes the task Errored, TASK_DEADLINE included.
 */
export const rehearseAgentTask = async (task: Task, registry: TaskRegistry, rehearsal: AgentRehearsal): Promise<TaskResult> => {
  const { store, folder, timing, signal, onProgress, note, collected } = rehearsal;
  const kind = registry.get(task.type);
  if (kind === undefined || isUnbuilt(kind) || kind.side !== "agent") throw new Error(`${task.type} cannot be rehearsed`);
  const { configuration } = folder;
  // No instance, so none of their numbers: they count from 1.
  const work = structuredClone({
    jobInstance: jobInstanceId(0),
    taskInstance: taskInstanceId(0),
    fence: 0,
    task,
    configurationHash: configuration.hash,
  });
  const minutes = deadlineMinutesOf(configuration);
  const overdue = new AbortController();
  const settled = new AbortController();
  void timing.sleep(minutes * 60_000, settled.signal).then(() => {
    if (!settled.signal.aborted) overdue.abort(new SluiceError("TASK_DEADLINE", { task: task.identifier, minutes }));
  });
  try {
    return await kind.run({
      configuration,
      clock: timing,
      signal: AbortSignal.any([signal, overdue.signal]),
      onProgress,
      log: (level, message) => {
        if (level === "warn") note(message);
      },
      work,
      link: rehearsalLink(store, folder, work, collected),
    });
  } catch (error) {
    throw overdue.signal.aborted ? overdue.signal.reason : error;
  } finally {
    settled.abort();
  }
};
