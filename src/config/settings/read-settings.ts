import path from "node:path";
import { readConnectionString } from "../../model/index.js";
import { findPackage, type PackageSetting } from "../catalogue/packages.js";
import { type SettingDefinition, settingDefinitions } from "../catalogue/settings.js";
import type { Findings } from "../findings.js";
import { nearestName } from "../nearest.js";
import type { ConnectionSettings, Settings } from "../settings.js";
import { notificationSettings } from "./notification-settings.js";
import { retentionSettings } from "./retention-settings.js";
import { schedulerSettings } from "./scheduler-settings.js";
import { serviceSettings } from "./service-settings.js";
import { find, plainValue, type SettingBranch, type SettingNode } from "./setting-tree.js";

/** A declared connection, as far as settings need it. */
export interface DeclaredConnection {
  readonly identifier: string;
  readonly package: string;
}

const text = (node: SettingNode | null): string | null => {
  if (node?.kind !== "leaf" || node.value === null || node.value === "" || typeof node.value === "object") return null;
  return String(node.value);
};

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Checks one scalar or list against its type; null when it fits. Texts are accepted for numbers and booleans, as .NET does. */
const misfit = (type: string, value: unknown, values?: readonly string[]): string | null => {
  const word = typeof value === "object" ? "" : String(value);
  switch (type) {
    case "string":
      return typeof value === "object" ? "a text" : null;
    case "boolean":
      return booleans[word.toLowerCase()] === undefined ? "true or false" : null;
    case "integer":
      return /^-?\d{1,10}$/.test(word) ? null : "a whole number";
    case "number":
      return word !== "" && !Number.isNaN(Number(word)) ? null : "a number";
    case "list":
      return Array.isArray(value) || typeof value === "string" ? null : "a list";
    case "object":
      return typeof value === "object" && !Array.isArray(value) ? null : "an object";
    case "enum":
      return values?.some((name) => name.toLowerCase() === word.toLowerCase()) === true ? null : `one of ${values?.join(", ")}`;
    default:
      return null;
  }
};

/** Gives a value the type that the catalogue says, so that `"5"` of the environment and `5` of a file are the same. */
const typed = (setting: PackageSetting, value: unknown): unknown => {
  if (typeof value === "string") {
    if (setting.type === "boolean") return booleans[value.toLowerCase()] ?? value;
    if (setting.type === "integer" || setting.type === "number") return Number(value);
    if (setting.type === "list") return [value];
    if (setting.type === "enum") return setting.values?.find((name) => name.toLowerCase() === value.toLowerCase()) ?? value;
  }
  return value;
};

const matches = (definition: SettingDefinition, levels: readonly string[]): "exact" | "above" | "below" | null => {
  const pattern = definition.key.split(".");
  const length = Math.min(pattern.length, levels.length);
  for (let index = 0; index < length; index++) {
    if (pattern[index] !== "*" && pattern[index]?.toLowerCase() !== levels[index]?.toLowerCase()) return null;
  }
  if (pattern.length === levels.length) return "exact";
  return pattern.length > levels.length ? "above" : "below";
};

/** Keys that the catalogue knows directly below a place. */
export const keysBelow = (levels: readonly string[]): readonly string[] => [
  ...new Set(
    settingDefinitions
      .filter((definition) => matches(definition, levels) === "above" || levels.length === 0)
      .map((definition) => definition.key.split(".")[levels.length] ?? "*")
      .filter((key) => key !== "*"),
  ),
];

const checkKeys = (node: SettingNode, levels: readonly string[], findings: Findings): void => {
  if (levels.length > 0) {
    const fits = settingDefinitions
      .map((definition) => [definition, matches(definition, levels)] as const)
      .filter(([, fit]) => fit !== null);
    if (fits.length === 0) {
      const nearest = nearestName(levels.at(-1) ?? "", keysBelow(levels.slice(0, -1)));
      findings.warn("CFG_SETTING_UNKNOWN", { key: levels.join("."), nearest }, node.place);
      return;
    }
    const exact = fits.find(([, fit]) => fit === "exact")?.[0];
    if (exact !== undefined) {
      const value = plainValue(node);
      const expected = value === null ? null : misfit(exact.type, value);
      if (expected !== null) findings.error("CFG_SETTING_VALUE", { key: exact.key, expected }, node.place);
      return;
    }
    if (fits.some(([definition, fit]) => fit === "below" && (definition.type === "object" || definition.type === "any"))) return;
    if (node.kind === "leaf" && fits.every(([, fit]) => fit === "above")) {
      if (node.value !== null) findings.error("CFG_SETTING_VALUE", { key: levels.join("."), expected: "an object" }, node.place);
      return;
    }
  }
  if (node.kind === "branch") for (const { key, node: inner } of node.members.values()) checkKeys(inner, [...levels, key], findings);
};

