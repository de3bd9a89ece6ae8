import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openConnection } from "./connection.js";
import { storeFailure } from "./failure.js";

/** Where the copy of a database is made before a migration. */
export const copyPath = (path: string, migration: string): string => `${path}.before-${migration}`;

/**
 * Copies a database that holds data beside itself, as it is before its first missing migration: `sluice.db.before-002-leases`. The copy is one moment, what is still in the write-ahead log included. It appears under
 * its name when it is whole; one left there by an earlier try of the same migration is replaced. Gives its path; null where there is nothing to keep, or where another start has migrated meanwhile, which then made
 * the copy. Throws DB_FULL, DB_UNREACHABLE naming the copy: nothing is migrated then.
 */
export const copyBefore = (path: string, missing: readonly string[]): string | null => {
  const [first] = missing;
  if (first === undefined) return null;
  const copy = copyPath(path, first);
  const unfinished = `${copy}.${process.pid}.tmp`;
  try {
    const source = openConnection(path);
    try {
      const { held } = source
        .prepare("SELECT EXISTS (SELECT 1 FROM UM_EntityTypes) OR EXISTS (SELECT 1 FROM UJ_JobInstances) AS held")
        .get() as { held: number };
      if (held === 0) return null;
      removeUnfinished(copy);
      source.prepare("VACUUM INTO ?").run(unfinished);
    } finally {
      source.close();
    }
    if (knows(unfinished, first)) return null;
    renameSync(unfinished, copy);
    return copy;
  } catch (error) {
    throw storeFailure(error, copy, 0);
  } finally {
    if (existsSync(unfinished)) rmSync(unfinished, { force: true });
  }
};

/** Whole databases that starts which were killed here left unfinished; this one's own, should its number have been another's before. */
const removeUnfinished = (copy: string): void => {
  const folder = dirname(copy);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(copy)}.`)) continue;
    const pid = /\.(\d+)\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)))) rmSync(join(folder, name), { force: true });
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's: it is there.
    return (error as { code?: unknown }).code !== "ESRCH";
  }
};

const knows = (path: string, migration: string): boolean => {
  const connection = openConnection(path, { readOnly: true });
  try {
    return connection.prepare("SELECT 1 FROM UM_Migrations WHERE Name = ?").get(migration) !== undefined;
  } finally {
    connection.close();
  }
};
