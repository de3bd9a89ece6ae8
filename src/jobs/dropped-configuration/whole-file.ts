import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Windows: a virus scanner holds a new file for a moment; tried again for about a second (design §10). */
const renameAttempts = 10;
const isHeld = (error: unknown): boolean => ["EPERM", "EACCES", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Makes a rename outlive a power failure; folders cannot be synced on Windows. */
const syncFolder = (folder: string): void => {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Renames, waiting on Windows while another program holds the file. Throws what the file system throws. */
export const renamePatiently = (from: string, to: string): void => {
  for (let attempts = 1; ; attempts++) {
    try {
      renameSync(from, to);
      syncFolder(dirname(to));
      return;
    } catch (error) {
      if (attempts === renameAttempts || !isHeld(error) || process.platform !== "win32") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 * attempts);
    }
  }
};

/** A name beside another one that nobody takes for a file of his: hidden, and this process's own. */
export const hiddenBeside = (path: string): string => join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);

/**
 * Writes a file that is there whole or not at all (design §5): under a hidden name, synced, renamed over what is there. Makes its folder. `mode`: permissions where the platform has
 * them. Throws what the file system throws.
 */
export const writeWhole = (path: string, content: string | Uint8Array, mode: number): void => {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const temporary = hiddenBeside(path);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(temporary, { force: true });
  try {
    const descriptor = openSync(temporary, "wx", mode);
    try {
      for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renamePatiently(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};
