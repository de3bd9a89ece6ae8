import { compileDatePattern, dayLength, type TransformDate } from "../../model/index.js";
import { dateReader } from "./iso-date.js";

type Rules = Pick<TransformDate, "addedDays" | "minYear" | "maxYear" | "datePattern">;

/** A date with its days added, or what is wrong with it. */
export type AddedDays = { readonly text: string } | { readonly problem: string };

const firstTime = Date.parse("0001-01-01T00:00:00Z");
const lastTime = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Adds days to a date written as text (connectors §1.3), which stays in the form it has. Empty texts, and dates before MinYear or after
 * MaxYear, stay as they are. Times are taken as they stand, without a time zone; a pattern without a time of day cuts it off.
 */
export const daysAdder = ({ addedDays, minYear, maxYear, datePattern }: Rules): ((text: string) => AddedDays) => {
  const read = dateReader(datePattern === null ? null : patternOf(datePattern));
  const expected = datePattern === null ? "a date such as 2030-12-31 or 2030-12-31T18:00:00" : `a date written as ${datePattern}`;
  const added = Math.round(addedDays * dayLength);
  return (text) => {
    if (text === "") return { text };
    const date = read(text);
    if (date === null) return { problem: `"${text}" is not ${expected}` };
    const year = new Date(date.time).getUTCFullYear();
    if (year < (minYear ?? year) || year > (maxYear ?? year)) return { text };
    const moved = date.time + added;
    if (moved < firstTime || moved > lastTime) {
      return { problem: `"${text}" and ${addedDays} days is outside the years 1 to 9999: leave such dates alone by MinYear or MaxYear` };
    }
    return { text: date.format(moved) };
  };
};

const patternOf = (source: string) => {
  const compiled = compileDatePattern(source);
  // Checked when the configuration was compiled.
  if ("problem" in compiled) throw new Error(compiled.problem);
  return compiled.pattern;
};
