import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadWorkspace, type Settings } from "../../src/config/index.js";
import { silentNotification } from "../jobs/runner/sample-configuration.js";
import { codes, configurationFile, findingLines, load, workspaceOf } from "./workspace.js";

const connections = configurationFile(`
  <Connector Identifier="HR" DisplayName_L1="HR"/>
  <Connection Identifier="HR" Connector="HR" DisplayName_L1="HR" Package="CSV"/>
  <Connection Identifier="Hr.Sub-Site_2" Connector="HR" DisplayName_L1="HR" Package="CSV"/>
  <Connection Identifier="Ldap" Connector="HR" DisplayName_L1="HR" Package="LDAP"/>`);

const settingsOf = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Settings => {
  const loaded = load({ "a.xml": connections, ...files }, env);
  if (loaded.configuration === null) throw new Error(findingLines(loaded).join("\n"));
  return loaded.configuration.settings;
};

test("an empty workspace has the defaults of the design", () => {
  const folder = workspaceOf({ "a.xml": connections });
  expect(loadWorkspace({ workspace: folder, env: {} }).configuration?.settings).toEqual({
    database: { kind: "sqlite", path: path.join(folder, "Work", "sluice.db") },
    workFolder: path.join(folder, "Work"),
    tempFolder: path.join(folder, "Temp"),
    maxTaskBatchSize: 5,
    maxLockWatchSeconds: 1800,
    taskTimeoutSupplementMinutes: 0,
    sourcesRootPaths: [],
    databases: new Map(),
    sqlCommands: new Map(),
    connections: new Map(),
    scheduler: { isEnabled: true, missedRuns: "One", overlap: "Skip", jobs: new Map(), graceSeconds: 60 },
    service: { address: "127.0.0.1", port: null, log: { level: "Information", fileBytes: 10_000_000, files: 30 } },
    retention: { instances: 90, sessions: 90, logs: 90, mails: 90 },
    notification: silentNotification,
    secrets: [],
  });
});

test("keys ignore case, the agent's file wins, comments and trailing commas are read", () => {
  const settings = settingsOf({
    "appsettings.json":
      '\uFEFF{ "jobs": { "maxtaskbatchsize": "7" }, "TaskTimeoutSupplement": 3, /* c */ "Connections": { "hr": { "path": "a.csv", "Separator": ";" } } }',
    "appsettings.agent.json":
      '{\r\n // agent\r\n "Scheduler": { "MaxLockWatchTime": -1, }, "connections": { "HR": { "Path": "b.csv", "NumberOfLinesToSkip": "2", "IsFileNameRegex": "TRUE", "ValuesToTrim": "$", "onrowerror": "setaside" } }, }',
  });
  expect(settings).toMatchObject({ maxTaskBatchSize: 7, taskTimeoutSupplementMinutes: 3, maxLockWatchSeconds: -1 });
  expect(settings.connections.get("hr")).toEqual({
    Path: "b.csv",
    Separator: ";",
    NumberOfLinesToSkip: 2,
    IsFileNameRegex: true,
    ValuesToTrim: ["$"],
    OnRowError: "SetAside",
  });
});

test("databases and paths of SQL commands are found by names of any case; a null that says something is kept", () => {
  const sql = configurationFile(`
    <Connector Identifier="HR" DisplayName_L1="HR"/>
    <Connection Identifier="Db" Connector="HR" DisplayName_L1="HR" Package="SQL.PostgreSQL"/>`);
  const settings = settingsOf({
    "a.xml": sql,
    "appsettings.agent.json": `{ "Databases": { "PayRoll": "Host=db;Username=u;Password=verysecret", "Empty": "" },
      "InvokeSqlCommands": { "Rows": { "sqlinputfile": "a.sql" } }, "Connections": { "Db": { "IsolationLevel": null, "SqlFile": null } } }`,
  });
  expect(settings.databases).toEqual(new Map([["payroll", "Host=db;Username=u;Password=verysecret"]]));
  expect(settings.sqlCommands).toEqual(new Map([["rows", { inputFile: "a.sql", outputPath: null }]]));
  expect(settings.connections.get("db")).toEqual({ IsolationLevel: null });
  expect(settings.secrets).toContain("verysecret");
});

