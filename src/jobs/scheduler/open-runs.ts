import { type ScheduledRun, startWithinMs } from "../../store/index.js";
import { policyOf } from "../schedule/index.js";
import { disabledReason } from "./due-decision.js";
import type { RunGround, RunsUnderWay } from "./runs-under-way.js";
import type { ScheduledJob } from "./scheduled-job.js";
import { isSameProcess } from "./scheduler-presence.js";

/** Runs that were decided to start, by whomever, and have not: claimed ones whose scheduler died or was kept from it, queued ones whose turn comes. */
export class OpenRuns {
  readonly #ground: RunGround;
  readonly #runs: RunsUnderWay;

  constructor(ground: RunGround, runs: RunsUnderWay) {
    this.#ground = ground;
    this.#runs = runs;
  }

  /** Takes up what is claimed or queued and that nobody works on. */
  async takeUp(open: readonly ScheduledRun[], jobs: ReadonlyMap<string, ScheduledJob>): Promise<void> {
    if (open.length === 0) return;
    const { store, scheduler, source, log } = this.#ground;
    const { isEnabled } = source.inForce.configuration.settings.scheduler;
    const foreign = open.filter((run) => run.state === "claimed" && !isSameProcess(run.scheduler, scheduler));
    const signs = foreign.length === 0 ? [] : await store.schedules.schedulers();
    for (const run of foreign) {
      const sign = signs.find((each) => isSameProcess(each.scheduler, run.scheduler));
      if (sign?.isAlive === true && !sign.isSilent) continue;
      if (!(await store.schedules.takeOver(run, scheduler))) continue;
      const { host, pid } = run.scheduler;
      log.write("warn", `${run.job}: the run due at ${run.dueAt} is taken over from process ${pid} on ${host}, which is gone`, {
        ...aboutOf(run),
      });
      await this.#takeUpClaim({ ...run, scheduler }, jobs);
    }
    for (const run of open) if (run.state === "claimed" && isSameProcess(run.scheduler, scheduler)) await this.#takeUpClaim(run, jobs);
    if (!isEnabled) return;
    const queued = new Map<string, ScheduledRun>();
    for (const run of open) if (run.state === "queued" && !queued.has(run.job)) queued.set(run.job, run);
    if (queued.size === 0) return;
    const held = new Set((await store.locks.all()).map(({ lock }) => lock));
    for (const run of queued.values()) {
      if (await this.#dropUnscheduled(run, jobs)) continue;
      if (held.has(`job:${run.job}`) || open.some(({ job, state }) => job === run.job && state === "claimed")) continue;
      if ((await store.schedules.claimQueued(run, scheduler)) === true) this.#runs.start({ ...run, state: "claimed", scheduler });
    }
  }

  /** A claim of this scheduler that it does not work on: it died before the instance was opened, or the database was away. */
  async #takeUpClaim(run: ScheduledRun, jobs: ReadonlyMap<string, ScheduledJob>): Promise<void> {
    const { store, source, timing, log } = this.#ground;
    if (this.#runs.has(run) || (await this.#dropUnscheduled(run, jobs))) return;
    const { scheduler: settings } = source.inForce.configuration.settings;
    const isLate = timing.now() - Date.parse(run.decidedAt) > startWithinMs;
    const isDropped = !settings.isEnabled || (isLate && policyOf(settings, run.job).missedRuns === "None");
    if (!isDropped) return this.#runs.start(run);
    const to = settings.isEnabled
      ? ({ state: "missed", reason: "its scheduler died, or the database went away, before it was started" } as const)
      : ({ state: "skipped", reason: disabledReason } as const);
    if (await store.schedules.settle(run, "claimed", to, { isPatient: false }))
      log.write("error", `${run.job}: the run due at ${run.dueAt} did not start`, { ...aboutOf(run), ...to });
  }

  /** Whether a run's job has no schedule any more; then it is skipped, unless another scheduler with another configuration may still have it. */
  async #dropUnscheduled(run: ScheduledRun, jobs: ReadonlyMap<string, ScheduledJob>): Promise<boolean> {
    if (jobs.has(run.job)) return false;
    const { store, source, scheduler, log } = this.#ground;
    const { hash } = source.inForce.configuration;
    const others = (await store.schedules.schedulers()).filter((other) => other.isAlive && !isSameProcess(other.scheduler, scheduler));
    if (others.some(({ configurationHash }) => configurationHash !== hash)) return true;
    const to = { state: "skipped", reason: "the configuration in force has no such job, or no schedule for it" } as const;
    if (run.state !== "claimed" && run.state !== "queued") return true;
    if (await store.schedules.settle(run, run.state, to, { isPatient: false }))
      log.write("error", `${run.job}: the run due at ${run.dueAt} did not start`, { ...aboutOf(run), ...to });
    return true;
  }
}

const aboutOf = ({ job, dueAt, reason }: ScheduledRun): object => ({ job, dueAt, reason });
