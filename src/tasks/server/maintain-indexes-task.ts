import type { Task } from "../../config/index.js";
import { rebuildRange, upkeepDefaults } from "../../store/index.js";
import type { ServerTaskKind } from "../task-kind.js";

/** Upkeep of indexes and statistics, and the clean-up of what nobody can read any more, jobs-and-tasks §2.2. What each attribute means on a database stands at its `upkeep`. */
export const maintainIndexesTask: ServerTaskKind = {
  element: "MaintainIndexesTask",
  side: "server",
  summary: "Maintains indexes and statistics.",
  hasDeadline: true,
  refusal: (task) => {
    const threshold = numberOf(task, "rebuildThreshold");
    const { least, most } = rebuildRange;
    return threshold < least || threshold > most ? `its RebuildThreshold must be ${least} to ${most} percent, or 0 for the default` : null;
  },
  run: async ({ task, store, signal, onProgress, log }) => {
    const { maintenance } = store;
    const request = {
      allIndexes: task.attributes.AllIndexes === true,
      offline: task.attributes.Offline === true,
      pageCount: numberOf(task, "pageCount"),
      rebuildThreshold: numberOf(task, "rebuildThreshold"),
      reorganizeThreshold: numberOf(task, "reorganizeThreshold"),
      updateStatsThreshold: numberOf(task, "updateStatsThreshold"),
    };
    const removed = task.attributes.NoNormalizationCheck === true ? 0 : await maintenance.removeLeftovers({ signal, onProgress });
    const { rebuilt, reorganized, statistics, notes } = await maintenance.upkeep(request, { signal, onProgress });
    for (const name of rebuilt) log("info", "rebuilt", { name });
    for (const name of reorganized) log("info", "reorganized", { name });
    for (const name of statistics) log("info", "statistics updated", { name });
    for (const note of notes) log("warn", note);
    const counters = { rebuilt: rebuilt.length, reorganized: reorganized.length, statistics: statistics.length, removed };
    const producedOutput = Object.values(counters).some((count) => count > 0);
    return { state: "Completed", producedOutput, counters, ...(notes.length === 0 ? {} : { reason: notes.join("; ") }) };
  },
};

const attributes = {
  pageCount: "PageCount",
  rebuildThreshold: "RebuildThreshold",
  reorganizeThreshold: "ReorganizeThreshold",
  updateStatsThreshold: "UpdateStatsThreshold",
} as const;

/** The attribute's value; 0 and absent stand for the default. */
const numberOf = (task: Task, name: keyof typeof attributes): number => {
  const value = task.attributes[attributes[name]];
  return typeof value === "number" && value > 0 ? value : upkeepDefaults[name];
};
