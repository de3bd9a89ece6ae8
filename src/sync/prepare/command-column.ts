import { SluiceError } from "../../errors/index.js";
import { fieldText, type RecordBatch } from "../csv/index.js";
import { clearedColumn, commandColumn, commandNamed, type DeltaCommand, splitCleared } from "../delta/index.js";
import { type RowFault, shown } from "./row-errors.js";

/**
 * Place of the column that holds commands (connectors §1.10, ColumnName; §3), -1 where there is none. The exact name counts first, then the one
 * that is equal but for case.
 * @throws DATA_COLUMN_REPEATED
 */
export const commandColumnAt = (file: string, header: readonly string[], columnName: string | null): number => {
  const wanted = columnName ?? commandColumn;
  const exact = header.flatMap((name, i) => (name === wanted ? [i] : []));
  const found = exact.length > 0 ? exact : header.flatMap((name, i) => (name.toLowerCase() === wanted.toLowerCase() ? [i] : []));
  if (found.length > 1) {
    throw new SluiceError("DATA_COLUMN_REPEATED", { file, column: wanted, mapping: "of the commands" }, { place: { file, line: 1 } });
  }
  return found[0] ?? -1;
};

/** Reads the command of each row, and what its cell `#cleared` names. */
export class CommandColumn {
  /** Of the record read last. */
  command: DeltaCommand = "insert";
  /** Of the record read last: headers of the columns that its merge clears. */
  cleared: readonly string[] = [];
  private readonly column: number;
  private readonly clearedAt: number;

  /**
   * Takes the places of the key columns of the table's entity types, each once.
   * @throws DATA_COMMAND_COLUMN_MISSING, DATA_COLUMN_REPEATED
   */
  constructor(
    private readonly file: string,
    private readonly header: readonly string[],
    columnName: string | null,
    private readonly keyColumns: readonly number[],
  ) {
    this.column = commandColumnAt(file, header, columnName);
    this.clearedAt = header.indexOf(clearedColumn);
    if (this.column < 0) {
      throw new SluiceError("DATA_COMMAND_COLUMN_MISSING", { file, column: columnName ?? commandColumn }, { place: { file, line: 1 } });
    }
  }

  /** What is wrong with the record's command, or null. */
  read(batch: RecordBatch, record: number): RowFault | null {
    const first = batch.firstFields[record] as number;
    const text = fieldText(batch, first + this.column);
    const command = commandNamed(text);
    if (command === null) {
      return this.fault(batch, record, this.column, text, "DATA_COMMAND_UNKNOWN");
    }
    this.command = command;
    // Of a row about two resources nobody can tell which one it deletes: the other may be in use elsewhere.
    if (command === "delete" && this.keyColumns.length > 1) {
      const named = this.keyColumns.filter((column) => fieldText(batch, first + column) !== "");
      if (named.length > 1) return this.ambiguous(batch, record, named);
    }
    const cell = command === "merge" && this.clearedAt >= 0 ? fieldText(batch, first + this.clearedAt) : "";
    this.cleared = cell === "" ? [] : splitCleared(cell);
    const unknown = this.cleared.find((name) => !this.header.includes(name));
    return unknown === undefined ? null : this.fault(batch, record, this.clearedAt, unknown, "DATA_CLEARED_UNKNOWN");
  }

  private ambiguous(batch: RecordBatch, record: number, named: readonly number[]): RowFault {
    const columns = named.map((column) => this.header[column] ?? "").join(", ");
    const place = { file: this.file, line: batch.lines[record] as number };
    return { error: new SluiceError("DATA_DELETE_AMBIGUOUS", { file: this.file, columns }, { place }), property: columns, value: "" };
  }

  private fault(
    batch: RecordBatch,
    record: number,
    column: number,
    text: string,
    code: "DATA_COMMAND_UNKNOWN" | "DATA_CLEARED_UNKNOWN",
  ): RowFault {
    const value = shown(text);
    const place = { file: this.file, line: batch.lines[record] as number };
    return { error: new SluiceError(code, { file: this.file, value }, { place }), property: this.header[column] ?? "", value };
  }
}
