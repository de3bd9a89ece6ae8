/** What the number of a cell means by its format: date: with or without a time of day; time: a time of day; elapsed: hours that run on. */
export type NumberMeaning = "number" | "date" | "time" | "elapsed";

/** Numbers of the formats that are not written out in the file: the same in all languages, or dates of East Asian ones. */
const builtIn: readonly (readonly [from: number, to: number, meaning: NumberMeaning])[] = [
  [14, 17, "date"],
  [18, 21, "time"],
  [22, 22, "date"],
  [27, 31, "date"],
  [32, 33, "time"],
  [34, 36, "date"],
  [45, 45, "time"],
  [46, 46, "elapsed"],
  [47, 47, "time"],
  [50, 58, "date"],
];

/** Of a format that the file does not write out. */
export const builtInMeaning = (id: number): NumberMeaning => builtIn.find(([from, to]) => id >= from && id <= to)?.[2] ?? "number";

/** Of a format code: `dd/mm/yyyy hh:mm`, `[h]:mm`, `#,##0.00 [$€-407]`. Texts in it do not count, nor do colours and conditions. */
export const formatMeaning = (code: string): NumberMeaning => {
  const bare = code
    .replace(/"[^"]*"?|\\.|[_*]./g, "")
    .replace(/\[(?!(?:h+|m+|s+)\])[^\]]*\]/gi, "")
    .replace(/general/gi, "");
  if (/[yd]/i.test(bare)) return "date";
  if (/\[(?:h+|m+|s+)\]/i.test(bare)) return "elapsed";
  if (/[hs]/i.test(bare)) return "time";
  return /m/i.test(bare) ? "date" : "number";
};