describe("databases", () => {
  test.each([
    ["sqlite:data/x.db", { kind: "sqlite", path: "data/x.db" }],
    ["sqlite:///tmp/x.db", { kind: "sqlite", path: "/tmp/x.db" }],
    ["SQLITE:/tmp/x.db", { kind: "sqlite", path: "/tmp/x.db" }],
    [
      "Server=db;Database=Sluice;User Id=sa;Password=p;Encrypt=true",
      { kind: "mssql", connectionString: "Server=db;Database=Sluice;User Id=sa;Password=p;Encrypt=true" },
    ],
    ["data source=db;initial catalog=x;uid=u;pwd=p", { kind: "mssql", connectionString: "data source=db;initial catalog=x;uid=u;pwd=p" }],
    ["mssql://sa:p@db/Sluice", { kind: "mssql", connectionString: "mssql://sa:p@db/Sluice" }],
  ])("%s", (text, expected) => {
    const folder = workspaceOf({ "a.xml": connections, "appsettings.json": JSON.stringify({ ConnectionString: text }) });
    const database = loadWorkspace({ workspace: folder, env: {} }).configuration?.settings.database;
    expect(database).toEqual("path" in expected ? { ...expected, path: path.resolve(folder, expected.path) } : expected);
  });

  test.each(["postgres://x", "sqlite:", "just text"])("%s is refused", (text) => {
    expect(codes(load({ "a.xml": connections, "appsettings.json": JSON.stringify({ ConnectionString: text }) }))).toContain(
      "CFG_SETTING_VALUE",
    );
  });
});

test("a connection string that cannot be used is found where it stands", () => {
  const settings = '{\n  "ConnectionString": "Server=db;Database=d;Integrated Security=SSPI"\n}';
  expect(findingLines(load({ "a.xml": connections, "appsettings.json": settings }))).toEqual([
    expect.stringMatching(
      /^appsettings\.json:2:\d+ error DB_CONNECTION_STRING: .*Integrated Security .*Windows account.* give User ID and Password/,
    ),
  ]);
});

test("a password is masked as the server is sent it, not only as the string spells it", () => {
  const { secrets } = settingsOf({
    "appsettings.json": JSON.stringify({ ConnectionString: 'Server=d;Database=d;User Id=u;Password="a;b""c=d"' }),
  });
  expect(secrets).toContain('a;b"c=d');
});

