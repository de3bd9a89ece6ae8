// A process of its own that runs the job `Job` each time a line `run` comes in; its second task is at work until a line `end` comes, or the process is killed. Says a line for
// each: `ready`, `at work`, `ended <state>`, `refused <code>`. Uses the build. Argument: {"workspace":…,"database":…} as `Settings.database`.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runJob } from "../../../dist/jobs/index.js";
import { openStore } from "../../../dist/store/index.js";

const { workspace, database } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${line}\n`);
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
    database,
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
let end = () => undefined;
const kind = (element, run) => [element, { element, side: "server", summary: "", hasDeadline: false, refusal: () => null, run }];
const registry = new Map([
  kind("ExportTask", async () => ({ state: "Completed", producedOutput: true })),
  kind("SynchronizeTask", ({ signal }) => {
    say("at work");
    return new Promise((resolve, reject) => {
      end = () => resolve({ state: "Completed", producedOutput: true });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }),
]);
const store = await openStore(database);
const run = () =>
  runJob({ configuration, store, startedBy: "ann", what: { job: "Job" }, registry }).then(
    ({ state }) => say(`ended ${state}`),
    (error) => say(`refused ${error.code ?? error}`),
  );
createInterface({ input: process.stdin }).on("line", (line) => (line === "run" ? run() : end()));
say("ready");
