import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Configuration, type Job, loadWorkspace, type Task } from "../../src/config/index.js";
import { codes, configurationFile, findingLines, fixtures, load } from "./workspace.js";

const configurationOf = (loaded: ReturnType<typeof load>): Configuration => {
  if (loaded.configuration === null) throw new Error(findingLines(loaded).join("\n"));
  return loaded.configuration;
};
const fixture = (name: string): Configuration => configurationOf(loadWorkspace({ workspace: path.join(fixtures, "valid", name), env: {} }));
const jobOf = (configuration: Configuration, identifier: string): Job => {
  const job = configuration.jobs.get(identifier);
  if (job === undefined) throw new Error(`no job ${identifier}`);
  return job;
};
const taskOf = (configuration: Configuration, job: string, identifier: string): Task => {
  const step = jobOf(configuration, job).steps.find(({ task }) => task.identifier === identifier);
  if (step === undefined) throw new Error(`no task ${identifier}`);
  return step.task;
};

describe("Job_AD_Complete", () => {
  const configuration = fixture("job-ad-complete");

  test("has its tasks in document order, with given and generated identifiers", () => {
    expect(jobOf(configuration, "Job_AD_Complete").steps.map(({ task, level }) => [task.identifier, task.side, level])).toEqual([
      ["AD_Export_Complete", "agent", -1],
      ["AD_Export_Members", "agent", -1],
      ["AD_Export_Managers", "agent", -1],
      ["Job_AD_Complete_PrepareSynchronization_AD_Complete", "agent", -1],
      ["AD_Synchronization", "server", -1],
      ["All_ComputeAllProperties", "server", -1],
      ["All_CorrelationKeys", "server", -1],
      ["Directory_ComputeRoleModel", "server", -1],
      ["AD_Provisioning", "server", -1],
      ["AD_Fulfill", "agent", -1],
      ["AD_Update_Classification", "server", -1],
      ["All_SetAllInternalUserProfiles", "server", -1],
      ["Job_AD_Complete_SendRoleModelNotifications", "server", -1],
    ]);
    expect(jobOf(configuration, "Job_AD_Complete")).toMatchObject({
      agent: "Local",
      cron: "0 2 * * *",
      cronTimeZone: "UTC",
      isIncremental: false,
      logLevel: null,
    });
  });

  test("compiles a task with every attribute of its kind", () => {
    expect(taskOf(configuration, "Job_AD_Complete", "AD_Export_Complete")).toEqual({
      identifier: "AD_Export_Complete",
      isGeneratedIdentifier: false,
      type: "ExportTask",
      displayName: "Export AD",
      displayNames: { 1: "Export AD", 2: "Export AD" },
      side: "agent",
      agent: "Local",
      openIdClient: "Job",
      connector: "AD",
      connection: "AD_Export",
      continueOnError: true,
      attributes: {
        Agent: "Local",
        OpenIdClient: "Job",
        ContinueOnError: true,
        Connection: "AD_Export",
        Connector: null,
        IgnoreCookieFile: true,
        InitMode: false,
      },
      entityTypes: [],
      resourceTypes: [],
      parents: [],
      place: { file: "Conf/Job_AD_Complete.xml", line: 4, column: 5 },
    });
    expect(taskOf(configuration, "Job_AD_Complete", "All_SetAllInternalUserProfiles")).toMatchObject({
      entityTypes: ["AD_Entry"],
      resourceTypes: ["AD_Entry_NominativeUser"],
      parents: ["AD_Fulfill"],
    });
  });

  test("compiles mappings: key first, tables as the connections write them, link thresholds by one name", () => {
    expect(configuration.connectors.get("AD")).toMatchObject({
      limits: { MaximumDeletedLines: 100, MaxPercentageDeletedLines: 5, MaximumLinkDeletedLines: 1000, MaxLinkPercentageDeletedLines: 5 },
      entityTypes: [
        {
          identifier: "AD_Entry",
          connection: "AD_Export",
          table: "AD_Export",
          properties: [
            { property: "objectGUID", column: "objectGUID", isUniqueKey: false },
            { property: "dn", column: "dn", isUniqueKey: true },
            { property: "description", column: "description", isUniqueKey: false },
            { property: "userAccountControl", column: "userAccountControl", isUniqueKey: false },
          ],
          limits: { MaximumDeletedLines: 50 },
        },
      ],
      associations: [
        { identifier: "AD_Members", connection: "AD_Export_Members", table: "AD_Export_Members", limits: { MaximumLinkDeletedLines: 7 } },
        {
          identifier: "AD_Managers",
          connection: "AD_Export_Managers",
          table: "AD_Export_Managers",
          column2: "manager",
          key2: { entityType: "AD_Entry", property: "dn" },
        },
      ],
    });
    expect(configuration.connectors.get("AD")?.limits).not.toHaveProperty("MaximumLinkUpdatedLines");
    expect(configuration.associations.get("AD_Managers")).toMatchObject({
      side1: { property: "manager", slot: "I40", isCollection: false },
      side2: { slot: null, isCollection: true },
    });
    expect(configuration.connections.get("AD_Export")).toMatchObject({ package: "CSV", connector: "AD", deactivation: "None" });
  });

  test("is frozen", () => {
    expect(Object.isFrozen(configuration)).toBe(true);
    expect(Object.isFrozen(taskOf(configuration, "Job_AD_Complete", "AD_Fulfill").attributes)).toBe(true);
    expect(Object.isFrozen(configuration.connectors.get("AD")?.entityTypes[0]?.properties)).toBe(true);
  });
});

