import type { ServerTaskKind } from "../task-kind.js";

/**
 * Makes instances Aborted whose runner died, and frees their locks, jobs-and-tasks §5.4. Starting a run does the same, so that this finds those that died since its own job began, and the job
 * is of use where nothing else is started for long.
 */
export const cleanDataBaseTask: ServerTaskKind = {
  element: "CleanDataBase",
  side: "server",
  summary: "Closes job and task instances whose runner died.",
  hasDeadline: true,
  refusal: () => null,
  run: async ({ store, signal, log }) => {
    const aborted = await store.records.abortDead({ isPatient: true, signal });
    for (const { id, job, message } of aborted) log("warn", `instance ${id} of ${job} is Aborted: ${message}`);
    return { state: "Completed", producedOutput: true, counters: { aborted: aborted.length } };
  },
};