const connectionSettings = (
  root: SettingBranch,
  declared: readonly DeclaredConnection[],
  findings: Findings,
): ReadonlyMap<string, ConnectionSettings> => {
  const result = new Map<string, ConnectionSettings>();
  const node = find(root, "Connections");
  if (node?.kind !== "branch") return result;
  for (const [lower, { key, node: own }] of node.members) {
    const connection = declared.find(({ identifier }) => identifier.toLowerCase() === lower);
    if (connection === undefined) {
      findings.warn(
        "CFG_CONNECTION_UNKNOWN",
        {
          connection: key,
          nearest: nearestName(
            key,
            declared.map(({ identifier }) => identifier),
          ),
        },
        own.place,
      );
    }
    if (own.kind !== "branch") continue;
    const known = connection === undefined ? null : findPackage(connection.package);
    const settings: Record<string, unknown> = {};
    for (const [lowerKey, { key: written, node: leaf }] of own.members) {
      const value = plainValue(leaf);
      const setting = known?.settings.find(({ name }) => name.toLowerCase() === lowerKey);
      if (setting === undefined) {
        settings[written] = value;
        if (known !== null) {
          const nearest = nearestName(
            written,
            known.settings.map(({ name }) => name),
          );
          findings.warn("CFG_SETTING_UNKNOWN", { key: `Connections.${key}.${written}`, nearest }, leaf.place);
        }
        continue;
      }
      if (value === null) {
        if (setting.isNullable === true) settings[setting.name] = null;
        continue;
      }
      const expected = misfit(setting.type, value, setting.values);
      if (expected !== null) findings.error("CFG_SETTING_VALUE", { key: `Connections.${key}.${setting.name}`, expected }, leaf.place);
      else settings[setting.name] = typed(setting, value);
    }
    result.set(lower, Object.freeze(settings));
  }
  return result;
};

/** The branches below one key, or the texts, by their names in lower case. */
const membersOf = (root: SettingBranch, key: string): readonly (readonly [string, SettingNode])[] => {
  const node = find(root, key);
  return node?.kind === "branch" ? [...node.members].map(([name, { node: inner }]) => [name, inner]) : [];
};

const databasesOf = (root: SettingBranch): Settings["databases"] =>
  new Map(membersOf(root, "Databases").flatMap(([name, node]) => (text(node) === null ? [] : [[name, text(node) ?? ""]])));

const sqlCommandsOf = (root: SettingBranch): Settings["sqlCommands"] =>
  new Map(
    membersOf(root, "InvokeSqlCommands").flatMap(([name, node]) =>
      node.kind === "branch" ? [[name, { inputFile: text(find(node, "SQLInputFile")), outputPath: text(find(node, "OutputPath")) }]] : [],
    ),
  );

/** connectors §8: keys whose values are masked in whatever leaves. A path is no secret, even that of a file with secrets. */
const isSecretKey = (key: string): boolean => /(password|secret|token|connectionstring|license|key)$/i.test(key) && !/path$/i.test(key);

/** A shorter text stands in too many words to be masked by value. */
const shortestSecret = 4;

/** A password of an address may be escaped: both forms are masked. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const collectSecrets = (value: unknown, isSecret: boolean, into: Set<string>): void => {
  if (typeof value === "string") {
    if (!isSecret || value.length < shortestSecret) return;
    into.add(value);
    const password = /(?:^|;)\s*(?:password|pwd)\s*=\s*("[^"]*"|'[^']*'|[^;]*)/i
      .exec(value)?.[1]
      ?.replace(/^(["'])(.*)\1$/, "$2")
      .trim();
    if (password !== undefined && password.length >= shortestSecret) into.add(password);
    // As the server is sent it, quotes inside undone.
    const sent = readConnectionString(value).values?.get("password");
    if (sent !== undefined && sent.length >= shortestSecret) into.add(sent);
    const address = /^[a-z]+:\/\/[^/@:]*:([^@/]+)@/i.exec(value)?.[1];
    if (address !== undefined && address.length >= shortestSecret) into.add(address).add(decoded(address));
  } else if (Array.isArray(value)) {
    for (const item of value) collectSecrets(item, isSecret, into);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      collectSecrets(inner, isSecret || isSecretKey(key) || key === "OpenIdClients" || key === "Databases", into);
  }
};

/** Whether a key of a connection's settings holds a secret, which then takes no part in the hash of the configuration. */
export const isSecretSetting = isSecretKey;

