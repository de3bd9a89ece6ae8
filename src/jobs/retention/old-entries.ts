import { lstat, opendir, rm } from "node:fs/promises";
import { join } from "node:path";

export interface OldEntries {
  /** Absolute; it may be absent. */
  readonly folder: string;
  /** What was last written by then is old (ms since 1970). */
  readonly before: number;
  readonly mayGo: (name: string, isOld: boolean) => boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * Removes files and folders that stand in a folder and that may go; a link goes itself, never what it points to. Gives how many went, or would go. One that is gone already is passed over; one that cannot be removed
 * does not keep the others: the first such error is thrown at the end.
 */
export const removeOldEntries = async ({ folder, before, mayGo, dryRun, signal }: OldEntries): Promise<number> => {
  let removed = 0;
  let failure: unknown = null;
  const names: string[] = [];
  try {
    // Read to the end first: what a folder gives while entries of it go is the file system's choice.
    for await (const { name } of await opendir(folder)) names.push(name);
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
  for (const name of names) {
    if (signal.aborted) break;
    const path = join(folder, name);
    try {
      const isOld = (await lstat(path)).mtimeMs <= before;
      if (!mayGo(name, isOld)) continue;
      // A scanner may hold a file of it for a moment (Windows).
      if (!dryRun) await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
      removed++;
    } catch (error) {
      if (!isAbsent(error)) failure ??= error;
    }
  }
  if (failure !== null) throw failure;
  return removed;
};

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
