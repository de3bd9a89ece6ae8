import { exportTask } from "./agent/export-task.js";
import { invokeExpressionTask } from "./agent/invoke-expression-task.js";
import { invokeSqlCommandTask } from "./agent/invoke-sql-command-task.js";
import { prepareSynchronizationTask } from "./agent/prepare-synchronization-task.js";
import { cleanDataBaseTask } from "./server/clean-data-base-task.js";
import { createDatabaseViewsTask } from "./server/create-database-views-task.js";
import { maintainIndexesTask } from "./server/maintain-indexes-task.js";
import { manageConfigurationIndexesTask } from "./server/manage-configuration-indexes-task.js";
import { resetValidFromTask } from "./server/reset-valid-from-task.js";
import { setRecentlyModifiedFlagTask } from "./server/set-recently-modified-flag-task.js";
import { synchronizeTask } from "./server/synchronize-task.js";
import type { TaskKind, TaskRegistry } from "./task-kind.js";
import { unbuiltKinds } from "./unbuilt.js";

const kinds: readonly TaskKind[] = [
  exportTask,
  prepareSynchronizationTask,
  synchronizeTask,
  invokeExpressionTask,
  invokeSqlCommandTask,
  setRecentlyModifiedFlagTask,
  resetValidFromTask,
  createDatabaseViewsTask,
  manageConfigurationIndexesTask,
  maintainIndexesTask,
  cleanDataBaseTask,
  ...unbuiltKinds,
];

/** Every task element that is documented (jobs-and-tasks §2), by name. */
export const taskRegistry: TaskRegistry = new Map(kinds.map((kind) => [kind.element, kind]));
