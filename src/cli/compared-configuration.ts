import { existsSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { Store } from "../store/index.js";
import type { Invocation } from "./command.js";
import { InvalidConfiguration } from "./failure.js";
import { sortFindings } from "./finding.js";

/** The configuration that the workspace is compared with, and how it was found. */
export interface ComparedConfiguration {
  readonly kind: "inForce" | "kept" | "instance" | "folder";
  readonly configuration: Configuration;
  /** Since when it is in force; null for any other. */
  readonly since: string | null;
  readonly jobInstance: number | null;
  /** As given; null for any other. */
  readonly folder: string | null;
}

const unknown = (from: string | null, reason: string): SluiceError => new SluiceError("CMD_CONFIGURATION_UNKNOWN", { from, reason });

/**
 * What `--from FOLDER|HASH|INSTANCE` names; without it the configuration that a scheduler has in force, and where none ever ran, that of the latest instance which has one.
 * Throws CMD_CONFIGURATION_UNKNOWN, JOB_INSTANCE_UNKNOWN, and InvalidConfiguration for a folder with errors.
 */
export const comparedConfiguration = async (
  invocation: Invocation,
  present: Configuration,
  store: Store | null,
  from: string | null,
): Promise<ComparedConfiguration> => {
  if (from === null) return await usual(invocation, present, store);
  if (/^\d{1,15}$/.test(from)) return await ofInstance(invocation, present, store, Number(from));
  const { listSnapshots } = await import("../jobs/index.js");
  const kept = /^[0-9a-f]{4,64}$/i.test(from)
    ? listSnapshots(present.settings.workFolder).filter(({ hash }) => hash.startsWith(from.toLowerCase()))
    : [];
  const [only] = kept;
  if (kept.length > 1) throw unknown(from, `${kept.length} kept ones begin so`);
  if (only !== undefined) {
    const configuration = await snapshotOf(invocation, present, only.hash);
    if (configuration === null) throw unknown(from, "what was kept cannot be read any more");
    return { kind: "kept", configuration, since: null, jobInstance: null, folder: null };
  }
  return await ofFolder(invocation, present, from);
};

/** null where it is not there, or cannot be read to the same configuration. */
const snapshotOf = async (invocation: Invocation, { settings, workspace }: Configuration, hash: string): Promise<Configuration | null> => {
  const { snapshotFolder } = await import("../jobs/index.js");
  const folder = snapshotFolder(settings.workFolder, hash);
  if (!existsSync(folder)) return null;
  const { loadSnapshot } = await import("../config/index.js");
  const { configuration } = loadSnapshot(folder, { workspace, env: invocation.env });
  return configuration?.hash === hash ? configuration : null;
};

const usual = async (invocation: Invocation, present: Configuration, store: Store | null): Promise<ComparedConfiguration> => {
  const { readCurrent } = await import("../jobs/index.js");
  const current = readCurrent(present.settings.workFolder);
  const inForce = current === null ? null : await snapshotOf(invocation, present, current.hash);
  if (current !== null && inForce !== null) {
    return { kind: "inForce", configuration: inForce, since: current.since, jobInstance: null, folder: null };
  }
  const tried = new Set<string>();
  for (const { id, configurationHash } of (await store?.records.list({ limit: mostInstances })) ?? []) {
    if (tried.has(configurationHash)) continue;
    tried.add(configurationHash);
    const configuration = await snapshotOf(invocation, present, configurationHash);
    if (configuration !== null) return { kind: "instance", configuration, since: null, jobInstance: id, folder: null };
  }
  throw unknown(null, "no scheduler ran in this workspace, and no job instance has left its configuration");
};

/** Instances that are looked through for one whose configuration was kept. */
const mostInstances = 100;

const ofInstance = async (
  invocation: Invocation,
  present: Configuration,
  store: Store | null,
  jobInstance: number,
): Promise<ComparedConfiguration> => {
  const instance = (await store?.records.find(jobInstance)) ?? null;
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  const configuration =
    instance.configurationHash === present.hash ? present : await snapshotOf(invocation, present, instance.configurationHash);
  if (configuration === null) throw unknown(String(jobInstance), "the configuration of that instance was not kept");
  return { kind: "instance", configuration, since: null, jobInstance, folder: null };
};

const ofFolder = async (
  invocation: Invocation,
  { workspace, settings: own }: Configuration,
  from: string,
): Promise<ComparedConfiguration> => {
  const folder = resolve(invocation.cwd, from);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw unknown(from, "there is no such folder");
  const { loadWorkspace } = await import("../config/index.js");
  // As if its files lay in the workspace: paths in settings start there on both sides.
  const { configuration, findings, settings } = loadWorkspace({ workspace, env: invocation.env, files: folder });
  for (const output of [invocation.out, invocation.err]) output.mask([...own.secrets, ...(settings?.secrets ?? [])]);
  if (configuration !== null) return { kind: "folder", configuration, since: null, jobInstance: null, folder: from };
  const shown = relative(invocation.cwd, folder).split(sep).join("/");
  const errors = sortFindings(findings.filter(({ severity }) => severity === "error")).map((finding) =>
    isAbsolute(finding.file) ? finding : { ...finding, file: `${shown}/${finding.file}` },
  );
  const [first, ...others] = errors;
  if (first === undefined) throw new Error("the folder gave neither a configuration nor an error");
  throw new InvalidConfiguration([first, ...others]);
};