describe("steps and overrides", () => {
  const configuration = fixture("references");

  test("a Step runs the root task at its level, under either spelling", () => {
    expect(jobOf(configuration, "Badge_Night").steps.map(({ task, level }) => [task.identifier, level])).toEqual([
      ["Badge_ExportCards", 0],
      ["Badge_ExportDoors", 0],
      ["Badge_Classify", 1],
    ]);
    expect([...configuration.rootTasks.keys()]).toEqual(["Badge_ExportCards", "Badge_ExportDoors", "Badge_Classify"]);
    expect(jobOf(configuration, "Badge_Night")).toMatchObject({ cronTimeZone: "ServerTime", logLevel: "Information" });
  });

  test("an override alone runs the task, changed for this job only", () => {
    expect(taskOf(configuration, "Badge_Quick", "Badge_Classify")).toMatchObject({
      attributes: { Dirty: true },
      entityTypes: ["Badge_Holder"],
    });
    expect(taskOf(configuration, "Badge_Night", "Badge_Classify").attributes.Dirty).toBe(false);
    expect(configuration.rootTasks.get("Badge_Classify")?.attributes.Dirty).toBe(false);
  });

  test("an override beside a Step changes it there: attributes given, children given as a whole, the level too", () => {
    const { steps } = jobOf(configuration, "Badge_Staff");
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      level: 4,
      task: {
        identifier: "Badge_Classify",
        displayNames: { 1: "Badges: classify", 2: "Personal" },
        attributes: { BatchSize: 10, Dirty: false },
        entityTypes: ["Staff"],
      },
    });
  });

  test("Type Changes without a mode is Incremental, and makes the job incremental", () => {
    expect(taskOf(configuration, "Delta", "Delta_Pay_Prep").attributes).toMatchObject({
      SynchronizationMode: "Incremental",
      Type: "Changes",
    });
    expect(jobOf(configuration, "Delta").isIncremental).toBe(true);
    expect(jobOf(configuration, "Badge_Night").isIncremental).toBe(false);
  });

  test("a table with a suffix keeps it, the connection as it is written", () => {
    expect(configuration.connectors.get("Pay")?.entityTypes[0]).toMatchObject({ connection: "PayFiles", table: "PayFiles_0" });
  });

  test("enums in any case, booleans in any spelling", () => {
    const loaded = load({
      "a.xml": configurationFile(
        '<Connector Identifier="X" DisplayName_L1="X" IsDeactivated="TRUE"/><Job Identifier="J" DisplayName_L1="J" CronTimeZone="servertime" LogLevel="none"><SynchronizeTask Identifier="S" DisplayName_L1="S" Connector="X" Type="activedirectory" Orphans="1"/></Job>',
      ),
    });
    expect(configurationOf(loaded).connectors.get("X")?.isDeactivated).toBe(true);
    expect(jobOf(configurationOf(loaded), "J")).toMatchObject({ cronTimeZone: "ServerTime", logLevel: null });
    expect(taskOf(configurationOf(loaded), "J", "S").attributes).toMatchObject({
      Type: "ActiveDirectory",
      Orphans: true,
      DoNotDeleteChanges: false,
    });
  });

  test("enums by code and name", () => {
    expect(configuration.connectors.get("Badge")?.completeJob).toBe("OnlyProvisioning");
    expect(configuration.connectors.get("Pay")?.completeJob).toBe("NotUsed");
  });
});

