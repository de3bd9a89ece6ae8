import { repositoryModel } from "../repository-model.js";
import type { ServerTaskKind } from "../task-kind.js";

/**
 * Drops the `zz_*` views and makes one for each entity type, jobs-and-tasks §2.1; `sluice database views` in a job. Documented among the agent's tasks; what it does needs the database and nothing of an
 * agent, so it runs where the database is, whatever Agent it names.
 */
export const createDatabaseViewsTask: ServerTaskKind = {
  element: "CreateDatabaseViewsTask",
  side: "server",
  summary: "Makes one view for people of each entity type.",
  hasDeadline: true,
  refusal: () => null,
  run: async ({ store, configuration, signal, onProgress, log }) => {
    const { created, dropped } = await store.maintenance.views(repositoryModel(configuration), { signal, onProgress, dryRun: false });
    for (const { view, renamed } of created) {
      log("info", "view made", { view });
      for (const { property, column } of renamed) log("info", "the name of a column was taken", { view, property, column });
    }
    return { state: "Completed", producedOutput: created.length > 0, counters: { created: created.length, dropped: dropped.length } };
  },
};
