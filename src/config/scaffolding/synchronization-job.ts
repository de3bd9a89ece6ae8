import { needsWholeExport, synchronizationType } from "../change-source.js";
import type { ConnectorPart } from "./connector-part.js";
import { DraftJob } from "./draft-job.js";
import { typeAttribute } from "./draft-task.js";
import { agentSide, frame } from "./job-frame.js";
import type { Made, Workshop } from "./workshop.js";

type Mode = "Complete" | "Incremental";

/** A connector with what it takes part in. */
interface Participant {
  readonly connector: ConnectorPart;
  readonly isSynchronized: boolean;
  readonly isProvisioned: boolean;
}

/** Levels of jobs-and-tasks §5.2. */
const levels = {
  export: 0,
  prepare: 1,
  synchronize: 2,
  Complete: { flag: null, expressions: 3, correlationKeys: 4, roleModel: 5, riskScores: 6 },
  Incremental: { flag: 3, expressions: 4, correlationKeys: 5, roleModel: 6, riskScores: null },
  generate: 7,
  fulfill: 8,
  closing: 9,
} as const;

const participant = (
  connector: ConnectorPart,
  mode: Mode,
  { isSynchronized, isProvisioned }: Pick<Participant, "isSynchronized" | "isProvisioned">,
): Participant => {
  const use = mode === "Complete" ? connector.completeJob : connector.incrementalJob;
  return {
    connector,
    isSynchronized: isSynchronized && !connector.isDeactivated && use !== "OnlyProvisioning" && connector.isMapped,
    isProvisioned: isProvisioned && !connector.isDeactivated && use !== "OnlySynchronization",
  };
};

/** Export, preparation and synchronization of the participants; gives the identifiers of the synchronizations. */
const addSynchronizations = (
  draft: DraftJob,
  participants: readonly Participant[],
  mode: Mode,
  { connections }: Workshop,
): readonly string[] => {
  const synchronized = participants.filter(({ isSynchronized }) => isSynchronized).map(({ connector }) => connector);
  const type = (connector: ConnectorPart) => synchronizationType(connector.exports, connections, mode);
  const exports = new Map(
    synchronized.map((connector) => [
      connector.identifier,
      connector.exports.map((connection) =>
        draft.add(levels.export, {
          element: "ExportTask",
          label: `Export ${connection.identifier}`,
          subject: connection.identifier,
          attributes: {
            Connection: connection.identifier,
            IgnoreCookieFile: needsWholeExport(connection, connections, mode, type(connector)),
            ContinueOnError: true,
          },
        }),
      ),
    ]),
  );
  const prepared = synchronized.map((connector) =>
    draft.add(levels.prepare, {
      element: "PrepareSynchronizationTask",
      label: `Prepare ${connector.identifier}`,
      subject: connector.identifier,
      suffix: mode,
      attributes: { Connector: connector.identifier, SynchronizationMode: mode, Type: typeAttribute(type(connector)) },
      parents: exports.get(connector.identifier) ?? [],
    }),
  );
  return synchronized.map((connector, index) =>
    draft.add(levels.synchronize, {
      element: "SynchronizeTask",
      label: `Synchronize ${connector.identifier}`,
      subject: connector.identifier,
      attributes: { Connector: connector.identifier, Type: typeAttribute(type(connector)), DoNotDeleteChanges: mode === "Incremental" },
      parents: prepared.slice(index, index + 1),
    }),
  );
};

