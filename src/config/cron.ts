/** jobs-and-tasks §3.8: second, minute, hour, day, month, weekday; Sunday is 0. */
const fields = [
  { name: "second", minimum: 0, maximum: 59, names: [] },
  { name: "minute", minimum: 0, maximum: 59, names: [] },
  { name: "hour", minimum: 0, maximum: 23, names: [] },
  { name: "day", minimum: 1, maximum: 31, names: [] },
  {
    name: "month",
    minimum: 1,
    maximum: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "weekday", minimum: 0, maximum: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
] as const;

type Field = (typeof fields)[number];

const numberOf = (field: Field, text: string): number | null => {
  const named = (field.names as readonly string[]).indexOf(text.toLowerCase());
  if (named !== -1) return named + field.minimum;
  if (!/^\d{1,2}$/.test(text)) return null;
  const number = Number(text);
  return number >= field.minimum && number <= field.maximum ? number : null;
};

const isItem = (field: Field, item: string): boolean => {
  const parts = item.split("/");
  const [range = "", step] = parts;
  if (parts.length > 2 || (step !== undefined && (!/^\d{1,2}$/.test(step) || Number(step) === 0))) return false;
  if (range === "*") return true;
  const ends = range.split("-").map((end) => numberOf(field, end));
  const [from, to] = ends;
  if (ends.length > 2 || ends.includes(null) || from === undefined || from === null) return false;
  return to === undefined || to === null || from <= to;
};

/** Most days a month has, by its number. */
const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that none of the months named has: such a schedule never fires. */
const neverFires = (day: string, month: string): boolean => {
  if (!/^\d+(,\d+)*$/.test(day)) return false;
  const months = month.split(",").map((item) => numberOf(fields[4], item));
  if (months.includes(null)) return false;
  const days = day.split(",").map(Number);
  return months.every((number) => days.every((wanted) => wanted > (longest[(number ?? 1) - 1] ?? 31)));
};

/** Longest schedule (characters): the scheduler keeps it beside its job, with the name of the zone, in a column of 442. */
const longestSchedule = 400;

/**
 * Takes a schedule of five fields, or of six with seconds first, built of numbers, names, `* , - /` (jobs-and-tasks §3.8; no `? L W #`).
 * Gives what it should be, or null when it is right.
 */
export const cronProblem = (text: string): string | null => {
  if (text.length > longestSchedule) return `a schedule of at most ${longestSchedule} characters (found ${text.length})`;
  const given = text.trim().split(/\s+/);
  if (given.length !== 5 && given.length !== 6)
    return "a schedule of five fields (minute hour day month weekday), or six with seconds first";
  const expected = given.length === 6 ? fields : fields.slice(1);
  for (const [index, field] of expected.entries()) {
    for (const item of (given[index] ?? "").split(",")) {
      if (!isItem(field, item)) {
        return `a schedule whose ${field.name} is made of ${field.minimum}-${field.maximum}${field.names.length > 0 ? ` or ${field.names[0]}-${field.names.at(-1)}` : ""} and * , - / (found ${JSON.stringify(item)})`;
      }
    }
  }
  return neverFires(given.at(-3) ?? "", given.at(-2) ?? "") ? "a schedule with a day that its month has" : null;
};
