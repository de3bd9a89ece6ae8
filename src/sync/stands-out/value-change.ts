/**
 * What kind of change turns one text into another, so that many rows can be told to have changed alike: `blanks at the end went`, `“@old.example” became
 * “@new.example”`. Takes two different texts, neither empty; gives a phrase, null where they have nothing in common.
 */
export const valueChange = (before: string, after: string): string | null => {
  if (before.trim() === after.trim()) {
    const place =
      before.trimEnd() === after.trimEnd() ? "at the end" : before.trimStart() === after.trimStart() ? "at the start" : "around it";
    return before.length > after.length
      ? `lost blanks ${place}`
      : before.length < after.length
        ? `got blanks ${place}`
        : `has other blanks ${place}`;
  }
  if (withoutBlanks(before) === withoutBlanks(after)) return "differs in blanks only";
  if (before.toUpperCase() === after.toUpperCase()) {
    if (after === before.toUpperCase()) return "was put in capitals";
    if (after === before.toLowerCase()) return "was put in small letters";
    return "differs in capital and small letters only";
  }
  if (before.normalize("NFKC") === after.normalize("NFKC")) return "differs in its Unicode form only";
  if (withoutZeros(before) === withoutZeros(after)) return before.length > after.length ? "lost leading zeros" : "got leading zeros";
  if (before === `"${after}"` || after === `"${before}"`) return before.length > after.length ? "lost its quotes" : "got quotes around it";
  if (after.endsWith(before)) return `got ${quoted(after.slice(0, after.length - before.length))} before it`;
  if (after.startsWith(before)) return `got ${quoted(after.slice(before.length))} behind it`;
  if (before.endsWith(after)) return `lost ${quoted(before.slice(0, before.length - after.length))} before it`;
  if (before.startsWith(after)) return `lost ${quoted(before.slice(after.length))} behind it`;
  return replacement(before, after);
};

const withoutBlanks = (text: string): string => text.replace(/\s/gu, "");
const withoutZeros = (text: string): string => text.replace(/^0+(?=.)/, "");

/** Units of a value that a sentence shows at most. */
const longestShown = 60;

/** A value in a sentence. */
export const quoted = (text: string): string => `“${text.length > longestShown ? `${text.slice(0, longestShown - 1)}…` : text}”`;

const isLetterOrDigit = (unit: string): boolean => /[\p{L}\p{N}]/u.test(unit);

/** What stands between the common start and the common end, whole words of it; null where nothing is common. */
const replacement = (before: string, after: string): string | null => {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  // `ann@north.example` and `ann@nord.example` have `ann@no` in common: what was replaced begins behind the `@`, in every row.
  while (start > 0 && isLetterOrDigit(before[start - 1] ?? "")) start--;
  while (end > 0 && isLetterOrDigit(before[before.length - end] ?? "")) end--;
  if (start + end === 0) return null;
  return `has ${quoted(after.slice(start, after.length - end))} for ${quoted(before.slice(start, before.length - end))}`;
};
