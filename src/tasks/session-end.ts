import { rm } from "node:fs/promises";
import type { Configuration } from "../config/index.js";
import type { SessionGuid, SessionState } from "../model/index.js";
import type { Store } from "../store/index.js";
import { sessionFolder } from "./session-folder.js";
import type { TaskLog } from "./task-kind.js";

/** Folders of ended sessions kept for each connector: `errors.csv` of the last runs is what a person looks for when counts surprise. */
const keptFolders = 5;

/** States in which nobody needs a session's files to go on. */
const endedStates: ReadonlySet<SessionState> = new Set(["applied", "cancelled", "failed", "expired"]);

interface Surroundings {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly log: TaskLog;
}

/**
 * What is left to do once a session was applied and that was committed: all of it can be done again, and none of it makes the task fail.
 */
export const afterApplied = async ({ configuration, store, log }: Surroundings, connector: string, guid: SessionGuid): Promise<void> => {
  try {
    await removeOldFolders(store, configuration, connector);
  } catch (error) {
    log("warn", `after session ${guid} was applied, its files could not be tidied`, { problem: String(error) });
  }
};

/** Removes the folders of a connector's ended sessions but the last few. */
export const removeOldFolders = async (store: Store, configuration: Configuration, connector: string): Promise<void> => {
  const ended = (await store.sessions.of(connector)).filter(({ state }) => endedStates.has(state));
  for (const { guid } of ended.slice(keptFolders)) await rm(sessionFolder(configuration, guid), { recursive: true, force: true });
};
