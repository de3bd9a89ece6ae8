import { statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { ExportRequest } from "../connector.js";
import type { FileSettings } from "./file-settings.js";
import { lastMatch } from "./last-created.js";
import { sourceFolder, sourcePath } from "./source-path.js";

type Place = Pick<ExportRequest, "connection" | "workspace" | "sourcesRootPaths">;

/**
 * The file that an export reads, as an absolute path: `Path` of a complete one, `PathIncremental` of an incremental one (connectors §2.3,
 * Guard; with forceComplete a complete export reads `PathIncremental` where there is no `Path`); by IsFileNameRegex the match created last.
 * @throws SRC_PATH_MISSING, SRC_PATH_INCREMENTAL_MISSING, SRC_OUTSIDE_ROOTS, SRC_PATTERN_INVALID, SRC_NO_FILE_MATCHES
 */
export const sourceFile = (request: Place & Pick<ExportRequest, "mode" | "forceComplete">, settings: FileSettings): string => {
  const { connection, mode, forceComplete } = request;
  const { path, pathIncremental } = settings;
  if (mode === "incremental") {
    if (pathIncremental === null) throw new SluiceError("SRC_PATH_INCREMENTAL_MISSING", { connection });
    return located(pathIncremental, settings, request);
  }
  const full = path ?? (forceComplete ? pathIncremental : null);
  if (full === null) throw new SluiceError("SRC_PATH_MISSING", { connection });
  return located(full, settings, request);
};

/** The file that a look at a connection opens: `Path`, else `PathIncremental`. @throws as `sourceFile` */
export const viewedFile = (request: Place, settings: FileSettings): string => {
  const file = sourceFile({ ...request, mode: "complete", forceComplete: true }, settings);
  // A named pipe would be waited for without end.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    throw new SluiceError("SRC_FILE_UNREADABLE", { file, reason: "not a file" }, { place: { file } });
  }
  return file;
};

const located = (path: string, settings: FileSettings, { connection, workspace, sourcesRootPaths }: Place): string => {
  if (!settings.isFileNameRegex) return sourcePath(path, workspace, sourcesRootPaths);
  const { folder, name } = split(path, workspace);
  const absolute = sourceFolder(folder, workspace, sourcesRootPaths);
  // Where a link leads is looked at again: it may leave the roots.
  return sourcePath(join(absolute, lastMatch(connection, absolute, name)), workspace, sourcesRootPaths);
};

/**
 * Folder and file name of a path of which only the name is a pattern: cut at the last `/`; where there is none, on Windows at the last
 * backslash that stands behind a folder that exists, since a backslash also belongs to patterns.
 */
const split = (path: string, workspace: string): { readonly folder: string; readonly name: string } => {
  const slash = path.lastIndexOf("/");
  if (slash >= 0 || sep === "/") return { folder: path.slice(0, slash + 1) || ".", name: path.slice(slash + 1) };
  for (let at = path.lastIndexOf(sep); at >= 0; at = at === 0 ? -1 : path.lastIndexOf(sep, at - 1)) {
    const folder = path.slice(0, at + 1);
    if (statSync(resolve(workspace, folder), { throwIfNoEntry: false })?.isDirectory() === true)
      return { folder, name: path.slice(at + 1) };
  }
  const first = path.lastIndexOf(sep);
  return { folder: path.slice(0, first + 1) || ".", name: path.slice(first + 1) };
};
