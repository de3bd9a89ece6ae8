import type { Configuration } from "../config/index.js";
import type { Store } from "../store/index.js";
import type { Invocation } from "./command.js";

/**
 * Keeps the configuration that an instance is about to be started with, so that it can be resumed under it (design §8). What goes wrong is said and ends no run: such an instance is resumed
 * under the configuration that there is then.
 */
export const keepConfiguration = async (invocation: Invocation, configuration: Configuration, store: Store): Promise<void> => {
  const { keepSnapshot, pruneSnapshots } = await import("../jobs/index.js");
  try {
    if (keepSnapshot(configuration, invocation.env)) await pruneSnapshots(store, configuration.settings.workFolder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await invocation.err.lines([invocation.errStyle.warning(`the configuration of this run was not kept: ${reason}`)]);
  }
};
