import { tellsChanges } from "../change-source.js";
import type { Configuration, Job, Task } from "../configuration.js";
import type { Declared } from "../declared.js";
import type { Findings } from "../findings.js";

type Compiled = Pick<Configuration, "jobs" | "connections" | "settings">;

const text = (task: Task, name: string): string => String(task.attributes[name] ?? "None");
const isOn = (task: Task, name: string): boolean => task.attributes[name] === true;

const tasksOf = (job: Job, type: string): readonly Task[] => job.steps.map(({ task }) => task).filter((task) => task.type === type);

/** An export that can give changes only. */
const canBeIncremental = (task: Task, { connections, settings }: Compiled): boolean => {
  const connection = task.connection === null ? undefined : connections.get(task.connection);
  return connection !== undefined && tellsChanges(connection, settings.connections);
};

const modeOf = (tasks: readonly Task[]): ReadonlySet<string> => new Set(tasks.map((task) => text(task, "SynchronizationMode")));

/** Types of prepare and synchronize, and their modes, are the same for one connector in one job (connectors §2.10). */
const warnAboutPairs = (job: Job, findings: Findings): void => {
  const prepares = tasksOf(job, "PrepareSynchronizationTask");
  for (const synchronize of tasksOf(job, "SynchronizeTask")) {
    const own = prepares.filter(({ connector }) => connector === synchronize.connector);
    const connector = synchronize.connector ?? "";
    const other = own.find((prepare) => text(prepare, "Type") !== text(synchronize, "Type"));
    if (other !== undefined) {
      const parameters = { job: job.identifier, connector, prepare: text(other, "Type"), synchronize: text(synchronize, "Type") };
      findings.warn("CFG_TYPE_DIFFERS", parameters, synchronize.place);
    }
  }
  for (const connector of new Set(prepares.map((task) => task.connector))) {
    const own = prepares.filter((task) => task.connector === connector);
    const modes = modeOf(own);
    const [first] = own;
    if (modes.size > 1 && first !== undefined) {
      const reason = `it is prepared as ${[...modes].join(" and ")}`;
      findings.warn("CFG_MODE_DIFFERS", { job: job.identifier, connector: connector ?? "", reason }, own.at(-1)?.place ?? first.place);
    }
    for (const task of tasksOf(job, "ExportTask")) {
      if (task.connector === connector && isOn(task, "InitMode") && !modes.has("Initial")) {
        const reason = `${task.identifier} exports for an initialization (InitMode), the preparation is ${[...modes].join(" and ")}`;
        findings.warn("CFG_MODE_DIFFERS", { job: job.identifier, connector: connector ?? "", reason }, task.place);
      }
      if (task.connector !== connector || !modes.has("Incremental") || !isOn(task, "IgnoreCookieFile")) continue;
      if (own.every((prepare) => text(prepare, "Type") === "None")) continue;
      const reason = `${task.identifier} exports everything (IgnoreCookieFile) for a preparation that expects changes (Type ${own.map((prepare) => text(prepare, "Type")).join(", ")})`;
      findings.warn("CFG_MODE_DIFFERS", { job: job.identifier, connector: connector ?? "", reason }, task.place);
    }
  }
};

const isComplete = (job: Job, connector: string | null): boolean =>
  tasksOf(job, "PrepareSynchronizationTask").some(
    (task) => task.connector === connector && text(task, "SynchronizationMode") === "Complete",
  );

const warnAboutCompleteJobs = (job: Job, compiled: Compiled, findings: Findings): void => {
  for (const task of tasksOf(job, "SynchronizeTask")) {
    if (isOn(task, "DoNotDeleteChanges") && isComplete(job, task.connector) && !job.isIncremental) {
      findings.warn("CFG_KEEPS_CHANGES", { task: task.identifier, job: job.identifier }, task.place);
    }
  }
  for (const task of tasksOf(job, "ExportTask")) {
    if (!isOn(task, "IgnoreCookieFile") && isComplete(job, task.connector) && canBeIncremental(task, compiled)) {
      findings.warn("CFG_COOKIE", { task: task.identifier, job: job.identifier }, task.place);
    }
  }
};

const warnAboutProvisioning = (job: Job, findings: Findings): void => {
  const generates = tasksOf(job, "GenerateProvisioningOrdersTask");
  for (const task of generates) {
    if (isOn(task, "ForceProvisioning") && !job.isInitializationJob) {
      findings.warn("CFG_FORCE_PROVISIONING", { task: task.identifier, job: job.identifier }, task.place);
    }
  }
  const identifiers = new Set(generates.map(({ identifier }) => identifier));
  for (const task of tasksOf(job, "FulfillTask")) {
    if (job.isInitializationJob || job.isConnectorJob || task.parents.some((parent) => identifiers.has(parent))) continue;
    findings.warn("CFG_FULFILL_PARENT", { task: task.identifier, job: job.identifier }, task.place);
  }
};

const warnAboutOwners = (job: Job, owners: ReadonlySet<string>, findings: Findings): void => {
  for (const task of tasksOf(job, "SendRoleModelNotificationsTask")) {
    for (const entityType of task.entityTypes) {
      // Only of the task as it was written: an entity type that owns roles makes the others harmless.
      if (owners.has(entityType) || task.entityTypes.some((other) => owners.has(other))) continue;
      findings.warn("CFG_NOTIFIED_OWNER", { task: task.identifier, entityType }, task.place);
    }
  }
};

/** Warnings for rules that the documentation states about jobs (connectors §2.10; jobs-and-tasks §1, §3.3, §5; role-model §12). */
export const warnAboutJobs = (compiled: Compiled, declared: Declared, findings: Findings): void => {
  // Who owns accounts of a type is somebody who can own roles, even where roles are made in the product's screens.
  const owners = new Set([
    ...["SingleRole", "CompositeRole"].flatMap((name) => declared.named(name).map((role) => role.required("EntityType"))),
    ...declared.named("ResourceType").map((type) => type.required("SourceEntityType")),
  ]);
  for (const job of compiled.jobs.values()) {
    warnAboutPairs(job, findings);
    warnAboutCompleteJobs(job, compiled, findings);
    warnAboutProvisioning(job, findings);
    warnAboutOwners(job, owners, findings);
  }
};