test("tasks of a connector's screen need no agent nor mode", () => {
  const { steps } = jobOf(fixture("connector-jobs"), "HR_VirtualJob");
  expect(steps.map(({ task }) => [task.type, task.identifier, task.connector])).toEqual([
    ["ExportTask", "HR_ConnectorExport", "HR"],
    ["PrepareSynchronizationTask", "HR_ConnectorPrepareSynchronization", "HR"],
    ["SynchronizeTask", "HR_ConnectorSynchronization", "HR"],
    ["RefreshSchemaTask", "HR_VirtualJob_RefreshSchema_HR", "HR"],
  ]);
  expect(steps[1]?.task.attributes.SynchronizationMode).toBeNull();
});

test("documented elements that are not used are counted, with what is in them left alone", () => {
  const loaded = loadWorkspace({ workspace: path.join(fixtures, "valid", "role-model"), env: {} });
  expect([...loaded.accepted]).toEqual([
    ["MenuItem", 2],
    ["DisplayTable", 1],
    ["WorkforceModule", 1],
  ]);
});

test("generated identifiers are unique in the whole configuration and can be referred to", () => {
  const task = (body = "") => `<ResetValidFromTask DisplayName_L1="r">${body}</ResetValidFromTask>`;
  const loaded = load({
    "a.xml": configurationFile(
      `<Job Identifier="J" DisplayName_L1="J">${task()}${task()}${task('<TaskDependsOnTask ParentTask="J_ResetValidFrom_2"/>')}</Job>
       <Job Identifier="K" DisplayName_L1="K"><ResetValidFromTask Identifier="J_ResetValidFrom" DisplayName_L1="taken"/></Job>`,
    ),
  });
  const steps = jobOf(configurationOf(loaded), "J").steps.map(({ task: { identifier, parents, isGeneratedIdentifier } }) => [
    identifier,
    parents,
    isGeneratedIdentifier,
  ]);
  expect(steps).toEqual([
    ["J_ResetValidFrom_2", [], true],
    ["J_ResetValidFrom_3", [], true],
    ["J_ResetValidFrom_4", ["J_ResetValidFrom_2"], true],
  ]);
});

