import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isHash, snapshotsFolder } from "./snapshot-path.js";
import { writeWhole } from "./whole-file.js";

/** The configuration that a scheduler last took, by the hash of its snapshot. */
export interface CurrentConfiguration {
  readonly hash: string;
  /** `2026-11-21T09:30:00.000Z`. */
  readonly since: string;
}

/** `Work/Configurations/current`. */
const currentFile = (workFolder: string): string => join(snapshotsFolder(workFolder), "current");

/** null where no scheduler ever ran, or the file is damaged. */
export const readCurrent = (workFolder: string): CurrentConfiguration | null => {
  try {
    const { hash, since } = JSON.parse(readFileSync(currentFile(workFolder), "utf8")) as Partial<Record<string, unknown>>;
    if (typeof hash !== "string" || !isHash(hash) || typeof since !== "string" || Number.isNaN(Date.parse(since))) return null;
    return { hash, since };
  } catch {
    return null;
  }
};

/** Throws what the file system throws. */
export const writeCurrent = (workFolder: string, { hash, since }: CurrentConfiguration): void =>
  writeWhole(currentFile(workFolder), `${JSON.stringify({ format: 1, hash, since })}\n`, 0o600);
