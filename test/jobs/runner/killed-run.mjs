// Runs a job whose second task never ends, until it is killed. Uses the build, as a process of its own has to. Argument: the workspace.
import { join } from "node:path";
import { runJob } from "../../../dist/jobs/index.js";
import { openStore } from "../../../dist/store/index.js";

const workspace = process.argv[2];
const place = { file: "jobs.xml", line: 1, column: 1 };
const task = (identifier, type, parents) => ({
  identifier,
  isGeneratedIdentifier: false,
  type,
  displayName: identifier,
  displayNames: { 1: identifier },
  side: "server",
  agent: null,
  openIdClient: null,
  connector: "A",
  connection: null,
  continueOnError: false,
  attributes: {},
  entityTypes: [],
  resourceTypes: [],
  parents,
  place,
});
const configuration = {
  workspace,
  settings: {
    database: { kind: "sqlite", path: join(workspace, "Work", "sluice.db") },
    workFolder: join(workspace, "Work"),
    tempFolder: join(workspace, "Temp"),
    maxTaskBatchSize: 5,
    maxLockWatchSeconds: 1800,
    taskTimeoutSupplementMinutes: 0,
    sourcesRootPaths: [],
    connections: new Map(),
    secrets: [],
  },
  connectors: new Map(),
  connections: new Map(),
  entityTypes: new Map(),
  associations: new Map(),
  rootTasks: new Map(),
  jobs: new Map([
    [
      "Job",
      {
        identifier: "Job",
        displayName: "Job",
        displayNames: { 1: "Job" },
        agent: null,
        cron: null,
        cronTimeZone: "UTC",
        isConnectorJob: false,
        isIncremental: false,
        isInitializationJob: false,
        userStartDenied: false,
        logLevel: null,
        place,
        steps: [
          { task: task("Export", "ExportTask", []), level: 0 },
          { task: task("Load", "SynchronizeTask", ["Export"]), level: 1 },
        ],
      },
    ],
  ]),
  hash: "c0ffee",
  connectorHash: new Map([["A", "hash of A"]]),
};
const kind = (element, run) => [element, { element, side: "server", summary: "", hasDeadline: false, refusal: () => null, run }];
const registry = new Map([
  kind("ExportTask", async () => ({ state: "Completed", producedOutput: true })),
  kind("SynchronizeTask", async () => {
    process.stdout.write("at work\n");
    return new Promise(() => setInterval(() => undefined, 1_000));
  }),
]);
const store = await openStore(configuration.settings.database);
await runJob({ configuration, store, startedBy: "ann", what: { job: "Job" }, registry });
