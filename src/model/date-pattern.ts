/** A way to write times as text, by the letters of .NET: `dd/MM/yyyy HH:mm`. No time zone: times are taken as they stand. */
export interface DatePattern {
  /** Milliseconds since 1970 of the time as it stands (UTC); null where the text is not of this pattern or no such day exists. */
  parse(text: string): number | null;
  /** @param time milliseconds since 1970, of the years 1 to 9999; parts that the pattern lacks are cut off */
  format(time: number): string;
}

const widths = { yyyy: 4, MM: 2, dd: 2, HH: 2, mm: 2, ss: 2, fff: 3 } as const;
type Part = keyof typeof widths;
const parts = Object.keys(widths) as readonly Part[];

/** Milliseconds of a day. */
export const dayLength = 86_400_000;

const partOf = (part: Part, date: Date): number => {
  switch (part) {
    case "yyyy":
      return date.getUTCFullYear();
    case "MM":
      return date.getUTCMonth() + 1;
    case "dd":
      return date.getUTCDate();
    case "HH":
      return date.getUTCHours();
    case "mm":
      return date.getUTCMinutes();
    case "ss":
      return date.getUTCSeconds();
    case "fff":
      return date.getUTCMilliseconds();
  }
};

/**
 * Compiles a pattern of `yyyy MM dd HH mm ss fff`, each at most once, the first three always; everything else stands for itself: signs,
 * `T`, `Z`, text in quotes or behind a backslash. Other letters are refused: they would mean something else to .NET. Gives the pattern,
 * or what is wrong with it.
 */
export const compileDatePattern = (source: string): { readonly pattern: DatePattern } | { readonly problem: string } => {
  const tokens: (Part | { readonly text: string })[] = [];
  const seen = new Set<Part>();
  for (let at = 0; at < source.length; ) {
    const letters = /^([A-Za-z])\1*/.exec(source.slice(at))?.[0] ?? "";
    const quoted = /^(?:"([^"]*)"|'([^']*)'|\\([\s\S]))/.exec(source.slice(at));
    const part = parts.find((known) => known === letters);
    if (part !== undefined) {
      if (seen.has(part)) return { problem: `${part} stands in it twice` };
      seen.add(part);
      tokens.push(part);
      at += letters.length;
    } else if (letters === "T" || letters === "Z" || (letters === "" && quoted === null && !/["'\\]/.test(source[at] ?? ""))) {
      tokens.push({ text: letters || (source[at] ?? "") });
      at += 1;
    } else if (quoted !== null) {
      tokens.push({ text: quoted[1] ?? quoted[2] ?? quoted[3] ?? "" });
      at += quoted[0].length;
    } else if (letters === "") return { problem: "a quote or backslash in it is not closed" };
    else return { problem: `${letters} is not one of ${parts.join(" ")}; text that stands for itself goes in quotes` };
  }
  const missing = (["yyyy", "MM", "dd"] as const).filter((part) => !seen.has(part));
  if (missing.length > 0) return { problem: `it lacks ${missing.join(", ")}: no day can be told` };
  const order = tokens.filter((token) => typeof token === "string");
  const reader = new RegExp(
    `^${tokens.map((token) => (typeof token === "string" ? `(\\d{${widths[token]}})` : escaped(token.text))).join("")}$`,
  );
  const format = (time: number): string => {
    const date = new Date(time);
    return tokens
      .map((token) => (typeof token === "string" ? String(partOf(token, date)).padStart(widths[token], "0") : token.text))
      .join("");
  };
  const parse = (text: string): number | null => {
    const found = reader.exec(text);
    if (found === null) return null;
    const value = (part: Part, absent: number): number => (seen.has(part) ? Number(found[order.indexOf(part) + 1]) : absent);
    const date = new Date(0);
    date.setUTCFullYear(value("yyyy", 1), value("MM", 1) - 1, value("dd", 1));
    date.setUTCHours(value("HH", 0), value("mm", 0), value("ss", 0), value("fff", 0));
    // The 31st of April would have become the 1st of May.
    return value("yyyy", 1) >= 1 && format(date.getTime()) === text ? date.getTime() : null;
  };
  return { pattern: { parse, format } };
};

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