const databaseOf = (root: SettingBranch, workspace: string, workFolder: string, findings: Findings): Settings["database"] => {
  const node = find(root, "ConnectionString");
  const given = text(node)?.trim() ?? null;
  if (given === null) return { kind: "sqlite", path: path.join(workFolder, "sluice.db") };
  if (/^sqlite:/i.test(given)) {
    const file = given.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
    if (file !== "") return { kind: "sqlite", path: path.resolve(workspace, file) };
  } else if (/^mssql:\/\/./i.test(given) || /(^|;)\s*(server|data source|addr|address|network address)\s*=/i.test(given)) {
    const { problem } = readConnectionString(given);
    if (problem !== null) findings.error("DB_CONNECTION_STRING", { problem }, node?.place ?? {});
    return { kind: "mssql", connectionString: given };
  }
  const expected = "sqlite:<path>, an ADO connection string (Server=...;Database=...) or an mssql:// address";
  findings.error("CFG_SETTING_VALUE", { key: "ConnectionString", expected }, node?.place ?? {});
  return { kind: "sqlite", path: path.join(workFolder, "sluice.db") };
};

/** Folders that a workspace's settings name; read before the XML files are looked for, since these folders are left out. */
export const foldersOf = (root: SettingBranch, workspace: string): { readonly workFolder: string; readonly tempFolder: string } => ({
  workFolder: path.resolve(workspace, text(find(root, "WorkFolderPath")) ?? "Work"),
  tempFolder: path.resolve(workspace, text(find(root, "TempFolderPath")) ?? "Temp"),
});

/**
 * Takes the settings of all sources, gives them checked and with defaults (design §3, connectors §5). Unknown keys are warnings, values
 * of a wrong kind errors; both carry the place of the key.
 */
export const readSettings = (
  root: SettingBranch,
  workspace: string,
  declared: readonly DeclaredConnection[],
  findings: Findings,
): Settings => {
  checkKeys(root, [], findings);
  const { workFolder, tempFolder } = foldersOf(root, workspace);
  const integer = (key: string, standard: number, minimum: number | null): number => {
    const node = find(root, key);
    const given = text(node);
    if (given === null || !/^-?\d{1,10}$/.test(given)) return standard;
    const value = Number(given);
    if (minimum !== null && value < minimum) {
      findings.error("CFG_SETTING_VALUE", { key, expected: `a whole number from ${minimum} on` }, node?.place ?? {});
      return standard;
    }
    return value;
  };
  const roots = find(root, "SourcesRootPaths");
  const rootPaths = roots?.kind === "leaf" ? (Array.isArray(roots.value) ? roots.value : [roots.value]) : [];
  const secrets = new Set<string>();
  collectSecrets(plainValue(root), false, secrets);
  return {
    database: databaseOf(root, workspace, workFolder, findings),
    workFolder,
    tempFolder,
    maxTaskBatchSize: integer("Jobs.MaxTaskBatchSize", 5, 1),
    maxLockWatchSeconds: integer("Scheduler.MaxLockWatchTime", 1800, null),
    scheduler: schedulerSettings(root, integer("Scheduler.GraceTime", 60, 0), findings),
    service: serviceSettings(root, findings),
    retention: retentionSettings(root, findings),
    notification: notificationSettings(root, workspace, findings),
    taskTimeoutSupplementMinutes: integer("TaskTimeoutSupplement", 0, 0),
    sourcesRootPaths: rootPaths
      .filter((entry): entry is string => typeof entry === "string" && entry !== "")
      .map((entry) => path.resolve(workspace, entry)),
    databases: databasesOf(root),
    sqlCommands: sqlCommandsOf(root),
    connections: connectionSettings(root, declared, findings),
    secrets: [...secrets].sort((a, b) => b.length - a.length),
  };
};
