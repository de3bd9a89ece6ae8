import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../errors/index.js";
import type { SessionFile, SessionGuid, SynchronizationType } from "../model/index.js";
import { OutputFile, renameOver } from "./csv/index.js";
import { linkOrCopy } from "./link-or-copy.js";
import type { EarlierFiles } from "./prepare/index.js";

/**
 * What incremental runs go on from (design §7.4). What a prepare made is pending, bound to its session, and takes the place of the connector's baseline only when the
 * server reports that session applied. Layout of `Work/Collect/previous`: `pending/<session>/` and `promoted/<connector>/<session>/` with the files and
 * `baseline.json`; `promoted/<connector>/current.json` names the session that counts. Sessions of Type None and complete ones keep their sorted files, to be compared with; sessions of
 * Type Changes keep their deltas, which the next one carries on until one of them is applied. Every step can be interrupted and done again.
 */

/** `baseline.json` beside the files of one session. */
export interface Baseline {
  readonly format: 1;
  readonly connector: string;
  readonly session: SessionGuid;
  /** The session's place in the order of announcement. */
  readonly sequence: number;
  readonly type: SynchronizationType;
  /** What its deltas change: the session that it starts at; null where it holds the whole. */
  readonly startsAt: SessionGuid | null;
  /** Of the mappings the files were made with: under another one they are no baseline. */
  readonly mappingHash: string;
  readonly files: readonly SessionFile[];
  /** False: rows were set aside, and what is stored under their keys is not in `files`. Absent: true. */
  readonly isWhole?: boolean;
  /** Connections whose exports left cookies with the session: an incremental export of theirs needs them. */
  readonly cookies: readonly string[];
}

/** `current.json`: what the repository was last made equal to. */
interface Current {
  readonly format: 1;
  readonly session: SessionGuid;
  /** Changes: the session left nothing to compare with. */
  readonly type?: SynchronizationType;
  /** Of a session of Type Changes, as in its `baseline.json`. */
  readonly cookies?: readonly string[];
}

/** What has become of a connector's sessions, as the server tells it. */
export interface SettledState {
  /** The session last applied; null before the first. */
  readonly head: SessionGuid | null;
  /** Where the next incremental session starts: the head, or a complete session that waits. */
  readonly start: SessionGuid | null;
  /** Sessions that may still be applied. */
  readonly unended: readonly SessionGuid[];
}

/** The baseline at a session, or why there is none, as the end of a sentence. */
export type FoundBaseline = { readonly baseline: EarlierFiles } | { readonly missing: string };

const previousFolder = (workFolder: string): string => join(workFolder, "Collect", "previous");
const pendingFolder = (workFolder: string, session: SessionGuid): string =>
  join(previousFolder(workFolder), "pending", folderName(session));
/** The name says whose it is, should nobody finish it: `~` stands in no identifier. */
const unfinishedFolder = (workFolder: string, connector: string, session: SessionGuid): string =>
  join(previousFolder(workFolder), "pending", `${folderName(connector)}~${folderName(session)}.tmp`);
const promotedFolder = (workFolder: string, connector: string): string =>
  join(previousFolder(workFolder), "promoted", folderName(connector));

/** A name that comes from elsewhere never leaves its folder. */
const folderName = (name: string): string => {
  // What `validate` takes as an identifier, and GUIDs.
  if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}._-]*$/u.test(name) || name.includes(".."))
    throw new SluiceError("SRC_BASELINE_INVALID", { file: name, reason: "not a name of a folder" });
  return name;
};

/**
 * Keeps the files of a session as its pending ones, as hard links where the file system can. All of them are there afterwards, or none.
 * @param workFolder absolute; `collectFolder` holds `files`
 */
