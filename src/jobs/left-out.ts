import type { Configuration, Task } from "../config/index.js";
import type { LeftOutReason } from "../store/index.js";
import { connectorOf } from "./connector-lock.js";
import type { TaskNode } from "./graph/index.js";

/** The three that leave an incremental job while their connector is blocked (jobs-and-tasks §3.5). */
const synchronizationTypes: ReadonlySet<string> = new Set(["ExportTask", "PrepareSynchronizationTask", "SynchronizeTask"]);
const provisioningTypes: ReadonlySet<string> = new Set(["GenerateProvisioningOrdersTask", "FulfillTask"]);

/** A deactivated connector has neither export nor provisioning (connectors §1.2); a connection can have one of them off (§1.3). */
const isDeactivated = (task: Task, configuration: Configuration): boolean => {
  const isExport = task.type === "ExportTask";
  if (!isExport && !provisioningTypes.has(task.type)) return false;
  const connector = connectorOf(task, configuration);
  if (connector !== null && configuration.connectors.get(connector)?.isDeactivated === true) return true;
  const deactivation = task.connection === null ? "None" : (configuration.connections.get(task.connection)?.deactivation ?? "None");
  return deactivation === "Export" ? isExport : deactivation === "Fulfill" && task.type === "FulfillTask";
};

/**
 * The selected tasks that a run leaves out from its start, by key. `blocked` holds the connectors with a Blocked SynchronizeTask; they
 * count in incremental jobs only: a complete one is a way out of the block.
 */
export const leftOutTasks = (
  nodes: readonly TaskNode[],
  configuration: Configuration,
  isIncremental: boolean,
  blocked: ReadonlySet<string>,
): Readonly<Record<string, LeftOutReason>> => {
  const leftOut: Record<string, LeftOutReason> = {};
  for (const { taskKey, task, isSelected } of nodes) {
    if (!isSelected) continue;
    const connector = connectorOf(task, configuration);
    if (isDeactivated(task, configuration)) leftOut[taskKey] = "connectorDeactivated";
    else if (isIncremental && connector !== null && blocked.has(connector) && synchronizationTypes.has(task.type)) {
      leftOut[taskKey] = "connectorBlocked";
    }
  }
  return leftOut;
};
