import type { Configuration, Job } from "../config/index.js";
import { connectorJobName, nearestName } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { StoredPlan } from "../store/index.js";
import { changeSetJob } from "./change-set/change-set-name.js";
import { launchedJob } from "./connector-job.js";
import { connectorOf } from "./connector-lock.js";
import { compileTaskGraph, singleTaskGraph, type TaskGraph, type TaskNode } from "./graph/index.js";
import type { TaskLine } from "./run-event.js";
import type { RunTarget } from "./run-request.js";
import { toolTaskNamed } from "./tool-task.js";

/** The job of a target, its graph, and how its plan is stored. */
export const graphOf = (
  what: RunTarget,
  configuration: Configuration,
): { readonly job: Job | null; readonly graph: TaskGraph; readonly plan: Pick<StoredPlan, "kind" | "selection" | "plannedOf"> } => {
  if ("rootTask" in what) {
    const changeSet = what.isChangeSet === true ? changeSetJob(what.rootTask, configuration) : null;
    if (changeSet !== null) {
      const graph = compileTaskGraph(changeSet, { maxTaskBatchSize: 1 });
      return { job: null, graph: { ...graph, job: null }, plan: { kind: "rootTask", selection: null, ...plannedOf(what) } };
    }
    const task = configuration.rootTasks.get(what.rootTask) ?? toolTaskNamed(what.rootTask, configuration);
    if (task === null) {
      const nearest = nearestName(what.rootTask, [...configuration.rootTasks.keys()]);
      throw new SluiceError("JOB_ROOT_TASK_UNKNOWN", { task: what.rootTask, nearest });
    }
    return { job: null, graph: singleTaskGraph(task), plan: { kind: "rootTask", selection: null } };
  }
  const declared = configuration.jobs.get(what.job);
  if (declared === undefined) {
    throw new SluiceError("JOB_UNKNOWN", { job: what.job, nearest: nearestName(what.job, [...configuration.jobs.keys()]) });
  }
  const { from, to, task, contains, mode } = what;
  const connector = declared.isConnectorJob ? (declared.steps[0]?.task.connector ?? null) : null;
  if (mode === undefined && connector !== null && what.job === connectorJobName(connector)) {
    throw new SluiceError("JOB_CONNECTOR_MODE", { job: what.job, connector });
  }
  const job = mode === undefined ? declared : launchedJob(declared, configuration, mode, task);
  const selection = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(task === undefined ? {} : { task }),
    ...(contains === undefined ? {} : { contains }),
    ...(mode === undefined ? {} : { mode }),
  };
  const { maxTaskBatchSize } = configuration.settings;
  // The launch has selected already.
  const graph = compileTaskGraph(job, mode === undefined ? { maxTaskBatchSize, selection } : { maxTaskBatchSize });
  return { job, graph, plan: { kind: "job", selection } };
};

const plannedOf = ({ plannedOf }: Extract<RunTarget, { rootTask: string }>): Pick<StoredPlan, "plannedOf"> =>
  plannedOf === undefined ? {} : { plannedOf };

/** `Configuration.connectorHash` of the named connectors. */
export const hashesOf = (connectors: readonly string[], configuration: Configuration): Readonly<Record<string, string>> =>
  Object.fromEntries(connectors.map((connector) => [connector, configuration.connectorHash.get(connector) ?? ""]));

export const taskLine = (node: TaskNode, taskInstance: number, configuration: Configuration): TaskLine => ({
  taskInstance,
  task: node.task.identifier,
  type: node.task.type,
  level: node.group,
  connector: connectorOf(node.task, configuration),
  isValidation: false,
});