export const pendPrevious = (workFolder: string, collectFolder: string, baseline: Omit<Baseline, "format">): void => {
  const folder = pendingFolder(workFolder, baseline.session);
  const unfinished = unfinishedFolder(workFolder, baseline.connector, baseline.session);
  for (const old of [folder, unfinished]) rmSync(old, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  for (const { name } of baseline.files) linkOrCopy(join(collectFolder, name), join(unfinished, name));
  writeJson(join(unfinished, "baseline.json"), { format: 1, ...baseline } satisfies Baseline);
  renameOver(unfinished, folder);
};

/**
 * The server reports the session applied: its files become the connector's baseline; of a session of Type Changes only that it was applied is noted. False where its files are
 * gone: then the connector has no baseline any more, for the one before is no longer what was last applied.
 */
export const promotePrevious = (workFolder: string, connector: string, session: SessionGuid): boolean => {
  const pending = pendingFolder(workFolder, session);
  const home = promotedFolder(workFolder, connector);
  const promoted = join(home, folderName(session));
  mkdirSync(home, { recursive: true });
  const current = join(home, "current.json");
  let isWhole = true;
  let left: readonly string[] = [];
  if (existsSync(pending)) {
    const { connector: owner, type, cookies } = readBaseline(pending);
    left = cookies;
    if (owner !== connector)
      throw new SluiceError("SRC_BASELINE_INVALID", { file: pending, reason: `it is not one of connector ${connector}` });
    isWhole = type !== "Changes";
    if (isWhole) {
      rmSync(promoted, { recursive: true, force: true });
      renameOver(pending, promoted);
    }
  } else {
    const known = readCurrent(home);
    if (known?.session === session && known.type === "Changes") isWhole = false;
    left = known?.cookies ?? [];
  }
  const isThere = !isWhole || existsSync(promoted);
  if (!isWhole) writeJson(current, { format: 1, session, type: "Changes", cookies: left } satisfies Current);
  else if (isThere) writeJson(current, { format: 1, session } satisfies Current);
  else rmSync(current, { force: true });
  for (const name of readdirSync(home)) {
    if (name !== "current.json" && !(isWhole && isThere && name === session)) rmSync(join(home, name), { recursive: true, force: true });
  }
  // Last: as long as it is there, all of this is done again.
  rmSync(pending, { recursive: true, force: true });
  return isThere;
};

/** The session ended otherwise than applied, before anybody could carry it on: nothing of it is kept. */
export const discardPrevious = (workFolder: string, connector: string, session: SessionGuid): void => {
  for (const old of [pendingFolder(workFolder, session), unfinishedFolder(workFolder, connector, session)])
    rmSync(old, { recursive: true, force: true });
};

/**
 * Brings a connector's files in line with what the server did since: promotes the head's, removes those of sessions that ended otherwise. Deltas of Type Changes stay while the state that
 * they change is the present one, or may become it: the next session carries the latest of them on, which holds all before it. Gives whether the head has a baseline.
 */
export const settlePrevious = (workFolder: string, connector: string, { head, start, unended }: SettledState): boolean => {
  const isThere = head !== null && promotePrevious(workFolder, connector, head);
  const pending = join(previousFolder(workFolder), "pending");
  const starts: readonly (SessionGuid | null)[] = [head, start, ...unended];
  const kept: Baseline[] = [];
  for (const name of namesIn(pending)) {
    const folder = join(pending, name);
    if (name.endsWith(".tmp")) {
      // Of a prepare that died; that of another connector may be at work.
      const [owner, session] = name.slice(0, -".tmp".length).split("~");
      if (owner === connector && !unended.some((each) => each === session)) rmSync(folder, { recursive: true, force: true });
      continue;
    }
    const baseline = readableBaseline(folder);
    if (baseline?.connector !== connector) continue;
    if (baseline.type === "Changes" && baseline.startsAt !== null && starts.includes(baseline.startsAt)) kept.push(baseline);
    else if (!unended.includes(baseline.session)) rmSync(folder, { recursive: true, force: true });
  }
  for (const { session, sequence, startsAt } of kept) {
    const isHeldByLater = kept.some((later) => later.startsAt === startsAt && later.sequence > sequence);
    if (isHeldByLater && !unended.includes(session)) discardPrevious(workFolder, connector, session);
  }
  return isThere;
};

/** What a session of Type None is compared with: the sorted files of the session that it starts at, made under the same mappings. */
export const baselineAt = (workFolder: string, connector: string, session: SessionGuid, mappingHash: string): FoundBaseline => {
  const home = promotedFolder(workFolder, connector);
  const known = readCurrent(home);
  if (known?.session === session && known.type === "Changes") {
    return { missing: `because session ${session}, the last one, was of Type Changes and left no whole files to compare with` };
  }
  // A complete session that waits to be synchronized is pending still.
  for (const folder of [join(home, folderName(session)), pendingFolder(workFolder, session)]) {
    const found = readableBaseline(folder);
    if (found === null) continue;
    const { connector: owner, type, mappingHash: madeWith, files, isWhole = true } = found;
    if (owner !== connector || type === "Changes") continue;
    if (madeWith !== mappingHash) return { missing: `because its mappings or entity types were changed after session ${session}` };
    if (!isWhole)
      return { missing: `because rows of session ${session} were set aside, and nothing tells what is stored under their keys` };
    const altered = files.find(({ name, bytes }) => statSync(join(folder, name), { throwIfNoEntry: false })?.size !== bytes);
    if (altered !== undefined) return { missing: `because ${join(folder, altered.name)} is not as session ${session} left it` };
    return { baseline: { folder, files } };
  }
  return { missing: `because the files of session ${session}, which it would be compared with, are not in ${previousFolder(workFolder)}` };
};

/** Deltas that were prepared at the session and never applied: the latest, which holds those before it. null where there are none. */
export const carriedAt = (
  workFolder: string,
  connector: string,
  session: SessionGuid,
  mappingHash: string,
): (EarlierFiles & { readonly session: SessionGuid; readonly sequence: number }) | null => {
  const pending = join(previousFolder(workFolder), "pending");
  const found = namesIn(pending)
    .filter((name) => !name.endsWith(".tmp"))
    .flatMap((name) => readableBaseline(join(pending, name)) ?? [])
    .filter(
      (each) => each.connector === connector && each.type === "Changes" && each.startsAt === session && each.mappingHash === mappingHash,
    )
    .sort((a, b) => b.sequence - a.sequence)[0];
  if (found === undefined) return null;
  return { folder: pendingFolder(workFolder, found.session), files: found.files, session: found.session, sequence: found.sequence };
};

/**
 * Connections whose exports left cookies with a session that was applied, or waits to be; null where nothing is known of the session: the work folder is not the one that it was
 * prepared in, or was lost since.
 */
export const cookiesLeftBy = (workFolder: string, connector: string, session: SessionGuid): readonly string[] | null => {
  const home = promotedFolder(workFolder, connector);
  const known = readCurrent(home);
  if (known?.session === session && known.type === "Changes") return known.cookies ?? [];
  return (readableBaseline(join(home, folderName(session))) ?? readableBaseline(pendingFolder(workFolder, session)))?.cookies ?? null;
};

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

const readBaseline = (folder: string): Baseline => {
  const read = readJson<Partial<Baseline>>(join(folder, "baseline.json"));
  // What an earlier version wrote lacks these four: it knew whole files only.
  return { sequence: 0, type: "None", startsAt: null, cookies: [], ...read } as Baseline;
};

/** null where there is none, or one that nobody can use. */
const readableBaseline = (folder: string): Baseline | null => {
  try {
    return readBaseline(folder);
  } catch {
    return null;
  }
};

const readCurrent = (home: string): Current | null => {
  const file = join(home, "current.json");
  return existsSync(file) ? readJson<Current>(file) : null;
};

const readJson = <T>(file: string): T => {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch (cause) {
    throw new SluiceError("SRC_BASELINE_INVALID", { file, reason: (cause as Error).message }, { place: { file }, cause });
  }
};

const writeJson = (path: string, content: unknown): void => {
  const output = new OutputFile(path);
  output.appendText(`${JSON.stringify(content, null, 2)}\n`);
  output.finish();
};
