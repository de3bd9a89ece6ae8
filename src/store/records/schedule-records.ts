import type { Knex } from "knex";
import { isoTime, type JobState } from "../../model/index.js";
import type { Writer } from "../retry.js";
import type { Row } from "./job-instance.js";
import { leaseEnd } from "./lease.js";
import { jobLock, type LockHolder, lockHolders } from "./lock.js";
import { lifeOf, type ProcessIdentity } from "./process-identity.js";
import { type DecidedRun, type ScheduledRun, type ScheduledRunState, scheduledRunOf, schedulerColumns } from "./scheduled-run.js";
import { type SchedulerRecord, type SchedulerSign, schedulerRecordOf, schedulerRows, stopped } from "./scheduler-record.js";
import { stored } from "./stored-json.js";

/** How far the due times of a job were decided. */
export interface StoredSchedule {
  readonly job: string;
  /** What was decided by: crontab and time zone in one text; empty while the job has none. */
  readonly schedule: string;
  /** `yyyy-MM-ddTHH:mm:ss.sssZ`: every due time up to it has a row, or was none at the time. */
  readonly decidedUntil: string;
}

/** A due run that did not start, and whose job has not completed since. */
export interface ScheduleAlarm {
  readonly job: string;
  /** The last such due time. */
  readonly dueAt: string;
  /** `claimed`: it was to start at once, and has not for a minute. */
  readonly state: Extract<ScheduledRunState, "missed" | "skipped" | "failed" | "claimed">;
  readonly reason: string | null;
  readonly jobInstance: number | null;
  /** When it was decided. */
  readonly since: string;
  /** Due times of the job that did not start since it completed. */
  readonly runs: number;
}

/** What stands when the due times of a job are decided. */
export interface ScheduleGround {
  readonly schedule: StoredSchedule;
  /** The instance that runs, or waits to. */
  readonly holder: LockHolder | null;
  /** Runs of the job that are claimed or queued, earliest first. */
  readonly open: readonly ScheduledRun[];
  /** Due times after `decidedUntil` that have a row all the same: the clock was put back since. */
  readonly decided: readonly ScheduledRun[];
}

/** What the decision is. `decidedUntil`: text as above; null moves nothing. */
export interface ScheduleDecision {
  readonly runs: readonly DecidedRun[];
  readonly decidedUntil: string | null;
}

/** A claim is to be an instance within this time (ms): reading a configuration and opening it takes a second on a busy machine. */
export const startWithinMs = 60_000;

/** Longest path of a workspace that is kept (characters): that of a text key on SQL Server. */
const longestPath = 442;

/** The path of a workspace, for a person: of one that is too long the end, which tells it from others. */
const shown = (path: string): string => (path.length <= longestPath ? path : `…${path.slice(1 - longestPath)}`);

const openStates: readonly ScheduledRunState[] = ["claimed", "queued"];
const alarming: readonly ScheduleAlarm["state"][] = ["missed", "skipped", "failed", "claimed"];
const completed: readonly JobState[] = ["Completed", "Warning"];
/** Latest instances of a job among which its last completion is looked for first: one that was resumed ends after younger ones, and lies a few before them. */
const latestLooked = 100;

/**
 * The record of schedules: what became of each due time, and which schedulers live (jobs-and-tasks §3.8, design §10). Every decision is one transaction, and the writer has one
 * holder at a time: of two schedulers the second finds what the first decided. What a scheduler does each second never waits for the database: where it is held, the
 * answer is null or false, nothing was written, and the next second will do.
 */
