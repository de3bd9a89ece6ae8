import {
  type Configuration,
  canExport,
  connectorJobName,
  connectorTaskName,
  type Job,
  type JobStep,
  nearestName,
  needsWholeExport,
  synchronizationType,
  type Task,
} from "../config/index.js";
import { SluiceError } from "../errors/index.js";

/** Mode that a connector's own job gets at launch. */
export type ConnectorMode = "Complete" | "Incremental";

/** The own job of a connector, made by CreateConnectorsJobs (jobs-and-tasks §5.4). Throws JOB_CONNECTOR_WITHOUT where the configuration has none. */
export const connectorJob = ({ jobs }: Pick<Configuration, "jobs">, connector: string): Job => {
  const job = jobs.get(connectorJobName(connector));
  if (job?.isConnectorJob !== true) throw new SluiceError("JOB_CONNECTOR_WITHOUT", { connector });
  return job;
};

/** A task with what the launch says besides. */
const launched = (task: Task, agent: string | null, attributes: Task["attributes"], more: Partial<Task> = {}): Task => ({
  ...task,
  agent: task.agent ?? agent,
  attributes: { ...task.attributes, ...attributes },
  ...more,
});

/**
 * A connector's own job as it is launched in a mode: its tasks name nothing but their connector (jobs-and-tasks §5.4), so that agent, connections, mode and type come from here, and the
 * synchronization depends on its preparation, that on the exports. With a task, by identifier or by what follows `<Connector>_Connector`, that one alone. Computations are never restricted
 * to flagged resources: the job has no task that flags. Throws JOB_GRAPH_UNKNOWN_TASK.
 */
export const launchedJob = (job: Job, configuration: Configuration, mode: ConnectorMode, only: string | undefined): Job => {
  const wanted = only === undefined ? null : taskNamed(job, only);
  const steps = job.steps.filter(({ task }) => wanted === null || task.identifier === wanted);
  const named = new Map<string, string[]>();
  const run = steps.flatMap(({ task, level }): JobStep[] =>
    withSource(task, configuration, mode, named, wanted !== null).map((each) => {
      named.set(task.type, [...(named.get(task.type) ?? []), each.identifier]);
      return { task: each, level };
    }),
  );
  return { ...job, isIncremental: mode === "Incremental", steps: run };
};

const taskNamed = (job: Job, name: string): string => {
  const identifiers = job.steps.map(({ task }) => task.identifier);
  const connector = job.steps[0]?.task.connector ?? "";
  const found = identifiers.find((each) =>
    [each, each.slice(connectorTaskName(connector, "").length)].some((text) => text.toLowerCase() === name.toLowerCase()),
  );
  if (found !== undefined) return found;
  const names = identifiers.map((each) => each.slice(connectorTaskName(connector, "").length));
  throw new SluiceError("JOB_GRAPH_UNKNOWN_TASK", { job: job.identifier, option: "--task", task: name, nearest: nearestName(name, names) });
};

/** The task, or one for each connection of an export. `before` has the identifiers of those that stand before it, by kind. */
const withSource = (
  task: Task,
  { connectors, connections, settings }: Configuration,
  mode: ConnectorMode,
  before: ReadonlyMap<string, readonly string[]>,
  isAlone: boolean,
): readonly Task[] => {
  const connector = connectors.get(task.connector ?? "");
  if (connector === undefined) return [task];
  const exported = [...connections.values()].filter((each) => each.connector === connector.connector && canExport(each));
  const type = synchronizationType(exported, settings.connections, mode);
  const after = (kind: string): Partial<Task> => ({ parents: [...task.parents, ...(before.get(kind) ?? [])] });
  switch (task.type) {
    case "ExportTask": {
      // Files may come from elsewhere; asked for by itself it is refused, since it has nothing to export.
      if (task.connection !== null || (exported.length === 0 && isAlone)) return [task];
      return exported.map((connection) =>
        launched(
          task,
          connector.agent,
          { Connection: connection.identifier, IgnoreCookieFile: needsWholeExport(connection, settings.connections, mode, type) },
          {
            connection: connection.identifier,
            identifier: exported.length === 1 ? task.identifier : `${task.identifier}_${connection.identifier}`,
          },
        ),
      );
    }
    case "PrepareSynchronizationTask":
      return [launched(task, connector.agent, { SynchronizationMode: mode, Type: type }, after("ExportTask"))];
    case "SynchronizeTask":
      return [launched(task, null, { Type: type, DoNotDeleteChanges: mode === "Incremental" }, after("PrepareSynchronizationTask"))];
    case "FulfillTask":
      return [launched(task, connector.agent, { Dirty: mode === "Incremental" }, after("GenerateProvisioningOrdersTask"))];
    default:
      return [task.side === "agent" ? launched(task, connector.agent, {}) : task];
  }
};
