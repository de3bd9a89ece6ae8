import type { Schedule } from "./cron-expression.js";

/**
 * A schedule on the clock of a wall that is never put forward or back. Wall times are milliseconds since 1970 of that clock, as if it showed UTC;
 * intervals hold their start and not their end.
 */

const dayLength = 86_400_000;
const daySeconds = 86_400;

/** The calendar repeats itself after 400 years: what does not come within them never comes. */
const calendarCycle = 400;

interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const timeOf = (secondOfDay: number): TimeOfDay => ({
  hour: Math.floor(secondOfDay / 3600),
  minute: Math.floor((secondOfDay % 3600) / 60),
  second: secondOfDay % 60,
});

const hasDay = (schedule: Schedule, date: Date): boolean =>
  schedule.month.values.includes(date.getUTCMonth() + 1) &&
  schedule.day.values.includes(date.getUTCDate()) &&
  schedule.weekday.values.includes(date.getUTCDay());

const atLeast = (values: readonly number[], minimum: number): number | null => values.find((value) => value >= minimum) ?? null;

/** The first second of a day, from the one given on, that the schedule names; null when the day has no more. */
const nextTime = ({ hour, minute, second }: Schedule, secondOfDay: number): number | null => {
  const from = timeOf(secondOfDay);
  const [firstMinute = 0] = minute.values;
  const [firstSecond = 0] = second.values;
  if (hour.values.includes(from.hour)) {
    if (minute.values.includes(from.minute)) {
      const next = atLeast(second.values, from.second);
      if (next !== null) return from.hour * 3600 + from.minute * 60 + next;
    }
    const next = atLeast(minute.values, from.minute + 1);
    if (next !== null) return from.hour * 3600 + next * 60 + firstSecond;
  }
  const next = atLeast(hour.values, from.hour + 1);
  return next === null ? null : next * 3600 + firstMinute * 60 + firstSecond;
};

const below = (values: readonly number[], limit: number): number => {
  const index = values.findIndex((value) => value >= limit);
  return index === -1 ? values.length : index;
};

/** How many seconds of a day, before the one given, the schedule names. */
const timesBefore = ({ hour, minute, second }: Schedule, secondOfDay: number): number => {
  const limit = timeOf(secondOfDay);
  const inHours = below(hour.values, limit.hour) * minute.values.length * second.values.length;
  if (!hour.values.includes(limit.hour)) return inHours;
  const inMinutes = inHours + below(minute.values, limit.minute) * second.values.length;
  return minute.values.includes(limit.minute) ? inMinutes + below(second.values, limit.second) : inMinutes;
};

/** The first wall time of the schedule at or after the one given; null when there is none in a cycle of the calendar (31 February). */
export const nextOnWall = (schedule: Schedule, from: number): number | null => {
  let day = Math.floor(from / dayLength) * dayLength;
  const rest = Math.ceil((from - day) / 1000);
  if (rest < daySeconds && hasDay(schedule, new Date(day))) {
    const time = nextTime(schedule, rest);
    if (time !== null) return day + time * 1000;
  }
  const first = nextTime(schedule, 0);
  if (first === null) return null;
  const last = new Date(day).getUTCFullYear() + calendarCycle;
  for (day += dayLength; ; ) {
    const date = new Date(day);
    if (date.getUTCFullYear() > last) return null;
    if (hasDay(schedule, date)) return day + first * 1000;
    // Whole months without a day of the schedule are left out at once.
    day = schedule.month.values.includes(date.getUTCMonth() + 1)
      ? day + dayLength
      : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
};

/** How many wall times of the schedule lie in an interval, none where it ends before it starts. Costs next to nothing a day, however many there are. */
export const countOnWall = (schedule: Schedule, from: number, to: number): number => {
  let count = 0;
  for (let day = Math.floor(from / dayLength) * dayLength; day < to; day += dayLength) {
    if (!hasDay(schedule, new Date(day))) continue;
    const start = Math.min(Math.max(Math.ceil((from - day) / 1000), 0), daySeconds);
    const end = Math.max(start, Math.min(Math.ceil((to - day) / 1000), daySeconds));
    count += timesBefore(schedule, end) - timesBefore(schedule, start);
  }
  return count;
};
