import { join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { OnProgress, SessionFile, SessionManifest } from "../../model/index.js";
import { escapeByte, fieldsOf, type RecordSource, recordSeparator, SortedFile, unitSeparator } from "../../sync/index.js";

/** What a long loop asks now and then: throws SYNC_STOPPED when the runner wants an end. */
export type CheckStop = (step: string) => void;

/** The session's file of a mapping of its connector. Throws SYNC_SESSION_OUTDATED when it has none: skipped in silence, its rows would never be compared. */
const fileOf = (session: SessionManifest, kind: SessionFile["kind"], mapping: string, content: SessionFile["content"]): SessionFile => {
  const found = session.files.find((file) => file.kind === kind && file.mapping === mapping && file.content === content);
  if (found === undefined) throw new SluiceError("SYNC_SESSION_OUTDATED", { session: session.guid, connector: session.connector });
  return found;
};

/** The whole file of a mapping, of a complete or initial session. Throws SYNC_SESSION_OUTDATED. */
export const sortedFileOf = (session: SessionManifest, kind: SessionFile["kind"], mapping: string): SessionFile =>
  fileOf(session, kind, mapping, "sorted");

/** The changes of a mapping, of an incremental session. Throws SYNC_SESSION_OUTDATED. */
export const deltaFileOf = (session: SessionManifest, kind: SessionFile["kind"], mapping: string): SessionFile =>
  fileOf(session, kind, mapping, "delta");

/** Mappings whose complete file has no rows (design §7.5). */
export const emptyFilesOf = (session: SessionManifest): ReadonlySet<string> =>
  new Set(session.files.flatMap(({ content, rows, mapping }) => (content === "sorted" && rows === 0 ? [mapping] : [])));

export const openSortedFile = (folder: string, file: SessionFile, columns: readonly string[]): SortedFile =>
  new SortedFile({ path: join(folder, file.name), columns, rows: file.rows, bytes: file.bytes, sha256: file.sha256 });

/** Passes blocks on, and lets the runner see them go by. */
export const watched = (
  source: SortedFile,
  of: number,
  step: string,
  context: { readonly checkStop: CheckStop; readonly onProgress: OnProgress },
): RecordSource => ({
  next: () => {
    context.checkStop(step);
    context.onProgress({ step, rows: source.rows, of });
    return source.next();
  },
});

const unit = String.fromCharCode(unitSeparator);
const recordEnd = String.fromCharCode(recordSeparator);

/** Visits each record's fields as text, empty = null. A block is decoded at once: far cheaper than field by field. */
const eachRecordOf = (block: Buffer, visit: (fields: (string | null)[]) => void): void => {
  if (block.includes(escapeByte)) {
    let start = 0;
    for (let end = block.indexOf(recordSeparator); end >= 0; end = block.indexOf(recordSeparator, start)) {
      visit(fieldsOf(block.subarray(start, end)));
      start = end + 1;
    }
    return;
  }
  const records = block.toString("utf8").split(recordEnd);
  // Each record ends with the separator: the last piece is empty.
  records.pop();
  for (const record of records) visit(record.split(unit).map((field) => (field === "" ? null : field)));
};

/** Visits each record of a source: its fields as text, empty = null. */
export const eachRecord = (source: RecordSource, visit: (fields: (string | null)[]) => void): void => {
  for (let block = source.next(); block !== null; block = source.next()) eachRecordOf(block, visit);
};
