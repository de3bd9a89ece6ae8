import type { ServerTaskKind } from "../task-kind.js";

/**
 * Flags what synchronizations changed and left (DoNotDeleteChanges), for the computations that follow with `Dirty` (jobs-and-tasks §2.2, §3.6; design §6): one number for all of it, and the
 * changes are consumed. Staged rows of a blocked synchronization stay.
 */
export const setRecentlyModifiedFlagTask: ServerTaskKind = {
  element: "SetRecentlyModifiedFlagTask",
  side: "server",
  summary: "Flags resources by what synchronizations changed.",
  hasDeadline: true,
  refusal: () => null,
  run: async ({ store, jobInstance, taskInstance, fence, signal, onProgress }) => {
    const { flagged, changes } = await store.dirty.flag({ jobInstance, taskInstance, fence }, { signal, onProgress });
    return {
      state: "Completed",
      // It ran to the end (jobs-and-tasks §3.3): computations of what an earlier flag left must not be held back.
      producedOutput: true,
      counters: { flagged, changes },
      ...(changes === 0 ? { reason: "no synchronization left changes to flag (DoNotDeleteChanges)" } : {}),
    };
  },
};
