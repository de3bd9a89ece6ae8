import type { Configuration } from "../../config/index.js";
import { type DecidedRun, type ScheduleAlarm, type ScheduledRun, startWithinMs } from "../../store/index.js";
import { type RunReport, reportOf } from "../report.js";
import { nextRun, policyOf } from "../schedule/index.js";
import { decideDue, disabledReason, mostMadeUpFor } from "./due-decision.js";
import { undecidedTimes } from "./due-times.js";
import { OpenRuns } from "./open-runs.js";
import { type RunGround, RunsUnderWay } from "./runs-under-way.js";
import { lostRuns, type ScheduledJob, scheduledJobs } from "./scheduled-job.js";
import { SchedulerPresence } from "./scheduler-presence.js";

/** How often the scheduler looks (ms): schedules go by whole seconds. */
const lookMs = 1_000;
/** The longest pause between two tries while the database is away (ms): whoever watches the service expects a sign within a minute. */
const longestPauseMs = 30_000;
/** A schedule that was decided farther ahead than this was decided by a clock that went wrong, and is taken back (ms): a day, more than a wrong time zone makes. */
const farAheadMs = 86_400_000;
/** What is done once a day (ms). */
const dayMs = 86_400_000;
/** How long a turn, or what is told of an end, may still take once the service is to end (ms). */
const lastTurnMs = 5_000;

export interface SchedulerOptions extends RunGround {
  /** IANA name of the zone of ServerTime. */
  readonly serverTimeZone: string;
  /** Told of each instance that was found dead: nobody else tells of its end. */
  readonly onDead?: ((report: RunReport, configuration: Configuration) => Promise<void>) | undefined;
  /** Done once a day, beginning with the first turn. */
  readonly daily?: (() => Promise<void>) | undefined;
}

/** What others may know of a scheduler at any moment. */
export interface SchedulerState {
  readonly configuration: Configuration;
  /** When the loop last turned, whatever it found (ms since 1970); null before the first time. */
  readonly turnedAt: number | null;
  readonly alarms: readonly ScheduleAlarm[];
  readonly isConfigurationRefused: boolean;
}

/** Why the service ends: the reasons that its instances keep. */
export interface ServiceEnd {
  /** First signal: running tasks end, none starts. */
  readonly halt: AbortSignal;
  /** Second signal: running tasks are aborted. */
  readonly stop: AbortSignal;
}

