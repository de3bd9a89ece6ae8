import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExportRequest } from "../../src/connectors/index.js";

/** In memory where there is such a folder. */
const scratch = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export const makeFolder = (): string => mkdtempSync(join(scratch, "connectors-"));

export const withTemporaryFolder = (action: (folder: string) => void): void => {
  const folder = makeFolder();
  try {
    action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** A complete export of connection HR in the workspace `root` to `root/ExportOutput`. */
export const exportRequest = (root: string, settings: ExportRequest["settings"]): ExportRequest => ({
  connection: "HR",
  settings,
  workspace: root,
  sourcesRootPaths: [],
  outputFolder: join(root, "ExportOutput"),
  mode: "complete",
  forceComplete: false,
  cookies: null,
  newCookies: join(root, "cookies"),
  jobInstance: 3,
  taskInstance: 9,
});
