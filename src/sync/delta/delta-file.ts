import type { SessionFile, SynchronizationType } from "../../model/index.js";
import { type ExpectedFile, fieldsOf, recordSeparator, SortedFile } from "../comparison/index.js";

/** Commands of a delta, connectors §2.4. */
export const deltaCommands = ["insert", "update", "delete", "merge"] as const;
export type DeltaCommand = (typeof deltaCommands)[number];

/** Header of the first column of a `.sorted.delta`. */
export const commandColumn = "command";
/** Header of its last column in sessions of Type Changes: what a merge clears (design §5). */
export const clearedColumn = "#cleared";

/** One row of a `.sorted.delta`. */
export interface DeltaRow {
  readonly command: DeltaCommand;
  /** In the order of the mapped columns, key first; empty = null. Of an association: key 1 and key 2, of which a delete may lack one. */
  readonly fields: readonly (string | null)[];
  /** Headers of the columns that a merge clears. */
  readonly cleared: readonly string[];
}

/** Whether a session's delta of an entity type has the column `#cleared`. */
export const hasClearedColumn = (kind: SessionFile["kind"], type: SynchronizationType): boolean => kind === "entityType" && type !== "None";

/** Names headers in one cell. */
export const joinCleared = (columns: readonly string[]): string => columns.map((name) => name.replace(/[\\;]/g, "\\$&")).join(";");

/** The headers that a cell names. */
export const splitCleared = (cell: string | null): string[] =>
  cell === null ? [] : (cell.match(/(?:\\[\s\S]|[^;\\])+/g) ?? []).map((name) => name.replace(/\\([\s\S])/g, "$1"));

/**
 * Reads a `.sorted.delta` once, row by row. Takes what the manifest says of the file, with `columns` the mapped ones.
 * @throws SYNC_FILE_CHANGED, SYNC_FILE_COLUMNS
 */
export function* readDelta(expected: ExpectedFile, hasCleared: boolean): Generator<DeltaRow> {
  const columns = [commandColumn, ...expected.columns, ...(hasCleared ? [clearedColumn] : [])];
  const source = new SortedFile({ ...expected, columns });
  try {
    for (let block = source.next(); block !== null; block = source.next()) {
      let start = 0;
      for (let end = block.indexOf(recordSeparator); end >= 0; end = block.indexOf(recordSeparator, start)) {
        const fields = fieldsOf(block.subarray(start, end));
        start = end + 1;
        const command = fields[0] as DeltaCommand;
        const cleared = hasCleared ? splitCleared(fields.at(-1) ?? null) : [];
        yield { command, fields: fields.slice(1, expected.columns.length + 1), cleared };
      }
    }
  } finally {
    source.close();
  }
}