/**
 * The service that starts jobs by their schedule (jobs-and-tasks §3.8, design §10). All it knows stands in the database: which due times were decided, who claims them, which
 * instance came of them; so that it may die at any instruction, and others may do the same work beside it.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #runs: RunsUnderWay;
  readonly #open: OpenRuns;
  readonly #presence: SchedulerPresence;
  /** The configuration whose schedules the database has. */
  #adopted: Configuration | null = null;
  #jobs: ReadonlyMap<string, ScheduledJob> = new Map();
  /** The next due time of a job, by what it was reckoned from. */
  readonly #next = new Map<string, { readonly key: string; readonly at: number | null }>();
  #lastLook: number | null = null;
  /** Its own clock was put back, and the jobs were not looked at since. */
  #isPutBack = false;
  #turnedAt: number | null = null;
  #dailyAt: number | null = null;
  #daily: Promise<void> | null = null;
  readonly #telling = new Set<Promise<void>>();
  #saidDisabled = false;
  /** Since when nothing could be decided because the database was held (ms since 1970), and whether that was said. */
  #heldSince: number | null = null;
  #saidHeld = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#runs = new RunsUnderWay(options);
    this.#open = new OpenRuns(options, this.#runs);
    this.#presence = new SchedulerPresence(options);
  }

  get state(): SchedulerState {
    const { inForce, refused } = this.#options.source;
    return {
      configuration: inForce.configuration,
      turnedAt: this.#turnedAt,
      alarms: this.#presence.alarms,
      isConfigurationRefused: refused !== null,
    };
  }

  /** Jobs that this scheduler has started and that run still. */
  get running(): readonly string[] {
    return this.#runs.jobs;
  }

  /** Resolves when none of its runs is under way. */
  settled(): Promise<void> {
    return this.#runs.settled();
  }

  /**
   * Serves until `halt` is aborted, then lets the running tasks end, for `graceSeconds` at most or until `stop`, and signs off. Never throws: while the database is away it tries
   * again with growing pauses.
   */
  async serve(end: ServiceEnd): Promise<void> {
    const { timing, log } = this.#options;
    let failures = 0;
    let said = "";
    while (!end.halt.aborted) {
      const problem = await this.#turnSafely(end.halt);
      if (problem === null && failures > 0) log.write("info", "the database answers again", { failures });
      if (problem !== null && problem !== said) log.write("error", "this turn failed; what is due stays due", { problem });
      failures = problem === null ? 0 : failures + 1;
      said = problem ?? "";
      await timing.sleep(failures === 0 ? lookMs : Math.min(lookMs * 2 ** (failures - 1), longestPauseMs), end.halt);
    }
    await this.#end(end);
  }

  /**
   * One look: at the due times, at runners and schedulers that died, at the configuration. Starts what is due, and waits for none of it. Throws as the database does; whatever was
   * decided until then holds, the rest is decided by the next look.
   */
  async turn(): Promise<void> {
    const { store, source } = this.#options;
    try {
      this.#watchClock();
      await this.#presence.sign();
      await this.#findDead();
      await this.#runs.writeRest();
      const isDecided = (await this.#adopt(source.inForce.configuration)) && (await this.#decide());
      this.#watchHeld(!isDecided);
      if (this.#adopted !== null) await this.#open.takeUp(await store.schedules.open(), this.#jobs);
      await this.#lookForConfiguration();
      this.#startDaily();
    } finally {
      this.#turnedAt = this.#options.timing.now();
    }
  }

  /** What went wrong, or null. A turn that waits for a server when the service is to end is not waited for. */
  async #turnSafely(halt: AbortSignal): Promise<string | null> {
    const over = new AbortController();
    const turn = this.turn().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const late = new Promise<null>((resolve) => {
      const giveUp = () => void this.#options.timing.sleep(lastTurnMs, over.signal).then(() => resolve(null));
      if (halt.aborted) giveUp();
      else halt.addEventListener("abort", giveUp, { once: true, signal: over.signal });
    });
    const problem = await Promise.race([turn, late]);
    over.abort();
    return problem;
  }

  /** A clock that leaps is said; what it does to the schedules follows from what was decided. */
  #watchClock(): void {
    const { timing, log } = this.#options;
    const now = timing.now();
    const passed = this.#lastLook === null ? 0 : now - this.#lastLook;
    const seconds = Math.round(Math.abs(passed) / 1000);
    if (passed < 0) log.write("warn", `the clock was put back by ${seconds} s: what was decided before is not started again`);
    else if (passed > startWithinMs)
      log.write("warn", `${seconds} s passed since the last look: what fell due meanwhile is missed, or made up for`);
    this.#lastLook = now;
    if (passed < 0) this.#presence.forget();
    if (passed < -startWithinMs) this.#isPutBack = true;
  }

  async #findDead(): Promise<void> {
    const { store, log, onDead, source } = this.#options;
    const { configuration } = source.inForce;
    const found = await store.records.abortDead({ isGivenUp: (instance) => this.#runs.isGivenUp(instance) });
    for (const { id, job, message } of found) {
      log.write("error", `${job}: instance ${id} was found dead and is Aborted: ${message}`, { job, jobInstance: id });
      if (onDead === undefined) continue;
      const telling: Promise<void> = reportOf(store, id)
        .then((report) => onDead(report, configuration))
        .catch((error: unknown) => log.write("warn", `nobody was told of instance ${id}`, { problem: String(error) }))
        .finally(() => this.#telling.delete(telling));
      this.#telling.add(telling);
    }
  }

  /** A synchronization may hold the embedded database for long: what is due then waits for it, which is said when it is no longer a matter of seconds. */
  #watchHeld(isHeld: boolean): void {
    const { timing, log } = this.#options;
    const now = timing.now();
    this.#heldSince = isHeld ? (this.#heldSince ?? now) : null;
    if (!isHeld) this.#saidHeld = false;
    if (this.#heldSince === null || this.#saidHeld || now - this.#heldSince <= startWithinMs) return;
    this.#saidHeld = true;
    log.write("warn", "what is due cannot be decided: another process has held the database for a minute");
  }

  /** Has the schedules of the configuration in the database; false where it is held, and nothing may be decided yet. */
  async #adopt(configuration: Configuration): Promise<boolean> {
    const { store, scheduler, timing, serverTimeZone, log } = this.#options;
    if (this.#adopted === configuration) return true;
    const jobs = scheduledJobs(configuration);
    const lost: string[] = [];
    const isDone = await store.schedules.adopt(new Map([...jobs.values()].map(({ job, schedule }) => [job, schedule])), {
      scheduler,
      isWhole: true,
      keepsTime: false,
      lost: (former) => {
        const runs = lostRuns(former, timing.now(), serverTimeZone);
        if (runs !== null) lost.push(`${former.job}: ${dueText(runs)} did not start: ${runs.reason}`);
        return runs;
      },
    });
    if (!isDone) return false;
    this.#adopted = configuration;
    this.#jobs = jobs;
    this.#next.clear();
    for (const text of new Set(lost)) log.write("warn", text);
    const { isEnabled } = configuration.settings.scheduler;
    if (!isEnabled && !this.#saidDisabled) log.write("warn", `${disabledReason}: no job is started by its schedule`);
    this.#saidDisabled = !isEnabled;
    return true;
  }

  /** False where the database is held, and something stays to be decided. */
  async #decide(): Promise<boolean> {
    const { store, scheduler } = this.#options;
    let known = await store.schedules.all();
    const open = await store.schedules.open();
    const strange = new Map(
      [...this.#jobs.values()].flatMap(({ job, schedule }) => (known.get(job)?.schedule === schedule ? [] : [[job, schedule]])),
    );
    if (strange.size > 0) {
      // Another scheduler has another configuration, or had it a moment ago: the time goes on from where it stands.
      await store.schedules.adopt(strange, { scheduler, isWhole: false, keepsTime: true, lost: () => null });
      known = await store.schedules.all();
    }
    for (const job of this.#jobs.values()) {
      const schedule = known.get(job.job);
      if (schedule !== undefined && !(await this.#decideJob(job, schedule.decidedUntil, open))) return false;
    }
    this.#isPutBack = false;
    return true;
  }

  async #decideJob(job: ScheduledJob, decidedUntil: string, allOpen: readonly ScheduledRun[]): Promise<boolean> {
    const { store, source, timing, scheduler, serverTimeZone, log } = this.#options;
    const now = new Date(timing.now());
    const ahead = Date.parse(decidedUntil) - now.getTime();
    // Of a clock that was seen to be put back it is known that it was wrong: hours of a job of every minute must not be passed over in silence.
    if (ahead > (this.#isPutBack ? startWithinMs : farAheadMs)) {
      log.write("warn", `${job.job}: its runs were decided until ${decidedUntil} by a clock that went wrong; it goes on from now`);
      return await store.schedules.turnBack(job.job, now.toISOString());
    }
    const next = this.#nextAfter(job, decidedUntil);
    if (next === null || next > now.getTime()) return true;
    const { settings } = source.inForce.configuration;
    const policy = policyOf(settings.scheduler, job.job);
    // Those that are queued start first; looking is free, the writer is not.
    const isMakingUp = policy.missedRuns === "All" && allOpen.some((run) => run.job === job.job && run.state === "queued");
    if (isMakingUp && now.getTime() - next > startWithinMs) return true;
    const runs = await store.schedules.decide(job.job, scheduler, ({ schedule, holder, open, decided }) => {
      const due = undecidedTimes(job, new Date(schedule.decidedUntil), now, serverTimeZone, {
        decided,
        limit: mostMadeUpFor,
        policy: policy.missedRuns,
      });
      // Another scheduler took another configuration a moment ago, or has decided already.
      if (schedule.schedule !== job.schedule) return { runs: [], decidedUntil: null };
      if (due === null) return { runs: [], decidedUntil: laterOf(schedule.decidedUntil, now) };
      return decideDue(due, { policy, isEnabled: settings.scheduler.isEnabled, now, holder, open });
    });
    for (const run of runs ?? []) {
      this.#sayDecision(run);
      if (run.state === "claimed") this.#runs.start(run);
    }
    return runs !== null;
  }

  /** ms since 1970, or null: the schedule names none any more. */
  #nextAfter({ job, cron, zone, schedule }: ScheduledJob, decidedUntil: string): number | null {
    const key = `${schedule} ${decidedUntil}`;
    const known = this.#next.get(job);
    if (known?.key === key) return known.at;
    const at = nextRun(cron, zone, new Date(decidedUntil), this.#options.serverTimeZone)?.getTime() ?? null;
    this.#next.set(job, { key, at });
    return at;
  }

  #sayDecision({ job, dueAt, firstDueAt, runs, state, reason }: ScheduledRun): void {
    const { log } = this.#options;
    const about = { job, dueAt, ...(runs > 1 ? { firstDueAt, runs } : {}), reason };
    if (state === "claimed") log.write("debug", `${job}: due at ${dueAt}`, about);
    else if (state === "queued") log.write("info", `${job}: the run due at ${dueAt} waits`, about);
    else {
      const what = dueText({ dueAt, firstDueAt, runs });
      // Whoever switched the scheduler off does not want a line a minute in red.
      log.write(reason === disabledReason ? "warn" : "error", `${job}: ${what} did not start`, { ...about, state });
    }
  }

  async #lookForConfiguration(): Promise<void> {
    const { source, log } = this.#options;
    const before = source.inForce;
    const look = await source.look();
    if (look === "same") return;
    // Whoever reads of it in the log finds it in the status too.
    await this.#presence.sign();
    if (look === "changed") {
      const { configuration, since } = source.inForce;
      const isNew = configuration.hash !== before.configuration.hash;
      const what = isNew
        ? "a new configuration is in force: the next runs start with it"
        : "the configuration in the workspace is the one in force";
      log.write("info", what, { hash: configuration.hash, since });
    }
    if (look !== "refused") return;
    const errors = source.refused?.findings.filter(({ severity }) => severity === "error") ?? [];
    log.write("error", `the configuration in the workspace was refused: the one in force since ${before.since} goes on`, {
      errors: errors.length,
    });
    for (const { file, line, column, code, message } of errors) log.write("error", `${code}: ${message}`, { file, line, column });
  }

  #startDaily(): void {
    const { daily, timing, log } = this.#options;
    const now = timing.now();
    if (daily === undefined || this.#daily !== null || (this.#dailyAt !== null && now >= this.#dailyAt && now - this.#dailyAt < dayMs))
      return;
    this.#dailyAt = now;
    this.#daily = daily()
      .catch((error: unknown) =>
        log.write("error", "what is done once a day failed", { problem: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => (this.#daily = null));
  }

  async #end({ halt, stop }: ServiceEnd): Promise<void> {
    const { store, source, timing, scheduler, log } = this.#options;
    const { graceSeconds } = source.inForce.configuration.settings.scheduler;
    const why = (signal: AbortSignal): string => (typeof signal.reason === "string" ? signal.reason : "the scheduler was stopped");
    this.#runs.halt(why(halt));
    const { running } = this;
    if (running.length > 0) log.write("info", `no job is started any more; running tasks have ${graceSeconds} s to end`, { running });
    const ended = new AbortController();
    const runs = this.#runs.settled().finally(() => ended.abort());
    await Promise.race([runs, timing.sleep(graceSeconds * 1000, AbortSignal.any([stop, ended.signal]))]);
    if (this.running.length > 0) {
      log.write("warn", "the tasks that still run are aborted", { running: this.running });
      this.#runs.stop(stop.aborted ? why(stop) : `${why(halt)}: not at its end within ${graceSeconds} s`);
    }
    await runs;
    const patience = new AbortController();
    const rest = Promise.allSettled([
      this.#runs.writeRest(),
      store.schedules.signOff(scheduler, patience.signal),
      this.#daily,
      ...this.#telling,
    ]);
    const enough = new AbortController();
    await Promise.race([rest, timing.sleep(lastTurnMs, enough.signal).then(() => patience.abort())]);
    enough.abort();
    log.write("info", "the scheduler has stopped");
  }
}

const dueText = ({ dueAt, firstDueAt, runs }: Pick<DecidedRun, "dueAt" | "firstDueAt" | "runs">): string =>
  runs === 1 ? `the run due at ${dueAt}` : `${runs} runs due from ${firstDueAt} to ${dueAt}`;

const laterOf = (text: string, date: Date): string => (text > date.toISOString() ? text : date.toISOString());
