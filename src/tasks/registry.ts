import { exportTask } from "./agent/export-task.js";
import { prepareSynchronizationTask } from "./agent/prepare-synchronization-task.js";
import { createDatabaseViewsTask } from "./server/create-database-views-task.js";
import { maintainIndexesTask } from "./server/maintain-indexes-task.js";
import { manageConfigurationIndexesTask } from "./server/manage-configuration-indexes-task.js";
import { synchronizeTask } from "./server/synchronize-task.js";
import type { TaskKind, TaskRegistry } from "./task-kind.js";
import { unbuiltKinds } from "./unbuilt.js";

const kinds: readonly TaskKind[] = [
  exportTask,
  prepareSynchronizationTask,
  synchronizeTask,
  createDatabaseViewsTask,
  manageConfigurationIndexesTask,
  maintainIndexesTask,
  ...unbuiltKinds,
];

/** Every task element that is documented (jobs-and-tasks §2), by name. */
export const taskRegistry: TaskRegistry = new Map(kinds.map((kind) => [kind.element, kind]));
