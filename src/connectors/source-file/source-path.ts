import { relative, resolve } from "node:path";
import { SluiceError } from "../../errors/index.js";
import { isBelow, real } from "../confined-path.js";

/**
 * Where the source lies: relative paths start at the workspace; with SourcesRootPaths it has to lie below one of them, symbolic links and
 * junctions followed (connectors §4.3, §5). A file that is not there is left to who opens it.
 * @throws SRC_OUTSIDE_ROOTS
 */
export const sourcePath = (path: string, workspace: string, roots: readonly string[]): string => {
  const absolute = resolve(workspace, path);
  if (!isWithin(absolute, roots, isBelow)) throw outside(absolute, roots);
  return absolute;
};

/** The same for a folder that files are looked for in, which may be a root itself. @throws SRC_OUTSIDE_ROOTS */
export const sourceFolder = (path: string, workspace: string, roots: readonly string[]): string => {
  const absolute = resolve(workspace, path);
  if (!isWithin(absolute, roots, (folder, root) => relative(root, folder) === "" || isBelow(folder, root))) throw outside(absolute, roots);
  return absolute;
};

const isWithin = (path: string, roots: readonly string[], lies: (path: string, root: string) => boolean): boolean =>
  roots.length === 0 || roots.some((root) => lies(path, resolve(root)) && lies(real(path), real(resolve(root))));

const outside = (path: string, roots: readonly string[]): SluiceError =>
  new SluiceError("SRC_OUTSIDE_ROOTS", { path, roots: roots.join(", ") }, { place: { file: path } });
