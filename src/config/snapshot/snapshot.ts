import type { LoadedWorkspace } from "../configuration.js";
import { loadWorkspace, readSettingValues, type WorkspaceOptions } from "../load.js";
import { connectionsOf, withSecretValues } from "./secret-values.js";

export interface LoadedSnapshot extends LoadedWorkspace {
  /** Secrets that the present settings and environment do not have, by key; none else is kept. */
  readonly missingSecrets: readonly string[];
}

/**
 * Reads a kept configuration (design §8): a folder with XML files and an `appsettings.json` that holds what settings files and environment gave, `***` for each secret. Secrets are those
 * of the workspace and the environment now; relative paths start at the workspace. Throws nothing for what the files hold.
 */
export const loadSnapshot = (folder: string, { workspace, env }: Pick<WorkspaceOptions, "workspace" | "env">): LoadedSnapshot => {
  const kept = readSettingValues({ workspace, env: {}, files: folder }, []);
  const present = readSettingValues({ workspace, env }, connectionsOf(kept));
  const { settings, missing } = withSecretValues(kept, present);
  return { ...loadWorkspace({ workspace, env: {}, files: folder, settings }), missingSecrets: missing };
};
