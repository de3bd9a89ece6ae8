import { repositoryModel } from "../repository-model.js";
import type { ServerTaskKind } from "../task-kind.js";

/** Makes the indexes that follow from the configuration and drops those that no longer do, jobs-and-tasks §2.2; `sluice database indexes` in a job. */
export const manageConfigurationIndexesTask: ServerTaskKind = {
  element: "ManageConfigurationIndexesTask",
  side: "server",
  summary: "Makes the indexes that the configuration calls for.",
  hasDeadline: true,
  refusal: () => null,
  run: async ({ store, configuration, signal, onProgress, log }) => {
    const { created, dropped } = await store.maintenance.indexes(repositoryModel(configuration), { signal, onProgress, dryRun: false });
    for (const index of created) log("info", "index made", { index });
    for (const index of dropped) log("info", "index dropped", { index });
    const producedOutput = created.length + dropped.length > 0;
    return { state: "Completed", producedOutput, counters: { created: created.length, dropped: dropped.length } };
  },
};
