import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { SluiceError } from "../errors/index.js";
import type { SessionGuid } from "../model/index.js";
import { OutputFile, renameOver } from "./csv/index.js";
import { linkOrCopy } from "./link-or-copy.js";

/**
 * Cookies of exports (connectors §2.3): opaque files by which a managed system knows what an export has seen. They follow the chain (design §7.4): what an export wrote is new, is bound to the
 * session that its files go into, and counts only once that session was applied. Layout of `Work/ExportCookies`: `new/<connection>/`, `sessions/<session>/<connection>/`, and the ones that
 * count beside `<connection>.json`, which names their session. Every step can be interrupted and done again.
 */

/** `<connection>.json`. */
interface PromotedCookies {
  readonly format: 1;
  /** null while they are being replaced: they are no session's then. */
  readonly session: SessionGuid | null;
  /** Names of the files beside it. */
  readonly files: readonly string[];
}

const cookiesFolder = (workFolder: string): string => join(workFolder, "ExportCookies");
const sessionsFolder = (workFolder: string): string => join(cookiesFolder(workFolder), "sessions");

/** Where an export of the connection puts its cookies. */
export const newCookiesFolder = (workFolder: string, connection: string): string =>
  join(cookiesFolder(workFolder), "new", nameOf(connection));

/** Before an export: what a former one left is forgotten, so that no cookie can go with files that it does not belong to. */
export const forgetNewCookies = (workFolder: string, connection: string): void =>
  rmSync(newCookiesFolder(workFolder, connection), { recursive: true, force: true });

/**
 * Binds the new cookies of a connector's connections to the session that their exported files went into. They stay new as well: the same files may be prepared again. All of
 * them are bound afterwards, or none. Gives the connections that had some.
 */
export const bindCookies = (workFolder: string, session: SessionGuid, connections: readonly string[]): readonly string[] => {
  const bound = join(sessionsFolder(workFolder), nameOf(session));
  const unfinished = `${bound}.tmp`;
  for (const old of [bound, unfinished]) rmSync(old, { recursive: true, force: true });
  const having = connections.filter((connection) => filesIn(newCookiesFolder(workFolder, connection)).length > 0);
  for (const connection of having) {
    const from = newCookiesFolder(workFolder, connection);
    const to = join(unfinished, nameOf(connection));
    mkdirSync(to, { recursive: true });
    for (const file of filesIn(from)) linkOrCopy(join(from, file), join(to, file));
  }
  if (having.length > 0) renameOver(unfinished, bound);
  return having;
};

/** Brings the cookies of a connector in line with what the server did since: those of the head count, those of sessions that ended otherwise go. `connections` are the connector's. */
export const settleCookies = (
  workFolder: string,
  connections: readonly string[],
  { head, unended }: { readonly head: SessionGuid | null; readonly unended: readonly SessionGuid[] },
): void => {
  for (const name of foldersIn(sessionsFolder(workFolder))) {
    const folder = join(sessionsFolder(workFolder), name);
    const session = name.replace(/\.tmp$/, "");
    const bound = foldersIn(folder);
    // Those of other connectors are theirs to settle.
    if (!bound.some((connection) => connections.includes(connection))) continue;
    if (name === head) for (const connection of bound) promote(workFolder, head, folder, connection);
    if (name === head || !unended.some((each) => each === session)) rmSync(folder, { recursive: true, force: true });
  }
};

/** The folder of the cookies that an incremental export of the connection goes on from; null where none were left by the session that the repository stands at. */
export const countingCookies = (workFolder: string, connection: string, head: SessionGuid | null): string | null => {
  const promoted = promotedCookies(workFolder, connection);
  if (head === null || promoted === null || promoted.session !== head) return null;
  const folder = cookiesFolder(workFolder);
  return promoted.files.every((file) => existsSync(join(folder, file))) ? folder : null;
};

/** As `countingCookies`, of a complete session that waits to be synchronized: what is exported now will be applied on top of it. */
export const waitingCookies = (workFolder: string, connection: string, session: SessionGuid): string | null => {
  const folder = join(sessionsFolder(workFolder), nameOf(session), nameOf(connection));
  return filesIn(folder).length > 0 ? folder : null;
};

/** At no moment does the note name a session whose cookies those beside it are not. */
const promote = (workFolder: string, session: SessionGuid, bound: string, connection: string): void => {
  const folder = cookiesFolder(workFolder);
  const files = filesIn(join(bound, connection));
  const former = promotedCookies(workFolder, connection)?.files ?? [];
  note(workFolder, connection, { format: 1, session: null, files: [...new Set([...former, ...files])] });
  for (const file of files) {
    const temporary = join(folder, `.${file}.tmp`);
    rmSync(temporary, { force: true });
    linkOrCopy(join(bound, connection, file), temporary);
    renameOver(temporary, join(folder, file));
    // Renaming one name of a file onto another of the same file does nothing, and leaves both.
    rmSync(temporary, { force: true });
  }
  for (const file of former) if (!files.includes(file)) rmSync(join(folder, basename(file)), { force: true });
  note(workFolder, connection, { format: 1, session, files });
};

const note = (workFolder: string, connection: string, content: PromotedCookies): void => {
  const output = new OutputFile(promotedPath(workFolder, connection));
  output.appendText(`${JSON.stringify(content, null, 2)}\n`);
  output.finish();
};

const promotedPath = (workFolder: string, connection: string): string => join(cookiesFolder(workFolder), `${nameOf(connection)}.json`);

/** What cannot be read says nothing: the connection has no cookies then. */
const promotedCookies = (workFolder: string, connection: string): PromotedCookies | null => {
  try {
    const read = JSON.parse(readFileSync(promotedPath(workFolder, connection), "utf8")) as PromotedCookies;
    return read.format === 1 && Array.isArray(read.files) ? read : null;
  } catch {
    return null;
  }
};

const filesIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort()
    : [];

const foldersIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : [];

/** A name that comes from elsewhere never leaves its folder. */
const nameOf = (name: string): string => {
  if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}._-]*$/u.test(name) || name.includes("..")) {
    throw new SluiceError("SRC_BASELINE_INVALID", { file: name, reason: "not a name of a folder" });
  }
  return name;
};
