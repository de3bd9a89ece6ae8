import { comma, copyBytes, lineFeed, quote } from "./byte.js";
import { FieldForm } from "./record-batch.js";

/**
 * Canonical CSV (design §5): `,`, LF, UTF-8 without BOM, a field enclosed only where RFC 4180 needs it (it holds a comma, a quote,
 * CR or LF), always a header; an empty field is null. csv-stringify writes the same text with `{record_delimiter: "\n", quote_record_delimiter: true}`.
 */

/** The form of a value: what `writeField` has to do for it. */
export const formOfBytes = (bytes: Uint8Array, start: number, end: number): number => {
  let form = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > comma) continue;
    if (byte === quote) return FieldForm.needsQuotes | FieldForm.holdsQuote;
    if (byte === comma || byte === lineFeed || byte === 0x0d) form = FieldForm.needsQuotes;
  }
  return form;
};

/**
 * Writes the value `source[start, end)` of that form to `target` at `at`; gives the place after it.
 * Takes at most `2 * (end - start) + 2` bytes.
 */
export const writeField = (target: Uint8Array, at: number, source: Uint8Array, start: number, end: number, form: number): number => {
  if ((form & FieldForm.needsQuotes) === 0) return copyBytes(target, at, source, start, end);
  let p = at;
  target[p++] = quote;
  if ((form & FieldForm.holdsQuote) === 0) p = copyBytes(target, p, source, start, end);
  else {
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      target[p++] = byte;
      if (byte === quote) target[p++] = quote;
    }
  }
  target[p++] = quote;
  return p;
};

/** One row as canonical text, with its LF; null and '' are empty fields. */
export const canonicalRow = (fields: readonly (string | null)[]): string =>
  `${fields.map((value) => (value !== null && /[,"\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : (value ?? ""))).join(",")}\n`;
