import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type Configuration, type LoadedWorkspace, loadWorkspace, type WorkspaceContent, withoutSecretValues } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { Store } from "../../store/index.js";
import { readCurrent } from "./current-configuration.js";
import { isHash, snapshotFolder, snapshotsFolder } from "./snapshot-path.js";
import { hiddenBeside, renamePatiently, writeWhole } from "./whole-file.js";

/** Only who runs Sluice reads them: XML may hold more than its author thought of. */
const fileMode = 0o600;
const folderMode = 0o700;

/** Snapshots that stay whether an instance needs them or not: as many as somebody may want to compare with. */
const keptCount = 5;

/** What is half-written is a dead process's after so long (ms), whatever has its number now: writing takes seconds. */
const abandonedMs = 3_600_000;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
};

/** Removes what a process that died had under its hidden name. */
const removeAbandoned = (folder: string): void => {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const pid = /^\..+\.(\d+)\.tmp$/.exec(name)?.[1];
    const stat = pid === undefined ? undefined : statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat === undefined || (isAlive(Number(pid)) && Date.now() - stat.mtimeMs < abandonedMs)) continue;
    rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  }
};

const settingsText = (content: WorkspaceContent): string => `${JSON.stringify(withoutSecretValues(content.settings), null, 2)}\n`;

const touch = (folder: string): void => utimesSync(folder, new Date(), new Date());

type Files = ReadonlyMap<string, Uint8Array>;

const holdsExactly = (folder: string, files: Files): boolean => {
  if (!existsSync(folder)) return false;
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (found.length !== files.size) return false;
  return [...files].every(([file, bytes]) => {
    const path = join(folder, file);
    return statSync(path, { throwIfNoEntry: false })?.size === bytes.length && readFileSync(path).equals(bytes);
  });
};

const writeSnapshot = (folder: string, files: Files): void => {
  const hidden = hiddenBeside(folder);
  rmSync(hidden, { recursive: true, force: true });
  mkdirSync(hidden, { recursive: true, mode: folderMode });
  try {
    for (const [file, bytes] of files) writeWhole(join(hidden, file), bytes, fileMode);
    removeSnapshot(folder);
    renamePatiently(hidden, folder);
  } catch (error) {
    rmSync(hidden, { recursive: true, force: true });
    // Another process was faster: the same hash is the same configuration.
    if (!existsSync(folder)) throw error;
  }
};

/** Renamed first: whoever looks meanwhile finds all of it or nothing. */
const removeSnapshot = (folder: string): void => {
  if (!existsSync(folder)) return;
  const gone = hiddenBeside(`${folder}-gone`);
  rmSync(gone, { recursive: true, force: true });
  renamePatiently(folder, gone);
  rmSync(gone, { recursive: true, force: true, maxRetries: 3 });
};

/**
 * Keeps a configuration in `Work/Configurations/<hash>/` (design §8): its XML files as they were read and an `appsettings.json` of what settings files and environment gave, without the
 * values of secrets. Whole or not at all; one that says the same is only marked as used, one that differs in what takes no part in the hash gives way. Throws
 * SRC_WRITE_FAILED.
 */
export const storeSnapshot = (configuration: Configuration, content: WorkspaceContent): void => {
  const folder = snapshotFolder(configuration.settings.workFolder, configuration.hash);
  const files = new Map([...content.files, ["appsettings.json", Buffer.from(settingsText(content), "utf8")]]);
  try {
    removeAbandoned(snapshotsFolder(configuration.settings.workFolder));
    if (holdsExactly(folder, files)) touch(folder);
    else writeSnapshot(folder, files);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SluiceError("SRC_WRITE_FAILED", { file: folder, reason }, { place: { file: folder }, cause });
  }
};

/** Notes that a kept configuration was used just now: it is then among the last. Gives whether there is one. */
export const markUsed = ({ settings, hash }: Configuration): boolean => {
  const folder = snapshotFolder(settings.workFolder, hash);
  if (!existsSync(join(folder, "appsettings.json"))) return false;
  try {
    touch(folder);
  } catch {
    // Somebody else's folder: it may lose its place among the last ones, and nothing more.
  }
  return true;
};

/**
 * Sees to it that a configuration which a run is about to start with has a snapshot. Where there is one it costs the marking of a folder; else the workspace is read again. Gives whether a
 * new one was written. Throws SRC_WRITE_FAILED, also where the files are no longer those of this configuration.
 */
export const keepSnapshot = (configuration: Configuration, env: Readonly<Record<string, string | undefined>>): boolean => {
  const folder = snapshotFolder(configuration.settings.workFolder, configuration.hash);
  if (markUsed(configuration)) return false;
  const { configuration: found, content }: LoadedWorkspace = loadWorkspace({ workspace: configuration.workspace, env });
  if (found?.hash !== configuration.hash || content === null) {
    const reason = "the files of the workspace changed since they were read";
    throw new SluiceError("SRC_WRITE_FAILED", { file: folder, reason }, { place: { file: folder } });
  }
  storeSnapshot(configuration, content);
  return true;
};

/** Snapshots that are there, the last used first. */
export const listSnapshots = (workFolder: string): readonly { readonly hash: string; readonly usedAt: number }[] => {
  const folder = snapshotsFolder(workFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isHash)
    .flatMap((hash) => {
      const stat = statSync(join(folder, hash), { throwIfNoEntry: false });
      return stat?.isDirectory() === true ? [{ hash, usedAt: stat.mtimeMs }] : [];
    })
    .sort((a, b) => b.usedAt - a.usedAt || (a.hash < b.hash ? -1 : 1));
};

/**
 * Removes snapshots that nobody needs: all but the last five used, the one in force, and those that an instance was started with which runs, is Blocked, or ended Errored or Aborted and may
 * be resumed. Also what processes left half-written that died. Gives how many went. Throws what the file system throws.
 */
export const pruneSnapshots = async (store: Store, workFolder: string): Promise<number> => {
  const inForce = readCurrent(workFolder)?.hash;
  const needed = new Set(await store.reading.neededConfigurations());
  const gone = listSnapshots(workFolder)
    .slice(keptCount)
    .filter(({ hash }) => hash !== inForce && !needed.has(hash));
  for (const { hash } of gone) removeSnapshot(snapshotFolder(workFolder, hash));
  removeAbandoned(snapshotsFolder(workFolder));
  return gone.length;
};
