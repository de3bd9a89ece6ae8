import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { PresentConfiguration } from "../jobs/index.js";
import type { Store } from "../store/index.js";
import type { Invocation } from "./command.js";
import { readConfiguration, readSettings, readWorkspace } from "./workspace.js";

/** Which configuration a resume takes: the one that the instance was started with, or the workspace's. */
export type ChosenConfiguration = "started" | "present";

/** The workspace as it is, its configuration null where its files have errors. Throws InvalidConfiguration where not even its settings can be read. */
export const readPresent = async (invocation: Invocation): Promise<PresentConfiguration> => {
  const { workspace, env } = invocation;
  const { configuration } = await readWorkspace(invocation);
  const { settings } = configuration ?? (await readSettings(invocation));
  return { workspace, env, configuration, settings };
};

/** Characters of a hash that tell it from others. */
const shortHash = 12;

/**
 * The configuration that an instance is resumed under (design §8). The present one, which the resume itself refuses where it differs in what is
 * staged or remains to be done; the one that it was started with where the present one has errors, or where `chosen` says so. Which it is is said where they differ.
 * Throws JOB_INSTANCE_UNKNOWN, and InvalidConfiguration where only the present one would do and it has errors.
 */
export const configurationOfInstance = async (
  invocation: Invocation,
  present: PresentConfiguration,
  store: Store,
  jobInstance: number,
  chosen: ChosenConfiguration | null,
): Promise<Configuration> => {
  const instance = await store.records.find(jobInstance);
  if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  const now = present.configuration;
  if (now?.hash === instance.configurationHash) return now;
  const say = (text: string): Promise<void> => invocation.err.lines([invocation.errStyle.dim(text)]);

  const wanted = chosen ?? (now === null ? "started" : "present");
  const hash = instance.configurationHash.slice(0, shortHash);
  if (wanted === "started") {
    const { configurationOf } = await import("../jobs/index.js");
    const started = configurationOf(instance.configurationHash, present);
    if (started !== null) {
      await say(`instance ${jobInstance} goes on under the configuration it was started with (${hash}), not the present one`);
      // Whom to tell is a matter of today, like the settings.
      return { ...started, notification: now?.notification ?? started.notification };
    }
  }
  const configuration = now ?? (await readConfiguration(invocation));
  const why = wanted === "started" ? `that one (${hash}) was not kept` : "--configuration started takes that one";
  await say(`instance ${jobInstance} goes on under the present configuration, not the one it was started with: ${why}`);
  return configuration;
};
