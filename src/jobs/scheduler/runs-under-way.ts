import { maskSecrets, SluiceError } from "../../errors/index.js";
import type { Timing } from "../../model/index.js";
import type { JobInstance, ProcessIdentity, ScheduledRun, Store } from "../../store/index.js";
import type { TaskRegistry } from "../../tasks/index.js";
import type { ConfigurationSource } from "../dropped-configuration/index.js";
import type { RunReport } from "../report.js";
import { runJob } from "../run-job.js";
import { policyOf } from "../schedule/index.js";
import type { ServiceLog } from "../service-log.js";
import { overlapOf } from "./due-decision.js";
import { isOnTime } from "./due-times.js";

/** What every run of a scheduler has. */
export interface RunGround {
  readonly store: Store;
  readonly source: ConfigurationSource;
  readonly timing: Timing;
  /** Who this scheduler is to others. */
  readonly scheduler: ProcessIdentity;
  readonly registry?: TaskRegistry | undefined;
  readonly log: ServiceLog;
}

interface UnderWay {
  readonly job: string;
  /** Null before it is opened. */
  jobInstance: number | null;
  readonly ended: Promise<void>;
}

type Settle = () => Promise<unknown>;

/**
 * The runs that a scheduler has started and that are not at their end. Whatever stands in the way of one is written to its row: a claim either has an instance, or says why it has none,
 * or still stands, to be taken up again.
 */
export class RunsUnderWay {
  readonly #ground: RunGround;
  readonly #halt = new AbortController();
  readonly #stop = new AbortController();
  readonly #runs = new Map<string, UnderWay>();
  /** Ends that could not be written: the database was away. */
  readonly #unwritten = new Set<Settle>();
  /** Claims that found the database away, told of once. */
  readonly #told = new Set<string>();

  constructor(ground: RunGround) {
    this.#ground = ground;
  }

