import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import { isUnbuilt, type TaskRegistry } from "../tasks/index.js";
import type { TaskNode } from "./graph/index.js";

/**
 * Refuses a run of which a selected task needs what is not built yet, before an instance exists; tasks that are not selected never matter.
 * A kind that is not built yet is no obstacle in a generated job, where it ends without output.
 * Throws TASK_NOT_BUILT naming the first such task and what it needs.
 */
export const refuseUnbuilt = (nodes: readonly TaskNode[], configuration: Configuration, registry: TaskRegistry): void => {
  for (const { task, isSelected } of nodes) {
    if (!isSelected) continue;
    const kind = registry.get(task.type);
    // A scaffolding names what its job will do one day; whoever wrote it asked for the job, not for this task (jobs-and-tasks §5.2).
    if (kind !== undefined && isUnbuilt(kind) && task.scaffolding !== undefined) continue;
    const needs =
      kind === undefined ? "Sluice does not know how to run it" : isUnbuilt(kind) ? kind.later : kind.refusal(task, configuration);
    if (needs !== null) {
      throw new SluiceError("TASK_NOT_BUILT", { task: task.identifier, type: task.type, needs }, { place: task.place });
    }
  }
};
