import { expect, test } from "vitest";
import type { Configuration, Finding, SchedulerSettings } from "../../../src/config/index.js";
import { type ConfigurationSource, type Look, type RunReport, runJob, Scheduler } from "../../../src/jobs/index.js";
import type { ServiceLog } from "../../../src/jobs/service-log.js";
import { openStore, type ProcessIdentity, type Store } from "../../../src/store/index.js";
import type { TaskRegistry } from "../../../src/tasks/index.js";
import { freshDatabase, onEachDatabase, renameTable, type TestDatabase } from "../../database.js";
import { done, Gate, handDriven } from "../runner/hand-driven-tasks.js";
import { ManualTiming } from "../runner/manual-timing.js";
import { sampleConfiguration, sampleJob } from "../runner/sample-configuration.js";

/** A log that keeps its lines. */
class LogRecord implements ServiceLog {
  readonly lines: string[] = [];
  write(level: string, message: string): void {
    this.lines.push(`${level} ${message}`);
  }
  async close(): Promise<void> {
    return undefined;
  }
  errors(): string[] {
    return this.lines.filter((line) => line.startsWith("error"));
  }
}

/** A workspace whose files a test changes. */
class TestSource implements ConfigurationSource {
  inForce: ConfigurationSource["inForce"];
  refused: ConfigurationSource["refused"] = null;
  #next: Look = "same";

  constructor(configuration: Configuration) {
    this.inForce = { configuration, since: "2026-11-21T09:00:00.000Z" };
  }
  drop(configuration: Configuration): void {
    this.inForce = { configuration, since: "2026-11-21T09:30:00.000Z" };
  }
  refuse(findings: readonly Finding[]): void {
    this.refused = { at: "2026-11-21T09:30:00.000Z", findings };
    this.#next = "refused";
  }
  async look(): Promise<Look> {
    const look = this.#next;
    this.#next = "same";
    return look;
  }
}

const identity = (pid: number): ProcessIdentity => ({ host: "here", pid, processStart: "a table of its own/1" });
const second = 1_000;
const minute = 60 * second;

interface Sample {
  /** Crontab by job. */
  readonly jobs?: Readonly<Record<string, string | null>>;
  readonly scheduler?: Partial<SchedulerSettings>;
  readonly maxLockWatchSeconds?: number;
  /** Jobs whose task works on another connector than those of the others. */
  readonly apart?: readonly string[];
}

const configurationOf = ({
  jobs = { Job: "* * * * *" },
  scheduler = {},
  maxLockWatchSeconds = 1800,
  apart = [],
}: Sample): Configuration => {
  const base = sampleConfiguration({
    jobs: Object.entries(jobs).map(([job, cron]) => sampleJob(job, [{ id: job, connector: apart.includes(job) ? "B" : "A" }], { cron })),
    maxLockWatchSeconds,
  });
  return { ...base, settings: { ...base.settings, scheduler: { ...base.settings.scheduler, ...scheduler } } };
};

