/** What two keys share that differ only in blanks (control characters among them), case or Unicode form; design §6. Takes any text, gives its folded form. */
export const foldedKey = (key: string): string =>
  key
    .normalize("NFKC")
    .toUpperCase()
    .normalize("NFKC")
    .replace(/[\s\p{Cc}]/gu, "");

const withoutBlanks = (key: string): string => key.replace(/[\s\p{Cc}]/gu, "");

/** Says how two keys of one folded form differ, for a person. */
export const nearReason = (wanted: string, found: string): string => {
  if (wanted.normalize("NFKC") === found.normalize("NFKC")) return "differs only in Unicode form";
  if (wanted.toUpperCase() === found.toUpperCase()) return "differs only in case";
  if (withoutBlanks(wanted) === withoutBlanks(found)) return "differs only in blanks";
  return "differs only in case, blanks or Unicode form";
};
