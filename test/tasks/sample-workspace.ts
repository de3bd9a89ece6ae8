import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type Configuration, loadWorkspace } from "../../src/config/index.js";
import type { SessionGuid, SessionManifest, SynchronizationMode, TaskInstanceId } from "../../src/model/index.js";
import { type FencedTask, type HeldInstance, openStore, type Store, thisProcess } from "../../src/store/index.js";
import { sessionFolder } from "../../src/tasks/index.js";
import { type DatabaseKind, databaseSettings } from "../database.js";
import { temporaryFolder } from "../temporary-folder.js";

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const configurationXml = (more: string) => `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local" />
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="Runner" HashedSecret="x" />
  <Profile Identifier="Runner" DisplayName_L1="Runner" />
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="Number" DisplayName_L1="Number" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5" />
  </EntityType>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" MaximumInsertedLines="100" MaximumUpdatedLines="100" MaximumDeletedLines="2"
    MaxPercentageInsertedLines="0" MaxPercentageUpdatedLines="0" MaxPercentageDeletedLines="0" />
  <Connection Identifier="HR_People" DisplayName_L1="People" Connector="HR" Package="Usercube.CSV@0000001" />
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_People">
    <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true" />
    <Property Identifier="Name" ConnectionColumn="name" />
  </EntityTypeMapping>
  <Job Identifier="HR_Complete" DisplayName_L1="HR" Agent="Local">
    <ExportTask Identifier="HR_Export" DisplayName_L1="Export" Agent="Local" OpenIdClient="Job" Connection="HR_People" IgnoreCookieFile="true" />
    <PrepareSynchronizationTask Identifier="HR_Prepare" DisplayName_L1="Prepare" Agent="Local" OpenIdClient="Job" Connector="HR"
      SynchronizationMode="Complete">
      <TaskDependsOnTask ParentTask="HR_Export" />
    </PrepareSynchronizationTask>
    <SynchronizeTask Identifier="HR_Load" DisplayName_L1="Load" Connector="HR" Orphans="true">
      <TaskDependsOnTask ParentTask="HR_Prepare" />
    </SynchronizeTask>
  </Job>
  <Job Identifier="HR_First" DisplayName_L1="HR, first load" Agent="Local" IsInitializationJob="true">
    <ExportTask Identifier="First_Export" DisplayName_L1="Export" Agent="Local" OpenIdClient="Job" Connection="HR_People" IgnoreCookieFile="true" InitMode="true" />
    <PrepareSynchronizationTask Identifier="First_Prepare" DisplayName_L1="Prepare" Agent="Local" OpenIdClient="Job" Connector="HR" SynchronizationMode="Initial" />
    <SynchronizeTask Identifier="First_Load" DisplayName_L1="Load" Connector="HR" ForceSynchronization="true" />
  </Job>
  <SynchronizeTask Identifier="HR_LoadAlone" DisplayName_L1="Load" Connector="HR" />
${more}
</ConfigurationFile>
`;

export interface SampleWorkspace {
  readonly workspace: string;
  readonly configuration: Configuration;
  readonly store: Store;
  /** Reads the workspace again, after a change. */
  readonly load: () => Configuration;
  /** Writes the file that HR exports: number,name. */
  readonly writePeople: (people: readonly (readonly [string, string])[]) => void;
}

