import type { Configuration, Job } from "../../config/index.js";
import type { DecidedRun, StoredSchedule } from "../../store/index.js";
import { dueSpan, isValidCron } from "../schedule/index.js";

/** A job with a schedule, as a scheduler works with it. */
export interface ScheduledJob {
  readonly job: string;
  readonly cron: string;
  readonly zone: "UTC" | "ServerTime";
  /** Both in one text, as the database keeps it: `0 3 * * * UTC`. */
  readonly schedule: string;
}

type Scheduled = Pick<ScheduledJob, "cron" | "zone">;

const scheduleText = ({ cron, zone }: Scheduled): string => `${cron.trim().replaceAll(/\s+/g, " ")} ${zone}`;

/** The other way; null for an empty text, and for one that is no schedule any more. */
const scheduleIn = (text: string): Scheduled | null => {
  const [, cron = "", zone] = /^(.+) (UTC|ServerTime)$/.exec(text) ?? [];
  return (zone === "UTC" || zone === "ServerTime") && isValidCron(cron) ? { cron, zone } : null;
};

/** The jobs of a configuration that have a schedule, by identifier (jobs-and-tasks §3.8). `UserStartDenied` binds people, not the clock (design §3). */
export const scheduledJobs = ({ jobs }: Pick<Configuration, "jobs">): ReadonlyMap<string, ScheduledJob> =>
  new Map(
    [...jobs.values()].flatMap(({ identifier, cron, cronTimeZone }: Job) =>
      cron === null
        ? []
        : [[identifier, { job: identifier, cron, zone: cronTimeZone, schedule: scheduleText({ cron, zone: cronTimeZone }) }] as const],
    ),
  );

/**
 * What a schedule that is no longer named left undecided up to now: nobody knows until when it still held, so that these runs are missed rather than forgotten. Null
 * where there are none.
 */
export const lostRuns = (former: StoredSchedule, now: number, serverTimeZone: string): DecidedRun | null => {
  const schedule = scheduleIn(former.schedule);
  if (schedule === null || Date.parse(former.decidedUntil) >= now) return null;
  const span = dueSpan(schedule.cron, schedule.zone, new Date(former.decidedUntil), new Date(now), serverTimeZone);
  if (span === null) return null;
  return {
    dueAt: span.last.toISOString(),
    firstDueAt: span.first.toISOString(),
    runs: span.count,
    state: "missed",
    reason: `the schedule ${former.schedule} was changed or taken away while no scheduler looked`,
  };
};