  get jobs(): readonly string[] {
    return [...new Set([...this.#runs.values()].map(({ job }) => job))];
  }

  has(run: ScheduledRun): boolean {
    return this.#runs.has(keyOf(run));
  }

  /** An instance that this process opened and drives no more: the database went away while it ended, say. */
  isGivenUp(instance: JobInstance): boolean {
    const { host, pid, processStart } = this.#ground.scheduler;
    const { id, job, runner } = instance;
    if (runner.host !== host || runner.pid !== pid || runner.processStart !== processStart) return false;
    // One that is being opened at this moment has not told its number yet.
    return ![...this.#runs.values()].some((run) => run.jobInstance === id || (run.jobInstance === null && run.job === job));
  }

  /** Starts a claimed run; one that is under way already is left alone. */
  start(run: ScheduledRun): void {
    const key = keyOf(run);
    if (this.#halt.signal.aborted || this.#runs.has(key)) return;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const underWay: UnderWay = {
      job: run.job,
      jobInstance: null,
      ended: begun.then(() => this.#run(run, underWay)).finally(() => this.#runs.delete(key)),
    };
    this.#runs.set(key, underWay);
    begin();
  }

  /** The running tasks end, none starts; what is not opened yet is not opened. `reason` stands with the instances. */
  halt(reason: string): void {
    this.#halt.abort(reason);
  }

  /** The running tasks are aborted. */
  stop(reason: string): void {
    this.#halt.abort(reason);
    this.#stop.abort(reason);
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
  }

  /** Writes what could not be written when it came. Throws as the database does. */
  async writeRest(): Promise<void> {
    for (const settle of [...this.#unwritten]) {
      await settle();
      this.#unwritten.delete(settle);
    }
  }

  async #run(run: ScheduledRun, underWay: UnderWay): Promise<void> {
    const { store, source, timing, scheduler, registry, log } = this.#ground;
    const { configuration } = source.inForce;
    const { job, dueAt } = run;
    try {
      const report = await runJob({
        configuration,
        store,
        what: { job },
        trigger: "Scheduler",
        startedBy: `scheduler@${scheduler.host}`,
        claim: { job, dueAt, scheduler },
        timing,
        process: scheduler,
        registry,
        halt: this.#halt.signal,
        stop: this.#stop.signal,
        onEvent: (event) => {
          if (event.kind !== "opened") return;
          underWay.jobInstance = event.jobInstance;
          log.write("info", `${job}: instance ${event.jobInstance} started`, { job, dueAt, jobInstance: event.jobInstance });
        },
      });
      this.#sayEnd(report, dueAt);
    } catch (error) {
      await this.#notStarted(run, error, underWay.jobInstance);
    } finally {
      if (underWay.jobInstance !== null) this.#told.delete(keyOf(run));
    }
  }

  #sayEnd({ job, jobInstance, state }: RunReport, dueAt: string): void {
    const level = state === "Completed" ? "info" : state === "Errored" || state === "Aborted" ? "error" : "warn";
    this.#ground.log.write(level, `${job}: instance ${jobInstance} ended ${state}`, { job, dueAt, jobInstance, state });
  }

  async #notStarted(run: ScheduledRun, thrown: unknown, jobInstance: number | null): Promise<void> {
    const { source, log, store, timing, scheduler } = this.#ground;
    // What only reads throws as the driver does: a disk that fails for a moment must not cost the run.
    const error = store.failure(thrown);
    const { job, dueAt } = run;
    const code = error instanceof SluiceError ? error.code : null;
    const { settings } = source.inForce.configuration;
    const reason = maskSecrets(
      `${code === null ? "" : `${code}: `}${error instanceof Error ? error.message : String(error)}`,
      settings.secrets,
    );
    const about = { job, dueAt, jobInstance, reason };
    const claim = { job, dueAt, scheduler };
    if (jobInstance !== null) {
      log.write("error", `${job}: instance ${jobInstance} could not go on`, about);
      // Its locks were not to be had: nothing of the job was started.
      if (code === "LOCK_CONNECTOR_HELD")
        await this.#settle(() => store.schedules.settle(claim, "started", { state: "failed", reason }, { isPatient: true }));
      return;
    }
    if (code === "JOB_CLAIM_LOST") return log.write("info", `${job}: another scheduler starts the run`, about);
    // It still stands: whoever looks next takes it up.
    if (this.#halt.signal.aborted) return log.write("info", `${job}: not started, the service ends`, about);
    if (error instanceof SluiceError && (error.exit === 69 || error.code.startsWith("DB_") || error.code === "JOB_WAIT_ENDED")) {
      // Waiting does not mend a damaged file, or a right that is missing.
      const level = ["DB_DAMAGED", "DB_PERMISSION", "DB_COLLATION"].includes(error.code) ? "error" : "warn";
      if (!this.#told.has(keyOf(run))) log.write(level, `${job}: not started yet, the database cannot be used`, about);
      this.#told.add(keyOf(run));
      return;
    }
    if (code === "LOCK_JOB_HELD") {
      const { missedRuns, overlap } = policyOf(settings.scheduler, job);
      // One of several that are made up for waits whatever the rule for overlap is.
      const rule = missedRuns === "All" && !isOnTime(new Date(dueAt), new Date(timing.now())) ? "Queue" : overlap;
      const { state } = overlapOf(
        new Date(dueAt),
        reason,
        rule,
        (await store.schedules.open().catch(() => [])).filter((open) => open.job === job),
      );
      log.write(
        state === "queued" ? "info" : "error",
        `${job}: the run due at ${dueAt} ${state === "queued" ? "waits" : "did not start"}`,
        about,
      );
      return this.#settle(() =>
        store.schedules.settle(claim, "claimed", { state: state === "queued" ? "queued" : "skipped", reason }, { isPatient: true }),
      );
    }
    log.write("error", `${job}: the run due at ${dueAt} did not start`, { ...about, state: "failed" });
    await this.#settle(() => store.schedules.settle(claim, "claimed", { state: "failed", reason }, { isPatient: true }));
  }

  /** Writes an end; what cannot be written now is kept for `writeRest`. */
  async #settle(settle: Settle): Promise<void> {
    try {
      await settle();
    } catch {
      this.#unwritten.add(settle);
    }
  }
}

const keyOf = ({ job, dueAt }: Pick<ScheduledRun, "job" | "dueAt">): string => `${job} ${dueAt}`;
