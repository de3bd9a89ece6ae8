import type { Configuration, Job, LoadedWorkspace } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { Invocation } from "./command.js";
import { InvalidConfiguration } from "./failure.js";
import { sortFindings } from "./finding.js";
import { formatNoun, formatTime } from "./terminal/index.js";

/** Characters of a hash that tell it from others. */
const shortHash = 12;

/** Reads the workspace of a command and masks its secrets in all output from here on. Findings are given back, not thrown. */
export const readWorkspace = async (invocation: Invocation): Promise<LoadedWorkspace> => {
  const { loadWorkspace } = await import("../config/index.js");
  const loaded = loadWorkspace({ workspace: invocation.workspace, env: invocation.env });
  const secrets = loaded.settings?.secrets ?? [];
  invocation.out.mask(secrets);
  invocation.err.mask(secrets);
  return loaded;
};

/**
 * The settings alone, for commands that look after instances: these must work while somebody repairs the configuration, so that its errors are only
 * counted on stderr. Throws InvalidConfiguration where not even the settings can be read.
 */
export const readSettings = async (invocation: Invocation): Promise<Pick<Configuration, "settings">> => {
  const loaded = await readWorkspace(invocation);
  if (loaded.configuration !== null) return loaded.configuration;
  const errors = sortFindings(loaded.findings.filter((finding) => finding.severity === "error"));
  const [first, ...others] = errors;
  if (first === undefined) throw new Error("the workspace gave neither a configuration nor an error");
  if (loaded.settings === null || errors.some(({ file }) => file.endsWith(".json"))) throw new InvalidConfiguration([first, ...others]);
  const count = formatNoun(errors.length, "error");
  await invocation.err.lines([invocation.errStyle.dim(`the configuration has ${count} at present: sluice validate lists all`)]);
  return { settings: loaded.settings };
};

/** The configuration of a command that cannot work without a valid one. Throws InvalidConfiguration with every error. */
export const readConfiguration = async (invocation: Invocation): Promise<Configuration> => {
  const loaded = await readWorkspace(invocation);
  if (loaded.configuration !== null) return loaded.configuration;
  const [first, ...others] = sortFindings(loaded.findings.filter((finding) => finding.severity === "error"));
  if (first === undefined) throw new Error("the workspace gave neither a configuration nor an error");
  throw new InvalidConfiguration([first, ...others]);
};

/**
 * The configuration of a command that shows what a scheduler starts: the workspace's; while its files have errors the one that a scheduler last took (`Work/Configurations/current`), since
 * that is what it goes on with, and which it is is said on stderr. Throws InvalidConfiguration where there is none either, or where not even the settings can be read.
 */
export const readConfigurationInForce = async (invocation: Invocation): Promise<Configuration> => {
  const { configuration, settings, findings } = await readWorkspace(invocation);
  if (configuration !== null) return configuration;
  const errors = sortFindings(findings.filter((finding) => finding.severity === "error"));
  const [first, ...others] = errors;
  if (first === undefined) throw new Error("the workspace gave neither a configuration nor an error");
  const invalid = new InvalidConfiguration([first, ...others]);
  if (settings === null || errors.some(({ file }) => file.endsWith(".json"))) throw invalid;
  const { configurationOf, readCurrent } = await import("../jobs/index.js");
  const current = readCurrent(settings.workFolder);
  const { workspace, env, err, errStyle } = invocation;
  const kept = current === null ? null : configurationOf(current.hash, { workspace, env, configuration: null, settings });
  if (current === null || kept === null) throw invalid;
  const which = `this is the one that a scheduler took at ${formatTime(current.since)} (${current.hash.slice(0, shortHash)})`;
  await err.lines([
    errStyle.warning(`the configuration in the workspace has ${formatNoun(errors.length, "error")}: ${which}; sluice validate lists them`),
  ]);
  return kept;
};

/** What the configuration has under a name. Throws CMD_UNKNOWN_NAME with the nearest name there is. */
export const named = async <T>(all: ReadonlyMap<string, T>, kind: string, name: string): Promise<T> => {
  const found = all.get(name);
  if (found !== undefined) return found;
  const { nearestName } = await import("../config/index.js");
  throw new SluiceError("CMD_UNKNOWN_NAME", { kind, name, nearest: nearestName(name, all.keys()), known: all.size });
};

/** A job by its identifier. Throws JOB_UNKNOWN with the nearest one. */
export const jobNamed = async ({ jobs }: Configuration, identifier: string): Promise<Job> => {
  const job = jobs.get(identifier);
  if (job !== undefined) return job;
  const { nearestName } = await import("../config/index.js");
  throw new SluiceError("JOB_UNKNOWN", { job: identifier, nearest: nearestName(identifier, jobs.keys()) });
};
