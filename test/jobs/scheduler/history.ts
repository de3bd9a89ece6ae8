import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Configuration, MissedRuns, Overlap } from "../../../src/config/index.js";
import type { ConfigurationSource } from "../../../src/jobs/dropped-configuration/index.js";
import { dueRuns } from "../../../src/jobs/index.js";
import { runJob } from "../../../src/jobs/run-job.js";
import { Scheduler } from "../../../src/jobs/scheduler/index.js";
import type { ServiceLog } from "../../../src/jobs/service-log.js";
import type { ServerTaskKind, TaskRegistry } from "../../../src/tasks/index.js";
import { sampleConfiguration, sampleJob } from "../runner/sample-configuration.js";
import { Random } from "./random.js";
import { type SimulatedProcess, SimulatedWorld } from "./simulated-world.js";

const crons: Readonly<Record<string, string>> = { Often: "*/20 * * * * *", Shares: "0 * * * * *", Rarely: "30 */3 * * * *" };
const jobs = Object.keys(crons);
const zone = "Europe/Paris";

/** How many steps a history has, and how long a step may last (ms). */
const steps = 25;
const longestStepMs = 40_000;

export interface HistoryFault {
  readonly seed: number;
  readonly faults: readonly string[];
  /** What was done, for who looks for the reason. */
  readonly steps: readonly string[];
}

interface SimulatedScheduler {
  readonly process: SimulatedProcess;
  readonly scheduler: Scheduler;
  /** A turn that has not ended. */
  turn: Promise<unknown> | null;
}

/** One task at work, in elapsed time (ms). */
interface Body {
  readonly job: string;
  readonly jobInstance: number;
  readonly from: number;
  /** Null where it was stopped, or its process died. */
  to: number | null;
}

interface RowOfRun {
  readonly Job: string;
  readonly DueAt: string;
  readonly FirstDueAt: string;
  readonly Runs: number;
  readonly State: string;
  readonly JobInstance: number | null;
  readonly Reason: string | null;
}

const silent: ServiceLog = { write: () => undefined, close: async () => undefined };

/**
 * One history: schedulers that come, go on, pause and die in front of any statement, people who start jobs by hand, a clock that leaps; then a quiet time in which one scheduler
 * brings everything to its end. Gives what must not be; an empty list as it should.
 */
