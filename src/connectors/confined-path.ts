import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { SluiceError } from "../errors/index.js";

/**
 * Where a file lies that a configuration names: relative paths start at the workspace; it has to lie below one of the folders, symbolic
 * links followed (design §7.8). Whether it is there is left to who opens it.
 * @param what names it in the error: `SqlFile of connection HR`
 * @param folders absolute
 * @throws SRC_PATH_OUTSIDE
 */
export const confinedPath = (what: string, path: string, workspace: string, folders: readonly string[]): string => {
  const absolute = resolve(workspace, path);
  if (folders.some((folder) => isBelow(absolute, resolve(folder)) && isBelow(real(absolute), real(resolve(folder))))) return absolute;
  throw new SluiceError("SRC_PATH_OUTSIDE", { what, path: absolute, folders: folders.join(", ") }, { place: { file: absolute } });
};

/** Whether a path lies below a folder, as it is written. */
export const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
};

/** The path without symbolic links and junctions, as far as it exists. */
export const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    const folder = resolve(path, "..");
    return folder === path ? path : resolve(real(folder), relative(folder, path));
  }
};
