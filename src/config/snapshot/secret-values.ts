import type { SettingValues } from "../configuration.js";
import { isSecretSetting } from "../settings/read-settings.js";

/** What stands where a secret stood. */
const hidden = "***";

/** Below these every value is a secret, whatever its key is called (connectors §5, §8). */
const secretGroups = new Set(["openidclients", "databases"]);

/** `sqlite:<path>` names a file: no secret, and without it a kept configuration would not find its database. */
const isHarmless = (key: string, value: unknown): boolean =>
  key.toLowerCase() === "connectionstring" && typeof value === "string" && /^sqlite:/i.test(value.trim());

const isSecretKey = (key: string): boolean => isSecretSetting(key) || secretGroups.has(key.toLowerCase());

const isBranch = (value: unknown): value is SettingValues => typeof value === "object" && value !== null && !Array.isArray(value);

type Path = readonly (string | number)[];

/** Gives the same value with each secret leaf replaced by what `replace` gives for it. */
const mapSecrets = (value: unknown, isSecret: boolean, at: Path, replace: (leaf: unknown, at: Path) => unknown): unknown => {
  if (Array.isArray(value)) return value.map((item, index) => mapSecrets(item, isSecret, [...at, index], replace));
  if (!isBranch(value)) return isSecret && value !== null && value !== "" ? replace(value, at) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isHarmless(key, inner) ? inner : mapSecrets(inner, isSecret || isSecretKey(key), [...at, key], replace),
    ]),
  );
};

/** Settings with `***` for each secret: they may be written to a file. */
export const withoutSecretValues = (settings: SettingValues): SettingValues =>
  mapSecrets(settings, false, [], () => hidden) as SettingValues;

/** What stands at a path, keys compared ignoring case; undefined where nothing does. */
const valueAt = (settings: unknown, at: Path): unknown => {
  let value: unknown = settings;
  for (const level of at) {
    if (typeof level === "number") value = Array.isArray(value) ? (value as unknown[])[level] : undefined;
    else value = isBranch(value) ? Object.entries(value).find(([key]) => key.toLowerCase() === level.toLowerCase())?.[1] : undefined;
  }
  return value;
};

export interface RestoredSettings {
  readonly settings: SettingValues;
  /** Secrets that the present settings do not have, by key: `Connections.HR.Password`. Theirs is left empty. */
  readonly missing: readonly string[];
}

/** Takes settings as `withoutSecretValues` left them; gives them with the secrets that hold now: a password that was changed meanwhile is the one to use. */
export const withSecretValues = (settings: SettingValues, present: SettingValues): RestoredSettings => {
  const missing: string[] = [];
  const restored = mapSecrets(settings, false, [], (leaf, at) => {
    if (leaf !== hidden) return leaf;
    const value = valueAt(present, at);
    if (value !== undefined && value !== null && typeof value !== "object") return value;
    missing.push(at.join("."));
    return null;
  });
  return { settings: restored as SettingValues, missing };
};

/** Names of connections whose secrets were hidden: the environment may mean them. */
export const connectionsOf = (settings: SettingValues): readonly string[] => {
  const connections = valueAt(settings, ["Connections"]);
  return isBranch(connections) ? Object.keys(connections) : [];
};