/** The computations between synchronization and provisioning, over one connector's entity types or over all. */
const addComputations = (
  draft: DraftJob,
  only: string | null,
  mode: Mode,
  synchronizations: readonly string[],
  { roleModel }: Workshop,
): void => {
  const at = levels[mode];
  const scope = { Connector: only, ...(mode === "Incremental" ? { Dirty: true } : {}) };
  const all = only === null ? { ...scope, AllEntityType: true } : scope;
  const task = (element: string, label: string) => ({ element, label, subject: only });
  const flag =
    at.flag === null || synchronizations.length === 0
      ? []
      : [draft.add(at.flag, { element: "SetRecentlyModifiedFlagTask", label: "Flag what changed", parents: synchronizations })];
  draft.add(at.expressions, { ...task("UpdateEntityPropertyExpressionsTask", "Compute expressions"), attributes: all });
  draft.add(at.correlationKeys, { ...task("ComputeCorrelationKeysTask", "Compute correlation keys"), attributes: all, parents: flag });
  draft.add(at.roleModel, {
    ...task("ComputeRoleModelTask", "Apply the role model"),
    attributes: scope,
    entityTypes: only === null ? roleModel.owners : [],
    parents: flag,
  });
  if (at.riskScores !== null) {
    draft.add(at.riskScores, { element: "ComputeRiskScoresTask", label: "Compute risk scores", entityTypes: roleModel.owners });
  }
};

/** Orders of each connector, and what writes them to its managed system. */
const addProvisioning = (draft: DraftJob, participants: readonly Participant[], mode: Mode): void => {
  const provisioned = participants.filter(({ isProvisioned }) => isProvisioned).map(({ connector }) => connector);
  const generated = provisioned.map(({ identifier }) =>
    draft.add(levels.generate, {
      element: "GenerateProvisioningOrdersTask",
      label: `Make orders for ${identifier}`,
      subject: identifier,
      attributes: { Connector: identifier },
    }),
  );
  for (const [index, { identifier, fulfils }] of provisioned.entries()) {
    for (const connection of fulfils.length === 0 ? [null] : fulfils) {
      draft.add(levels.fulfill, {
        element: "FulfillTask",
        label: `Fulfil ${connection ?? identifier}`,
        subject: connection ?? identifier,
        attributes: { Connector: identifier, Connection: connection, Dirty: mode === "Incremental", ContinueOnError: true },
        parents: generated.slice(index, index + 1),
      });
    }
  }
};

/** What ends a complete job, a level each. Classification and profiles in the job of an agent only, and where there are such rules. */
const addClosing = (draft: DraftJob, isAgents: boolean, { roleModel }: Workshop): void => {
  let level: number = levels.closing;
  if (isAgents && roleModel.classified.length > 0) {
    draft.add(level++, { element: "UpdateClassificationTask", label: "Classify resources", entityTypes: roleModel.classified });
  }
  if (isAgents && roleModel.profiled !== null) {
    draft.add(level++, { element: "SetInternalUserProfilesTask", label: "Maintain profiles", resourceTypes: roleModel.profiled });
  }
  draft.add(level++, { element: "UpdateParametersContextDisplayNamesTask", label: "Refresh names of parameter contexts" });
  draft.add(level++, { element: "SendRoleModelNotificationsTask", label: "Remind reviewers of roles", entityTypes: roleModel.roleOwners });
  if (isAgents) draft.add(level++, { element: "ManageConfigurationIndexesTask", label: "Indexes of the configuration" });
  draft.add(level, { element: "MaintainIndexesTask", label: "Upkeep of indexes" });
};

interface Synchronization {
  readonly identifier: string;
  readonly label: string;
  readonly agent: string | null;
  /** The connector that the job is of; null for an agent's. */
  readonly only: string | null;
  readonly participants: readonly Participant[];
  readonly notes: readonly string[];
}

const synchronizationJob = (
  workshop: Workshop,
  mode: Mode,
  { identifier, label, agent, only, participants, notes }: Synchronization,
): Made | null => {
  const side = agentSide(workshop, agent);
  if (side === null) return null;
  const { scaffolding, findings } = workshop;
  if (!participants.some(({ isSynchronized, isProvisioned }) => isSynchronized || isProvisioned)) {
    findings.warn(
      "CFG_SCAFFOLDING_IDLE",
      { scaffolding: scaffolding.name, job: identifier, reason: notes.join("; ") },
      scaffolding.place(),
    );
  }
  const draft = new DraftJob(identifier, side, scaffolding);
  const synchronizations = addSynchronizations(draft, participants, mode, workshop);
  addComputations(draft, only, mode, synchronizations, workshop);
  addProvisioning(draft, participants, mode);
  if (mode === "Complete") addClosing(draft, only === null, workshop);
  return frame(workshop, draft, label, { IsIncremental: mode === "Incremental" }, notes);
};

