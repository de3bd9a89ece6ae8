import type { Job, JobStep, Task } from "../configuration.js";
import type { Declared } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";
import { compileTask, isOverride, isTask, type TaskNames } from "./task.js";

export interface Jobs {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly rootTasks: ReadonlyMap<string, Task>;
}

/** The task that a child of a job stands for; null where the reference is broken (a finding says so). */
const taskOf = (child: ConfigurationElement, declared: Declared): ConfigurationElement | null =>
  isTask(child) ? child : (declared.of("Task").get(child.required("Identifier")) ?? null);

/** Overrides of a job by the task they change. One on a task that the job also runs changes it there; any other runs it at its own place. */
const overridesOf = (
  job: ConfigurationElement,
  declared: Declared,
  findings: Findings,
): ReadonlyMap<ConfigurationElement, ConfigurationElement> => {
  const overrides = new Map<ConfigurationElement, ConfigurationElement>();
  for (const child of job.children.filter(isOverride)) {
    const task = taskOf(child, declared);
    if (task === null) continue;
    const identifier = child.required("Identifier");
    if (task.name !== child.definition.overrides) {
      findings.error("CFG_OVERRIDE", { override: child.name, identifier, type: task.name }, child.place());
    } else if (overrides.has(task)) {
      findings.error("CFG_OVERRIDE_TWICE", { identifier, job: job.required("Identifier") }, child.place());
    } else {
      overrides.set(task, child);
    }
  }
  return overrides;
};

const compileSteps = (job: ConfigurationElement, names: TaskNames, declared: Declared, findings: Findings): readonly JobStep[] => {
  const overrides = overridesOf(job, declared, findings);
  const run = new Set(job.children.filter((child) => !isOverride(child)).map((child) => taskOf(child, declared)));
  const steps: JobStep[] = [];
  for (const child of job.children) {
    const task = taskOf(child, declared);
    if (task === null) continue;
    if (isOverride(child) && (run.has(task) || overrides.get(task) !== child)) continue;
    const override = overrides.get(task) ?? null;
    const level = override?.has("Level") === true ? override.number("Level") : child.number("Level");
    steps.push({ task: compileTask(task, override, names, declared), level });
  }
  return steps;
};

const checkAgents = (job: ConfigurationElement, steps: readonly JobStep[], findings: Findings): void => {
  const own = job.string("Agent") ?? steps.find(({ task }) => task.side === "agent" && task.agent !== null)?.task.agent ?? null;
  for (const { task } of steps) {
    if (task.side !== "agent" || task.agent === null || own === null || task.agent === own) continue;
    findings.warn("CFG_JOB_AGENT", { task: task.identifier, agent: task.agent, job: job.required("Identifier"), other: own }, task.place);
  }
};

const compileJob = (element: ConfigurationElement, names: TaskNames, declared: Declared, findings: Findings): Job => {
  const identifier = element.required("Identifier");
  const steps = compileSteps(element, names, declared, findings);
  checkAgents(element, steps, findings);
  const displayNames: Record<number, string> = {};
  for (let language = 1; language <= 16; language++) {
    const label = element.string(`DisplayName_L${language}`);
    if (label !== null) displayNames[language] = label;
  }
  const level = element.required("LogLevel");
  return {
    identifier,
    displayName: displayNames[1] ?? identifier,
    displayNames,
    agent: element.string("Agent"),
    cron: element.string("CronTabExpression"),
    cronTimeZone: element.required("CronTimeZone") as Job["cronTimeZone"],
    isConnectorJob: element.boolean("IsConnectorJob"),
    isIncremental: element.boolean("IsIncremental") || steps.some(({ task }) => task.attributes.SynchronizationMode === "Incremental"),
    isInitializationJob: element.boolean("IsInitializationJob"),
    userStartDenied: element.boolean("UserStartDenied"),
    logLevel: level === "None" ? null : (level as NonNullable<Job["logLevel"]>),
    steps,
    place: element.place(),
  };
};

const checkTaskEntityTypes = (declared: Declared, findings: Findings): void => {
  for (const child of declared.named("TaskEntityType")) {
    const [entityType, identifier] = [child.string("EntityType"), child.string("Identifier")];
    if (entityType !== null && identifier !== null && entityType !== identifier) {
      findings.error("CFG_TASK_ENTITY_TYPE", { entityType, identifier }, child.place("Identifier"));
    }
  }
};

/** What a task works on, where the reference says "or" (jobs-and-tasks §2.1, §2.2): one of these must be there. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  ExportTask: ["Connection", "Connector"],
  FulfillTask: ["Connector", "TaskResourceType"],
  GenerateProvisioningOrdersTask: ["Connector", "TaskResourceType"],
};

const checkScopes = (declared: Declared, findings: Findings): void => {
  for (const [name, needed] of Object.entries(scopes)) {
    for (const element of declared.named(name)) {
      if (needed.some((attribute) => element.has(attribute) || element.isRefused(attribute) || element.all(attribute).length > 0)) continue;
      findings.error("CFG_TASK_SCOPE", { task: element.title, needed: needed.join(" or ") }, element.place());
    }
  }
};

/** Checks and compiles jobs and the tasks at the root (jobs-and-tasks §1). The order of tasks and cycles are the task graph's. */
export const compileJobs = (declared: Declared, names: TaskNames, findings: Findings): Jobs => {
  checkTaskEntityTypes(declared, findings);
  checkScopes(declared, findings);
  const jobs = new Map<string, Job>();
  for (const [identifier, element] of declared.of("Job")) jobs.set(identifier, compileJob(element, names, declared, findings));
  const rootTasks = new Map<string, Task>();
  for (const element of declared.roots.filter(isTask)) {
    const task = compileTask(element, null, names, declared);
    rootTasks.set(task.identifier, task);
  }
  return { jobs, rootTasks };
};
