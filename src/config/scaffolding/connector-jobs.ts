import { generatedElement } from "./generated-element.js";
import { idleNotes } from "./idle-kind.js";
import type { Made, Workshop } from "./workshop.js";

/** The steps of a connector's own job, by the end of their identifier (jobs-and-tasks §5.4). */
const steps: readonly (readonly [name: string, element: string, label: string])[] = [
  ["Export", "ExportTask", "export"],
  ["PrepareSynchronization", "PrepareSynchronizationTask", "prepare synchronization"],
  ["Synchronization", "SynchronizeTask", "synchronize"],
  ["Expression", "UpdateEntityPropertyExpressionsTask", "compute expressions"],
  ["Correlation", "ComputeCorrelationKeysTask", "compute correlation keys"],
  ["Policy", "ComputeRoleModelTask", "apply the role model"],
  ["GenerateOrders", "GenerateProvisioningOrdersTask", "make orders"],
  ["Fulfillment", "FulfillTask", "fulfil orders"],
  ["Classification", "UpdateClassificationTask", "classify resources"],
  ["BuildRoleModel", "BuildRoleModelTask", "apply naming rules"],
  ["RefreshSchema", "RefreshSchemaTask", "refresh the schema"],
];

/** The job of a connector's screen. */
export const connectorJobName = (connector: string): string => `${connector}_VirtualJob`;
/** Its tasks: `<Connector>_Connector<Name>`. */
export const connectorTaskName = (connector: string, name: string): string => `${connector}_Connector${name}`;

/** `CreateConnectorsJobs`, jobs-and-tasks §5.4: a job for each connector, whose tasks name nothing but it; connection, agent and mode come at launch. */
export const connectorJobs = ({ scaffolding, connectors }: Workshop): Made => {
  const elements = connectors.flatMap(({ identifier }) => [
    ...steps.map(([name, element, label]) =>
      generatedElement(
        element,
        { Identifier: connectorTaskName(identifier, name), DisplayName_L1: `${identifier}: ${label}`, Connector: identifier },
        [],
        scaffolding,
      ),
    ),
    generatedElement(
      "Job",
      { Identifier: connectorJobName(identifier), DisplayName_L1: identifier, IsConnectorJob: true, UserStartDenied: true },
      steps.map(([name]) => generatedElement("Step", { Identifier: connectorTaskName(identifier, name) }, [], scaffolding)),
      scaffolding,
    ),
  ]);
  return {
    elements,
    jobs: connectors.map(({ identifier }) => connectorJobName(identifier)),
    notes: [
      "connection, agent and mode come at launch: sluice run with the options connector and mode",
      ...idleNotes(steps.map(([, element]) => element)),
    ],
  };
};
