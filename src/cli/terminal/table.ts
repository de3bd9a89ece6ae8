import { printable } from "./printable.js";
import { plainStyle, type Style } from "./style.js";
import { cutTo, padTo, widthOf } from "./width.js";

export interface Column<Row> {
  readonly title: string;
  /** The cell's text; null shows as nothing. */
  readonly value: (row: Row) => string | null;
  readonly align?: "left" | "right";
  /** Colours the padded cell. */
  readonly paint?: (text: string, row: Row) => string;
}

export interface TableOptions {
  /** Columns of the terminal; absent: as wide as the content (a pipe). */
  readonly width?: number;
  readonly style?: Style;
  /** Blanks before each line. */
  readonly indent?: number;
}

/** Blanks between two columns. */
const gap = 2;
/** A cell of less columns tells nothing. */
const narrowest = 6;

/**
 * The look of a table: how wide each column is, taken from sample rows. Rows that come later are fitted in: cut on a terminal, sticking out in a
 * pipe, where nothing is cut.
 */
export class TableLayout<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #widths: number[];
  readonly #indent: string;
  readonly #style: Style;
  readonly #isCut: boolean;

  constructor(columns: readonly Column<Row>[], sample: readonly Row[], options: TableOptions = {}) {
    const indent = options.indent ?? 0;
    this.#columns = columns;
    this.#indent = " ".repeat(indent);
    this.#style = options.style ?? plainStyle;
    this.#isCut = options.width !== undefined;
    this.#widths = columns.map((column) =>
      sample.reduce((widest, row) => Math.max(widest, widthOf(printable(column.value(row) ?? ""))), widthOf(column.title)),
    );
    if (options.width !== undefined) shrink(this.#widths, options.width - indent - gap * (columns.length - 1));
  }

  /** The line of titles. */
  title(): string {
    return this.#join(
      this.#columns.map((column) => column.title),
      (_, text) => this.#style.bold(text),
    );
  }

  /** One row, without trailing blanks. */
  line(row: Row): string {
    return this.#join(
      this.#columns.map((column) => printable(column.value(row) ?? "")),
      (column, text) => column.paint?.(text, row) ?? text,
    );
  }

  #join(texts: readonly string[], paint: (column: Column<Row>, text: string) => string): string {
    const cells = this.#columns.map((column, index) => {
      const width = this.#widths[index] ?? 0;
      const text = texts[index] ?? "";
      const cell = this.#isCut ? cutTo(text, width) : text;
      // Nothing follows the last column: no blanks to fill it.
      return paint(column, index === this.#columns.length - 1 && column.align !== "right" ? cell : padTo(cell, width, column.align));
    });
    return (this.#indent + cells.join(" ".repeat(gap))).trimEnd();
  }
}

/** An aligned table: a line of titles, one line a row. Where the terminal is too narrow, the widest columns are cut until it fits. */
export const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], options: TableOptions = {}): string[] => {
  const layout = new TableLayout(columns, rows, options);
  return [layout.title(), ...rows.map((row) => layout.line(row))];
};

/** Takes columns off the widest until the sum fits: down to where a cell tells nothing only when nothing else helps. */
const shrink = (widths: number[], room: number): void => {
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  for (const least of [narrowest, 1]) {
    while (excess > 0) {
      const widest = Math.max(...widths);
      if (widest <= least) break;
      widths[widths.indexOf(widest)] = widest - 1;
      excess--;
    }
  }
};