describe("the environment overrides any setting", () => {
  test("levels, case, and _ for . and -", () => {
    const settings = settingsOf(
      { "appsettings.json": '{ "Connections": { "HR": { "Path": "file.csv", "ValuesToTrim": ["a", "b"] } } }' },
      {
        SLUICE__Connections__HR__Path: "env.csv",
        sluice__connections__hr_sub_site_2__encoding: "latin1",
        SLUICE__Connections__HR__ValuesToTrim__1: "c",
        SLUICE__Connections__HR__ValuesToTrim__2: "d",
        SLUICE__Connections__Ldap__Servers__0__Server: "dc1",
        SLUICE__CONNECTIONS__LDAP__SERVERS__0__login: "svc",
        SLUICE__Connections__Ldap__Servers__1__Server: "dc2",
        SLUICE__JOBS__MAXTASKBATCHSIZE: "2",
        SLUICE__WorkFolderPath: "/tmp/elsewhere",
        SLUICE_HOME: "not a setting",
        OTHER__Connections__HR__Path: "not ours",
      },
    );
    expect(settings.connections.get("hr")).toEqual({ Path: "env.csv", ValuesToTrim: ["a", "c", "d"] });
    expect(settings.connections.get("hr.sub-site_2")).toEqual({ Encoding: "latin1" });
    expect(settings.connections.get("ldap")).toEqual({ Servers: [{ Server: "dc1", login: "svc" }, { Server: "dc2" }] });
    expect(settings.maxTaskBatchSize).toBe(2);
    expect(settings.workFolder).toBe(path.resolve("/tmp/elsewhere"));
  });

  test("__FILE reads the value from a file, without its last line break", () => {
    const folder = workspaceOf({ "a.xml": connections, "secret.txt": "s3cret!\r\n" });
    const loaded = loadWorkspace({
      workspace: folder,
      env: {
        SLUICE__Connections__Ldap__Password__FILE: path.join(folder, "secret.txt"),
        SLUICE__ConnectionString__file: "secret-absent.txt",
      },
    });
    expect(findingLines(loaded)).toEqual([
      expect.stringMatching(/^environment variable SLUICE__ConnectionString__file error CFG_SETTING_FILE: /),
      expect.stringMatching(/CFG_SETTING_UNKNOWN: the setting Connections\.Ldap\.Password is not documented/),
    ]);
  });

  test("an unknown one is a warning with the nearest name", () => {
    const loaded = load({ "a.xml": connections }, { SLUICE__Jobs__MaxTaskBatchSise: "2", SLUICE__Jobs____x: "1" });
    expect(findingLines(loaded)).toEqual([
      "environment variable SLUICE__Jobs__MaxTaskBatchSise warning CFG_SETTING_UNKNOWN: the setting Jobs.MaxTaskBatchSise is not documented and is ignored: did you mean MaxTaskBatchSize?",
      "environment variable SLUICE__Jobs____x warning CFG_SETTING_UNKNOWN: the setting SLUICE__Jobs____x is not documented and is ignored",
    ]);
    expect(loaded.configuration).not.toBeNull();
  });
});

test("every finding about settings has its place", () => {
  const loaded = load({
    "a.xml": connections,
    "appsettings.json": `{
  "WorkFolderPaht": "w",
  "Jobs": 5,
  "TaskTimeoutSupplement": "soon",
  "Jobs2": { "x": 1 },
  "Connections": { "HRR": { "Path": "x" },
    "HR": { "Pfad": "x", "PathIncrementl": "y", "IsFileNameRegex": "maybe", "OnRowError": "Ignore" } },
  "Scheduler": { "maxLockWatchTime": 1, "MaxLockWatchTime": 2 }
}`,
  });
  expect(findingLines(loaded)).toEqual([
    "appsettings.json:2:3 warning CFG_SETTING_UNKNOWN: the setting WorkFolderPaht is not documented and is ignored: did you mean WorkFolderPath?",
    "appsettings.json:3:3 error CFG_SETTING_VALUE: the setting Jobs must be an object",
    "appsettings.json:4:3 error CFG_SETTING_VALUE: the setting TaskTimeoutSupplement must be a whole number",
    "appsettings.json:5:3 warning CFG_SETTING_UNKNOWN: the setting Jobs2 is not documented and is ignored: did you mean Jobs?",
    "appsettings.json:6:20 warning CFG_CONNECTION_UNKNOWN: the settings name the connection HRR, which is not declared: did you mean HR?",
    "appsettings.json:7:13 warning CFG_SETTING_UNKNOWN: the setting Connections.HR.Pfad is not documented and is ignored",
    "appsettings.json:7:26 warning CFG_SETTING_UNKNOWN: the setting Connections.HR.PathIncrementl is not documented and is ignored: did you mean PathIncremental?",
    "appsettings.json:7:49 error CFG_SETTING_VALUE: the setting Connections.HR.IsFileNameRegex must be true or false",
    "appsettings.json:7:77 error CFG_SETTING_VALUE: the setting Connections.HR.OnRowError must be one of Stop, SetAside",
    "appsettings.json:8:41 error CFG_SETTING_TWICE: the setting MaxLockWatchTime stands twice (case does not count): keep one",
  ]);
});

