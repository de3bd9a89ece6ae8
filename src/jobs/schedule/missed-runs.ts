import type { MissedRuns, Overlap, SchedulerSettings } from "../../config/index.js";
import { type DueSpan, dueSpan } from "./due-runs.js";

/** What is started of the times that fell due while nobody looked, and what is not; together they are all of them, each once. */
export interface MissedDecision {
  readonly start: readonly Date[];
  readonly missed: readonly Date[];
}

/** The same for a stretch too long to list; null where there are none. */
export interface MissedSpanDecision {
  readonly start: DueSpan | null;
  readonly missed: DueSpan | null;
}

/**
 * Takes times that fell due while nobody looked, ascending (jobs-and-tasks §3.8). None: all are missed; One: the last starts, the others are missed;
 * All: all start, one after the other.
 */
export const decideMissed = (due: readonly Date[], policy: MissedRuns): MissedDecision => {
  const started = policy === "All" ? due.length : policy === "One" ? Math.min(due.length, 1) : 0;
  return { start: due.slice(due.length - started), missed: due.slice(0, due.length - started) };
};

/**
 * What `decideMissed` says of the due times t with after < t <= until, without listing them: `* * * * * *` after a year costs milliseconds. Those of `start` are listed by
 * `dueRuns` with a limit. Throws RangeError for a text that is no schedule and for an unknown time zone.
 */
export const decideMissedSpan = (
  cron: string,
  zone: "UTC" | "ServerTime",
  after: Date,
  until: Date,
  serverTimeZone: string,
  policy: MissedRuns,
): MissedSpanDecision => {
  const all = dueSpan(cron, zone, after, until, serverTimeZone);
  if (all === null || policy === "None") return { start: null, missed: all };
  if (policy === "All") return { start: all, missed: null };
  const missed = dueSpan(cron, zone, after, new Date(all.last.getTime() - 1), serverTimeZone);
  return { start: { count: 1, first: all.last, last: all.last }, missed };
};

/** What a job does with missed runs and with overlap: its own setting, else that of all jobs (connectors §5). Identifiers are compared ignoring case. */
export const policyOf = (settings: SchedulerSettings, job: string): { readonly missedRuns: MissedRuns; readonly overlap: Overlap } => {
  const own = settings.jobs.get(job.toLowerCase());
  return { missedRuns: own?.missedRuns ?? settings.missedRuns, overlap: own?.overlap ?? settings.overlap };
};
