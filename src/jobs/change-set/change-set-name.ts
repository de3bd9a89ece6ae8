import type { Configuration, Job, Task } from "../../config/index.js";
import { taskInstanceId } from "../../model/index.js";
import { type ChangeSet, changeSetAttributes } from "../../tasks/index.js";

/** One synchronization of an instance that applies a plan or turns something back. */
export interface ChangeSetStep {
  readonly connector: string;
  readonly changeSet: ChangeSet;
}

/** How much of a plan's SHA-256 stands in names: enough that no two plans of a workspace meet. */
const hashLength = 16;
export const shortPlanHash = (sha256: string): string => sha256.slice(0, hashLength);

/** The name of an instance that applies a plan: `apply <hash> HR AD`, its connectors in their order. An instance is taken up again by its rows alone, and the name says what it does. */
export const applyName = (sha256: string, connectors: readonly string[]): string =>
  ["apply", shortPlanHash(sha256), ...connectors].join(" ");

/** The name of an instance that turns back what another one applied: `undo 12 AD=35 HR=31`, the last synchronization first. */
export const undoName = (jobInstance: number, undone: readonly { readonly connector: string; readonly taskInstance: number }[]): string =>
  ["undo", jobInstance, ...undone.map(({ connector, taskInstance }) => `${connector}=${taskInstance}`)].join(" ");

/** The task of an undo: its name says what it turns back. */
export const undoTaskName = (undone: number, connector: string): string => `Undo_${undone}_${connector}`;

/** What an instance of such a name does, step after step; null for any other name. */
export const changeSetSteps = (name: string): readonly ChangeSetStep[] | null => {
  const [what, of = "", ...words] = name.split(" ");
  if (words.length === 0) return null;
  if (what === "apply" && new RegExp(`^[0-9a-f]{${hashLength}}$`).test(of)) {
    return words.map((connector, section) => ({ connector, changeSet: { from: "plan", planHash: of, section } }));
  }
  if (what !== "undo" || !/^\d+$/.test(of)) return null;
  const steps = words.flatMap((word): ChangeSetStep[] => {
    const [, connector, task] = /^(.+)=(\d+)$/.exec(word) ?? [];
    return connector === undefined ? [] : [{ connector, changeSet: { from: "history", undone: taskInstanceId(Number(task)) } }];
  });
  return steps.length === words.length ? steps : null;
};

/** The connector keeps applied rows for SetRecentlyModifiedFlagTask (DoNotDeleteChanges): then these changes are flagged like all others. */
const keepsChanges = ({ jobs, rootTasks }: Configuration, connector: string): boolean => {
  const tasks = [...[...jobs.values()].flatMap(({ steps }) => steps.map(({ task }) => task)), ...rootTasks.values()];
  return tasks.some(
    (task) => task.type === "SynchronizeTask" && task.connector === connector && task.attributes.DoNotDeleteChanges === true,
  );
};

const place = { file: "", line: 0, column: 0 };

const taskOf = ({ connector, changeSet }: ChangeSetStep, index: number, configuration: Configuration): Task => {
  const identifier = changeSet.from === "plan" ? `Apply_${index}_${connector}` : undoTaskName(changeSet.undone, connector);
  return {
    identifier,
    isGeneratedIdentifier: true,
    type: "SynchronizeTask",
    displayName: identifier,
    displayNames: {},
    side: "server",
    agent: null,
    openIdClient: null,
    connector,
    connection: null,
    continueOnError: false,
    attributes: {
      Type: "None",
      DoNotDeleteChanges: keepsChanges(configuration, connector),
      ForceSynchronization: false,
      Orphans: false,
      ...changeSetAttributes(changeSet),
    },
    entityTypes: [],
    resourceTypes: [],
    parents: [],
    place,
  };
};

/**
 * The job of an instance that applies a plan or turns something back: one synchronization after the other, since each goes on from what the one before leaves. Null for any other
 * name, and where the configuration has not got one of its connectors.
 */
export const changeSetJob = (name: string, configuration: Configuration): Job | null => {
  const steps = changeSetSteps(name);
  if (steps === null || steps.some(({ connector }) => !configuration.connectors.has(connector))) return null;
  return {
    identifier: name,
    displayName: name,
    displayNames: {},
    agent: null,
    cron: null,
    cronTimeZone: "UTC",
    isConnectorJob: false,
    isIncremental: false,
    isInitializationJob: false,
    userStartDenied: false,
    logLevel: null,
    steps: steps.map((step, index) => ({ task: taskOf(step, index, configuration), level: index })),
    place,
  };
};
