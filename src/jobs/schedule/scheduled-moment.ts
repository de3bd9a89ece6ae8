import { type Schedule, scheduleOf } from "./cron-expression.js";
import { type Stretch, type TimeZone, timeZoneNamed } from "./time-zone.js";
import { countOnWall, nextOnWall } from "./wall-clock.js";

/**
 * What a change of the clock does to a run: its time is missing that day and it comes at the first instant afterwards (`moved`); the wall shows its time twice and
 * it comes in the first of both (`once`) or in each (`firstOfTwo`, `secondOfTwo`).
 */
export type ClockChange = "moved" | "once" | "firstOfTwo" | "secondOfTwo";

/** One due time, in milliseconds since 1970. */
export interface ScheduledMoment {
  readonly at: number;
  /** What the wall shows then, as if it showed UTC. */
  readonly wall: number;
  readonly change: ClockChange | null;
  /** The first wall time that it stands for; other than `wall` where it was moved. */
  readonly named: number;
}

const dayLength = 86_400_000;

/** A run comes when the wall shows a time of its schedule, which is less than 16 hours from UTC, or up to a day later where a whole day is missing. */
const farthest = 2 * dayLength;

/** Days looked at together; where a schedule names none in them, they are left out. */
const window = 32 * dayLength;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The wall times that come in a stretch. A fixed hour passes over those the wall showed before; a wildcard hour goes through all (jobs-and-tasks §3.8). */
const wallOf = ({ hour }: Schedule, { from, to, offset, reached }: Stretch): Span => ({
  from: hour.isWildcard ? from + offset : Math.max(from + offset, reached),
  to: to + offset,
});

/** The wall times of a fixed hour that are missing before a stretch; null where the clock was not put forward or the schedule names none of them. */
const missedBefore = (schedule: Schedule, { from, offset, reached }: Stretch): number | null => {
  if (schedule.hour.isWildcard || reached >= from + offset) return null;
  const missing = nextOnWall(schedule, reached);
  return missing !== null && missing < from + offset ? missing : null;
};

function* momentsIn(schedule: Schedule, stretch: Stretch): Generator<ScheduledMoment> {
  const { offset } = stretch;
  const span = wallOf(schedule, stretch);
  const missing = missedBefore(schedule, stretch);
  if (missing !== null) yield { at: stretch.from, wall: span.from, change: "moved", named: missing };
  // A moved run and one due at the instant to which it is moved are one.
  const start = missing === null ? span.from : span.from + 1000;
  for (let wall = nextOnWall(schedule, start); wall !== null && wall < span.to; wall = nextOnWall(schedule, wall + 1000)) {
    const isRepeated = wall < stretch.reached;
    const comesAgain = wall >= stretch.returnsTo;
    const change = isRepeated ? "secondOfTwo" : comesAgain ? (schedule.hour.isWildcard ? "firstOfTwo" : "once") : null;
    yield { at: wall - offset, wall, change, named: wall };
  }
}

const countIn = (schedule: Schedule, stretch: Stretch): number => {
  const span = wallOf(schedule, stretch);
  if (missedBefore(schedule, stretch) === null) return countOnWall(schedule, span.from, span.to);
  return 1 + countOnWall(schedule, span.from + 1000, span.to);
};

/** A schedule with the time zone that it goes by. */
export interface Timetable {
  readonly schedule: Schedule;
  readonly zone: TimeZone;
}

/** Throws RangeError for a text that is no schedule and for an unknown time zone. */
export const timetableOf = (cron: string, zone: "UTC" | "ServerTime", serverTimeZone: string): Timetable => {
  const schedule = scheduleOf(cron);
  if (schedule === null) throw new RangeError(`"${cron}" is no schedule`);
  return { schedule, zone: timeZoneNamed(zone === "UTC" ? "UTC" : serverTimeZone) };
};

/** The due times after a moment up to another one, which is included, ascending; without end where that is Infinity. */
export function* momentsBetween({ schedule, zone }: Timetable, after: number, until: number): Generator<ScheduledMoment> {
  for (let from = after + 1; from <= until; ) {
    const wall = nextOnWall(schedule, from - farthest);
    if (wall === null) return;
    from = Math.max(from, wall - farthest);
    const to = Math.min(from + window, until + 1);
    if (from >= to) return;
    for (const stretch of zone.stretches(from, to)) yield* momentsIn(schedule, stretch);
    from = to;
  }
}

/** How many due times lie after a moment up to another one, which is included. Its cost grows with the days between them, not with the due times. */
export const countBetween = ({ schedule, zone }: Timetable, after: number, until: number): number => {
  let count = 0;
  for (let from = after + 1; from <= until; ) {
    const to = Math.min(from + window, until + 1);
    for (const stretch of zone.stretches(from, to)) count += countIn(schedule, stretch);
    from = to;
  }
  return count;
};
