import type { NumberMeaning } from "./number-format.js";
import { dateText, decimalText } from "./number-text.js";
import type { SharedStrings } from "./shared-strings.js";

/** A cell as the file has it. */
export interface Cell {
  /** `t`: s, str, inlineStr, b, e, d, n. */
  readonly type: string;
  /** `s`: place of its format; null: none. */
  readonly style: number | null;
  /** Text of its value; null where it has none. */
  readonly value: string | null;
  readonly hasFormula: boolean;
}

/** A text, '' of an empty cell; or why there is none, as the end of a sentence about the cell. */
export type CellText = { readonly text: string } | { readonly problem: string };

/** What cells of a workbook refer to. */
export interface CellContext {
  readonly strings: SharedStrings;
  /** By place of the format. */
  readonly meanings: readonly NumberMeaning[];
  readonly is1904: boolean;
}

/** The text of a cell: the value that was last computed, never the formula (connectors §4.4). */
export const cellText = (cell: Cell, context: CellContext): CellText => {
  const { type, value } = cell;
  if (value === null) {
    return cell.hasFormula && type !== "str"
      ? { problem: "holds a formula that was never computed: open the workbook in the spreadsheet program and save it" }
      : { text: "" };
  }
  switch (type) {
    case "s": {
      const text = /^\s*\d{1,9}\s*$/.test(value) ? context.strings.get(Number(value)) : null;
      return text === null ? { problem: `names the text ${value}, which the workbook does not have` } : checked(text);
    }
    case "str":
    case "inlineStr":
      return checked(restored(value));
    case "b":
      return { text: /^\s*(1|true)\s*$/i.test(value) ? "true" : "false" };
    case "e":
      return { problem: `holds the error ${value}: correct its formula, or clear it` };
    case "d":
      return isoText(value.trim());
    default:
      return numberText(value.trim(), cell.style, context);
  }
};

/** Undoes `_x000D_`, the way in which workbooks write characters that XML has not. */
export const restored = (text: string): string =>
  text.includes("_x") ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))) : text;

const checked = (text: string): CellText => {
  if (text.includes("\0")) return { problem: "holds the character NUL, which no value may have" };
  if (/\p{Surrogate}/u.test(text)) return { problem: "holds half a character" };
  return { text };
};

const numberText = (value: string, style: number | null, { meanings, is1904 }: CellContext): CellText => {
  const meaning = meanings[style ?? 0] ?? "number";
  const text = value === "" ? "" : decimalText(value);
  if (text === null) return { problem: `holds "${value}", which is no number` };
  if (text === "" || meaning === "number") return { text };
  const date = dateText(Number(value), meaning, is1904);
  return date === null ? { problem: `holds ${text} as a date, which no calendar has` } : { text: date };
};

/** Dates that a file keeps as text, to the second, in the one form that dates have. */
const isoText = (value: string): CellText => {
  const [, day, time, seconds] = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::(\d{2})(?:[.,]\d+)?)?Z?)?$/.exec(value) ?? [];
  const clock = time === undefined ? null : `${time}:${seconds ?? "00"}`;
  const text = clock === null || clock === "00:00:00" ? day : `${day}T${clock}`;
  const parsed = text === undefined ? Number.NaN : Date.parse(`${day}T${clock ?? "00:00:00"}Z`);
  const isReal = !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(`${day}T${clock ?? ""}`);
  return text === undefined || !isReal ? { problem: `holds "${value}" as a date, which no calendar has` } : { text };
};
