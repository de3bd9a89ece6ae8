import type { MissedRuns } from "../../config/index.js";
import { type ScheduledRun, startWithinMs } from "../../store/index.js";
import { type DueSpan, decideMissed, decideMissedSpan, dueRuns, dueSpan, type MissedSpanDecision } from "../schedule/index.js";
import type { ScheduledJob } from "./scheduled-job.js";

/** Due times of a job that nobody decided yet; at least one. */
export interface DueTimes {
  readonly all: DueSpan;
  /** What the rule for missed runs makes of them; the last one starts where it is on time. */
  readonly missedRuns: MissedSpanDecision;
  /** The earliest, at most as many as were asked for. */
  readonly listed: readonly Date[];
  /** The due times looked at reach so far: later ones, if there are any, are for the next look. */
  readonly until: Date;
}

/** Where single due times have to be told apart from decided ones, so many are looked at in one go: listing them takes milliseconds. */
const longestList = 10_000;

/** Whether a run still starts as if it had started at its time: the next one looks back so far at least once. */
export const isOnTime = (due: Date, now: Date): boolean => now.getTime() - due.getTime() <= startWithinMs;

const spanOf = (dates: readonly Date[]): DueSpan | null => {
  const [first] = dates;
  const last = dates.at(-1);
  return first === undefined || last === undefined ? null : { count: dates.length, first, last };
};

/**
 * The due times t with after < t <= now that have no row in `decided`; null where there are none. A year of every second costs milliseconds. `limit`: how many of
 * the earliest are listed.
 */
export const undecidedTimes = (
  { cron, zone }: Pick<ScheduledJob, "cron" | "zone">,
  after: Date,
  now: Date,
  serverTimeZone: string,
  options: { readonly decided: readonly ScheduledRun[]; readonly limit: number; readonly policy: MissedRuns },
): DueTimes | null => {
  // A run that is due now was not missed: it starts whatever becomes of those before it.
  const policyFor = (last: Date): MissedRuns => (options.policy === "None" && isOnTime(last, now) ? "One" : options.policy);
  const decided = new Set(options.decided.map(({ dueAt }) => dueAt));
  if (decided.size > 0) {
    const due = dueRuns(cron, zone, after, now, serverTimeZone, longestList);
    const listed = due.filter((date) => !decided.has(date.toISOString()));
    const all = spanOf(listed);
    if (all === null) return null;
    const until = due.length < longestList ? now : (due.at(-1) ?? now);
    const { start, missed } = decideMissed(listed, policyFor(all.last));
    return { all, missedRuns: { start: spanOf(start), missed: spanOf(missed) }, listed: listed.slice(0, options.limit), until };
  }
  const all = dueSpan(cron, zone, after, now, serverTimeZone);
  if (all === null) return null;
  const missedRuns = decideMissedSpan(cron, zone, after, now, serverTimeZone, policyFor(all.last));
  return { all, missedRuns, listed: dueRuns(cron, zone, after, now, serverTimeZone, options.limit), until: now };
};