test.each([
  ['{ "a": }', "1:8", "a value is missing"],
  ['{ "a": 1 "b": 2 }', "1:10", ", or } is missing"],
  ['{\n "Path": "C:\\x" }', "2:10", "a text in quotes"],
  ['{ "a": 1 } x', "1:12", "nothing may follow"],
  ["{ /* open", "1:3", "the comment is not closed"],
  ["[".repeat(100), "1:66", "more than 64 levels"],
  ["", "1:1", "a value is missing"],
])("%j is no JSON", (text, place, reason) => {
  expect(findingLines(load({ "a.xml": connections, "appsettings.json": text }))).toEqual([
    expect.stringMatching(new RegExp(`^appsettings.json:${place} error CFG_SETTINGS_SYNTAX: not valid JSON: ${reason}`)),
  ]);
});

test("secrets are what to mask: by the name of the key, in connection strings, longest first", () => {
  const { secrets } = settingsOf({
    "appsettings.json": '{ "ConnectionString": "Server=db;Database=d;User Id=u;Password=\'in the string\';Encrypt=true" }',
    "appsettings.agent.json": `{ "Connections": { "Ldap": { "Servers": [{ "Server": "dc1", "Login": "svc", "Password": "pass-1" }] },
      "HR": { "Path": "visible.csv" } }, "OpenId": { "OpenIdClients": { "Job": "job-secret" } }, "Databases": { "X": "mssql://u:p%40ss@h/d" } }`,
  });
  expect(secrets).toEqual([
    "Server=db;Database=d;User Id=u;Password='in the string';Encrypt=true",
    "mssql://u:p%40ss@h/d",
    "in the string",
    "job-secret",
    "pass-1",
    "p%40ss",
    "p@ss",
  ]);
});

test("secrets in the XML are masked too", () => {
  const loaded = load({
    "a.xml": configurationFile(
      '<PasswordResetSettings Identifier="P" DefaultPassword="Welcome-1"/><Profile Identifier="R"/><OpenIdClient Identifier="C" DisplayName_L1="C" HashedSecret="aGFzaA==" Profile="R"/>',
    ),
  });
  expect(loaded.configuration?.settings.secrets).toEqual(["Welcome-1", "aGFzaA=="]);
});

test("folders that are not configuration are not scanned", () => {
  const folder = workspaceOf({
    "Conf/a.xml": connections,
    "appsettings.json": '{ "WorkFolderPath": "Data", "TempFolderPath": "Conf/Scratch" }',
    "work/old.xml": "<broken",
    "Temp/old.xml": "<broken",
    "Data/x.xml": "<broken",
    "Conf/Scratch/x.xml": "<broken",
    "Conf/node_modules/p/x.xml": "<broken",
    "Other/appsettings.json": "{}",
    "Other/Deep/x.xml": "<broken",
    ".git/x.xml": "<broken",
    "Elsewhere/x.xml": "<broken",
  });
  const loaded = loadWorkspace({ workspace: folder, env: { SLUICE__WorkFolderPath: "Elsewhere" } });
  expect([...new Set(loaded.findings.map(({ file }) => file))]).toEqual(["Data/x.xml"]);
});

test("a workspace that is none, or empty, or holds what cannot be read, is told so", () => {
  const folder = workspaceOf({ "readme.txt": "x" });
  expect(codes(loadWorkspace({ workspace: path.join(folder, "absent"), env: {} }))).toEqual(["CFG_WORKSPACE"]);
  expect(codes(loadWorkspace({ workspace: path.join(folder, "readme.txt"), env: {} }))).toEqual(["CFG_WORKSPACE"]);
  expect(codes(loadWorkspace({ workspace: folder, env: {} }))).toEqual(["CFG_EMPTY"]);
  mkdirSync(path.join(folder, "folder.xml"));
  writeFileSync(path.join(folder, "other.xml"), "<project/>");
  const loaded = loadWorkspace({ workspace: folder, env: {} });
  expect(findingLines(loaded)).toEqual([
    "other.xml:1:1 error CFG_ROOT: the root element must be ConfigurationFile, not project: a file that is no configuration must lie outside the workspace",
  ]);
});
