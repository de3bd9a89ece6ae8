const start =
  ":A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}";

/** An XML name (XML 1.0 §2.3), sticky: set `lastIndex`, then `exec`. */
const xmlName = new RegExp(`[${start}][${start}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`, "uy");

const blank = /[ \t\n]*/y;

/** Gives the offset of the first character from `at` on that is no blank. */
export const skipBlanks = (text: string, at: number): number => {
  blank.lastIndex = at;
  blank.exec(text);
  return blank.lastIndex;
};

/** Gives the name that starts at `at`, or null. */
export const nameAt = (text: string, at: number): string | null => {
  xmlName.lastIndex = at;
  return xmlName.exec(text)?.[0] ?? null;
};
