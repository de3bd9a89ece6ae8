import type { Findings } from "../findings.js";
import { branch, type SettingBranch, type SettingLeaf } from "./setting-tree.js";

/** What `_` in the name of a variable may stand for, since shells allow no `.` and `-` there (design §3). */
const normalise = (key: string): string => key.toLowerCase().replace(/[.-]/g, "_");

const prefix = "SLUICE__";
const fileSuffix = "__FILE";

/** Keys that a level may mean: those of the settings files, and below `Connections` the declared connections. */
export interface KnownKeys {
  /** Gives the key as it is spelled where it is known, for levels already resolved (`Connections`) and the next one as written. */
  spelling(levels: readonly string[], next: string): string | null;
}

/** Takes candidates in order of preference; the first that is equal ignoring case and `_` for `.` and `-`. */
export const spelled = (next: string, candidates: Iterable<string>): string | null => {
  const wanted = normalise(next);
  for (const candidate of candidates) if (normalise(candidate) === wanted) return candidate;
  return null;
};

const setElement = (leaf: SettingLeaf, index: number, rest: readonly string[], value: string): void => {
  const list: unknown[] = Array.isArray(leaf.value)
    ? [...(leaf.value as unknown[])]
    : leaf.value === null || leaf.value === undefined
      ? []
      : [leaf.value];
  if (rest.length === 0) {
    list[index] = value;
  } else {
    const current = list[index];
    const entry: Record<string, unknown> =
      typeof current === "object" && current !== null ? { ...(current as Record<string, unknown>) } : {};
    const [name = "", ...deeper] = rest;
    const key = spelled(name, Object.keys(entry)) ?? name;
    const [position] = deeper;
    if (position !== undefined && /^\d{1,4}$/.test(position)) {
      const inner: SettingLeaf = { kind: "leaf", value: entry[key], place: leaf.place };
      setElement(inner, Number(position), deeper.slice(1), value);
      entry[key] = inner.value;
    } else {
      entry[[key, ...deeper].join("__")] = value;
    }
    list[index] = entry;
  }
  leaf.value = Array.from(list, (entry) => entry ?? null);
};

const set = (root: SettingBranch, levels: readonly string[], value: string, known: KnownKeys, variable: string): void => {
  const place = { file: `environment variable ${variable}` };
  let node = root;
  const path: string[] = [];
  for (const [index, level] of levels.entries()) {
    const here =
      spelled(
        level,
        [...node.members.values()].map(({ key }) => key),
      ) ??
      known.spelling(path, level) ??
      level;
    const lower = here.toLowerCase();
    const rest = levels.slice(index + 1);
    const existing = node.members.get(lower)?.node;
    const [position] = rest;
    if (rest.length === 0) {
      node.members.set(lower, { key: here, node: { kind: "leaf", value, place } });
      return;
    }
    if (position !== undefined && /^\d{1,4}$/.test(position) && existing?.kind !== "branch") {
      const leaf: SettingLeaf = { kind: "leaf", value: existing?.value ?? [], place };
      setElement(leaf, Number(position), rest.slice(1), value);
      node.members.set(lower, { key: here, node: leaf });
      return;
    }
    const inner = existing?.kind === "branch" ? existing : branch(place);
    node.members.set(lower, { key: here, node: inner });
    node = inner;
    path.push(here);
  }
};

/**
 * Lays environment variables over the settings (design §3): `SLUICE__Connections__HR__Path`, levels joined by two underscores, ignoring
 * case, `_` standing for `.` and `-`; a number is the index of a list; a name ending in `__FILE` reads the value from that file, without
 * its last line break. Variables apply in the order of their names, so that the result does not depend on the system.
 */
export const applyEnvironment = (
  root: SettingBranch,
  environment: Readonly<Record<string, string | undefined>>,
  known: KnownKeys,
  readText: (path: string) => string,
  findings: Findings,
): void => {
  for (const variable of Object.keys(environment).sort()) {
    const given = environment[variable];
    if (given === undefined || variable.slice(0, prefix.length).toUpperCase() !== prefix) continue;
    const isFile = variable.toUpperCase().endsWith(fileSuffix);
    const levels = variable.slice(prefix.length, isFile ? -fileSuffix.length : undefined).split("__");
    if (levels.some((level) => level === "")) {
      findings.warn("CFG_SETTING_UNKNOWN", { key: variable, nearest: null }, { file: `environment variable ${variable}` });
      continue;
    }
    let value = given;
    if (isFile) {
      try {
        value = readText(given).replace(/\r?\n$/, "");
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        findings.error("CFG_SETTING_FILE", { variable, reason }, { file: `environment variable ${variable}` });
        continue;
      }
    }
    set(root, levels, value, known, variable);
  }
};

/** Files that variables name by `__FILE`, as written. */
export const environmentFiles = (environment: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.keys(environment)
    .sort()
    .flatMap((variable) => {
      const upper = variable.toUpperCase();
      const file = environment[variable];
      return file !== undefined && upper.startsWith(prefix) && upper.endsWith(fileSuffix) ? [file] : [];
    });
