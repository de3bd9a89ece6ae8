import { closeSync, copyFileSync, fsyncSync, linkSync, openSync } from "node:fs";

/** Gives a file a second name, as a hard link where the file system can, else as a copy that is on the disk. `to` must not be there; its folder must. */
export const linkOrCopy = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch {
    // Another file system, or one without hard links.
    copyFileSync(from, to);
    const copy = openSync(to, "r+");
    fsyncSync(copy);
    closeSync(copy);
  }
};