export const runHistory = async (seed: number, template: string, folder: string): Promise<HistoryFault> => {
  const random = new Random(seed);
  const path = join(folder, `${seed}`, "Work", "sluice.db");
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(template, path);
  const world = new SimulatedWorld(path, random);
  const faults: string[] = [];
  const done: string[] = [];
  const configuration = configurationOf(random, join(folder, `${seed}`), path);
  // Of these each missed run is made up for, and they fall due faster than they run: they have no quiet end.
  const endless = jobs.filter((job) => configuration.settings.scheduler.jobs.get(job.toLowerCase())?.missedRuns === "All");
  const bodies: Body[] = [];
  const registryOf = (process: SimulatedProcess): TaskRegistry => {
    const kind: ServerTaskKind = {
      element: "SynchronizeTask",
      side: "server",
      summary: "",
      hasDeadline: false,
      refusal: () => null,
      run: async ({ jobInstance, task, signal }) => {
        const job = task.identifier;
        const running = world.rows<{ Id: number }>(
          `SELECT Id FROM UJ_JobInstances WHERE Job = '${job}' AND State IN ('Waiting', 'InProgress')`,
        );
        if (running.length !== 1 || Number(running[0]?.Id) !== jobInstance) {
          faults.push(`${job}: task of instance ${jobInstance} began while these ran: ${running.map(({ Id }) => Id)}`);
        }
        const body: Body = { job, jobInstance, from: world.elapsed, to: null };
        bodies.push(body);
        await process.timing.sleep(random.between(1, 5) === 5 ? random.between(30_000, 90_000) : random.between(100, 8_000), signal);
        signal.throwIfAborted();
        body.to = world.elapsed;
        if (random.isTrue(0.1)) throw new Error("the task fails");
        return { state: "Completed", producedOutput: true };
      },
    };
    return new Map([["SynchronizeTask", kind]]);
  };
  const schedulers: SimulatedScheduler[] = [];
  const startScheduler = async (): Promise<SimulatedScheduler> => {
    const process = await world.start();
    const source: ConfigurationSource = {
      inForce: { configuration, since: "2026-11-21T09:00:00.000Z" },
      refused: null,
      look: async () => "same",
    };
    const { store, timing, identity } = process;
    const made: SimulatedScheduler = {
      process,
      scheduler: new Scheduler({
        store,
        source,
        timing,
        scheduler: identity,
        serverTimeZone: zone,
        log: silent,
        registry: registryOf(process),
      }),
      turn: null,
    };
    schedulers.push(made);
    return made;
  };
  const turn = (one: SimulatedScheduler): void => {
    if (!one.process.runs || one.turn !== null) return;
    one.turn = one.scheduler
      .turn()
      .catch((error: unknown) => {
        if (!one.process.isDead) faults.push(`a turn failed: ${error instanceof Error ? error.stack : error}`);
      })
      .finally(() => (one.turn = null));
  };
  const living = () => schedulers.filter(({ process }) => !process.isDead);

  turn(await startScheduler());
  await world.settle();
  // From now on every due time counts.
  const begin = world.clock;
  let farthest = world.clockOffset;
  try {
    for (let step = 0; step < steps; step++) {
      const what = random.between(1, 20);
      const one = living().length === 0 ? null : random.pick(living());
      if (what <= 2 && living().length < 3) {
        await startScheduler();
        done.push(`${world.elapsed}: scheduler ${world.processes.length} starts`);
      } else if (what <= 4 && one !== null) {
        const statements = random.between(1, 60);
        one.process.crashAfter(statements);
        done.push(`${world.elapsed}: ${one.process.identity.pid} dies after ${statements} statements`);
      } else if (what === 5 && one !== null) {
        one.process.isPaused = !one.process.isPaused;
        done.push(`${world.elapsed}: ${one.process.identity.pid} ${one.process.isPaused ? "pauses" : "goes on"}`);
      } else if (what === 6) {
        const seconds = random.pick([-7_200, -3_600, -65, -20, -1, 1, 30, 90, 3_600, 200_000, -200_000]);
        world.clockOffset += seconds * 1_000;
        farthest = Math.max(farthest, world.clockOffset);
        done.push(`${world.elapsed}: the clock leaps by ${seconds} s`);
      } else if (what === 7) {
        const process = await world.start();
        const job = random.pick(jobs);
        done.push(`${world.elapsed}: ${process.identity.pid} runs ${job} by hand`);
        void runJob({
          configuration,
          store: process.store,
          startedBy: "ann",
          what: { job },
          registry: registryOf(process),
          timing: process.timing,
          process: process.identity,
        }).catch(() => undefined);
        if (random.isTrue(0.3)) process.crashAfter(random.between(1, 40));
      } else if (what === 8) {
        await world.pass(random.between(100_000, 700_000));
        done.push(`${world.elapsed}: nobody looks for long`);
      }
      const together = random.isTrue(0.5);
      for (const each of living()) {
        turn(each);
        if (!together) await world.settle();
      }
      await world.settle();
      await world.pass(random.between(500, longestStepMs));
    }
    // What pauses goes on; then one scheduler is left, which brings everything to its end.
    for (const { process } of schedulers) process.isPaused = false;
    // Leases that were given before the clock was put back last until it has caught up.
    world.clockOffset = farthest;
    await world.pass(1_000);
    const last = await startScheduler();
    for (let round = 0; round < 400; round++) {
      turn(last);
      await world.settle();
      await world.pass(9_000);
      if (round === 8) for (const { process } of schedulers) if (process !== last.process) process.crash();
      if (round > 18 && isQuiet(world, endless)) break;
    }
    faults.push(...faultsOf(world, { begin, bodies, endless }));
  } finally {
    await world.end();
    rmSync(join(folder, `${seed}`), { recursive: true, force: true, maxRetries: 3 });
  }
  return { seed, faults, steps: done };
};

const configurationOf = (random: Random, workspace: string, path: string): Configuration => {
  const base = sampleConfiguration({
    jobs: jobs.map((job) => sampleJob(job, [{ id: job, connector: job === "Rarely" ? "B" : "A" }], { cron: crons[job] ?? null })),
    workspace,
    database: { kind: "sqlite", path },
    maxLockWatchSeconds: random.pick([-1, 60, 1800]),
  });
  const policies = new Map(
    jobs.map((job) => [
      job.toLowerCase(),
      { missedRuns: random.pick<MissedRuns>(["None", "One", "All"]), overlap: random.pick<Overlap>(["Skip", "Queue"]) },
    ]),
  );
  return { ...base, settings: { ...base.settings, scheduler: { ...base.settings.scheduler, jobs: policies } } };
};

