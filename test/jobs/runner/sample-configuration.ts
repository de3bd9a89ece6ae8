import { join } from "node:path";
import type { Configuration, Connector, Job, JobStep, Task } from "../../../src/config/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const place = { file: "jobs.xml", line: 1, column: 1 };

/** Settings of mails where nobody set any. */
export const silentNotification: Configuration["settings"]["notification"] = {
  mail: {
    isEnabled: true,
    host: null,
    port: 587,
    security: "StartTls",
    username: null,
    password: null,
    from: "sluice@localhost",
    certificateAuthorityFile: null,
    timeoutSeconds: 20,
    allowedDomains: [],
    catchAll: null,
    catchAllCopy: null,
    pickupFolder: null,
  },
  profiles: new Map(),
  recipients: new Map(),
  command: null,
};

export interface SampleTask {
  readonly id: string;
  readonly type?: string;
  readonly connector?: string;
  readonly level?: number;
  readonly parents?: readonly string[];
  readonly continueOnError?: boolean;
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>;
}

export const sampleTask = ({ id, type, connector, parents, continueOnError, attributes }: SampleTask): Task => ({
  identifier: id,
  isGeneratedIdentifier: false,
  type: type ?? "SynchronizeTask",
  displayName: id,
  displayNames: { 1: id },
  side: "server",
  agent: null,
  openIdClient: null,
  connector: connector ?? null,
  connection: null,
  continueOnError: continueOnError ?? false,
  attributes: attributes ?? {},
  entityTypes: [],
  resourceTypes: [],
  parents: parents ?? [],
  place,
});

export const sampleJob = (identifier: string, tasks: readonly SampleTask[], more: Partial<Job> = {}): Job => ({
  identifier,
  displayName: identifier,
  displayNames: { 1: identifier },
  agent: null,
  cron: null,
  cronTimeZone: "UTC",
  isConnectorJob: false,
  isIncremental: false,
  isInitializationJob: false,
  userStartDenied: false,
  logLevel: null,
  steps: tasks.map((task): JobStep => ({ task: sampleTask(task), level: task.level ?? -1 })),
  place,
  ...more,
});

export const sampleConnector = (connector: string, more: Partial<Connector> = {}): Connector => ({
  connector,
  displayName: connector,
  agent: null,
  isDeactivated: false,
  completeJob: "Used",
  incrementalJob: "Used",
  limits: {},
  entityTypes: [],
  associations: [],
  place,
  ...more,
});

export interface Sample {
  readonly jobs: readonly Job[];
  readonly connectors?: readonly Connector[];
  readonly rootTasks?: readonly Task[];
  readonly secrets?: readonly string[];
  readonly maxLockWatchSeconds?: number;
  readonly workspace?: string;
  /** Default: the embedded one of the workspace. */
  readonly database?: Configuration["settings"]["database"];
  readonly connectorHash?: Readonly<Record<string, string>>;
}

/** A configuration made by hand in a temporary workspace, so that these tests depend on nothing but the runner. */
export const sampleConfiguration = (sample: Sample): Configuration => {
  const workspace = sample.workspace ?? temporaryFolder("runner");
  const connectors = sample.connectors ?? [sampleConnector("A"), sampleConnector("B")];
  return {
    workspace,
    settings: {
      database: sample.database ?? { kind: "sqlite", path: join(workspace, "Work", "sluice.db") },
      workFolder: join(workspace, "Work"),
      tempFolder: join(workspace, "Temp"),
      maxTaskBatchSize: 5,
      scheduler: { isEnabled: true, missedRuns: "One", overlap: "Skip", jobs: new Map(), graceSeconds: 60 },
      service: { address: "127.0.0.1", port: null, log: { level: "Information", fileBytes: 10_000_000, files: 30 } },
      retention: { instances: 90, sessions: 90, logs: 90, mails: 90 },
      notification: silentNotification,
      maxLockWatchSeconds: sample.maxLockWatchSeconds ?? 1800,
      taskTimeoutSupplementMinutes: 0,
      sourcesRootPaths: [],
      databases: new Map(),
      sqlCommands: new Map(),
      connections: new Map(),
      secrets: sample.secrets ?? [],
    },
    connectors: new Map(connectors.map((connector) => [connector.connector, connector])),
    connections: new Map(),
    entityTypes: new Map(),
    associations: new Map(),
    jobs: new Map(sample.jobs.map((job) => [job.identifier, job])),
    notification: { subscriptions: [], assigned: [], template: null },
    rootTasks: new Map((sample.rootTasks ?? []).map((task) => [task.identifier, task])),
    hash: "c0ffee",
    connectorHash: new Map(connectors.map(({ connector }) => [connector, sample.connectorHash?.[connector] ?? `hash of ${connector}`])),
  };
};