onEachDatabase((kind) => {
  /** A database with one scheduler, in time that a test moves: it begins at 09:00:00. */
  class Place {
    readonly timing = new ManualTiming();
    readonly log = new LogRecord();
    readonly dead: RunReport[] = [];
    readonly stores: Store[] = [];
    constructor(readonly database: TestDatabase) {}

    async store(): Promise<Store> {
      const store = await openStore(this.database.setting, { timing: this.timing });
      this.stores.push(store);
      return store;
    }

    async scheduler(source: ConfigurationSource, registry: TaskRegistry = handDriven({}).registry, pid = 1): Promise<Scheduler> {
      return new Scheduler({
        store: await this.store(),
        source,
        timing: this.timing,
        scheduler: identity(pid),
        serverTimeZone: "Europe/Paris",
        log: this.log,
        registry,
        onDead: async (report) => void this.dead.push(report),
      });
    }

    /** A look after some time, and the end of what it started. */
    async after(milliseconds: number, scheduler: Scheduler): Promise<void> {
      this.timing.advance(milliseconds);
      await scheduler.turn();
      await scheduler.settled();
    }

    async runs(): Promise<string[]> {
      const runs = await (this.stores[0] as Store).schedules.runs({ limit: 50 });
      return runs
        .map(
          ({ job, dueAt, state, jobInstance }) => `${job} ${dueAt.slice(11, 19)} ${state}${jobInstance === null ? "" : ` ${jobInstance}`}`,
        )
        .reverse();
    }

    async reasons(): Promise<(string | null)[]> {
      const runs = await (this.stores[0] as Store).schedules.runs({ limit: 50 });
      return runs.map(({ reason }) => reason).reverse();
    }
  }

  const placed = (work: (place: Place) => Promise<void>) => async () => {
    const place = new Place(await freshDatabase(kind));
    try {
      await work(place);
    } finally {
      for (const store of place.stores) await store.close();
    }
  };

  test(
    "jobs run when they are due, by nobody but the clock; what was never seen is not made up for",
    placed(async (place) => {
      const source = new TestSource(configurationOf({ jobs: { Job: "* * * * *", Denied: "30 * * * *", Never: null }, apart: ["Denied"] }));
      const denied = source.inForce.configuration.jobs.get("Denied");
      if (denied === undefined) throw new Error("no job");
      Object.assign(denied, { userStartDenied: true });
      const scheduler = await place.scheduler(source);
      await place.after(0, scheduler);
      await place.after(30 * second, scheduler);
      expect(await place.runs()).toEqual([]);
      await place.after(30 * second, scheduler);
      await place.after(29 * minute, scheduler);
      expect(await place.runs()).toEqual([
        "Job 09:01:00 started 1",
        "Job 09:29:00 missed",
        "Job 09:30:00 started 2",
        "Denied 09:30:00 started 3",
      ]);
      const [store] = place.stores;
      expect(await store?.records.find(1)).toMatchObject({
        job: "Job",
        state: "Completed",
        trigger: "Scheduler",
        startedBy: "scheduler@here",
      });
      expect(place.log.errors()).toEqual([
        "error Job: 28 runs due from 2026-11-21T09:02:00.000Z to 2026-11-21T09:29:00.000Z did not start",
      ]);
    }),
  );

  test(
    "a run that finds its job running is skipped, or waits for its end, and never more than one",
    placed(async (place) => {
      for (const overlap of ["Skip", "Queue"] as const) {
        const job = overlap;
        const source = new TestSource(configurationOf({ jobs: { [job]: "* * * * *" }, scheduler: { overlap } }));
        const gate = new Gate();
        let isFirst = true;
        const { registry } = handDriven({
          [job]: (context) => {
            if (!isFirst) return done;
            isFirst = false;
            return gate.run(context);
          },
        });
        const scheduler = await place.scheduler(source, registry);
        await scheduler.turn();
        place.timing.advance(minute);
        await scheduler.turn();
        await gate.started;
        for (let i = 0; i < 2; i++) {
          place.timing.advance(minute);
          await scheduler.turn();
          // A minute is as long as the lease: the running instance gives its sign of life before the next one passes.
          await place.timing.sleeperFor(second);
        }
        gate.end(done);
        await scheduler.settled();
        await place.after(second, scheduler);
        const states = (await place.runs()).filter((line) => line.startsWith(job)).map((line) => line.split(" ")[2]);
        expect(states).toEqual(overlap === "Skip" ? ["started", "skipped", "skipped"] : ["started", "started", "skipped"]);
      }
      expect((await place.reasons()).filter((reason) => reason !== null)[0]).toMatch(/^instance 1 was running, since 2026/);
    }),
  );

  test(
    "what cannot be started at all fails with its reason, and the scheduler goes on",
    placed(async (place) => {
      const source = new TestSource(configurationOf({ jobs: { Job: "* * * * *" }, maxLockWatchSeconds: -1 }));
      const scheduler = await place.scheduler(source, new Map());
      await place.after(0, scheduler);
      await place.after(minute, scheduler);
      expect(await place.runs()).toEqual(["Job 09:01:00 failed"]);
      expect(await place.reasons()).toEqual([expect.stringMatching(/^TASK_NOT_BUILT: /)]);
      expect(scheduler.state.alarms).toEqual([]);
      await place.after(10 * second, scheduler);
      expect(scheduler.state.alarms).toMatchObject([{ job: "Job", state: "failed", runs: 1 }]);
    }),
  );

  test(
    "a connector that another job holds for too long: the run failed, its instance did nothing",
    placed(async (place) => {
      const configuration = configurationOf({ jobs: { Job: "* * * * *", Other: null }, maxLockWatchSeconds: 2 });
      const gate = new Gate();
      const other = runJob({
        configuration,
        store: await place.store(),
        startedBy: "ann",
        what: { job: "Other" },
        registry: handDriven({ Other: gate.run }).registry,
        timing: place.timing,
      });
      await gate.started;
      const scheduler = await place.scheduler(new TestSource(configuration));
      await scheduler.turn();
      place.timing.advance(minute);
      await scheduler.turn();
      while (scheduler.running.length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        place.timing.advance(500);
      }
      expect(await place.runs()).toEqual(["Job 09:01:00 failed 2"]);
      expect(await place.reasons()).toEqual([expect.stringMatching(/^LOCK_CONNECTOR_HELD: connector A is held by instance 1 of Other/)]);
      gate.end(done);
      await other;
    }),
  );

  test(
    "a claim outlives its scheduler: another one starts it, once",
    placed(async (place) => {
      const configuration = configurationOf({});
      const first = await place.scheduler(new TestSource(configuration), undefined, 1);
      await first.turn();
      const [store] = place.stores;
      // The first one dies between its decision and the opening.
      const at = "2026-11-21T09:01:00.000Z";
      await store?.schedules.decide("Job", identity(1), () => ({
        runs: [{ dueAt: at, firstDueAt: at, runs: 1, state: "claimed", reason: null }],
        decidedUntil: at,
      }));
      const second = await place.scheduler(new TestSource(configuration), undefined, 2);
      place.timing.advance(61_000);
      await second.turn();
      await second.settled();
      expect(await place.runs()).toEqual(["Job 09:01:00 started 1"]);
      expect(place.log.lines.filter((line) => line.startsWith("warn"))[0]).toBe(
        "warn Job: the run due at 2026-11-21T09:01:00.000Z is taken over from process 1 on here, which is gone",
      );
      await place.after(0, second);
      expect(await store?.records.list()).toHaveLength(1);
    }),
  );

  test(
    "a claim that is not an instance after a minute is said, once",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({ jobs: { Job: "0 3 * * *" } })), undefined, 1);
      await scheduler.turn();
      const [store] = place.stores;
      const at = "2026-11-21T09:00:00.000Z";
      const run = { dueAt: at, firstDueAt: at, runs: 1, state: "claimed", reason: null } as const;
      await store?.schedules.decide("Job", identity(2), () => ({ runs: [run], decidedUntil: at }));
      for (let i = 0; i < 8; i++) {
        // The other one lives, and is slow.
        const sign = { startedAt: at, configurationHash: "c0ffee", configurationSince: at, refused: null };
        await store?.schedules.sign({ ...sign, scheduler: identity(2), workspace: "/srv/identity" });
        await place.after(10 * second, scheduler);
      }
      expect(place.log.errors()).toEqual(["error Job: the run due at 2026-11-21T09:00:00.000Z did not start within a minute"]);
      expect(scheduler.state.alarms).toMatchObject([{ job: "Job", state: "claimed" }]);
      expect(await place.runs()).toEqual(["Job 09:00:00 claimed"]);
    }),
  );

  test(
    "a claim that nobody started in time is missed where nothing is made up for",
    placed(async (place) => {
      const configuration = configurationOf({ jobs: { Job: "0 3 * * *" }, scheduler: { missedRuns: "None" } });
      const scheduler = await place.scheduler(new TestSource(configuration));
      await scheduler.turn();
      const at = "2026-11-21T09:00:00.000Z";
      await place.stores[0]?.schedules.decide("Job", identity(1), () => ({
        runs: [{ dueAt: at, firstDueAt: at, runs: 1, state: "claimed", reason: null }],
        decidedUntil: at,
      }));
      await place.after(61_000, scheduler);
      expect(await place.runs()).toEqual(["Job 09:00:00 missed"]);
    }),
  );

  test(
    "a clock that goes wrong by a year and back costs a day at most, and starts nothing twice",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({ jobs: { Job: "0 10 * * *" } })));
      await place.after(0, scheduler);
      await place.after(365 * 86_400_000, scheduler);
      expect(await place.runs()).toEqual(["Job 10:00:00 missed", "Job 10:00:00 started 1"]);
      await place.after(-365 * 86_400_000, scheduler);
      await place.after(2 * 3_600_000, scheduler);
      expect(await place.runs()).toEqual(["Job 10:00:00 started 2", "Job 10:00:00 started 1"]);
      expect(place.log.lines.filter((line) => line.includes("clock"))).toEqual(
        [
          "warn 31536000 s passed since the last look: what fell due meanwhile is missed, or made up for",
          "warn the clock was put back by 31536000 s: what was decided before is not started again",
          "warn Job: its runs were decided until 2027-11-21T09:00:00.000Z by a clock that went wrong; it goes on from now",
          "warn 7200 s passed since the last look: what fell due meanwhile is missed, or made up for",
        ].filter((line) => line.includes("clock")),
      );
    }),
  );

  test(
    "a clock that was hours ahead when the machine started costs a job no run once it is put right",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({ jobs: { Job: "0 * * * *" } })));
      await place.after(0, scheduler);
      await place.after(9 * 3_600_000, scheduler);
      expect(await place.runs()).toEqual(["Job 17:00:00 missed", "Job 18:00:00 started 1"]);
      await place.after(-9 * 3_600_000, scheduler);
      for (let hour = 1; hour <= 9; hour++) await place.after(3_600_000, scheduler);
      expect(await place.runs()).toEqual([
        ...Array.from({ length: 8 }, (_, index) => `Job ${10 + index}:00:00 started ${2 + index}`),
        "Job 18:00:00 started 1",
      ]);
    }),
  );

  test(
    "switched off, it starts nothing and says so, in log and record; switched on, it goes on",
    placed(async (place) => {
      const off = configurationOf({ scheduler: { isEnabled: false } });
      const source = new TestSource(off);
      const scheduler = await place.scheduler(source);
      await place.after(0, scheduler);
      await place.after(2 * minute, scheduler);
      expect(await place.runs()).toEqual(["Job 09:02:00 skipped"]);
      expect(await place.reasons()).toEqual(["Scheduler.Enabled is false"]);
      expect(place.log.lines[0]).toBe("warn Scheduler.Enabled is false: no job is started by its schedule");
      source.drop(configurationOf({}));
      await place.after(0, scheduler);
      await place.after(minute, scheduler);
      expect((await place.runs()).at(-1)).toBe("Job 09:03:00 started 1");
    }),
  );

  test(
    "a new configuration takes over between runs; a job that went away while its run waited is skipped",
    placed(async (place) => {
      const gate = new Gate();
      const { registry } = handDriven({ Job: gate.run });
      const source = new TestSource(configurationOf({ jobs: { Job: "* * * * *" }, scheduler: { overlap: "Queue" } }));
      const scheduler = await place.scheduler(source, registry);
      await scheduler.turn();
      place.timing.advance(minute);
      await scheduler.turn();
      await gate.started;
      place.timing.advance(minute);
      await scheduler.turn();
      source.drop(configurationOf({ jobs: { New: "* * * * *" } }));
      place.timing.advance(second);
      await scheduler.turn();
      gate.end(done);
      await scheduler.settled();
      await place.after(minute, scheduler);
      expect(await place.runs()).toEqual(["Job 09:01:00 started 1", "Job 09:02:00 skipped", "New 09:03:00 started 2"]);
      expect(await place.reasons()).toEqual([null, "the configuration in force has no such job, or no schedule for it", null]);
    }),
  );

  test(
    "another schedule begins when it is in force; what the former one left over an outage is missed",
    placed(async (place) => {
      const first = await place.scheduler(new TestSource(configurationOf({ jobs: { Job: "30 * * * *" } })), undefined, 1);
      await place.after(0, first);
      const later = await place.scheduler(new TestSource(configurationOf({ jobs: { Job: "0 0 * * *" } })), undefined, 2);
      await place.after(3 * 3_600_000, later);
      expect(await place.runs()).toEqual(["Job 11:30:00 missed"]);
      expect(place.log.errors()).toEqual([]);
      expect(place.log.lines).toContain(
        "warn Job: 3 runs due from 2026-11-21T09:30:00.000Z to 2026-11-21T11:30:00.000Z did not start: the schedule 30 * * * * UTC was changed or taken away while no scheduler looked",
      );
    }),
  );

  test(
    "a refused configuration is told of, in the log and to others",
    placed(async (place) => {
      const source = new TestSource(configurationOf({}));
      const scheduler = await place.scheduler(source);
      await scheduler.turn();
      const finding: Finding = { severity: "error", code: "CFG_CRON", message: "no schedule", file: "jobs.xml", line: 3, column: 4 };
      source.refuse([finding]);
      await place.after(second, scheduler);
      expect(place.log.errors()).toEqual([
        "error the configuration in the workspace was refused: the one in force since 2026-11-21T09:00:00.000Z goes on",
        "error CFG_CRON: no schedule",
      ]);
      await place.after(second, scheduler);
      expect(scheduler.state.isConfigurationRefused).toBe(true);
      expect(await place.stores[0]?.schedules.schedulers()).toMatchObject([{ isAlive: true, refused: { findings: [finding] } }]);
    }),
  );

  test(
    "an instance that the scheduler lost with the database is found, and told of",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({})));
      await place.after(0, scheduler);
      await place.after(minute, scheduler);
      const [store] = place.stores;
      // As if the database had gone away before the end was written: the row says that this very process runs it.
      const fields = { State: "InProgress", EndDate: null, LeaseUntil: "2026-11-21T10:00:00.000Z" };
      await store?.knex("UJ_JobInstances").update(fields);
      await place.after(second, scheduler);
      expect(await store?.records.find(1)).toMatchObject({ state: "Aborted" });
      expect(place.dead.map(({ jobInstance, state }) => [jobInstance, state])).toEqual([[1, "Aborted"]]);
    }),
  );

  test(
    "two of them, each second in turn: each due time has one instance",
    placed(async (place) => {
      const configuration = configurationOf({ jobs: { Job: "*/10 * * * * *", Other: "*/15 * * * * *" }, apart: ["Other"] });
      const { registry, started } = handDriven({});
      const both = [
        await place.scheduler(new TestSource(configuration), registry, 1),
        await place.scheduler(new TestSource(configuration), registry, 2),
      ];
      await Promise.all(both.map((scheduler) => scheduler.turn()));
      for (let i = 0; i < 60; i++) {
        place.timing.advance(second);
        await Promise.all(both.map((scheduler) => scheduler.turn()));
        await Promise.all(both.map((scheduler) => scheduler.settled()));
      }
      const runs = await place.runs();
      expect(runs.filter((line) => line.startsWith("Job "))).toHaveLength(6);
      expect(runs.filter((line) => line.startsWith("Other "))).toHaveLength(4);
      expect(runs.every((line) => line.includes("started"))).toBe(true);
      expect(started).toHaveLength(10);
    }),
  );

  test(
    "asked to stop it starts none, gives running tasks their time, and signs off",
    placed(async (place) => {
      const source = new TestSource(configurationOf({ scheduler: { graceSeconds: 30 } }));
      const gate = new Gate();
      const scheduler = await place.scheduler(source, handDriven({ Job: gate.run }).registry);
      const halt = new AbortController();
      const stop = new AbortController();
      const served = scheduler.serve({ halt: halt.signal, stop: stop.signal });
      await place.timing.sleeperFor(second);
      place.timing.advance(minute);
      await gate.started;
      halt.abort("stopped by SIGTERM");
      await place.timing.sleeperFor(30 * second);
      expect((await place.stores[0]?.schedules.schedulers())?.[0]?.isAlive).toBe(true);
      gate.end(done);
      await served;
      expect((await place.stores[0]?.schedules.schedulers())?.[0]?.isAlive).toBe(false);
      expect(place.log.lines.at(-1)).toBe("info the scheduler has stopped");
      expect(await place.runs()).toEqual(["Job 09:01:00 started 1"]);
    }),
  );

  test.runIf(kind === "SQLite")(
    "a database that another process holds keeps no look waiting; it is said, and what is due is decided afterwards",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({})));
      await place.after(0, scheduler);
      const other = await place.store();
      const held = await other.knex.transaction();
      await held("UM_Sequences").where({ Name: "fence" }).update({ Name: "fence" });
      await place.after(minute, scheduler);
      await place.after(minute + second, scheduler);
      expect(await place.runs()).toEqual([]);
      expect(place.log.lines.at(-1)).toBe("warn what is due cannot be decided: another process has held the database for a minute");
      await held.rollback();
      await place.after(second, scheduler);
      expect(await place.runs()).toEqual(["Job 09:01:00 missed", "Job 09:02:00 started 1"]);
    }),
  );

  test(
    "a claim of a service that ends before it was opened stands, for whoever goes on after it",
    placed(async (place) => {
      const store = await place.store();
      const dueAt = "2026-11-21T09:00:00.000Z";
      const claimed = { dueAt, firstDueAt: dueAt, runs: 1, state: "claimed", reason: null } as const;
      await store.schedules.adopt(new Map([["Job", "* * * * * UTC"]]), {
        scheduler: identity(1),
        isWhole: true,
        keepsTime: false,
        lost: () => null,
      });
      await store.schedules.decide("Job", identity(1), () => ({ runs: [claimed], decidedUntil: dueAt }));
      const start = (halt: AbortSignal) =>
        runJob({
          configuration: configurationOf({}),
          store,
          what: { job: "Job" },
          startedBy: "scheduler@here",
          claim: { job: "Job", dueAt, scheduler: identity(1) },
          timing: place.timing,
          process: identity(1),
          registry: handDriven({}).registry,
          halt,
        });
      await expect(start(AbortSignal.abort("stopped by SIGTERM"))).rejects.toMatchObject({ code: "JOB_WAIT_ENDED" });
      expect(await place.runs()).toEqual(["Job 09:00:00 claimed"]);
      expect(await store.records.list()).toEqual([]);
      expect(await start(new AbortController().signal)).toMatchObject({ state: "Completed" });
      expect(await place.runs()).toEqual(["Job 09:00:00 started 1"]);
    }),
  );

  test(
    "a database that cannot be read for a moment while a run begins does not cost the run",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({ maxLockWatchSeconds: -1 })));
      const store = place.stores[0] as Store;
      const { locks } = store;
      const heldByOthers = locks.heldByOthers.bind(locks);
      // What the driver of either database throws where the disk, or the server, fails while it reads.
      locks.heldByOthers = async () => {
        locks.heldByOthers = heldByOthers;
        throw Object.assign(new Error("select - disk I/O error"), kind === "SQLite" ? { errcode: 10 } : { code: "ESOCKET" });
      };
      await place.after(0, scheduler);
      await place.after(minute, scheduler);
      expect(await place.runs()).toEqual(["Job 09:01:00 claimed"]);
      expect(place.log.lines).toContain("warn Job: not started yet, the database cannot be used");
      await place.after(second, scheduler);
      expect(await place.runs()).toEqual(["Job 09:01:00 started 1"]);
    }),
  );

  test(
    "a workspace at a path that no key column holds is signed with its end",
    placed(async (place) => {
      const configuration = configurationOf({});
      const deep = `/${"a".repeat(600)}/HR`;
      const scheduler = await place.scheduler(new TestSource({ ...configuration, workspace: deep }));
      await place.after(0, scheduler);
      await place.after(minute, scheduler);
      expect(await place.runs()).toEqual(["Job 09:01:00 started 1"]);
      const [signed] = await (place.stores[0] as Store).schedules.schedulers();
      expect([signed?.workspace.length, signed?.workspace.slice(-5), signed?.workspace[0]]).toEqual([442, "aa/HR", "…"]);
    }),
  );

  test(
    "a database that goes away costs no decision: it is tried again with growing pauses",
    placed(async (place) => {
      const scheduler = await place.scheduler(new TestSource(configurationOf({})));
      const halt = new AbortController();
      const served = scheduler.serve({ halt: halt.signal, stop: new AbortController().signal });
      await place.timing.sleeperFor(second);
      const store = await place.store();
      await renameTable(kind, store.knex, "UJ_Schedules", "Away");
      for (const pause of [1, 1, 2, 4, 8, 16, 30, 30]) {
        await place.timing.sleeperFor(pause * second);
        place.timing.advance(pause * second);
      }
      await place.timing.sleeperFor(30 * second);
      expect(scheduler.state.turnedAt).toBe(place.timing.now());
      await renameTable(kind, store.knex, "Away", "UJ_Schedules");
      place.timing.advance(30 * second);
      await place.timing.sleeperFor(second);
      await scheduler.settled();
      expect(await place.runs()).toEqual(["Job 09:01:00 missed", "Job 09:02:00 started 1"]);
      expect([...new Set(place.log.lines.filter((line) => /turn failed|answers again/.test(line)))]).toEqual([
        "error this turn failed; what is due stays due",
        "info the database answers again",
      ]);
      halt.abort("enough");
      await served;
    }),
  );
});
