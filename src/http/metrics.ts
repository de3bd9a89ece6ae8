import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../model/index.js";
import type { Store } from "../store/index.js";
import { EndWatch, type Look, type SeenEnd } from "./end-watch.js";
import type { ServiceState } from "./service-state.js";

/** From a job that finds nothing to do to one that takes a night (seconds). */
const durations = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 10_800, 36_000];
/** How often the event loop's delay is sampled (ms): finer sampling wakes an idle process a hundred times a second. */
const samplingMs = 100;

/** Counters that tell a standing and no amount: the sum of two runs means nothing. */
const standings = new Set(["orphans"]);

/**
 * What `/metrics` gives, as `docs/operations.md` lists it. Ends are counted from the first look on, whoever ran the job; what stands now is read from the record at each
 * collection, so that two services of one database say the same.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #store: Pick<Store, "service" | "records">;
  readonly #state: () => ServiceState;
  readonly #clock: Clock;
  readonly #watch: EndWatch;
  /** When each job last completed (`yyyy-MM-ddTHH:mm:ss.sssZ`); null where it did not. */
  readonly #completions = new Map<string, string | null>();
  readonly #uncounted: SeenEnd[] = [];
  #collecting: Promise<string> | null = null;

  readonly #ends = this.#counter("sluice_job_ends_total", "Ends of job instances, by job and the state that they ended in.", [
    "job",
    "state",
  ]);
  readonly #rows = this.#counter("sluice_rows_total", "Rows that ended tasks counted, by job, type of task and counter.", [
    "job",
    "type",
    "counter",
  ]);
  readonly #durations = new Histogram({
    name: "sluice_job_duration_seconds",
    help: "Seconds from the start to the first end of a job instance.",
    labelNames: ["job", "state"],
    buckets: durations,
    registers: [this.#registry],
  });
  readonly #database = this.#gauge("sluice_database_up", "1 where the database answered, else 0: then what is read from it is absent.");
  readonly #running = this.#gauge("sluice_running_instances", "Job instances that run or wait for a lock.", ["job"]);
  readonly #blocked = this.#gauge("sluice_blocked_instances", "Job instances that are blocked and wait for a person.", ["job"]);
  readonly #sinceSuccess = this.#gauge(
    "sluice_job_seconds_since_success",
    "Seconds since a job last ran whole and ended Completed; absent where it did not.",
    ["job"],
  );
  readonly #alarms = this.#gauge("sluice_scheduler_alarms", "Due runs of a job that did not start, until it next completes.", ["job"]);
  readonly #turn = this.#gauge("sluice_scheduler_seconds_since_turn", "Seconds since the scheduler's loop last turned.");
  readonly #refused = this.#gauge(
    "sluice_configuration_refused",
    "1 where a dropped configuration was refused and lies there still, else 0.",
  );

  constructor(store: Pick<Store, "service" | "records">, state: () => ServiceState, clock: Clock) {
    this.#store = store;
    this.#state = state;
    this.#clock = clock;
    this.#watch = new EndWatch(store.service, clock);
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: samplingMs });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text of now. Several who ask at once are given the same. Never rejects because of the database. */
  collect(): Promise<string> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = null;
    });
    return this.#collecting;
  }

  async #collect(): Promise<string> {
    const { configuration, turnedAt, alarms, isConfigurationRefused } = this.#state();
    const jobs = [...configuration.jobs.keys()];
    this.#turn.reset();
    if (turnedAt !== null) this.#turn.set(Math.max(0, (this.#clock.now() - turnedAt) / 1000));
    this.#refused.set(isConfigurationRefused ? 1 : 0);
    setCounts(this.#alarms, jobs, alarms);
    for (const gauge of [this.#running, this.#blocked, this.#sinceSuccess]) gauge.reset();
    try {
      const look = await this.#watch.look();
      this.#uncounted.push(...look.ends);
      for (const end of [...this.#uncounted]) {
        await this.#count(end);
        this.#uncounted.shift();
      }
      await this.#readCompletions(jobs);
      this.#show(look, jobs);
      this.#database.set(1);
    } catch {
      // Said by the service itself, in its log; what was not counted now is counted the next time.
      this.#database.set(0);
    }
    return this.#registry.metrics();
  }

  #show({ open }: Look, jobs: readonly string[]): void {
    setCounts(
      this.#running,
      jobs,
      open.filter(({ state }) => state !== "Blocked"),
    );
    setCounts(
      this.#blocked,
      jobs,
      open.filter(({ state }) => state === "Blocked"),
    );
    for (const job of jobs) {
      const at = this.#completions.get(job) ?? null;
      if (at !== null) this.#sinceSuccess.set({ job }, Math.max(0, (this.#clock.now() - Date.parse(at)) / 1000));
    }
  }

  async #count({ instance, endedAt, after }: SeenEnd): Promise<void> {
    const { id, job, state, startedAt, attempt, isWhole } = instance;
    // All that may fail first: an end is counted wholly or not at all.
    const tasks = await this.#store.records.tasks(id);
    this.#ends.inc({ job, state });
    // How long a person took to resume is no duration of the job.
    if (attempt === 1 && after === "") this.#durations.observe({ job, state }, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
    if (state === "Completed" && isWhole) this.#completions.set(job, endedAt);
    for (const task of tasks) {
      // What a blocked task staged was not loaded; a validation repeats the counts of the task that it let pass.
      const isCounted = (task.state === "Completed" || task.state === "Warning") && !task.isValidation;
      if (!isCounted || task.endedAt === null || task.endedAt <= after) continue;
      for (const [counter, rows] of Object.entries(task.counters ?? {})) {
        if (!standings.has(counter) && rows > 0) this.#rows.inc({ job, type: task.type, counter }, rows);
      }
    }
  }

  /** Of jobs that were not asked for yet: new ones of a dropped configuration, too. */
  async #readCompletions(jobs: readonly string[]): Promise<void> {
    for (const job of jobs) {
      if (!this.#completions.has(job)) this.#completions.set(job, await this.#store.service.lastCompletion(job));
    }
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<T extends string>(name: string, help: string, labelNames: T[] = []): Gauge<T> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}

/** One value for each job of the configuration, 0 too, and for each other job that something is said of. */
const setCounts = (gauge: Gauge<"job">, jobs: readonly string[], things: readonly { readonly job: string }[]): void => {
  gauge.reset();
  for (const job of jobs) gauge.set({ job }, 0);
  for (const { job } of things) gauge.inc({ job });
};
