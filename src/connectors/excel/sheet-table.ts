import { SluiceError } from "../../errors/index.js";
import { trimText } from "../source-file/index.js";
import { columnName } from "./sheet-parser.js";
import type { Sheet, SheetRow } from "./workbook.js";

/** A row of a table: its values by column, '' where it has none or none that can be read; and why not, of the first such cell. */
export interface TableRow {
  /** From 1, as people see it. */
  readonly number: number;
  readonly values: readonly string[];
  readonly fault: SluiceError | null;
}

/** A sheet as a table: the names in its header, and its rows some at a time, those without any value left out. */
export interface SheetTable {
  readonly header: readonly string[];
  rows(): AsyncGenerator<readonly TableRow[], void, undefined>;
  /** Where its rows are not read to their end. */
  close(): Promise<void>;
}

/**
 * Reads a sheet as a table (connectors §4.4): the row behind `linesToSkip` is the header, columns without a name are left out. Gives null
 * of a sheet without any value, as spreadsheet programs add them.
 * @throws DATA_HEADER_MISSING, DATA_CELL of the header, SRC_WORKBOOK_…
 */
export const sheetTable = async (
  file: string,
  sheet: Sheet,
  linesToSkip: number,
  valuesToTrim: readonly string[],
): Promise<SheetTable | null> => {
  const batches = sheet.rows();
  const headerNumber = linesToSkip + 1;
  const cells = (row: SheetRow, column: number): SluiceError | string => {
    const result = row.text(column);
    if ("text" in result) return trimText(result.text, valuesToTrim);
    const cell = `${columnName(column)}${row.number}`;
    return new SluiceError("DATA_CELL", { file, sheet: sheet.name, cell, problem: result.problem }, { place: { file, line: row.number } });
  };
  const close = async (): Promise<void> => {
    await batches.return();
  };
  const columns: { readonly column: number; readonly name: string }[] = [];
  let first: readonly SheetRow[] = [];
  let isEmpty = true;
  for (let batch = await batches.next(); columns.length === 0 && batch.done !== true; ) {
    const at = batch.value.findIndex((row) => row.number >= headerNumber && isFilled(row));
    isEmpty &&= !batch.value.some(isFilled);
    const row = batch.value[at];
    if (row === undefined) {
      batch = await batches.next();
      continue;
    }
    if (row.number > headerNumber) break;
    for (let column = 0; column < row.width; column++) {
      const name = cells(row, column);
      if (typeof name !== "string") {
        await close();
        throw name;
      }
      if (name !== "") columns.push({ column, name });
    }
    if (columns.length === 0) break;
    first = batch.value.slice(at + 1);
  }
  if (columns.length === 0) {
    await close();
    if (isEmpty) return null;
    const label = `${file}, sheet "${sheet.name}", row ${headerNumber},`;
    throw new SluiceError("DATA_HEADER_MISSING", { file: label }, { place: { file, line: headerNumber } });
  }
  const tableRow = (row: SheetRow): readonly TableRow[] => {
    let fault: SluiceError | null = null;
    let hasValue = false;
    const values = columns.map(({ column }) => {
      const value = cells(row, column);
      if (value !== "") hasValue = true;
      if (typeof value === "string") return value;
      fault ??= value;
      return "";
    });
    return hasValue ? [{ number: row.number, values, fault }] : [];
  };
  async function* rows() {
    try {
      yield first.flatMap(tableRow);
      for await (const batch of batches) yield batch.flatMap(tableRow);
    } finally {
      await close();
    }
  }
  return { header: columns.map(({ name }) => name), rows, close };
};

const isFilled = (row: SheetRow): boolean => {
  for (let column = 0; column < row.width; column++) if (row.isFilled(column)) return true;
  return false;
};
