import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Configuration } from "../config/index.js";
import type { SessionGuid } from "../model/index.js";
import type { Store } from "../store/index.js";
import type { SettledSessions } from "./agent/agent-link.js";
import { settleChain } from "./chain.js";
import { sessionFolder } from "./session-folder.js";
import type { TaskLog } from "./task-kind.js";

/** Folders of ended sessions kept for each connector: `errors.csv` of the last runs is what a person looks for when counts surprise. */
const keptFolders = 5;
/** Ended sessions that are looked at: every run settles those of its predecessors, so a few are more than enough. */
const latestSessions = 30;

interface Surroundings {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly log: TaskLog;
}

/**
 * What is left to do once a session was applied, and that was committed: its files become the connector's baseline, its cookies those that
 * count (design §7.4), and old sessions' folders go. All of it is done again by the connector's next prepare, so that a failure or a death here costs nothing and does
 * not make the task fail.
 */
export const afterApplied = async ({ configuration, store, log }: Surroundings, connector: string, guid: SessionGuid): Promise<void> => {
  try {
    settleChain(configuration, connector, await settledSessions(store, connector));
    await removeOldFolders(store, configuration, connector);
  } catch (error) {
    log("warn", `after session ${guid} was applied, its files could not be tidied`, { problem: String(error) });
  }
};

/** What the server tells an agent of a connector's sessions. */
export const settledSessions = async (store: Store, connector: string): Promise<SettledSessions> => {
  const { head, start, unended, unapplied } = await store.sessions.chain(connector);
  return { head, start, unended, unapplied };
};

/** Removes the folders of sessions that ended long ago, and from those of the last ones what a killed run was writing. Throws what the file system refuses. */
export const removeOldFolders = async (store: Store, configuration: Configuration, connector: string): Promise<void> => {
  const ended = await store.sessions.ended(connector, latestSessions);
  for (const guid of ended.slice(keptFolders)) await rm(sessionFolder(configuration, guid), { recursive: true, force: true });
  for (const guid of ended.slice(0, keptFolders)) await removeUnfinished(sessionFolder(configuration, guid));
};

/** What a killed run was writing or handing over when it died. */
const removeUnfinished = async (folder: string): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (/\.(?:tmp|part)$/.test(name)) await rm(join(folder, name), { force: true });
};
