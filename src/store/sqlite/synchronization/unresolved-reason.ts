const withoutBlanks = (key: string): string => key.replace(/\s+/gu, "");
const caseless = (key: string): string => key.toUpperCase().toLowerCase();
const fold = (key: string): string => withoutBlanks(caseless(key.normalize("NFC")));

/** Keys looked for by their folded form: without case, blanks and Unicode form. */
export const foldWanted = (keys: readonly string[]): { match(value: string): readonly string[] } => {
  const byFold = new Map<string, string[]>();
  for (const key of keys) {
    const folded = fold(key);
    const same = byFold.get(folded);
    if (same === undefined) byFold.set(folded, [key]);
    else same.push(key);
  }
  return { match: (value) => byFold.get(fold(value)) ?? [] };
};

/** Says how two keys of one folded form differ (design §6, orphans). */
export const nearReason = (wanted: string, found: string): string => {
  if (wanted.normalize("NFC") === found.normalize("NFC")) return "differs only in Unicode form";
  if (caseless(wanted) === caseless(found)) return "differs only in case";
  if (withoutBlanks(wanted) === withoutBlanks(found)) return "differs only in blanks";
  return "differs only in case, blanks or Unicode form";
};
