import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Finding } from "../../config/index.js";
import { maskSecrets } from "../../errors/index.js";
import { snapshotsFolder } from "./snapshot-path.js";
import { writeWhole } from "./whole-file.js";

/** Ends no name that configuration is looked for under. */
const suffix = ".refused.txt";

/** Lines of other files' errors that a note repeats: it points, the files' own notes tell. */
const mostRepeated = 20;

/** Characters that could change a terminal or hide a line; `validate` replaces them as well. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const printable = (text: string): string => text.replace(unsafe, "\ufffd");

/** As `validate` prints it: `file:line:column: error CODE: text`. */
const findingLine = ({ file, line, column, severity, code, message }: Finding): string =>
  `${[file, line, column].filter((part) => part !== undefined).join(":")}: ${severity} ${code}: ${message}`;

export interface Refusal {
  /** Absolute. */
  readonly workspace: string;
  readonly workFolder: string;
  /** When the files were looked at, and since when what goes on is in force: `2026-11-21T09:30:00.000Z`. */
  readonly at: string;
  readonly inForceSince: string;
  readonly findings: readonly Finding[];
  /** Absolute paths of files that differ from those in force, the last changed first. */
  readonly dropped: readonly string[];
  readonly secrets: readonly string[];
}

/** The file in which a finding lies, absolute; null for what has no file in the workspace (an environment variable, the workspace itself). */
const placeOf = (workspace: string, { file }: Finding): string | null => {
  const path = resolve(workspace, file);
  return path !== workspace && path.startsWith(workspace + sep) && existsSync(path) ? path : null;
};

/** Texts of notes by the file that they stand beside. Every file with an error has one, and every dropped file, since that is where its author looks. */
const notesOf = ({ workspace, at, inForceSince, findings, dropped }: Refusal): ReadonlyMap<string, string> => {
  const [lastDropped] = dropped;
  const byFile = new Map<string, Finding[]>();
  for (const finding of findings) {
    const file = placeOf(workspace, finding) ?? lastDropped;
    if (file !== undefined) byFile.set(file, [...(byFile.get(file) ?? []), finding]);
  }
  const isError = ({ severity }: Finding): boolean => severity === "error";
  const errors = findings.filter(isError);
  const files = new Set([...[...byFile].filter(([, own]) => own.some(isError)).map(([file]) => file), ...dropped]);
  const head = [
    `Refused at ${at}: the configuration of ${inForceSince} stays in force.`,
    "This file goes away when the workspace is valid again.",
    "",
  ];
  return new Map(
    [...files].map((file) => {
      const own = byFile.get(file) ?? [];
      const others = own.some(isError) ? [] : ["Errors in other files:", ...errors.slice(0, mostRepeated).map(findingLine)];
      const rest = own.some(isError) ? 0 : errors.length - mostRepeated;
      const more = rest > 0 ? [`and ${rest} more: sluice validate lists all`] : [];
      return [file, `${[...head, ...[...own.map(findingLine), ...others, ...more].map(printable)].join("\n")}\n`];
    }),
  );
};

/** `Work/Configurations/refused`: which notes there are, so that they are found again after a restart. */
const listFile = (workFolder: string): string => join(snapshotsFolder(workFolder), "refused");

const readList = (workFolder: string): readonly string[] => {
  try {
    const files: unknown = JSON.parse(readFileSync(listFile(workFolder), "utf8"));
    return Array.isArray(files) ? files.filter((file): file is string => typeof file === "string") : [];
  } catch {
    return [];
  }
};

/** Notes by path relative to the workspace. Nothing else is ever removed, whatever the list says. */
const removeNotes = (workspace: string, notes: readonly string[]): void => {
  for (const note of notes) {
    const path = resolve(workspace, note);
    if (path.startsWith(workspace + sep) && path.endsWith(suffix)) rmSync(path, { force: true });
  }
};

/**
 * Writes beside each dropped file what was found: `<file>.refused.txt`. Notes of an earlier refusal that no longer hold are removed. Throws what the file system throws.
 */
export const writeRefusal = (refusal: Refusal): void => {
  const { workspace, workFolder, secrets } = refusal;
  const notes = new Map(
    [...notesOf(refusal)]
      .filter(([file]) => existsSync(dirname(file)))
      .map(([file, text]) => [relative(workspace, `${file}${suffix}`).split(sep).join("/"), text]),
  );
  const former = readList(workFolder);
  // The list comes first: a note that it does not name would never be removed.
  writeWhole(listFile(workFolder), `${JSON.stringify([...new Set([...former, ...notes.keys()])])}\n`, 0o600);
  removeNotes(
    workspace,
    former.filter((note) => !notes.has(note)),
  );
  for (const [note, text] of notes) writeWhole(resolve(workspace, note), maskSecrets(text, secrets), 0o644);
  writeWhole(listFile(workFolder), `${JSON.stringify([...notes.keys()])}\n`, 0o600);
};

/** Removes all notes: what lies in the workspace is in force. Throws what the file system throws. */
export const clearRefusal = (workspace: string, workFolder: string): void => {
  const former = readList(workFolder);
  if (former.length === 0) return;
  removeNotes(workspace, former);
  rmSync(listFile(workFolder), { force: true });
};
