import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { type SessionManifest, sessionGuid } from "../../model/index.js";
import type { Store } from "../../store/index.js";
import { type AgentLink, type AgentWork, inProcessLink, sessionFolder } from "../../tasks/index.js";
import type { RehearsalFolder } from "./rehearsal-folder.js";

/** A session that a rehearsed prepare handed over: nobody else knows of it. */
export interface CollectedSession {
  readonly manifest: SessionManifest;
  readonly mappingHash: string;
  /** Absolute: where its files are. */
  readonly folder: string;
}

/** An agent's way to a server that only listens: sessions are collected instead of announced, and nothing of the chain moves (design §7.9). */
export const rehearsalLink = (
  store: Store,
  { configuration }: RehearsalFolder,
  work: AgentWork,
  collected: (session: CollectedSession) => void,
): AgentLink => {
  const real = inProcessLink(store, configuration, work);
  const hashes = new Map<string, string>();
  return {
    announce: async ({ mappingHash }) => {
      const guid = sessionGuid(randomUUID());
      hashes.set(guid, mappingHash);
      await mkdir(sessionFolder(configuration, guid), { recursive: true });
      return { guid, sequence: 0 };
    },
    // Files go to the rehearsal's own folder; what became of earlier sessions is only read.
    put: real.put,
    settled: real.settled,
    ready: async (manifest) => {
      const { guid } = manifest;
      collected({
        manifest: structuredClone(manifest),
        mappingHash: hashes.get(guid) ?? "",
        folder: sessionFolder(configuration, guid),
      });
    },
    // The prepare says so itself, in its error; what others see stays as it is.
    completeRequired: async () => undefined,
    fail: (guid) => rm(sessionFolder(configuration, guid), { recursive: true, force: true }),
  };
};