const isQuiet = (world: SimulatedWorld, endless: readonly string[]): boolean =>
  world
    .rows<{ Job: string }>(
      "SELECT Job FROM UJ_ScheduledRuns WHERE State IN ('claimed', 'queued') UNION ALL SELECT Job FROM UJ_JobInstances WHERE State IN ('Waiting', 'InProgress')",
    )
    .every(({ Job }) => endless.includes(Job));

const faultsOf = (
  world: SimulatedWorld,
  { begin, bodies, endless }: { readonly begin: number; readonly bodies: readonly Body[]; readonly endless: readonly string[] },
): string[] => {
  const faults: string[] = [];
  const runs = world.rows<RowOfRun>("SELECT * FROM UJ_ScheduledRuns ORDER BY Job, DueAt");
  const instances = world.rows<{ Id: number; Job: string; State: string; Trigger: string }>("SELECT * FROM UJ_JobInstances ORDER BY Id");
  const schedules = world.rows<{ Job: string; DecidedUntil: string }>("SELECT * FROM UJ_Schedules");

  const left = runs.filter(({ State }) => State === "claimed" || State === "queued");
  for (const { Job, DueAt, State } of left) if (!endless.includes(Job)) faults.push(`${Job} due at ${DueAt} is ${State} still`);
  for (const { Id, Job, State } of instances) {
    if ((State === "Waiting" || State === "InProgress") && !endless.includes(Job))
      faults.push(`instance ${Id} of ${Job} is ${State} still`);
  }

  // Never twice: rows and instances of the schedule belong to each other one to one.
  const named = runs.flatMap(({ JobInstance }) => (JobInstance === null ? [] : [Number(JobInstance)]));
  const scheduled = instances.filter(({ Trigger }) => Trigger === "Scheduler").map(({ Id }) => Number(Id));
  if (new Set(named).size !== named.length) faults.push("two due times name one instance");
  if ([...named].sort((a, b) => a - b).join() !== scheduled.join())
    faults.push(`instances of the schedule ${scheduled} are not those of the rows ${named}`);
  for (const { Job, DueAt, State, JobInstance, Reason } of runs) {
    if (State === "started" && JobInstance === null) faults.push(`${Job} due at ${DueAt} has started without an instance`);
    if (!["started", "claimed"].includes(State) && Reason === null) faults.push(`${Job} due at ${DueAt} is ${State} without a reason`);
  }

  // None is lost, none is in two rows: each due time since the begin is in one row.
  for (const { Job, DecidedUntil } of schedules) {
    const own = runs.filter((run) => run.Job === Job);
    const last = [DecidedUntil, ...own.map(({ DueAt }) => DueAt)].sort().at(-1) ?? DecidedUntil;
    const first = [new Date(begin).toISOString(), ...own.map(({ FirstDueAt }) => FirstDueAt)].sort()[0] ?? "";
    const due = dueRuns(crons[Job] ?? "", "UTC", new Date(Date.parse(first) - 1), new Date(last), zone).map((date) => date.toISOString());
    const single = new Set(own.filter(({ Runs }) => Number(Runs) === 1).map(({ DueAt }) => DueAt));
    for (const at of single) if (!due.includes(at)) faults.push(`${Job}: ${at} is no due time`);
    const covered = new Map<string, number>([...single].map((at) => [at, 1]));
    for (const { FirstDueAt, DueAt, Runs } of own) {
      if (Number(Runs) === 1) continue;
      const within = due.filter((at) => at >= FirstDueAt && at <= DueAt && !single.has(at));
      if (within.length !== Number(Runs))
        faults.push(`${Job}: the stretch from ${FirstDueAt} to ${DueAt} says ${Runs}, and stands for ${within.length}`);
      for (const at of within) covered.set(at, (covered.get(at) ?? 0) + 1);
    }
    for (const [at, count] of covered) if (count > 1) faults.push(`${Job}: ${at} is in ${count} rows`);
    const began = new Date(begin).toISOString();
    for (const at of due) if (at > began && at <= DecidedUntil && !covered.has(at)) faults.push(`${Job}: ${at} is lost`);
  }

  // Never two at once: what came to its good end did so alone.
  const completed = new Set(instances.filter(({ State }) => State === "Completed").map(({ Id }) => Number(Id)));
  const good = bodies.filter(({ jobInstance, to }) => to !== null && completed.has(jobInstance));
  for (const a of good) {
    for (const b of good) {
      if (a.jobInstance < b.jobInstance && a.job === b.job && a.from < (b.to ?? 0) && b.from < (a.to ?? 0)) {
        faults.push(`${a.job}: instances ${a.jobInstance} and ${b.jobInstance} ran at once`);
      }
    }
  }
  return faults;
};