/** A workspace with one connector of one CSV file, on disk, with its database open. `more`: further XML elements. */
export const sampleWorkspace = async (
  options: {
    readonly kind?: DatabaseKind;
    readonly more?: string;
    readonly settings?: Readonly<Record<string, unknown>>;
    readonly connections?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<SampleWorkspace> => {
  const workspace = temporaryFolder("tasks");
  mkdirSync(join(workspace, "Sources"));
  writeFileSync(join(workspace, "configuration.xml"), configurationXml(options.more ?? ""));
  const connections = { HR_People: { Path: "Sources/people.csv", Separator: ";", ...options.settings }, ...options.connections };
  writeFileSync(join(workspace, "appsettings.json"), JSON.stringify(await databaseSettings(options.kind ?? "SQLite")));
  writeFileSync(join(workspace, "appsettings.agent.json"), JSON.stringify({ Connections: connections }));
  const load = (): Configuration => {
    const { configuration, findings } = loadWorkspace({ workspace, env: {} });
    if (configuration === null) throw new Error(JSON.stringify(findings));
    return configuration;
  };
  const configuration = load();
  const store = await openStore(configuration.settings.database);
  opened.push(store);
  return {
    workspace,
    configuration,
    store,
    load,
    writePeople: (people) =>
      writeFileSync(
        join(workspace, "Sources", "people.csv"),
        ["number;name", ...people.map((row) => row.join(";"))].map((line) => `${line}\n`).join(""),
      ),
  };
};

/** What is in the repository: number → name, in the order of the numbers. */
export const peopleIn = async ({ store }: Pick<SampleWorkspace, "store">): Promise<readonly (readonly [string, string])[]> => {
  const rows = (await store.knex("UR_Resources").where({ ValidTo: "9999-12-31T23:59:59.999Z" }).orderBy("C4").select("C4", "C5")) as {
    C4: string;
    C5: string;
  }[];
  return rows.map(({ C4, C5 }) => [C4, C5] as const);
};

export const people = (from: number, to: number, name = "Name"): (readonly [string, string])[] =>
  Array.from({ length: to - from + 1 }, (_, index) => [`P${String(from + index).padStart(3, "0")}`, `${name} ${from + index}`] as const);

/** An instance as another run left it, with one task that prepared. */
const preparingInstance = async ({ store, configuration }: SampleWorkspace): Promise<HeldInstance & { readonly task: number }> => {
  const { tasks, ...held } = await store.records.open({
    job: `Prepared ${Math.random()}`,
    lock: `job:Prepared ${Math.random()}`,
    trigger: "CommandLine",
    startedBy: "ann",
    runner: thisProcess(),
    configurationHash: configuration.hash,
    planHash: "",
    plan: { kind: "job", selection: null, tasks: [], connectorHashes: {}, leftOut: {} },
    force: false,
    reason: null,
    tasks: [{ taskKey: "HR_Prepare", task: "HR_Prepare", type: "PrepareSynchronizationTask", level: 0, position: 0, connector: "HR" }],
  });
  return { ...held, task: tasks.get("HR_Prepare") ?? 0 };
};

/** A prepare task that runs. */
export const runningPrepare = async (sample: SampleWorkspace): Promise<FencedTask> => {
  const { task, ...held } = await preparingInstance(sample);
  const taskInstance = task as TaskInstanceId;
  await sample.store.records.advance(held, { state: "InProgress", tasks: [{ id: taskInstance, state: "InProgress" }] });
  return { jobInstance: held.id, taskInstance, fence: held.fence };
};

/** A session in the server's queue, as a prepare of another run left it. */
export const queueSession = async (
  sample: SampleWorkspace,
  rows: readonly (readonly [string, string])[],
  mode: SynchronizationMode = "Complete",
): Promise<SessionGuid> => {
  const { store, configuration } = sample;
  const running = await runningPrepare(sample);
  const held = { id: running.jobInstance, fence: running.fence };
  const mappingHash = configuration.connectorHash.get("HR") ?? "";
  const { guid } = await store.sessions.announce(running, { connector: "HR", mode, type: "None", mappingHash });
  const folder = sessionFolder(configuration, guid);
  mkdirSync(folder, { recursive: true });
  const content = ["number,name", ...rows.map((row) => row.join(","))].map((line) => `${line}\n`).join("");
  writeFileSync(join(folder, "Person.sorted.csv"), content);
  const manifest: SessionManifest = {
    guid,
    connector: "HR",
    mode,
    type: "None",
    files: [
      {
        name: "Person.sorted.csv",
        kind: "entityType",
        mapping: "Person",
        content: "sorted",
        rows: rows.length,
        bytes: Buffer.byteLength(content),
        sha256: createHash("sha256").update(content).digest("hex"),
      },
    ],
  };
  await store.sessions.ready(running, manifest);
  await store.records.advance(held, { state: "Completed", tasks: [{ id: running.taskInstance, state: "Completed" }] });
  return guid;
};
