import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { checkDocument } from "./check.js";
import { compileConnections, compileConnectors } from "./compile/connector.js";
import { compileEntityModel } from "./compile/entity-model.js";
import { compileJobs } from "./compile/job.js";
import { compileMappings } from "./compile/mapping.js";
import { compileNotification } from "./compile/notification.js";
import { nameTasks } from "./compile/task.js";
import type { Configuration, LoadedWorkspace, SettingValues } from "./configuration.js";
import { Declared } from "./declared.js";
import type { ConfigurationElement } from "./element.js";
import { Findings } from "./findings.js";
import { deepFreeze } from "./freeze.js";
import { configurationHash, connectorHash } from "./hash.js";
import { checkReferences, checkRequired, propertyTable } from "./references.js";
import { warnAboutConnectors, warnAboutJobs, warnAboutNotification } from "./rules/index.js";
import { expandScaffoldings } from "./scaffolding/index.js";
import { applyEnvironment, environmentFiles, spelled } from "./settings/environment.js";
import { parseSettingsJson } from "./settings/json.js";
import { foldersOf, keysBelow, readSettings } from "./settings/read-settings.js";
import { scaffoldingSettings } from "./settings/scaffolding-settings.js";
import { branch, find, overlay, plainValue, type SettingBranch } from "./settings/setting-tree.js";
import type { Settings } from "./settings.js";
import { workspaceFiles } from "./workspace-files.js";
import { parseXml } from "./xml/document.js";

/** Larger than any configuration (7 MB hold 100,000 jobs) and small enough to be refused before it fills the memory. */
const maximumMegabytes = 64;

/** Later wins (connectors §5). */
const settingsFiles = ["appsettings.json", "appsettings.agent.json"];

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  return code ?? (error instanceof Error ? error.message : String(error));
};

/** Reads a file within bounds; null, with a finding, when it cannot be read. */
const readBytes = (full: string, file: string, findings: Findings): Buffer | null => {
  try {
    const stat = statSync(full);
    if (!stat.isFile()) {
      findings.error("CFG_FILE", { reason: "it is no ordinary file" }, { file });
      return null;
    }
    if (stat.size > maximumMegabytes * 1024 * 1024) {
      findings.error("CFG_FILE_SIZE", { limit: maximumMegabytes }, { file });
      return null;
    }
    return readFileSync(full);
  } catch (error) {
    findings.error("CFG_FILE", { reason: reasonOf(error) }, { file });
    return null;
  }
};

