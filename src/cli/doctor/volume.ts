import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A folder or file as the system sees it. */
export interface Volume {
  /** The path, or the nearest folder above it that is there. */
  readonly found: string;
  readonly exists: boolean;
  readonly isFolder: boolean;
  /** Files can be made there (folder) or it can be changed (file). */
  readonly isWritable: boolean;
  /** Bytes that this user may still write; null where the system does not tell. */
  readonly free: number | null;
  /** What kind of network share it lies on; null: a local disk, or not known. */
  readonly network: string | null;
  /** The same number: the same disk. */
  readonly device: number;
}

/** Linux: `f_type` of statfs(2) of file systems that other machines serve. */
const networkTypes: Readonly<Record<number, string>> = {
  26985: "NFS",
  20859: "SMB",
  4283649346: "SMB",
  4266872130: "SMB",
  1397113167: "AFS",
  12805120: "Ceph",
  198183888: "Lustre",
  16914839: "9P",
};

const isAllowed = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

const volumeType = (path: string): { readonly free: number | null; readonly type: number | null } => {
  try {
    const { bavail, bsize, type } = statfsSync(path);
    return { free: bavail * bsize, type };
  } catch {
    return { free: null, type: null };
  }
};

/** Looks at a path, whether it is there or not. Changes nothing. Throws where not even a folder above it can be looked at. */
export const volumeOf = (path: string): Volume => {
  let found = path;
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found);
  const stat = statSync(found);
  const { free, type } = volumeType(found);
  const share = process.platform === "win32" && found.startsWith("\\\\") ? "a Windows share" : null;
  return {
    found,
    exists: found === path,
    isFolder: stat.isDirectory(),
    isWritable: isAllowed(found, stat.isDirectory() ? constants.W_OK | constants.X_OK : constants.W_OK),
    free,
    network: share ?? (process.platform === "linux" && type !== null ? (networkTypes[type] ?? null) : null),
    device: stat.dev,
  };
};
