import type { Configuration, Task } from "../config/index.js";
import { loadAhead } from "../sync/index.js";
import { isUnbuilt, type TaskRegistry } from "./task-kind.js";

/** Has the thread that the first of these tasks gets load what they need, in their order; the caller goes on meanwhile. */
export const loadAheadOf = (tasks: readonly Task[], registry: TaskRegistry, configuration: Configuration): void => {
  const modules = new Set<URL>();
  for (const task of tasks) {
    const kind = registry.get(task.type);
    if (kind === undefined || isUnbuilt(kind)) continue;
    for (const module of kind.modules?.(task, configuration) ?? []) modules.add(module);
  }
  if (modules.size > 0) loadAhead([...modules]);
};
