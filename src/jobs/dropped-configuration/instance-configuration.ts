import { type Configuration, loadSnapshot, type Settings, type WorkspaceOptions } from "../../config/index.js";
import { isHash, snapshotFolder } from "./snapshot-path.js";

/** What a workspace has now. `configuration` is null while its files have errors. */
export interface PresentConfiguration extends Pick<WorkspaceOptions, "workspace" | "env"> {
  readonly configuration: Configuration | null;
  readonly settings: Settings;
}

/**
 * The configuration that an instance was started with (design §8), from its snapshot: all that takes part in its hash is as it was then; database, folders, waiting times and secrets are the
 * present ones. null where there is no snapshot, or none that this program reads to the same configuration.
 */
export const configurationOf = (hash: string, present: PresentConfiguration): Configuration | null => {
  const { configuration: now, settings } = present;
  if (now?.hash === hash) return now;
  if (!isHash(hash)) return null;
  const { configuration } = loadSnapshot(snapshotFolder(settings.workFolder, hash), present);
  if (configuration?.hash !== hash) return null;
  const { maxTaskBatchSize, connections } = configuration.settings;
  return { ...configuration, settings: { ...settings, maxTaskBatchSize, connections } };
};