export class ScheduleRecords {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** All that were ever scheduled, by job. */
  async all(): Promise<ReadonlyMap<string, StoredSchedule>> {
    const rows = (await this.#writer.knex("UJ_Schedules").orderBy("Job")) as Row[];
    return new Map(rows.map(storedScheduleOf).map((schedule) => [schedule.job, schedule]));
  }

  /** Runs that are claimed or queued, earliest first. */
  async open(): Promise<readonly ScheduledRun[]> {
    const rows = (await this.#writer.knex("UJ_ScheduledRuns").whereIn("State", openStates).orderBy("DueAt").orderBy("Job")) as Row[];
    return rows.map(scheduledRunOf);
  }

  /** What became of the due times of a job, or of all, latest first. */
  async runs(options: { readonly job?: string; readonly limit: number }): Promise<readonly ScheduledRun[]> {
    const query = this.#writer.knex("UJ_ScheduledRuns").orderBy("DueAt", "desc").orderBy("Job").limit(options.limit);
    if (options.job !== undefined) query.where({ Job: options.job });
    return ((await query) as Row[]).map(scheduledRunOf);
  }

  /**
   * Notes which jobs are scheduled, and how. One that was not, or otherwise, begins now: nothing is made up for; `lost` says which due times of its former schedule
   * nobody decided, and they are missed. Jobs that are named no more lose their schedule where `isWhole`. `keepsTime`: somebody else changed the note a moment ago, and its time stays.
   */
  async adopt(
    schedules: ReadonlyMap<string, string>,
    options: {
      readonly scheduler: ProcessIdentity;
      readonly isWhole: boolean;
      readonly keepsTime: boolean;
      readonly lost: (former: StoredSchedule) => DecidedRun | null;
    },
  ): Promise<boolean> {
    return this.#writer.tryOnce(async (trx) => {
      const now = isoTime(this.#writer.timing);
      const rows = ((await trx("UJ_Schedules")) as Row[]).map(storedScheduleOf);
      const known = new Map(rows.map((row) => [row.job, row]));
      const wanted = new Map<string, string>(
        options.isWhole ? rows.filter(({ schedule }) => schedule !== "").map(({ job }) => [job, ""] as const) : [],
      );
      for (const [job, schedule] of schedules) wanted.set(job, schedule);
      for (const [job, schedule] of wanted) {
        const former = known.get(job);
        if (former === undefined) {
          await trx("UJ_Schedules").insert({ Job: job, Schedule: schedule, DecidedUntil: now });
          continue;
        }
        if (former.schedule === schedule) continue;
        const lost = options.keepsTime || former.schedule === "" ? null : options.lost(former);
        if (lost !== null) await insertRuns(trx, job, [lost], options.scheduler, now);
        const decidedUntil = options.keepsTime || former.decidedUntil > now ? former.decidedUntil : now;
        await trx("UJ_Schedules").where({ Job: job }).update({ Schedule: schedule, DecidedUntil: decidedUntil });
      }
    });
  }

  /**
   * Decides due times of a job: `plan` is asked within the transaction and says which rows they get. Gives the rows that were written: a due time that has one is left alone.
   * Null where the database is held.
   */
  async decide(
    job: string,
    scheduler: ProcessIdentity,
    plan: (ground: ScheduleGround) => ScheduleDecision,
  ): Promise<readonly ScheduledRun[] | null> {
    let written: readonly ScheduledRun[] = [];
    const isDone = await this.#writer.tryOnce(async (trx) => {
      written = [];
      const row = (await trx("UJ_Schedules").where({ Job: job }).first()) as Row | undefined;
      if (row === undefined) return;
      const schedule = storedScheduleOf(row);
      const [holder = null] = await lockHolders(trx, [jobLock(job)], null);
      const open = (await trx("UJ_ScheduledRuns").where({ Job: job }).whereIn("State", openStates).orderBy("DueAt")) as Row[];
      const decided = (await trx("UJ_ScheduledRuns").where({ Job: job }).where("DueAt", ">", schedule.decidedUntil)) as Row[];
      const { runs, decidedUntil } = plan({ schedule, holder, open: open.map(scheduledRunOf), decided: decided.map(scheduledRunOf) });
      written = await insertRuns(trx, job, runs, scheduler, isoTime(this.#writer.timing));
      if (decidedUntil !== null) await trx("UJ_Schedules").where({ Job: job }).update({ DecidedUntil: decidedUntil });
    });
    return isDone ? written : null;
  }

  /**
   * Takes a job's time back to now: it was decided far into the future by a clock that went wrong. What started, or was to, keeps its row and is never started again; stretches
   * that did not start and end after now are decided anew. False where the database is held.
   */
  turnBack(job: string, now: string): Promise<boolean> {
    return this.#writer.tryOnce(async (trx) => {
      const ahead = () => trx("UJ_ScheduledRuns").where({ Job: job }).where("DueAt", ">", now).whereIn("State", ["missed", "skipped"]);
      const [first] = (await ahead().where("FirstDueAt", "<=", now).orderBy("FirstDueAt").limit(1)) as Row[];
      // The stretch begins before now: its first due time is decided anew too, so that time goes back to the millisecond before it.
      const until = first === undefined ? now : new Date(Date.parse(String(first.FirstDueAt)) - 1).toISOString();
      await ahead().delete();
      await trx("UJ_Schedules").where({ Job: job }).where("DecidedUntil", ">", until).update({ DecidedUntil: until });
    });
  }

  /** Claims a queued run, unless its job runs or another run of it is about to. Null where the database is held, false where it is not to be had. */
  async claimQueued(run: ScheduledRun, scheduler: ProcessIdentity): Promise<boolean | null> {
    let isClaimed = false;
    const isDone = await this.#writer.tryOnce(async (trx) => {
      isClaimed = false;
      const holders = await lockHolders(trx, [jobLock(run.job)], null);
      const other = await trx("UJ_ScheduledRuns").where({ Job: run.job, State: "claimed" }).first("Job");
      if (holders.length > 0 || other !== undefined) return;
      const changed = await trx("UJ_ScheduledRuns")
        .where({ Job: run.job, DueAt: run.dueAt, State: "queued" })
        .update({ State: "claimed", Reason: null, DecidedAt: isoTime(this.#writer.timing), ...schedulerColumns(scheduler) });
      isClaimed = changed > 0;
    });
    return isDone ? isClaimed : null;
  }

  /** Takes a claim over whose scheduler died or has been silent for a lease. Gives whether it is this scheduler's now. */
  async takeOver(run: ScheduledRun, scheduler: ProcessIdentity): Promise<boolean> {
    let isTaken = false;
    await this.#writer.tryOnce(async (trx) => {
      isTaken = false;
      const former = schedulerColumns(run.scheduler);
      const sign = (await trx("UJ_Schedulers").where(former).first("LeaseUntil")) as Row | undefined;
      const now = new Date(await this.#writer.databaseTime(trx)).toISOString();
      const isSilent = sign === undefined || String(sign.LeaseUntil) < now || lifeOf(run.scheduler) === "dead";
      if (!isSilent) return;
      const changed = await trx("UJ_ScheduledRuns")
        .where({ Job: run.job, DueAt: run.dueAt, State: "claimed", ...former })
        .update(schedulerColumns(scheduler));
      isTaken = changed > 0;
    });
    return isTaken;
  }

  /**
   * Ends a run that does not start, or queues one that was claimed; only as long as it stands as `run` says. Gives whether it did. `isPatient`: waits for the database as long as it takes;
   * otherwise the answer is false where it is held.
   */
  async settle(
    run: Pick<ScheduledRun, "job" | "dueAt" | "scheduler">,
    from: "claimed" | "queued" | "started",
    to: { readonly state: Exclude<ScheduledRunState, "claimed" | "started">; readonly reason: string },
    { isPatient }: { readonly isPatient: boolean },
  ): Promise<boolean> {
    let isSettled = false;
    const write = async (trx: Knex.Transaction): Promise<void> => {
      const row = trx("UJ_ScheduledRuns").where({ Job: run.job, DueAt: run.dueAt, State: from });
      if (from !== "queued") row.where(schedulerColumns(run.scheduler));
      isSettled = (await row.update({ State: to.state, Reason: to.reason, DecidedAt: isoTime(this.#writer.timing) })) > 0;
    };
    if (isPatient) await this.#writer.transaction(write);
    else if (!(await this.#writer.tryOnce(write))) return false;
    return isSettled;
  }

  /** Due runs that did not start and whose jobs have not completed since, one a job, by job. Jobs without a schedule have none. */
  async alarms(): Promise<readonly ScheduleAlarm[]> {
    const { knex, timing } = this.#writer;
    const late = new Date(timing.now() - startWithinMs).toISOString();
    const scheduled = ((await knex("UJ_Schedules").whereNot("Schedule", "").orderBy("Job").select("Job")) as Row[]).map(({ Job }) =>
      String(Job),
    );
    const completions = new Map<string, string>();
    for (const job of scheduled) completions.set(job, await this.#lastCompletion(job));
    const [least = ""] = [...completions.values()].toSorted();
    // State by state, each a range of an index: what started is never looked through, however long the record is.
    const notStarted = (state: ScheduleAlarm["state"], after: string): Knex.QueryBuilder => {
      const query = knex("UJ_ScheduledRuns").where({ State: state }).where("DecidedAt", ">", after);
      return state === "claimed" ? query.where("DecidedAt", "<", late) : query;
    };
    const found = new Map<string, { readonly last: ScheduledRun; readonly runs: number }>();
    for (const state of alarming) {
      const jobs = new Set(((await notStarted(state, least).distinct("Job")) as Row[]).map(({ Job }) => String(Job)));
      for (const job of scheduled.filter((each) => jobs.has(each))) {
        const own = () => notStarted(state, completions.get(job) ?? "").where({ Job: job });
        const row = (await own().orderBy("DueAt", "desc").first()) as Row | undefined;
        if (row === undefined) continue;
        const [sum] = (await own().sum("Runs as Runs")) as Row[];
        const run = scheduledRunOf(row);
        const former = found.get(job);
        const last = former === undefined || run.dueAt > former.last.dueAt ? run : former.last;
        found.set(job, { last, runs: Number(sum?.Runs) + (former?.runs ?? 0) });
      }
    }
    return scheduled.flatMap((job) => {
      const alarm = found.get(job);
      if (alarm === undefined) return [];
      const { dueAt, state, reason, jobInstance, decidedAt: since } = alarm.last;
      return [{ job, dueAt, state: state as ScheduleAlarm["state"], reason, jobInstance, since, runs: alarm.runs }];
    });
  }

  /** When a job last completed (`yyyy-MM-ddTHH:mm:ss.sssZ`); empty where it never did. */
  async #lastCompletion(job: string): Promise<string> {
    const latest = () =>
      this.#writer.knex("UJ_JobInstances").where({ Job: job }).orderBy("Id", "desc").limit(latestLooked).select("State", "EndDate");
    const lastOf = (rows: readonly Row[]): string | undefined =>
      rows
        .flatMap(({ State, EndDate }) => (completed.includes(State as JobState) ? [String(EndDate)] : []))
        .toSorted()
        .at(-1);
    const rows = (await latest()) as Row[];
    const last = lastOf(rows);
    if (last !== undefined || rows.length < latestLooked) return last ?? "";
    return lastOf((await latest().whereIn("State", completed)) as Row[]) ?? "";
  }

  /** Writes that a scheduler lives, with a lease from now on; those that are dead go. False where the database is held. */
  sign({ scheduler, ...sign }: SchedulerSign): Promise<boolean> {
    return this.#writer.tryOnce(async (trx) => {
      const now = await this.#writer.databaseTime(trx);
      const others = (await schedulerRows(trx))
        .map((row) => schedulerRecordOf(row, new Date(now).toISOString()))
        .filter((other) => !other.isAlive && !isSame(other.scheduler, scheduler));
      for (const dead of others) await trx("UJ_Schedulers").where(schedulerColumns(dead.scheduler)).delete();
      const columns = {
        Workspace: shown(sign.workspace),
        StartedAt: sign.startedAt,
        SeenAt: isoTime(this.#writer.timing),
        LeaseUntil: leaseEnd(now),
        ConfigurationHash: sign.configurationHash,
        ConfigurationSince: sign.configurationSince,
        Refused: stored(sign.refused),
      };
      const own = schedulerColumns(scheduler);
      const changed = await trx("UJ_Schedulers").where(own).update(columns);
      if (changed === 0) await trx("UJ_Schedulers").insert({ ...own, ...columns });
    });
  }

  /** Writes that a scheduler stopped of its own accord. Throws JOB_WAIT_ENDED when `signal` ended the wait for the database. */
  signOff(scheduler: ProcessIdentity, signal?: AbortSignal): Promise<void> {
    return this.#writer.transaction(async (trx) => {
      await trx("UJ_Schedulers")
        .where(schedulerColumns(scheduler))
        .update({ SeenAt: isoTime(this.#writer.timing), LeaseUntil: stopped });
    }, signal);
  }

  /** Schedulers that live, and the last one that did; in the order in which they started. */
  async schedulers(): Promise<readonly SchedulerRecord[]> {
    const now = new Date(await this.#writer.databaseTime(this.#writer.knex)).toISOString();
    return (await schedulerRows(this.#writer.knex)).map((row) => schedulerRecordOf(row, now));
  }
}

const isSame = (a: ProcessIdentity, b: ProcessIdentity): boolean =>
  a.host === b.host && a.pid === b.pid && a.processStart === b.processStart;

const storedScheduleOf = (row: Row): StoredSchedule => ({
  job: String(row.Job),
  schedule: String(row.Schedule),
  decidedUntil: String(row.DecidedUntil),
});

/** Writes those that have no row yet, and gives them. */
const insertRuns = async (
  trx: Knex.Transaction,
  job: string,
  runs: readonly DecidedRun[],
  scheduler: ProcessIdentity,
  at: string,
): Promise<readonly ScheduledRun[]> => {
  const written: ScheduledRun[] = [];
  for (const run of runs) {
    if ((await trx("UJ_ScheduledRuns").where({ Job: job, DueAt: run.dueAt }).first("Job")) !== undefined) continue;
    await trx("UJ_ScheduledRuns").insert({
      Job: job,
      DueAt: run.dueAt,
      FirstDueAt: run.firstDueAt,
      Runs: run.runs,
      State: run.state,
      JobInstance: null,
      Reason: run.reason,
      DecidedAt: at,
      ...schedulerColumns(scheduler),
    });
    written.push({ ...run, job, jobInstance: null, decidedAt: at, scheduler });
  }
  return written;
};
