import { synchronizationType } from "../change-source.js";
import type { ConnectorPart } from "./connector-part.js";
import { DraftJob } from "./draft-job.js";
import { typeAttribute } from "./draft-task.js";
import { agentSide, frame } from "./job-frame.js";
import type { Made, Workshop } from "./workshop.js";

/** Levels of jobs-and-tasks §5.3. Those between are for AddTask; they move on where more rounds need them. */
const levels = { views: 0, export: 1, prepare: 2, synchronize: 3, rounds: 6, expressions: 40, closing: 49 } as const;
/** Expressions, correlation keys, role model, orders, fulfilment. */
const levelsOfRound = 5;

const everyEntityType = { AllEntityType: true } as const;

/** Initial load of the connectors; nothing depends on anything, since an error ends the job. */
const addLoad = (draft: DraftJob, synchronized: readonly ConnectorPart[], { connections }: Workshop): void => {
  draft.add(levels.views, { element: "CreateDatabaseViewsTask", label: "Views" });
  const type = (connector: ConnectorPart) => typeAttribute(synchronizationType(connector.exports, connections, "Initial"));
  for (const { identifier } of synchronized.flatMap(({ exports }) => exports)) {
    draft.add(levels.export, {
      element: "ExportTask",
      label: `Export ${identifier}`,
      subject: identifier,
      attributes: { Connection: identifier, IgnoreCookieFile: true, InitMode: true },
    });
  }
  for (const connector of synchronized) {
    const { identifier } = connector;
    draft.add(levels.prepare, {
      element: "PrepareSynchronizationTask",
      label: `Prepare ${identifier}`,
      subject: identifier,
      suffix: "Initial",
      attributes: { Connector: identifier, SynchronizationMode: "Initial", Type: type(connector) },
    });
  }
  for (const connector of synchronized) {
    const { identifier } = connector;
    draft.add(levels.synchronize, {
      element: "SynchronizeTask",
      label: `Synchronize ${identifier}`,
      subject: identifier,
      attributes: { Connector: identifier, Type: type(connector), ForceSynchronization: true },
    });
  }
};

/** One round over the principal data; gives nothing. What one round writes, the next one computes with. */
const addRound = (draft: DraftJob, round: number, principals: readonly ConnectorPart[], { roleModel }: Workshop): void => {
  const first = levels.rounds + (round - 1) * levelsOfRound;
  const suffix = round;
  draft.add(first, {
    element: "UpdateEntityPropertyExpressionsTask",
    label: `Compute expressions, round ${round}`,
    suffix,
    attributes: everyEntityType,
  });
  draft.add(first + 1, {
    element: "ComputeCorrelationKeysTask",
    label: `Compute correlation keys, round ${round}`,
    suffix,
    attributes: everyEntityType,
  });
  draft.add(first + 2, {
    element: "ComputeRoleModelTask",
    label: `Apply the role model, round ${round}`,
    suffix,
    attributes: { IgnoreHistorization: true },
    entityTypes: roleModel.owners,
  });
  for (const { identifier } of principals) {
    draft.add(first + 3, {
      element: "GenerateProvisioningOrdersTask",
      label: `Make orders for ${identifier}, round ${round}`,
      subject: identifier,
      suffix,
      attributes: { Connector: identifier, ForceProvisioning: true },
    });
  }
  for (const { identifier, fulfils } of principals) {
    for (const connection of fulfils.length === 0 ? [null] : fulfils) {
      draft.add(first + 4, {
        element: "FulfillTask",
        label: `Fulfil ${connection ?? identifier}, round ${round}`,
        subject: connection ?? identifier,
        suffix,
        attributes: { Connector: identifier, Connection: connection, IgnoreHistorization: true },
      });
    }
  }
};

const addEnd = (draft: DraftJob, { given, roleModel }: Workshop): void => {
  let level: number = levels.expressions;
  draft.add(level++, { element: "UpdateEntityPropertyExpressionsTask", label: "Compute expressions", attributes: everyEntityType });
  const folder = given.one("Configuration")?.string("Path") ?? null;
  if (folder !== null) {
    draft.add(level, {
      element: "DeployConfigurationTask",
      label: "Deploy the configuration",
      attributes: { ConfigurationDirectory: folder },
    });
  }
  level++;
  draft.add(level++, { element: "ComputeCorrelationKeysTask", label: "Compute correlation keys", attributes: everyEntityType });
  draft.add(level, {
    element: "ComputeRoleModelTask",
    label: "Apply the role model",
    attributes: { BlockAllResourceTypeProvisioning: true },
    entityTypes: roleModel.owners,
  });
  level = levels.closing;
  draft.add(level++, { element: "ComputeRiskScoresTask", label: "Compute risk scores", entityTypes: roleModel.owners });
  if (roleModel.classified.length > 0) {
    draft.add(level, { element: "UpdateClassificationTask", label: "Classify resources", entityTypes: roleModel.classified });
  }
  level++;
  if (roleModel.profiled !== null) {
    draft.add(level, { element: "SetInternalUserProfilesTask", label: "Maintain profiles", resourceTypes: roleModel.profiled });
  }
  level++;
  draft.add(level++, { element: "ResetValidFromTask", label: "Begin the history" });
  draft.add(level++, { element: "UpdateParametersContextDisplayNamesTask", label: "Refresh names of parameter contexts" });
  draft.add(level++, { element: "SavePreExistingAccessRightsTask", label: "Keep what people have" });
  draft.add(level, { element: "MaintainIndexesTask", label: "Upkeep of indexes", attributes: { AllIndexes: true, Offline: true } });
};

/** `CreateInitializationJob`, jobs-and-tasks §5.3: loads the connectors of an agent into an empty repository. CompleteJob of connectors does not count: it is no complete job. */
export const initializationJob = (workshop: Workshop): Made | null => {
  const { scaffolding, given, connectors, defaults } = workshop;
  const agent = scaffolding.string("Agent");
  if (agent === null) return null;
  const side = agentSide(workshop, agent);
  if (side === null) return null;
  const notUsed = given.connectors("NotUsed");
  const principal = given.connectors("PrincipalDataConnector");
  const notSynchronized = given.connectors("NoConnectorSynchronization");
  const notProvisioned = given.connectors("NoConnectorProvisioning");
  const own = connectors.filter((connector) => (connector.agent ?? defaults.agent) === agent);
  const used = own.filter(({ identifier, isDeactivated }) => !isDeactivated && !notUsed.has(identifier));
  const synchronized = used.filter(({ identifier, isMapped }) => isMapped && !notSynchronized.has(identifier));
  const principals = connectors.filter(
    ({ identifier, isDeactivated }) =>
      principal.has(identifier) && !isDeactivated && !notUsed.has(identifier) && !notProvisioned.has(identifier),
  );
  const identifier = scaffolding.string("JobIdentifier") ?? `${agent}_Initialization`;
  const draft = new DraftJob(identifier, side, scaffolding);
  addLoad(draft, synchronized, workshop);
  for (let round = 1; principals.length > 0 && round <= defaults.initializationRounds; round++)
    addRound(draft, round, principals, workshop);
  addEnd(draft, workshop);
  const notes = [
    ...own.filter((connector) => !used.includes(connector)).map((connector) => `${connector.identifier} is left out`),
    ...used.filter((connector) => !synchronized.includes(connector)).map((connector) => `${connector.identifier} is not synchronized`),
    ...(principals.length === 0 ? ["no rounds for principal data: no PrincipalDataConnector takes part in provisioning"] : []),
  ];
  return frame(workshop, draft, `${agent}, initialization`, { IsInitializationJob: true, UserStartDenied: true }, notes);
};
