import { existsSync, readFileSync } from "node:fs";
import { SluiceError } from "../errors/index.js";
import { OutputFile } from "./csv/index.js";

/** What an export says about the file it wrote, beside it as `<Connection>.csv.manifest.json` (design §5, fresh input only). */
export interface ExportManifest {
  readonly format: 1;
  readonly jobInstance: number;
  readonly taskInstance: number;
  /** Incremental: the file holds what changed, not the whole. Absent in what earlier versions wrote: complete. */
  readonly mode?: "complete" | "incremental";
  /** Incremental, by cookies: the session that left them. The file holds all that changed since the state which that session made. Absent where no cookie said what to begin with. */
  readonly since?: string;
  /** The session that a preparation handed its rows over with. Absent: none did. */
  readonly prepared?: string;
  /** Rows of the file, header not counted. */
  readonly rows: number;
  readonly bytes: number;
  /** Of the file, lower-case hex. */
  readonly sha256: string;
  /** Absolute path of what was exported. */
  readonly source: string;
  readonly sourceSize: number;
  /** ISO 8601, UTC. */
  readonly sourceModified: string;
}

/** Path of the manifest of an exported file. */
export const manifestPath = (file: string): string => `${file}.manifest.json`;

/** The manifest of an exported file, or null: a file that no export of ours wrote has none. @throws SRC_MANIFEST_INVALID */
export const readManifest = (file: string): ExportManifest | null => {
  const path = manifestPath(file);
  if (!existsSync(path)) return null;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw invalidManifest(path, "not JSON", cause);
  }
  const manifest = content as ExportManifest;
  if (manifest?.format !== 1 || !Number.isInteger(manifest.rows) || !Number.isInteger(manifest.bytes)) {
    throw invalidManifest(path, "not of format 1");
  }
  return manifest;
};

/** Writes the manifest of an exported file. @throws SRC_WRITE_FAILED */
export const writeManifest = (file: string, manifest: ExportManifest): void => {
  const output = new OutputFile(manifestPath(file));
  output.appendText(`${JSON.stringify(manifest, null, 2)}\n`);
  output.finish();
};

/** The manifest and the file do not belong together. */
export const invalidManifest = (path: string, reason: string, cause?: unknown): SluiceError =>
  new SluiceError("SRC_MANIFEST_INVALID", { file: path, reason }, { place: { file: path }, cause });