const readSettingsFiles = (workspace: string, findings: Findings): SettingBranch => {
  const root = branch({ file: settingsFiles[0] ?? "" });
  for (const file of settingsFiles) {
    const full = path.join(workspace, file);
    if (statSync(full, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const bytes = readBytes(full, file, findings);
    if (bytes === null) continue;
    const source = {
      file,
      text: bytes
        .toString("utf8")
        .replace(/^\uFEFF/, "")
        .replace(/\r\n?/g, "\n"),
    };
    try {
      overlay(root, parseSettingsJson(source), source, findings);
    } catch (error) {
      findings.thrown(error, { file });
    }
  }
  return root;
};

/** Secrets that the XML holds are masked like those of the settings (design §7.8). */
const withSecrets = (settings: Settings, declared: Declared): Settings => {
  const written = [
    ...declared.named("PasswordResetSettings").map((element) => element.string("DefaultPassword")),
    ...declared.named("OpenIdClient").map((element) => element.string("HashedSecret")),
  ].filter((text) => text !== null);
  return { ...settings, secrets: [...new Set([...settings.secrets, ...written])].sort((a, b) => b.length - a.length) };
};

/** Names that the environment may mean where no file says how they are spelled. */
const environmentKeys = (connections: readonly string[]) => ({
  spelling: (levels: readonly string[], next: string): string | null =>
    spelled(next, levels.length === 1 && levels[0]?.toLowerCase() === "connections" ? connections : keysBelow(levels)),
});

export interface WorkspaceOptions {
  /** Directory of the workspace; relative to the current directory. */
  readonly workspace: string;
  /** Variables that override settings (design §3); `process.env` for the command line. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A folder whose files are read in place of the workspace's; absolute. Paths in its settings start at the workspace all the same. */
  readonly files?: string;
  /** Settings that take the place of those of the files and the environment. */
  readonly settings?: SettingValues;
}

const readTextFrom =
  (workspace: string) =>
  (file: string): string =>
    readFileSync(path.resolve(workspace, file), "utf8");

/** What a settings file would read as that says this. */
const treeOf = (values: SettingValues, findings: Findings): SettingBranch => {
  const source = { file: settingsFiles[0] ?? "", text: JSON.stringify(values) };
  const root = branch({ file: source.file });
  overlay(root, parseSettingsJson(source), source, findings);
  return root;
};

/**
 * The settings of files and environment as one JSON value, unchecked; what cannot be read is left out. `connections` are names that the environment may mean.
 */
export const readSettingValues = ({ workspace, env, files }: WorkspaceOptions, connections: readonly string[]): SettingValues => {
  const tree = readSettingsFiles(files ?? workspace, new Findings());
  applyEnvironment(tree, env, environmentKeys(connections), readTextFrom(workspace), new Findings());
  return plainValue(tree) as SettingValues;
};

/** Folders that never hold configuration, as settings and environment name them. */
const leftOutFolders = ({ workspace, env, files, settings }: WorkspaceOptions): readonly string[] => {
  const given = settings ?? readSettingValues({ workspace, env, ...(files === undefined ? {} : { files }) }, []);
  const tree = treeOf(given, new Findings());
  return [...new Set([workspace, files ?? workspace])].flatMap((folder) => {
    const { workFolder, tempFolder } = foldersOf(tree, folder);
    return [workFolder, tempFolder];
  });
};

/**
 * Absolute paths of all files that a configuration is made of: XML files, settings files (which may be absent), and files that the environment names. Throws what the file system
 * throws.
 */
export const configurationFiles = ({ workspace: given, env }: Pick<WorkspaceOptions, "workspace" | "env">): readonly string[] => {
  const workspace = path.resolve(given);
  return [
    ...[...settingsFiles, ...workspaceFiles(workspace, leftOutFolders({ workspace, env }))].map((file) => path.join(workspace, file)),
    ...environmentFiles(env).map((file) => path.resolve(workspace, file)),
  ];
};

/**
 * Reads, checks and compiles a workspace (design §3): its settings, environment overrides and XML files. Touches nothing. All findings
 * come at once, sorted by file and line; `configuration` is null when one of them is an error. Throws nothing for what users wrote.
 */
export const loadWorkspace = (options: WorkspaceOptions): LoadedWorkspace => {
  const { env } = options;
  const workspace = path.resolve(options.workspace);
  const folder = options.files ?? workspace;
  const findings = new Findings();
  const accepted = new Map<string, number>();
  const absent = [workspace, folder].find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true);
  if (absent !== undefined) {
    findings.error("CFG_WORKSPACE", { workspace: absent }, { file: absent });
    return { configuration: null, settings: null, files: 0, findings: findings.sorted(), expansions: [], accepted, content: null };
  }
  const tree = options.settings === undefined ? readSettingsFiles(folder, findings) : treeOf(options.settings, findings);

  const roots: ConfigurationElement[] = [];
  // Settings are read a second time for it: the folders to leave out may come from the environment, and the spelling of connections comes from the files.
  const files = workspaceFiles(folder, leftOutFolders({ ...options, workspace }));
  const contents = new Map<string, Buffer>();
  if (files.length === 0) findings.error("CFG_EMPTY", { workspace }, { file: workspace });
  const unread: string[] = [];
  for (const file of files) {
    const bytes = readBytes(path.join(folder, file), file, findings);
    if (bytes === null) {
      unread.push(file);
      continue;
    }
    contents.set(file, bytes);
    try {
      for (const element of checkDocument(parseXml(bytes, file), findings, accepted)) roots.push(element);
    } catch (error) {
      unread.push(file);
      findings.thrown(error, { file });
    }
  }

  const declared = new Declared(roots, findings);
  const connectionsDeclared = [...declared.of("Connection")].map(([identifier, element]) => ({
    identifier,
    package: element.required("Package"),
  }));
  if (options.settings === undefined) {
    applyEnvironment(
      tree,
      env,
      environmentKeys(connectionsDeclared.map(({ identifier }) => identifier)),
      readTextFrom(workspace),
      findings,
    );
  }
  const settings = withSecrets(readSettings(tree, workspace, connectionsDeclared, findings), declared);
  const clients = find(tree, "OpenId.OpenIdClients");

  // With a file unread nobody knows what is not there: of a scaffolding that cannot be expanded then nothing is said.
  const { expansions, elements } = expandScaffoldings(
    { declared, connections: settings.connections, defaults: scaffoldingSettings(tree, findings) },
    unread.length === 0 ? findings : new Findings(),
  );
  declared.add(elements, findings);
  const taskNames = nameTasks(declared, findings);
  const properties = propertyTable(declared);
  checkRequired(declared, findings);
  const [firstUnread] = unread;
  // What such a file declares is unknown: everything that refers to it would look wrong, and bury the one thing that is.
  if (firstUnread === undefined) {
    checkReferences(declared, properties, clients?.kind === "branch" ? [...clients.members.keys()] : [], findings);
  } else findings.warn("CFG_REFERENCES_UNCHECKED", { files: unread }, { file: firstUnread, line: 1, column: 1 });
  const model = compileEntityModel(declared, properties, findings);
  const mappings = compileMappings(declared, model, findings);
  const connections = compileConnections(declared, findings);
  const connectors = compileConnectors(declared, mappings, findings);
  const { jobs, rootTasks } = compileJobs(declared, taskNames, findings);
  const compiled = {
    workspace,
    settings,
    connectors,
    connections,
    ...model,
    jobs,
    rootTasks,
    notification: compileNotification(declared),
  };
  warnAboutConnectors(compiled, findings);
  warnAboutJobs(compiled, declared, findings);
  warnAboutNotification(compiled, declared, findings);

  const configuration: Configuration | null = findings.hasErrors
    ? null
    : deepFreeze({
        ...compiled,
        hash: configurationHash(compiled),
        connectorHash: new Map([...connectors].map(([identifier, connector]) => [identifier, connectorHash(connector, model)])),
      });
  const content = { files: contents, settings: plainValue(tree) as SettingValues };
  return { configuration, settings, files: files.length, findings: findings.sorted(), expansions, accepted, content };
};
