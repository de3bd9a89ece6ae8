import { comma, copyBytes, lineFeed, quote } from "../csv/index.js";

/** Where the field of canonical text (design §5) that begins at `start` ends: at the comma or the line feed behind it, `limit` at the latest. */
export const fieldEnd = (bytes: Uint8Array, start: number, limit: number): number => {
  let p = start;
  if (bytes[p] === quote) {
    for (p++; p < limit; p++) {
      if (bytes[p] !== quote) continue;
      if (bytes[p + 1] !== quote) return p + 1;
      p++;
    }
    return limit;
  }
  while (p < limit && bytes[p] !== comma && bytes[p] !== lineFeed) p++;
  return p;
};

/** The value of the field `bytes[start, end)`: its bytes without quotes, doubled ones made single. */
export const fieldBytes = (bytes: Buffer, start: number, end: number): Buffer => {
  if (bytes[start] !== quote) return bytes.subarray(start, end);
  const inner = bytes.subarray(start + 1, end - 1);
  if (!inner.includes(quote)) return inner;
  const value = Buffer.allocUnsafe(inner.length);
  let at = 0;
  for (let p = 0; p < inner.length; ) {
    const next = inner.indexOf(quote, p);
    const stop = next < 0 ? inner.length : next + 1;
    at = copyBytes(value, at, inner, p, stop);
    p = next < 0 ? stop : stop + 1;
  }
  return value.subarray(0, at);
};

/** The text of the field that begins at `start`. */
export const fieldTextAt = (bytes: Buffer, start: number, limit: number): string =>
  fieldBytes(bytes, start, fieldEnd(bytes, start, limit)).toString();

/** The fields of the record `bytes[start, end)`, its line feed included; empty is null. */
export const canonicalFields = (bytes: Buffer, start: number, end: number): (string | null)[] => {
  const fields: (string | null)[] = [];
  for (let at = start; ; ) {
    const stop = fieldEnd(bytes, at, end);
    fields.push(stop === at ? null : fieldBytes(bytes, at, stop).toString());
    if (bytes[stop] !== comma) return fields;
    at = stop + 1;
  }
};
