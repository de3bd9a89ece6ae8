import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import { compilePattern } from "../../model/index.js";

/** A file and the times that the file system keeps of it, nanoseconds since 1970; 0 where it does not know. */
export interface DatedFile {
  readonly name: string;
  readonly created: bigint;
  readonly modified: bigint;
}

/** Names shown where none matches: enough to see what is wrong, on one line. */
const namesShown = 5;

/** Time of creation, where the file system has one, else of the last modification (connectors §4.3). */
const age = ({ created, modified }: DatedFile): bigint => (created > 0n ? created : modified);

/** The file created last; of those created at one time the last by name. null of none. */
export const lastCreated = (files: readonly DatedFile[]): DatedFile | null =>
  files.reduce<DatedFile | null>((last, file) => {
    if (last === null || age(file) > age(last)) return file;
    return age(file) === age(last) && Buffer.compare(Buffer.from(file.name), Buffer.from(last.name)) > 0 ? file : last;
  }, null);

/**
 * Name of the file in a folder that matches a pattern from its first to its last character and was created last (connectors §4.3,
 * IsFileNameRegex). Folders are no files; what a symbolic link leads to is.
 * @throws SRC_PATTERN_INVALID, SRC_NO_FILE_MATCHES
 */
export const lastMatch = (connection: string, folder: string, source: string): string => {
  const compiled = compilePattern(source, "whole");
  if ("problem" in compiled) throw new SluiceError("SRC_PATTERN_INVALID", { connection, pattern: source, problem: compiled.problem });
  const { pattern } = compiled;
  const none = (found: string, cause?: unknown): SluiceError =>
    new SluiceError("SRC_NO_FILE_MATCHES", { folder, pattern: source, found }, { place: { file: folder }, cause });
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw none(code === "ENOENT" ? "the folder does not exist" : `the folder cannot be read (${code ?? String(cause)})`, cause);
  }
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const last = lastCreated(names.filter((name) => pattern.matches(name)).flatMap((name) => datedFile(folder, name)));
  if (last !== null) return last.name;
  const shown = names.sort().slice(0, namesShown).join(", ");
  const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : "";
  throw none(names.length === 0 ? "there is no file" : `there are ${shown}${more}`);
};

/** Nothing where a file was taken away meanwhile, or is none. */
const datedFile = (folder: string, name: string): readonly DatedFile[] => {
  const stat = statSync(join(folder, name), { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() === true ? [{ name, created: stat.birthtimeNs, modified: stat.mtimeNs }] : [];
};
