import type { Configuration, Task } from "../config/index.js";
import type { JobInstanceId } from "../model/index.js";
import type { Deactivation, LeftOutReason, StoredPlan } from "../store/index.js";
import { changeSetOf } from "../tasks/index.js";
import { connectorOf } from "./connector-lock.js";
import type { TaskNode } from "./graph/index.js";

/** The three that leave an incremental job while their connector is blocked (jobs-and-tasks §3.5). */
const synchronizationTypes: ReadonlySet<string> = new Set(["ExportTask", "PrepareSynchronizationTask", "SynchronizeTask"]);
const provisioningTypes: ReadonlySet<string> = new Set(["GenerateProvisioningOrdersTask", "FulfillTask"]);

/** What stands in the way of connectors when a run begins. */
export interface ConnectorStates {
  /** Connectors with a Blocked SynchronizeTask, and the instance that holds it. */
  readonly blocked: ReadonlyMap<string, JobInstanceId>;
  /** Connectors that a person switched off. */
  readonly deactivated: ReadonlyMap<string, Deactivation>;
}

/** Why a task is left out, for the machine and for a person. */
interface LeftOut {
  readonly reason: LeftOutReason;
  readonly message: string;
}

/**
 * A run goes on from a state that may still change while its connector is blocked: an incremental job, and a single task that prepares incrementally. A complete one is a way out
 * of the block.
 */
export const isIncrementalRun = (job: { readonly isIncremental: boolean } | null, nodes: readonly TaskNode[]): boolean =>
  job?.isIncremental ?? nodes.some(({ task, isSelected }) => isSelected && task.attributes.SynchronizationMode === "Incremental");

/**
 * The selected tasks that a run leaves out from its start, by key, with the reason and a sentence for a person. Blocked connectors count in incremental runs only.
 */
export const leftOutTasks = (
  nodes: readonly TaskNode[],
  configuration: Configuration,
  isIncremental: boolean,
  states: ConnectorStates,
): Pick<Required<StoredPlan>, "leftOut" | "leftOutMessages"> => {
  const leftOut: Record<string, LeftOutReason> = {};
  const leftOutMessages: Record<string, string> = {};
  for (const { taskKey, task, isSelected } of nodes) {
    // A plan or an undo is applied whole or refused: its tasks see for themselves.
    const found =
      isSelected && changeSetOf(task) === null
        ? (deactivated(task, configuration, states) ?? (isIncremental ? blocked(task, configuration, states) : null))
        : null;
    if (found === null) continue;
    leftOut[taskKey] = found.reason;
    leftOutMessages[taskKey] = found.message;
  }
  return { leftOut, leftOutMessages };
};

const blocked = (task: Task, configuration: Configuration, states: ConnectorStates): LeftOut | null => {
  const connector = connectorOf(task, configuration);
  const instance = connector === null ? undefined : states.blocked.get(connector);
  if (instance === undefined || !synchronizationTypes.has(task.type)) return null;
  return {
    reason: "connectorBlocked",
    message: `${connector} is blocked by instance ${instance}: sluice resume ${instance}, or a complete job of ${connector}`,
  };
};

/** A deactivated connector has neither synchronization nor provisioning (connectors §1.2); a connection can have its export or its fulfil off (§1.3). */
const deactivated = (task: Task, configuration: Configuration, states: ConnectorStates): LeftOut | null => {
  if (!synchronizationTypes.has(task.type) && !provisioningTypes.has(task.type)) return null;
  const because = (message: string): LeftOut => ({ reason: "connectorDeactivated", message });
  const connector = connectorOf(task, configuration);
  const state = connector === null ? undefined : states.deactivated.get(connector);
  if (state !== undefined) {
    const reason = state.reason === null ? "" : ` (${state.reason})`;
    return because(`${connector} was deactivated by ${state.by}${reason}: sluice connector activate ${connector} switches it on`);
  }
  if (connector !== null && configuration.connectors.get(connector)?.isDeactivated === true) {
    return because(`${connector} is deactivated by its IsDeactivated`);
  }
  const { deactivation = "None" } = configuration.connections.get(task.connection ?? "") ?? {};
  const isOff = deactivation === "Export" ? task.type === "ExportTask" : deactivation === "Fulfill" && task.type === "FulfillTask";
  return isOff ? because(`${task.connection} has DeactivationExportFulfill ${deactivation}`) : null;
};
