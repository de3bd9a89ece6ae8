import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "../errors/index.js";
import type { SessionFile, SessionGuid } from "../model/index.js";
import { OutputFile, renameOver } from "./csv/index.js";

/**
 * Baselines of incremental runs (design §7.4). What a prepare sorted is pending, bound to its session, and takes the place of the
 * connector's baseline only when the server reports that session applied. Layout of `Work/Collect/previous`:
 * `pending/<session>/` and `promoted/<connector>/<session>/` with the sorted files and `baseline.json`; `promoted/<connector>/current.json`
 * names the session that counts. Every step can be interrupted and done again.
 */

/** `baseline.json` beside the sorted files of one session. */
export interface Baseline {
  readonly format: 1;
  readonly connector: string;
  readonly session: SessionGuid;
  /** Of the mappings the files were made with: under another one they are no baseline. */
  readonly mappingHash: string;
  readonly files: readonly SessionFile[];
}

const pendingFolder = (workFolder: string, session: SessionGuid): string =>
  join(workFolder, "Collect", "previous", "pending", folderName(session));
const promotedFolder = (workFolder: string, connector: string): string =>
  join(workFolder, "Collect", "previous", "promoted", folderName(connector));

/** A name that comes from elsewhere never leaves its folder. */
const folderName = (name: string): string => {
  // What `validate` takes as an identifier, and GUIDs.
  if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}._-]*$/u.test(name) || name.includes(".."))
    throw new SluiceError("SRC_BASELINE_INVALID", { file: name, reason: "not a name of a folder" });
  return name;
};

/**
 * Keeps the sorted files of a session as its pending baseline, as hard links where the file system can.
 * @param workFolder absolute; `collectFolder` holds `files`
 */
export const pendPrevious = (
  workFolder: string,
  collectFolder: string,
  { connector, session, mappingHash, files }: Omit<Baseline, "format">,
): void => {
  const folder = pendingFolder(workFolder, session);
  const unfinished = `${folder}.tmp`;
  for (const old of [folder, unfinished]) rmSync(old, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const sorted = files.filter(({ content }) => content === "sorted");
  for (const { name } of sorted) linkOrCopy(join(collectFolder, name), join(unfinished, name));
  writeJson(join(unfinished, "baseline.json"), { format: 1, connector, session, mappingHash, files: sorted } satisfies Baseline);
  renameOver(unfinished, folder);
};

/**
 * The server reports the session applied: its files become the connector's baseline. False where they are gone: then the connector has
 * no baseline any more, for the one before is no longer what was last applied.
 */
export const promotePrevious = (workFolder: string, connector: string, session: SessionGuid): boolean => {
  const pending = pendingFolder(workFolder, session);
  const home = promotedFolder(workFolder, connector);
  const promoted = join(home, folderName(session));
  mkdirSync(home, { recursive: true });
  if (existsSync(pending)) {
    if (readBaseline(pending).connector !== connector) {
      throw new SluiceError("SRC_BASELINE_INVALID", { file: pending, reason: `it is not one of connector ${connector}` });
    }
    rmSync(promoted, { recursive: true, force: true });
    renameOver(pending, promoted);
  }
  const isThere = existsSync(promoted);
  const current = join(home, "current.json");
  if (isThere) writeJson(current, { format: 1, session });
  else rmSync(current, { force: true });
  for (const name of readdirSync(home)) {
    if (name !== "current.json" && !(isThere && name === session)) rmSync(join(home, name), { recursive: true, force: true });
  }
  return isThere;
};

/** The session was cancelled, failed, expired or replaced: its files are no baseline. */
export const discardPrevious = (workFolder: string, session: SessionGuid): void => {
  const folder = pendingFolder(workFolder, session);
  for (const old of [folder, `${folder}.tmp`]) rmSync(old, { recursive: true, force: true });
};

const readBaseline = (folder: string): Baseline => {
  const file = join(folder, "baseline.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Baseline;
  } catch (cause) {
    throw new SluiceError("SRC_BASELINE_INVALID", { file, reason: (cause as Error).message }, { place: { file }, cause });
  }
};

const linkOrCopy = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    // Another file system, or one without hard links.
    copyFileSync(from, to);
  }
};

const writeJson = (path: string, content: unknown): void => {
  const output = new OutputFile(path);
  output.appendText(`${JSON.stringify(content, null, 2)}\n`);
  output.finish();
};
