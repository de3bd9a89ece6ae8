import type { CellText } from "./cell.js";

/** One sheet by its position among all, from 0; those that hold no cells (charts) count too. */
export interface Sheet {
  readonly position: number;
  readonly name: string;
  /** Rows in their order, some at a time; rows that hold no cell may be missing. @throws SRC_WORKBOOK_… */
  rows(): AsyncGenerator<readonly SheetRow[], void, undefined>;
}

export interface SheetRow {
  /** From 1, as people see it. */
  readonly number: number;
  /** Cells behind it hold nothing. */
  readonly width: number;
  /** Whether a cell holds something, be it an error. @param column from 0 */
  isFilled(column: number): boolean;
  /** @param column from 0 */
  text(column: number): CellText;
}

/** A workbook to read from; what reads it stands behind this, so that it can be replaced. */
export interface Workbook {
  /** Those with cells. */
  readonly sheets: readonly Sheet[];
  close(): void;
}
