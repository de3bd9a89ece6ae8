import { stringify } from "csv-stringify/sync";

/** A cell that stands in CSV as it is; every other case is csv-stringify's to decide. */
const plain = /^[^",\r\n]*$/;

/**
 * Rows as design §4 wants CSV: `,`, LF, RFC 4180 quoting, values exactly as they are (no escaping of formulas), null = empty.
 * Each row ends with a line end.
 */
export const csvLines = (rows: readonly (readonly (string | null)[])[]): string => {
  let text = "";
  for (const row of rows) {
    text += row.every((cell) => cell === null || plain.test(cell))
      ? `${row.map((cell) => cell ?? "").join(",")}\n`
      : // A lone CR ends a line for many readers, so it is quoted although the line end here is LF.
        stringify([[...row]], { record_delimiter: "unix", quoted_match: /\r/ });
  }
  return text;
};
