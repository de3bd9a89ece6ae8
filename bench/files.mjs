/** Files that the measured programs find: warm, and as they were before each run. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, copyFileSync, existsSync, linkSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Reads a file once, so that the first run finds it in memory as the others do. */
export const warm = (path) => {
  const buffer = Buffer.alloc(2 ** 20);
  const descriptor = openSync(path, "r");
  while (readSync(descriptor, buffer) > 0);
  closeSync(descriptor);
};

/** Gives a file that nothing writes into a second name; a copy where the file system has no links. */
export const linkFile = (from, to) => {
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
};

const isDatabase = (name) => /^sluice\.db/.test(name);

/** A copy of a folder: databases are copied, other files linked, since the product renames new files and never writes into one. */
const copyFolder = (from, to) => {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else if (isDatabase(basename(source))) copyFileSync(source, target, constants.COPYFILE_FICLONE);
    else linkFile(source, target);
  }
};

/** Puts a folder in the place of another, then waits until all is on disk: no run pays for writes of an earlier one. */
export const replaceFolder = (from, to) => {
  rmSync(to, { recursive: true, force: true });
  if (existsSync(from)) copyFolder(from, to);
  settle();
};

/** The same for a database of a peer. */
export const replaceDatabase = (from, to) => {
  for (const end of ["", "-wal", "-shm"]) rmSync(to + end, { force: true });
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  warm(to);
  settle();
};

export const settle = () => {
  if (process.platform !== "win32") spawnSync("sync");
};
