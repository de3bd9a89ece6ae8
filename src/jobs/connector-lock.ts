import type { Configuration, Task } from "../config/index.js";
import { connectorLock } from "../store/index.js";
import type { TaskNode } from "./graph/index.js";

/** Tasks that touch a connector's files, session or orders; an instance holds its connector's lock for them (design §10). */
const lockingTypes: ReadonlySet<string> = new Set([
  "ExportTask",
  "PrepareSynchronizationTask",
  "SynchronizeTask",
  "GenerateProvisioningOrdersTask",
  "FulfillTask",
]);

/** The connector that a task works for: its own, or its connection's. */
export const connectorOf = (task: Task, configuration: Configuration): string | null =>
  task.connector ?? (task.connection === null ? null : (configuration.connections.get(task.connection)?.connector ?? null));

/** Connectors whose locks the selected tasks need, each once, sorted. */
export const lockedConnectors = (nodes: readonly TaskNode[], configuration: Configuration): readonly string[] => {
  const connectors = nodes
    .filter((node) => node.isSelected && lockingTypes.has(node.task.type))
    .flatMap((node) => connectorOf(node.task, configuration) ?? []);
  return [...new Set(connectors)].sort();
};

export const connectorLocks = (connectors: readonly string[]): readonly string[] => connectors.map(connectorLock);
