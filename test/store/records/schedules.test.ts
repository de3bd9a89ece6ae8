import { expect, test } from "vitest";
import { type DecidedRun, leaseMs, openStore, type ScheduledRun, type Store } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { ManualTiming } from "../../jobs/runner/manual-timing.js";

const one = { host: "one", pid: 1, processStart: "a table of its own/1" };
const two = { host: "two", pid: 2, processStart: "a table of its own/1" };
const at = (time: string): string => `2026-11-21T${time}.000Z`;
const due = (time: string, state: DecidedRun["state"] = "claimed", more: Partial<DecidedRun> = {}): DecidedRun => ({
  dueAt: at(time),
  firstDueAt: at(time),
  runs: 1,
  state,
  reason: state === "claimed" ? null : "because",
  ...more,
});
const daily = new Map([["Job", "0 3 * * * UTC"]]);

onEachDatabase((kind) => {
  const opened = async (work: (store: Store, timing: ManualTiming) => Promise<void>) => {
    const timing = new ManualTiming();
    const store = await openStore((await freshDatabase(kind)).setting, { timing });
    try {
      await work(store, timing);
    } finally {
      await store.close();
    }
  };
  const adopt = (store: Store, schedules: ReadonlyMap<string, string>, more: object = {}) =>
    store.schedules.adopt(schedules, { scheduler: one, isWhole: true, keepsTime: false, lost: () => null, ...more });
  const decide = (store: Store, scheduler: typeof one, runs: readonly DecidedRun[], decidedUntil: string) =>
    store.schedules.decide("Job", scheduler, () => ({ runs, decidedUntil }));
  const states = async (store: Store) =>
    (await store.schedules.runs({ limit: 10 })).map(({ dueAt, state }) => `${dueAt.slice(11, 19)} ${state}`);
  const sign = (store: Store, scheduler: typeof one) =>
    store.schedules.sign({
      scheduler,
      workspace: "/srv/identity",
      startedAt: at("09:00:00"),
      configurationHash: "c0ffee",
      configurationSince: at("09:00:00"),
      refused: null,
    });

  test("a job that was never seen begins now; one whose schedule changed too, and what its former one left is missed", async () => {
    await opened(async (store, timing) => {
      await adopt(store, daily);
      expect(await store.schedules.all()).toEqual(
        new Map([["Job", { job: "Job", schedule: "0 3 * * * UTC", decidedUntil: at("09:00:00") }]]),
      );
      timing.advance(60_000);
      await adopt(store, daily);
      expect((await store.schedules.all()).get("Job")?.decidedUntil).toBe(at("09:00:00"));
      await adopt(store, new Map([["Job", "0 4 * * * UTC"]]), { lost: () => due("09:00:30", "missed") });
      expect((await store.schedules.all()).get("Job")).toMatchObject({ schedule: "0 4 * * * UTC", decidedUntil: at("09:01:00") });
      expect(await states(store)).toEqual(["09:00:30 missed"]);
      // Somebody else's change of a moment ago does not move the time.
      timing.advance(1_000);
      await adopt(store, daily, { keepsTime: true, isWhole: false });
      expect((await store.schedules.all()).get("Job")?.decidedUntil).toBe(at("09:01:00"));
      // Taken away, and there again.
      await adopt(store, new Map());
      expect((await store.schedules.all()).get("Job")).toMatchObject({ schedule: "", decidedUntil: at("09:01:01") });
      timing.advance(86_400_000);
      await adopt(store, daily);
      expect((await store.schedules.all()).get("Job")?.decidedUntil).toBe("2026-11-22T09:01:01.000Z");
    });
  });

  test("a due time gets one row, whoever decides it and however often", async () => {
    await opened(async (store) => {
      await adopt(store, daily);
      expect(await decide(store, one, [due("09:01:00")], at("09:01:00"))).toHaveLength(1);
      expect(await decide(store, two, [due("09:01:00"), due("09:02:00")], at("09:02:00"))).toMatchObject([{ dueAt: at("09:02:00") }]);
      expect((await store.schedules.open()).map(({ scheduler }) => scheduler.host)).toEqual(["one", "two"]);
      const seen: unknown[] = [];
      await store.schedules.decide("Job", one, (ground) => {
        seen.push(ground.schedule.decidedUntil, ground.open.length, ground.holder, ground.decided.length);
        return { runs: [], decidedUntil: null };
      });
      expect(seen).toEqual([at("09:02:00"), 2, null, 0]);
    });
  });

  test("a claim becomes an instance in one transaction, for whom it belongs to, once", async () => {
    await opened(async (store) => {
      await adopt(store, daily);
      await decide(store, one, [due("09:01:00")], at("09:01:00"));
      const open = (scheduler: typeof one) =>
        store.records.open({
          job: "Job",
          lock: "job:Job",
          trigger: "Scheduler",
          startedBy: "scheduler@one",
          runner: scheduler,
          configurationHash: "c0ffee",
          planHash: "",
          plan: { kind: "job", selection: null, tasks: [], connectorHashes: {}, leftOut: {} },
          force: false,
          reason: null,
          tasks: [],
          claim: { job: "Job", dueAt: at("09:01:00"), scheduler },
        });
      await expect(open(two)).rejects.toMatchObject({ code: "JOB_CLAIM_LOST" });
      expect(await store.records.list()).toEqual([]);
      const held = await open(one);
      expect(await store.schedules.runs({ limit: 1 })).toMatchObject([{ state: "started", jobInstance: held.id }]);
      await store.records.advance(held, { state: "Completed" });
      await expect(open(one)).rejects.toMatchObject({ code: "JOB_CLAIM_LOST" });
      expect(await store.records.list()).toHaveLength(1);
    });
  });

  test("a claim is taken over when its scheduler has been silent for a lease, not before", async () => {
    await opened(async (store, timing) => {
      await adopt(store, daily);
      await sign(store, one);
      await decide(store, one, [due("09:01:00")], at("09:01:00"));
      const [run] = await store.schedules.open();
      if (run === undefined) throw new Error("no run");
      expect(await store.schedules.takeOver(run, two)).toBe(false);
      timing.advance(leaseMs + 1);
      expect(await store.schedules.takeOver(run, two)).toBe(true);
      // It is no longer the first one's, and the second one has not died.
      expect(await store.schedules.settle(run, "claimed", { state: "failed", reason: "no" }, { isPatient: true })).toBe(false);
      await sign(store, two);
      const [now] = await store.schedules.open();
      expect(await store.schedules.takeOver(now as ScheduledRun, one)).toBe(false);
      expect(now?.scheduler).toEqual(two);
    });
  });

  test("a queued run is claimed when no other run of its job is about to start", async () => {
    await opened(async (store) => {
      await adopt(store, daily);
      await decide(store, one, [due("09:01:00"), due("09:02:00", "queued")], at("09:02:00"));
      const [claimed, queued] = await store.schedules.open();
      if (claimed === undefined || queued === undefined) throw new Error("no runs");
      expect(await store.schedules.claimQueued(queued, two)).toBe(false);
      await store.schedules.settle(claimed, "claimed", { state: "failed", reason: "no" }, { isPatient: true });
      expect(await store.schedules.claimQueued(queued, two)).toBe(true);
      expect(await store.schedules.claimQueued(queued, one)).toBe(false);
      expect(await states(store)).toEqual(["09:02:00 claimed", "09:01:00 failed"]);
    });
  });

  test("a time that was decided far ahead goes back to now; what started stays used", async () => {
    await opened(async (store) => {
      await adopt(store, daily);
      const year = "2027-11-21T09:00:00.000Z";
      await decide(
        store,
        one,
        [
          { ...due("08:00:00", "missed"), firstDueAt: at("08:30:00"), dueAt: "2027-11-20T03:00:00.000Z", runs: 364 },
          { ...due("08:00:00"), dueAt: year, firstDueAt: year },
        ],
        year,
      );
      await store.schedules.turnBack("Job", at("09:00:00"));
      expect((await store.schedules.all()).get("Job")?.decidedUntil).toBe("2026-11-21T08:29:59.999Z");
      expect((await store.schedules.runs({ limit: 10 })).map(({ dueAt }) => dueAt)).toEqual([year]);
    });
  });

  test("a run that did not start is an alarm until its job completes", async () => {
    await opened(async (store, timing) => {
      await adopt(store, new Map([...daily, ["Other", "0 3 * * * UTC"]]));
      await decide(
        store,
        one,
        [due("08:00:00", "missed", { firstDueAt: at("06:00:00"), runs: 3 }), due("08:30:00", "skipped"), due("08:45:00")],
        at("09:00:00"),
      );
      const alarm = {
        job: "Job",
        dueAt: at("08:30:00"),
        state: "skipped",
        reason: "because",
        jobInstance: null,
        since: at("09:00:00"),
        runs: 4,
      };
      expect(await store.schedules.alarms()).toEqual([alarm]);
      // A claim is to be an instance within a minute.
      timing.advance(61_000);
      expect(await store.schedules.alarms()).toMatchObject([{ dueAt: at("08:45:00"), state: "claimed", runs: 5 }]);
      const instance = {
        StartDate: at("09:00:30"),
        Trigger: "CommandLine",
        StartedBy: "",
        Host: "",
        Pid: 1,
        ProcessStart: "",
        Fence: 1,
        ConfigurationHash: "",
        PlanHash: "",
        Plan: "{}",
      };
      await store.knex("UJ_JobInstances").insert({ ...instance, Job: "Other", State: "Completed", EndDate: at("09:01:00") });
      await store.knex("UJ_JobInstances").insert({ ...instance, Job: "Job", State: "Errored", EndDate: at("09:01:00") });
      expect(await store.schedules.alarms()).toHaveLength(1);
      await store.knex("UJ_JobInstances").insert({ ...instance, Job: "Job", State: "Completed", EndDate: at("09:01:00") });
      expect(await store.schedules.alarms()).toEqual([]);
      await decide(store, one, [due("08:50:00", "missed")], at("09:02:00"));
      expect(await store.schedules.alarms()).toHaveLength(1);
      // A job without a schedule has none.
      await adopt(store, new Map());
      expect(await store.schedules.alarms()).toEqual([]);
    });
  });

  const ended = (job: string, state: string, time: string) => ({
    Job: job,
    State: state,
    StartDate: at("06:00:00"),
    EndDate: at(time),
    Trigger: "Scheduler",
    StartedBy: "",
    Host: "",
    Pid: 1,
    ProcessStart: "",
    Fence: 1,
    ConfigurationHash: "",
    PlanHash: "",
    Plan: "{}",
  });

  test("the last completion counts, whichever instance it was and however many failed since", async () => {
    await opened(async (store) => {
      await adopt(store, daily);
      const add = (...rows: readonly object[]) => store.knex.batchInsert("UJ_JobInstances", rows as never, 50);
      // Resumed, the first ended after the second.
      await add(ended("Job", "Completed", "08:00:00"), ended("Job", "Completed", "07:00:00"));
      await decide(store, one, [due("07:30:00", "missed")], at("07:30:00"));
      await store.knex("UJ_ScheduledRuns").update({ DecidedAt: at("07:30:00") });
      expect(await store.schedules.alarms()).toEqual([]);
      await add(...Array.from({ length: 120 }, () => ended("Job", "Errored", "08:30:00")));
      expect(await store.schedules.alarms()).toEqual([]);
      await decide(store, one, [due("08:40:00", "skipped"), due("08:50:00", "failed" as never, { runs: 2 })], at("09:00:00"));
      expect(await store.schedules.alarms()).toMatchObject([{ job: "Job", dueAt: at("08:50:00"), state: "failed", runs: 3 }]);
    });
  });

  test.runIf(kind === "SQLite")(
    "runs that started are not looked through for alarms: a job of every minute has 130,000 in a quarter",
    async () => {
      await opened(async (store) => {
        await adopt(store, daily);
        await store.knex("UJ_JobInstances").insert(ended("Job", "Completed", "08:00:00"));
        await decide(store, one, [due("08:30:00", "missed"), due("08:45:00")], at("09:00:00"));
        const asked: { sql: string; bindings: readonly unknown[] }[] = [];
        const note = ({ sql, bindings }: { sql: string; bindings: readonly unknown[] }) => void asked.push({ sql, bindings });
        store.knex.on("query", note);
        expect(await store.schedules.alarms()).toHaveLength(1);
        store.knex.removeListener("query", note);
        const looks = asked.filter(({ sql }) => sql.includes("UJ_ScheduledRuns"));
        expect(looks.length).toBeGreaterThan(4);
        for (const { sql, bindings } of looks) {
          const plan = (await store.knex.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as never)) as readonly { detail: string }[];
          expect(plan.map(({ detail }) => detail).join("; ")).toMatch(/state_decidedat_index \(State=\? AND DecidedAt/i);
        }
      });
    },
  );

  test("schedulers sign, and those that died go", async () => {
    await opened(async (store, timing) => {
      await sign(store, one);
      await sign(store, two);
      expect((await store.schedules.schedulers()).map(({ isAlive }) => isAlive)).toEqual([true, true]);
      timing.advance(leaseMs + 1);
      expect((await store.schedules.schedulers()).map(({ isAlive, seenAt }) => [isAlive, seenAt])).toEqual([
        [false, at("09:00:00")],
        [false, at("09:00:00")],
      ]);
      await sign(store, two);
      expect((await store.schedules.schedulers()).map(({ scheduler }) => scheduler.host)).toEqual(["two"]);
      await store.schedules.signOff(two);
      expect(await store.schedules.schedulers()).toMatchObject([{ isAlive: false, seenAt: at("09:01:00").replace(".000", ".001") }]);
    });
  });
});
