import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { SluiceError } from "../../errors/index.js";

/**
 * Where the source lies: relative paths start at the workspace; with SourcesRootPaths it has to lie below one of them, symbolic links
 * followed (connectors §4.3, §5). A file that is not there is left to who opens it.
 * @throws SRC_OUTSIDE_ROOTS
 */
export const sourcePath = (path: string, workspace: string, roots: readonly string[]): string => {
  const absolute = resolve(workspace, path);
  if (roots.length === 0) return absolute;
  const isInside = roots.some((root) => isBelow(absolute, resolve(root)) && isBelow(real(absolute), real(resolve(root))));
  if (!isInside) throw new SluiceError("SRC_OUTSIDE_ROOTS", { path: absolute, roots: roots.join(", ") }, { place: { file: absolute } });
  return absolute;
};

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
};

/** The path without symbolic links, as far as it exists. */
const real = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    const folder = resolve(path, "..");
    return folder === path ? path : resolve(real(folder), relative(folder, path));
  }
};
