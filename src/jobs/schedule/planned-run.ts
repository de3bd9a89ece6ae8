import type { PlannedJob } from "./planned-job.js";
import { type ClockChange, momentsBetween, type ScheduledMoment, timetableOf } from "./scheduled-moment.js";
import { timeZoneNamed } from "./time-zone.js";

/** Another job that is due at the same instant, and the connectors whose locks both need: one of them waits (design §10). */
export interface Collision {
  readonly job: string;
  readonly connectors: readonly string[];
}

/** One run that a schedule names. */
export interface PlannedRun {
  readonly job: string;
  readonly at: Date;
  /** What the wall of the server shows then: `2026-11-22T03:00:00+01:00`. */
  readonly local: string;
  readonly change: ClockChange | null;
  /** The time of the schedule that it stands for where the clock's change moved it, `2027-03-28T02:30:00` on the wall of the schedule's zone; else null. */
  readonly movedFrom: string | null;
  readonly collisions: readonly Collision[];
  /** Milliseconds since the job was due before, where its runs took longer than that; else null. */
  readonly overlapAfter: number | null;
}

/**
 * Every run of the jobs with after < at <= until, by time and then in the order of the jobs; `serverTimeZone` is an IANA name. Holds one run a job in memory, however many come
 * (jobs-and-tasks §3.8). Throws RangeError as `nextRun`.
 */
export function* plannedRuns(jobs: readonly PlannedJob[], after: Date, until: Date, serverTimeZone: string): Generator<PlannedRun> {
  const server = timeZoneNamed(serverTimeZone);
  const queues = jobs.map((job) => new RunQueue(job, after.getTime(), until.getTime(), serverTimeZone));
  for (;;) {
    const at = Math.min(...queues.map(({ next }) => next?.at ?? Number.POSITIVE_INFINITY));
    if (at === Number.POSITIVE_INFINITY) return;
    const due = queues.filter(({ next }) => next?.at === at);
    const local = offsetTime(at, server.offsetAt(at));
    for (const { job, next, previous } of due) {
      const since = previous === null ? null : at - previous;
      yield {
        job: job.job,
        at: new Date(at),
        local,
        change: next?.change ?? null,
        movedFrom: next?.change === "moved" ? new Date(next.named).toISOString().slice(0, 19) : null,
        collisions: due.flatMap((other) => collisionOf(job, other.job)),
        overlapAfter: since !== null && job.longestRun !== null && since < job.longestRun ? since : null,
      };
    }
    for (const queue of due) queue.advance();
  }
}

const collisionOf = (job: PlannedJob, other: PlannedJob): Collision[] => {
  if (other === job) return [];
  const connectors = job.connectors.filter((connector) => other.connectors.includes(connector));
  return connectors.length === 0 ? [] : [{ job: other.job, connectors }];
};

/** The runs of one job, one at a time. */
class RunQueue {
  readonly job: PlannedJob;
  readonly #moments: Generator<ScheduledMoment>;
  next: ScheduledMoment | null = null;
  /** When the job was due before `next`; null where that is longer ago than its runs take. */
  previous: number | null = null;

  constructor(job: PlannedJob, after: number, until: number, serverTimeZone: string) {
    this.job = job;
    // What was due shortly before may still run when the first one comes.
    this.#moments = momentsBetween(timetableOf(job.cron, job.cronTimeZone, serverTimeZone), after - (job.longestRun ?? 0), until);
    do this.advance();
    while (this.next !== null && this.next.at <= after);
  }

  advance(): void {
    this.previous = this.next?.at ?? null;
    const { value, done } = this.#moments.next();
    this.next = done === true ? null : value;
  }
}

const offsetTime = (at: number, offset: number): string => {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const wall = new Date(at + offset).toISOString().slice(0, 19);
  return `${wall}${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};
