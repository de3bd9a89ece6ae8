import type { ThresholdLimits, ThresholdName } from "../../model/index.js";
import type { Configuration, Connector } from "../configuration.js";
import type { Findings } from "../findings.js";

type Compiled = Pick<Configuration, "connectors" | "jobs">;

/** Actions that must not be without any threshold (connectors §1.9), and the names that limit them. */
const resourceActions = ["Inserted", "Updated", "Deleted"] as const;
const linkActions = ["Inserted", "Deleted"] as const;

const limits = (all: ThresholdLimits, ...names: readonly ThresholdName[]): boolean => names.some((name) => all[name] !== undefined);

/** An action is limited when the connector limits it, or each of its mappings does. */
const unlimited = (connector: Connector): readonly string[] => {
  const missing: string[] = [];
  for (const action of resourceActions) {
    const names = [`Maximum${action}Lines`, `MaxPercentage${action}Lines`] as const;
    if (connector.entityTypes.length === 0 || limits(connector.limits, ...names)) continue;
    if (connector.entityTypes.some((mapping) => !limits(mapping.limits, ...names))) missing.push(`${action.toLowerCase()} resources`);
  }
  for (const action of linkActions) {
    const names = [`MaximumLink${action}Lines`, `MaxLinkPercentage${action}Lines`] as const;
    if (connector.associations.length === 0 || limits(connector.limits, ...names)) continue;
    if (connector.associations.some((mapping) => !limits(mapping.limits, ...names))) missing.push(`${action.toLowerCase()} links`);
  }
  return missing;
};

/** Warnings about connectors: an action without any threshold (connectors §1.9), no scheduled complete job (connectors §2.1). */
export const warnAboutConnectors = ({ connectors, jobs }: Compiled, findings: Findings): void => {
  const complete = new Set(
    [...jobs.values()]
      .filter(({ cron }) => cron !== null)
      .flatMap(({ steps }) => steps)
      .filter(({ task }) => task.type === "PrepareSynchronizationTask" && task.attributes.SynchronizationMode === "Complete")
      .map(({ task }) => task.connector),
  );
  for (const [identifier, connector] of connectors) {
    const actions = unlimited(connector);
    if (actions.length > 0) findings.warn("CFG_NO_THRESHOLD", { connector: identifier, actions: actions.join(", ") }, connector.place);
    // A job, or a task of one, that has an error is not among them: it may well be the one.
    if (findings.hasErrors) continue;
    const isSynchronized = connector.entityTypes.length > 0 || connector.associations.length > 0;
    const isUsed = connector.completeJob === "Used" || connector.completeJob === "OnlySynchronization";
    if (isSynchronized && isUsed && !connector.isDeactivated && !complete.has(identifier)) {
      findings.warn("CFG_NO_COMPLETE_JOB", { connector: identifier }, connector.place);
    }
  }
};
