import { join } from "node:path";

/** Whether a text may be the hash of a configuration, and so the name of a folder. */
export const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** `Work/Configurations`. */
export const snapshotsFolder = (workFolder: string): string => join(workFolder, "Configurations");

/** Folder of the snapshot of a configuration, whether it is there or not. */
export const snapshotFolder = (workFolder: string, hash: string): string => join(snapshotsFolder(workFolder), hash);
