/** Texts of values that every DBMS gives in the same form (docs: SQL). */

/** `2026-11-21 09:30:00.120000` → `2026-11-21T09:30:00.12`; what is no such time (`infinity`, a year before Christ) stays as it is. */
export const localTime = (text: string): string => {
  const parts = /^(\d{4,6}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?$/.exec(text);
  return parts === null ? text : `${parts[1]}T${parts[2]}${fraction(parts[3])}`;
};

/** The same of a time in UTC: `…Z`. */
export const instant = (text: string): string => {
  const local = localTime(text.replace(/(?:\+00(?::?00)?|Z)$/, ""));
  return /^\d{4,6}-\d\d-\d\dT/.test(local) ? `${local}Z` : text;
};

/** A fraction of a second as far as it is not zero: what a time is does not depend on how precise its column is. */
export const fraction = (digits: string | undefined): string => (digits ?? "").replace(/\.?0*$/, "");

/** Base64, as properties of the types Bytes and Binary have it (connectors §1.11). */
export const binary = (value: Uint8Array): string => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");

export const yesOrNo = (value: boolean): string => (value ? "true" : "false");

/** The shortest text that is read as the same number of 32 bits. */
export const single = (value: number): string => {
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
};
