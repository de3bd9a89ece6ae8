import { copyFile, link, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Configuration } from "../../config/index.js";
import type { SessionGuid } from "../../model/index.js";
import type { Store } from "../../store/index.js";
import { renameOver } from "../../sync/index.js";
import { removeOldFolders, settledSessions } from "../session-end.js";
import { sessionFolder } from "../session-folder.js";
import type { AgentLink, AgentWork } from "./agent-link.js";

/**
 * Agent and server in one process. What crosses is cloned as a wire would do it, so that nothing shared can creep in. A file is linked
 * where the file system can (prepare writes new files and renames them, it never writes into one that is there), else copied.
 */
export const inProcessLink = (store: Store, configuration: Configuration, { jobInstance, taskInstance, fence }: AgentWork): AgentLink => ({
  announce: async (announcement) => {
    const session = await store.sessions.announce({ jobInstance, taskInstance, fence }, structuredClone(announcement));
    await mkdir(sessionFolder(configuration, session.guid), { recursive: true });
    // The announcement ended the sessions of runs that died. What cannot be removed now is looked at again, and told of, once a session was applied.
    await removeOldFolders(store, configuration, announcement.connector).catch(() => undefined);
    return structuredClone(session);
  },
  put: async (guid, name, path) => {
    const folder = sessionFolder(configuration, guid);
    const temporary = join(folder, `${name}.part`);
    await rm(temporary, { force: true });
    await linkOrCopy(path, temporary);
    renameOver(temporary, join(folder, name));
    // Renaming one name of a file onto another of the same file does nothing, and leaves both.
    await rm(temporary, { force: true });
  },
  settled: async (connector) => structuredClone(await settledSessions(store, connector)),
  ready: (manifest) => store.sessions.ready({ jobInstance, taskInstance, fence }, structuredClone(manifest)),
  completeRequired: (connector, reason) => store.sessions.requireComplete({ jobInstance, taskInstance, fence }, connector, reason),
  fail: async (guid: SessionGuid) => {
    await store.sessions.fail({ jobInstance, taskInstance, fence }, guid);
    await rm(sessionFolder(configuration, guid), { recursive: true, force: true });
  },
});

const linkOrCopy = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to);
  } catch {
    // Another volume, or a file system without links.
    await copyFile(from, to);
    const copy = await open(to, "r+");
    await copy.sync();
    await copy.close();
  }
};
