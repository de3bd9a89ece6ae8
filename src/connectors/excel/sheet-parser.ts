import { type Cell, type CellContext, cellText } from "./cell.js";
import type { SheetRow } from "./workbook.js";
import { type XmlAttributes, type XmlHandler, XmlProblem } from "./xml-reader.js";

/** Columns and rows of the largest sheet. */
const maximumColumns = 16_384;
const maximumRows = 1_048_576;

/** Takes the rows out of the XML of a sheet: `sheetData/row/c`, with `v`, `f` and `is` (ECMA-376 part 1, chapter 18.3). */
export class SheetParser implements XmlHandler {
  private rows: SheetRow[] = [];
  private isInData = false;
  private row: ParsedRow | null = null;
  private rowNumber = 0;
  private column = 0;
  private cell: { type: string; style: number | null; value: string | null; hasFormula: boolean } | null = null;
  /** Text that is being read belongs to the cell. */
  private isValue = false;
  private isPhonetic = false;

  constructor(private readonly context: CellContext) {}

  /** The rows that came to their end since the last call. */
  take(): readonly SheetRow[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  open(name: string, attributes: XmlAttributes): void {
    if (!this.isInData) {
      this.isInData = name === "sheetData";
      return;
    }
    switch (name) {
      case "row":
        this.openRow(attributes.get("r"));
        break;
      case "c":
        this.openCell(attributes);
        break;
      case "v":
        this.isValue = this.cell !== null;
        if (this.cell !== null) this.cell.value ??= "";
        break;
      case "t":
        this.isValue = this.cell !== null && !this.isPhonetic;
        if (this.isValue && this.cell !== null) this.cell.value ??= "";
        break;
      case "f":
        if (this.cell !== null) this.cell.hasFormula = true;
        break;
      case "rPh":
        this.isPhonetic = true;
        break;
    }
  }

  text(text: string): void {
    if (this.isValue && this.cell !== null) this.cell.value += text;
  }

  close(name: string): void {
    switch (name) {
      case "v":
      case "t":
        this.isValue = false;
        break;
      case "rPh":
        this.isPhonetic = false;
        break;
      case "c":
        if (this.cell !== null) this.row?.set(this.column++, this.cell);
        this.cell = null;
        break;
      case "row":
        if (this.row !== null) this.rows.push(this.row);
        this.row = null;
        break;
      case "sheetData":
        this.isInData = false;
        break;
    }
  }

  private openRow(reference: string | null): void {
    const number = reference === null ? this.rowNumber + 1 : Number(reference);
    if (!Number.isInteger(number) || number <= this.rowNumber || number > maximumRows) {
      throw new XmlProblem(`row ${reference ?? number} stands behind row ${this.rowNumber}`);
    }
    this.rowNumber = number;
    this.row = new ParsedRow(number, this.context);
    this.column = 0;
  }

  private openCell(attributes: XmlAttributes): void {
    if (this.row === null) return;
    const reference = attributes.get("r");
    if (reference !== null) this.column = columnOf(reference);
    if (this.column >= maximumColumns) throw new XmlProblem(`row ${this.rowNumber} has more than ${maximumColumns} columns`);
    const style = attributes.get("s");
    this.cell = { type: attributes.get("t") ?? "n", style: style === null ? null : Number(style), value: null, hasFormula: false };
  }
}

class ParsedRow implements SheetRow {
  private readonly cells: Cell[] = [];

  constructor(
    readonly number: number,
    private readonly context: CellContext,
  ) {}

  get width(): number {
    return this.cells.length;
  }

  set(column: number, cell: Cell): void {
    this.cells[column] = cell;
  }

  isFilled(column: number): boolean {
    const result = this.text(column);
    return "problem" in result || result.text !== "";
  }

  text(column: number): ReturnType<typeof cellText> {
    const cell = this.cells[column];
    return cell === undefined ? { text: "" } : cellText(cell, this.context);
  }
}

/** `AB12` → 27. */
const columnOf = (reference: string): number => {
  let column = 0;
  let at = 0;
  for (; at < reference.length; at++) {
    const letter = reference.charCodeAt(at) & 0xdf;
    if (letter < 0x41 || letter > 0x5a) break;
    column = column * 26 + letter - 0x40;
  }
  if (at === 0 || at > 3) throw new XmlProblem(`${reference} names no cell`);
  return column - 1;
};

/** 27 → `AB`. */
export const columnName = (column: number): string =>
  column < 26 ? String.fromCharCode(0x41 + column) : `${columnName(Math.floor(column / 26) - 1)}${columnName(column % 26)}`;
