import type { ServerTaskKind } from "../task-kind.js";

/** Lets each resource's history begin on the first day, 0001-01-01, jobs-and-tasks §2.2: after a first load the past is asked for as it is now. */
export const resetValidFromTask: ServerTaskKind = {
  element: "ResetValidFromTask",
  side: "server",
  summary: "Moves the start of each resource's history to the first day.",
  hasDeadline: true,
  refusal: () => null,
  run: async ({ store, jobInstance, taskInstance, fence, signal, onProgress }) => {
    const moved = await store.dirty.resetValidFrom({ jobInstance, taskInstance, fence }, { signal, onProgress });
    return { state: "Completed", producedOutput: true, counters: { moved } };
  },
};
