import type { Dirent } from "node:fs";
import { readdirSync } from "node:fs";
import path from "node:path";

/** Folders that never hold configuration (design §3); compared ignoring case, as Windows does. */
const skipped = new Set(["work", "temp", "node_modules"]);

/** Deepest folder looked into: a loop of junctions must end. */
const maximumDepth = 32;

const isHidden = (name: string): boolean => name.startsWith(".");

/**
 * Gives the XML files of a workspace, relative to it with `/`, sorted: in any layout, but not below `Work`, `Temp`, `node_modules`,
 * folders that start with a dot, the folders the settings name, and folders that have an `appsettings.json` of their own (another
 * workspace). Links to folders are not followed. Throws what the file system throws.
 */
export const workspaceFiles = (workspace: string, excluded: readonly string[]): readonly string[] => {
  const leftOut = new Set(excluded.map((folder) => path.resolve(folder)));
  const found: string[] = [];
  const visit = (folder: string, depth: number): void => {
    const entries: readonly Dirent[] = readdirSync(folder, { withFileTypes: true });
    if (depth > 0 && entries.some((entry) => entry.isFile() && entry.name.toLowerCase() === "appsettings.json")) return;
    for (const entry of entries) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        const isLeftOut = isHidden(entry.name) || skipped.has(entry.name.toLowerCase()) || leftOut.has(full);
        if (!isLeftOut && depth < maximumDepth) visit(full, depth + 1);
      } else if (/\.xml$/i.test(entry.name) && !isHidden(entry.name)) {
        found.push(path.relative(workspace, full).split(path.sep).join("/"));
      }
    }
  };
  visit(workspace, 0);
  return found.sort();
};
