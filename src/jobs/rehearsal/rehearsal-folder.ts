import { randomUUID } from "node:crypto";
import { copyFile, cp, link, mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Configuration } from "../../config/index.js";
import type { Clock } from "../../model/index.js";

/** Age at which the folder of another rehearsal is taken for that of one that was killed (ms): none lasts a day. */
const leftoverMs = 24 * 60 * 60_000;

/** Where a rehearsal works (design §7.9): folders of its own, so that nothing it writes is ever found by a run. */
export interface RehearsalFolder {
  /** Absolute: `Temp/DryRun/<id>`. */
  readonly path: string;
  /** The configuration with `Work` and `Temp` inside the folder. */
  readonly configuration: Configuration;
}

/** Makes a rehearsal's folder, lets it work there, and removes the folder whatever happens; folders of rehearsals killed a day ago or earlier go too. */
export const withRehearsalFolder = async <T>(
  configuration: Configuration,
  clock: Clock,
  work: (folder: RehearsalFolder) => Promise<T>,
): Promise<T> => {
  const home = join(configuration.settings.tempFolder, "DryRun");
  await removeLeftovers(home, clock);
  const path = join(home, randomUUID());
  const settings = { ...configuration.settings, workFolder: join(path, "Work"), tempFolder: join(path, "Temp") };
  await mkdir(settings.workFolder, { recursive: true });
  await mkdir(settings.tempFolder, { recursive: true });
  try {
    return await work({ path, configuration: { ...configuration, settings } });
  } finally {
    // A scanner may hold a file for a moment on Windows.
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    // It stays where another rehearsal is at work.
    await rmdir(home).catch(() => undefined);
  }
};

const removeLeftovers = async (home: string, clock: Clock): Promise<void> => {
  for (const name of await readdir(home).catch(() => [])) {
    const path = join(home, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && clock.now() - found.mtimeMs > leftoverMs) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
};

/**
 * Gives the rehearsal what a run would find: the baselines and cookies of incremental runs, and the exported files that it does not export itself.
 * Files that Sluice writes are never written into, only replaced, so that a link is enough; cookies are other programs' and are copied.
 */
export const furnish = async (configuration: Configuration, folder: RehearsalFolder, exported: ReadonlySet<string>): Promise<void> => {
  const { workFolder, tempFolder } = configuration.settings;
  const own = folder.configuration.settings;
  await linkTree(join(workFolder, "Collect", "previous"), join(own.workFolder, "Collect", "previous"));
  await cp(join(workFolder, "ExportCookies"), join(own.workFolder, "ExportCookies"), { recursive: true }).catch(ignoreMissing);
  const connections = [...configuration.connections.keys()];
  await linkTree(join(tempFolder, "ExportOutput"), join(own.tempFolder, "ExportOutput"), (name) => {
    const connection = connectionOf(name, connections);
    return connection === null || !exported.has(connection);
  });
};

/** The connection that exports a file, `<connection>[_<table>].csv` with what lies beside it: the longest whose name it begins with (connectors §1.3). */
const connectionOf = (name: string, connections: readonly string[]): string | null => {
  const file = name.toLowerCase();
  const owners = connections.filter((each) => [".", "_"].some((end) => file.startsWith(`${each.toLowerCase()}${end}`)));
  return owners.reduce<string | null>((longest, each) => (longest !== null && longest.length >= each.length ? longest : each), null);
};

const linkTree = async (from: string, to: string, isWanted: (name: string) => boolean = () => true): Promise<void> => {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    // What is being written at this moment is no part of what a run would find.
    else if (entry.isFile() && isWanted(entry.name) && !/\.(tmp|part)$/.test(entry.name)) await linkOrCopy(source, target);
  }
};

const linkOrCopy = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch {
    // Another volume, or a file system without links. A run may have replaced the file meanwhile: then it is not there for us either.
    await copyFile(from, to).catch(ignoreMissing);
  }
};

const ignoreMissing = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
};
