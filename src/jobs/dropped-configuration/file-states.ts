import { statSync } from "node:fs";
import { configurationFiles, type WorkspaceOptions } from "../../config/index.js";

/** What can be seen of each file without reading it, by absolute path; a file that is not there is not listed. */
export type FileStates = ReadonlyMap<string, FileState>;

interface FileState {
  /** Size, times and number of the file: another text means that it moved. */
  readonly mark: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Looks at the files that a workspace's configuration is made of. Throws what the file system throws. */
export const lookAtFiles = (workspace: Pick<WorkspaceOptions, "workspace" | "env">): FileStates =>
  new Map(
    configurationFiles(workspace).flatMap((path) => {
      const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
      if (stat === undefined) return [];
      // The time of change moves too where a copy gives a file its former date back.
      return [[path, { mark: [stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino].join(" "), modifiedAt: Number(stat.mtimeMs) }]];
    }),
  );

/** Files that came, went or moved. */
export const movedFiles = (before: FileStates, after: FileStates): readonly string[] => [
  ...[...after].filter(([path, { mark }]) => before.get(path)?.mark !== mark).map(([path]) => path),
  ...[...before.keys()].filter((path) => !after.has(path)),
];

export const areSame = (before: FileStates | null, after: FileStates): boolean => before !== null && movedFiles(before, after).length === 0;