describe("tables", () => {
  const world = (connections: string, table: string): string =>
    configurationFile(`<Connector Identifier="X" DisplayName_L1="X"/><Connector Identifier="Y" DisplayName_L1="Y"/>${connections}
      <EntityType Identifier="T"><Property Identifier="K" TargetColumnIndex="4" IsKey="1"/></EntityType>
      <EntityTypeMapping Identifier="T" Connector="X" ConnectionTable="${table}"><Property Identifier="K" ConnectionColumn="dn" IsPrimaryKey="1"/></EntityTypeMapping>`);
  const connection = (identifier: string, connector = "X", name = "Excel") =>
    `<Connection Identifier="${identifier}" Connector="${connector}" DisplayName_L1="c" Package="${name}"/>`;

  test.each([
    ["itself", connection("AD"), "AD", "AD"],
    ["itself with extension in another case", connection("AD"), "ad.CSV", "AD"],
    ["with a suffix", connection("AD"), "ad_Entries", "AD_Entries"],
    ["the longest", connection("AD") + connection("AD_Export") + connection("AD_Exp"), "AD_Export_x_y", "AD_Export_x_y"],
    ["a longer one of another connector that cannot write it", connection("AD") + connection("AD_B", "Y", "CSV"), "AD_B_c", "AD_B_c"],
  ])("%s", (_, connections, table, expected) => {
    const mapping = configurationOf(load({ "a.xml": world(connections, table) })).connectors.get("X")?.entityTypes[0];
    expect(mapping?.table).toBe(expected);
    expect(expected.startsWith(mapping?.connection ?? "?")).toBe(true);
  });

  test.each([
    ["no connection", "", "AD", "CFG_TABLE"],
    ["no blank cut", connection("AD"), "ADx", "CFG_TABLE"],
    ["another connector's", connection("AD", "Y"), "AD", "CFG_TABLE"],
    ["a longer one of another connector", connection("AD") + connection("AD_B", "Y"), "AD_B_c", "CFG_TABLE_FOREIGN"],
  ])("%s is refused", (_, connections, table, code) => {
    expect(codes(load({ "a.xml": world(connections, table) }))).toContain(code);
  });
});

describe("hashes", () => {
  const connector =
    '<Connector Identifier="HR" DisplayName_L1="HR"/><Connection Identifier="Hr" Connector="HR" DisplayName_L1="HR" Package="CSV"/>';
  const model = (column = "key") => `<EntityType Identifier="P"><Property Identifier="Key" TargetColumnIndex="4"/></EntityType>
    <EntityTypeMapping Identifier="P" Connector="HR" ConnectionTable="Hr"><Property Identifier="Key" ConnectionColumn="${column}" IsPrimaryKey="true"/></EntityTypeMapping>`;
  const job = '<Job Identifier="J" DisplayName_L1="J"><ResetValidFromTask DisplayName_L1="r"/></Job>';
  const other = '<EntityType Identifier="Q"><Property Identifier="K" TargetColumnIndex="4"/></EntityType>';
  const settings = (password: string, file = "x.csv") =>
    JSON.stringify({
      ConnectionString: `Server=a;Database=d;User Id=u;Password=${password}`,
      Connections: { Hr: { Path: file, Password: password } },
    });
  const loadBase = () =>
    configurationOf(load({ "a.xml": configurationFile(connector + model() + other + job), "appsettings.json": settings("one") }));

  test("do not depend on files, order, blanks, comments, attribute order nor secrets", () => {
    const moved = load({
      "z/1.xml": configurationFile(`<!-- c -->\n${job}\n${other}`),
      "z/2.xml": configurationFile(model()),
      "b.xml": `<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">${connector.replace('Connector="HR" DisplayName_L1="HR"', 'DisplayName_L1="HR" Connector="HR"')}</ConfigurationFile>`,
      "appsettings.agent.json": settings("two"),
    });
    const base = loadBase();
    expect(configurationOf(moved).hash).toBe(base.hash);
    expect(configurationOf(moved).connectorHash).toEqual(base.connectorHash);
    expect(base.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ["a mapped column", connector + model("k") + other + job, settings("one"), true],
    ["a threshold", connector.replace("/>", ' MaximumDeletedLines="3"/>') + model() + other + job, settings("one"), false],
    ["a job", connector + model() + other + job.replace("<Reset", '<Step Identifier="J_ResetValidFrom"/><Reset'), settings("one"), false],
    ["a setting", connector + model() + other + job, settings("one", "y.csv"), false],
    ["a type of nobody's", connector + model() + other.replace('Index="4"', 'Index="5"') + job, settings("one"), false],
    ["the slot of a mapped property", connector + model().replace('Index="4"', 'Index="5"') + other + job, settings("one"), true],
  ])("depend on %s; the connector's only on what its changes mean", (_, xml, json, isConnector) => {
    const changed = configurationOf(load({ "a.xml": configurationFile(xml), "appsettings.json": json }));
    const base = loadBase();
    expect(changed.hash).not.toBe(base.hash);
    expect(changed.connectorHash.get("HR") !== base.connectorHash.get("HR")).toBe(isConnector);
  });
});