/** Why a connector does less in a job than its kind would, for people. */
const partNotes = ({ connector, isSynchronized, isProvisioned }: Participant, mode: Mode): readonly string[] => {
  const { identifier, isDeactivated, isMapped } = connector;
  const use = mode === "Complete" ? connector.completeJob : connector.incrementalJob;
  const attribute = mode === "Complete" ? "CompleteJob" : "IncrementalJob";
  const why = isDeactivated
    ? "it is deactivated"
    : use !== "Used" && use !== "NotUsed"
      ? `its ${attribute} is ${use}`
      : "the scaffolding says so";
  return [
    ...(isSynchronized ? [] : [`${identifier} is not synchronized: ${isMapped || isDeactivated ? why : "nothing is mapped to it"}`]),
    ...(isProvisioned ? [] : [`${identifier} is not provisioned: ${why}`]),
  ];
};

const modeWords = { Complete: "complete", Incremental: "incremental" } as const;

/** `CreateConnectorSynchroComplete` and `…Incremental`, jobs-and-tasks §5.2: null where the connector is not declared. The element names it, so that `NotUsed` of the connector does not empty the job. */
export const connectorSynchronization = (workshop: Workshop, mode: Mode): Made | null => {
  const { scaffolding, given, connectors } = workshop;
  const connector = connectors.find(({ identifier }) => identifier === scaffolding.string("Connector"));
  if (connector === undefined) return null;
  const part = participant(connector, mode, {
    isSynchronized: given.one("NoSynchronization") === null,
    isProvisioned: given.one("NoProvisioning") === null,
  });
  return synchronizationJob(workshop, mode, {
    identifier: scaffolding.string("JobIdentifier") ?? `${connector.identifier}_Synchro${mode}`,
    label: `${connector.identifier}, ${modeWords[mode]}`,
    agent: connector.agent,
    only: connector.identifier,
    participants: [part],
    notes: partNotes(part, mode),
  });
};

/** Connectors of an agent that cannot tell changes are left out of its incremental job (jobs-and-tasks §5.2); their own incremental job compares the whole. */
const canBeIncremental = (connector: ConnectorPart, { connections }: Workshop): boolean =>
  synchronizationType(connector.exports, connections, "Incremental") !== "None";

/** `CreateAgentSynchroComplete` and `…Incremental`, jobs-and-tasks §5.2. */
export const agentSynchronization = (workshop: Workshop, mode: Mode): Made | null => {
  const { scaffolding, connectors, defaults } = workshop;
  const agent = scaffolding.string("Agent");
  if (agent === null) return null;
  const own = connectors.filter((connector) => (connector.agent ?? defaults.agent) === agent);
  const isUsed = (connector: ConnectorPart): boolean =>
    (mode === "Complete" ? connector.completeJob : connector.incrementalJob) !== "NotUsed";
  const isAble = (connector: ConnectorPart): boolean =>
    mode === "Complete" || connector.incrementalJob === "OnlyProvisioning" || canBeIncremental(connector, workshop);
  const participants = own
    .filter((connector) => isUsed(connector) && isAble(connector))
    .map((connector) => participant(connector, mode, { isSynchronized: true, isProvisioned: true }));
  const notes = [
    ...(own.length === 0 ? [`no connector names the agent ${agent}`] : []),
    ...own.filter((connector) => !isUsed(connector)).map(({ identifier }) => `${identifier} is left out: its ${mode}Job is NotUsed`),
    ...own
      .filter((connector) => isUsed(connector) && !isAble(connector))
      .map(({ identifier }) => `${identifier} is left out: its exports cannot tell changes`),
    ...participants.flatMap((part) => partNotes(part, mode)),
  ];
  return synchronizationJob(workshop, mode, {
    identifier: scaffolding.string("JobIdentifier") ?? `${agent}_Synchro${mode}`,
    label: `${agent}, ${modeWords[mode]}`,
    agent,
    only: null,
    participants,
    notes,
  });
};
