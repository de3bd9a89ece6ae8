import { countBetween, momentsBetween, timetableOf } from "./scheduled-moment.js";

/** A stretch of due times, told without listing them. */
export interface DueSpan {
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

/**
 * The first run after a moment, that moment excluded; null when there is none (31 February). Day and weekday both have to apply.
 * `serverTimeZone` is an IANA name, used for ServerTime. Where the clock is put forward, a fixed time in the missing hour comes once, at the first
 * instant after it; where it is put back, once, in the first of the two hours. A wildcard hour goes through both (jobs-and-tasks §3.8).
 * Throws RangeError for a text that `isValidCron` refuses and for an unknown time zone.
 */
export const nextRun = (cron: string, zone: "UTC" | "ServerTime", after: Date, serverTimeZone: string): Date | null => {
  const [next] = dueRuns(cron, zone, after, new Date(endOfTime), serverTimeZone, 1);
  return next ?? null;
};

/** The last moment that a Date can hold. */
const endOfTime = 8_640_000_000_000_000;

/**
 * Due times t with after < t <= until, ascending; at most `limit`, the earliest. Without a limit all of them: a year of `* * * * * *` is 31 million dates, so that who does
 * not know how long the stretch is gives one, or asks `dueSpan`. Throws as `nextRun`.
 */
export const dueRuns = (
  cron: string,
  zone: "UTC" | "ServerTime",
  after: Date,
  until: Date,
  serverTimeZone: string,
  limit = Number.POSITIVE_INFINITY,
): readonly Date[] => {
  const due: Date[] = [];
  if (limit <= 0) return due;
  for (const { at } of momentsBetween(timetableOf(cron, zone, serverTimeZone), after.getTime(), until.getTime())) {
    due.push(new Date(at));
    if (due.length >= limit) break;
  }
  return due;
};

/**
 * How many due times t there are with after < t <= until, the first and the last of them; null when there are none. Costs a few milliseconds a year, however many they are.
 * Throws as `nextRun`.
 */
export const dueSpan = (cron: string, zone: "UTC" | "ServerTime", after: Date, until: Date, serverTimeZone: string): DueSpan | null => {
  const timetable = timetableOf(cron, zone, serverTimeZone);
  const count = countBetween(timetable, after.getTime(), until.getTime());
  const first = firstOf(momentsBetween(timetable, after.getTime(), until.getTime()));
  if (count === 0 || first === null) return null;
  // Halved until one due time is left, which is the last: it lies after `from`, up to `to`.
  let [from, to] = [after.getTime(), until.getTime()];
  for (let left = count; left > 1; ) {
    const middle = Math.floor((from + to) / 2);
    const later = countBetween(timetable, middle, to);
    if (later === 0) to = middle;
    else [from, left] = [middle, later];
  }
  const last = firstOf(momentsBetween(timetable, from, to));
  return last === null ? null : { count, first: new Date(first.at), last: new Date(last.at) };
};

const firstOf = <T>(all: Iterable<T>): T | null => {
  for (const each of all) return each;
  return null;
};
