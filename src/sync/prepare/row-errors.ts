import { basename } from "node:path";
import type { SluiceError } from "../../errors/index.js";
import { canonicalRow, OutputFile } from "../csv/index.js";

/** What is wrong with one row. */
export interface RowFault {
  readonly error: SluiceError;
  /** Property or column at fault; empty where it is the row as a whole. */
  readonly property: string;
  /** Cut to 60 characters. */
  readonly value: string;
}

/** Characters of a value that an error shows. */
const shownLength = 60;
/** A value as an error shows it. */
export const shown = (value: string): string => (value.length <= shownLength ? value : `${value.slice(0, shownLength)}…`);

/** `errors.csv` of a session, written as rows are found (design §5). `row` is the line on which the row starts, empty where none is at fault. */
export class ErrorsFile {
  private readonly output: OutputFile;

  constructor(path: string) {
    this.output = new OutputFile(path);
    this.output.appendText(canonicalRow(["file", "row", "key", "property", "value", "reason"]));
  }

  add(file: string, row: number | null, key: string, property: string, value: string, reason: string): void {
    this.output.appendText(canonicalRow([basename(file), row === null ? "" : String(row), shown(key), property, shown(value), reason]));
  }

  finish(): void {
    this.output.finish();
  }

  discard(): void {
    this.output.discard();
  }
}
