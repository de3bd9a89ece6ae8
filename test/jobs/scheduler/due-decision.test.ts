import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueRuns } from "../../../src/jobs/index.js";
import { type DueGround, decideDue, disabledReason, mostMadeUpFor } from "../../../src/jobs/scheduler/due-decision.js";
import { undecidedTimes } from "../../../src/jobs/scheduler/due-times.js";
import type { JobInstanceId } from "../../../src/model/index.js";
import type { LockHolder, ScheduledRun, ScheduledRunState } from "../../../src/store/index.js";

const scheduler = { host: "here", pid: 1, processStart: "table/1" };
const holder: LockHolder = {
  lock: "job:Job",
  jobInstance: 12 as JobInstanceId,
  job: "Job",
  host: "here",
  pid: 1,
  processStart: "table/1",
  since: "2026-11-21T08:00:00.000Z",
};
const openRun = (state: ScheduledRunState, dueAt = "2026-11-21T08:59:00.000Z"): ScheduledRun => ({
  job: "Job",
  dueAt,
  firstDueAt: dueAt,
  runs: 1,
  state,
  jobInstance: null,
  reason: null,
  decidedAt: dueAt,
  scheduler,
});
const now = new Date("2026-11-21T12:00:00.000Z");

/** What becomes of the due times of `cron` after a moment, in short: state and minute, `first–last` and a count for a stretch. */
const decided = (cron: string, after: string, given: Partial<DueGround> = {}): { runs: string[]; until: string | null } => {
  const ground: DueGround = { policy: { missedRuns: "One", overlap: "Skip" }, isEnabled: true, now, holder: null, open: [], ...given };
  const due = undecidedTimes({ cron, zone: "UTC" }, new Date(`2026-11-21T${after}Z`), ground.now, "UTC", {
    decided: [],
    limit: mostMadeUpFor,
    policy: ground.policy.missedRuns,
  });
  if (due === null) return { runs: [], until: null };
  const { runs, decidedUntil } = decideDue(due, ground);
  const time = (at: string): string => at.slice(11, 16);
  return {
    runs: runs.map((run) =>
      run.runs === 1 ? `${run.state} ${time(run.dueAt)}` : `${run.state} ${time(run.firstDueAt)}–${time(run.dueAt)} (${run.runs})`,
    ),
    until: decidedUntil,
  };
};
const until = now.toISOString();

describe("a run that is due alone and on time", () => {
  test("starts", () => {
    expect(decided("0 12 * * *", "11:59:59")).toEqual({ runs: ["claimed 12:00"], until });
    expect(decided("59 11 * * *", "11:58:30", { policy: { missedRuns: "None", overlap: "Skip" } })).toEqual({
      runs: ["claimed 11:59"],
      until,
    });
  });

  test.each([
    ["Skip", [], "skipped 12:00"],
    ["Queue", [], "queued 12:00"],
    ["Queue", [openRun("queued")], "skipped 12:00"],
  ] as const)("meets an instance that runs: %s, %j", (overlap, open, expected) => {
    for (const missedRuns of ["None", "One", "All"] as const) {
      expect(decided("0 12 * * *", "11:59:59", { policy: { missedRuns, overlap }, holder, open }).runs).toEqual([expected]);
    }
  });

  test("meets a run that is about to start", () => {
    expect(decided("0 12 * * *", "11:59:59", { open: [openRun("claimed")] }).runs).toEqual(["skipped 12:00"]);
  });
});

describe("runs that fell due while nobody looked", () => {
  test("none is made up for", () => {
    const policy = { missedRuns: "None", overlap: "Skip" } as const;
    expect(decided("0 * * * *", "07:30:00", { policy, now: new Date("2026-11-21T12:05:00Z") })).toEqual({
      runs: ["missed 08:00–12:00 (5)"],
      until: "2026-11-21T12:05:00.000Z",
    });
    // The last one is on time.
    expect(decided("0 * * * *", "07:30:00", { policy })).toEqual({ runs: ["missed 08:00–11:00 (4)", "claimed 12:00"], until });
  });

  test("one stands for all", () => {
    expect(decided("30 * * * *", "07:30:00")).toEqual({ runs: ["missed 08:30–10:30 (3)", "claimed 11:30"], until });
    expect(decided("30 * * * *", "07:30:00", { holder })).toEqual({ runs: ["missed 08:30–10:30 (3)", "skipped 11:30"], until });
  });

  test("all start, one after the other, whatever the rule for overlap is", () => {
    const policy = { missedRuns: "All", overlap: "Skip" } as const;
    expect(decided("30 * * * *", "08:30:00", { policy })).toEqual({ runs: ["claimed 09:30", "queued 10:30", "queued 11:30"], until });
    expect(decided("30 * * * *", "09:30:00", { policy, holder })).toEqual({ runs: ["queued 10:30", "queued 11:30"], until });
    // Those before them first: time stands still.
    expect(decided("30 * * * *", "09:30:00", { policy, open: [openRun("queued")] })).toEqual({ runs: [], until: null });
    const many = decided("* * * * * *", "08:00:00", { policy });
    expect(many.runs).toHaveLength(mostMadeUpFor);
    expect(many.until).toBe("2026-11-21T08:01:40.000Z");
  });

  test("a year of every second costs nothing", () => {
    const due = undecidedTimes({ cron: "* * * * * *", zone: "UTC" }, new Date(now.getTime() - 365 * 86_400_000), now, "UTC", {
      decided: [],
      limit: 1,
      policy: "One",
    });
    expect(due?.all.count).toBe(31_536_000);
    expect(due?.missedRuns.missed?.count).toBe(31_535_999);
  });
});

test("while the scheduler is switched off every due time is skipped for that reason", () => {
  const due = undecidedTimes({ cron: "0 * * * *", zone: "UTC" }, new Date("2026-11-21T09:30:00Z"), now, "UTC", {
    decided: [],
    limit: 1,
    policy: "One",
  });
  if (due === null) throw new Error("nothing is due");
  const ground: DueGround = { policy: { missedRuns: "All", overlap: "Queue" }, isEnabled: false, now, holder: null, open: [] };
  expect(decideDue(due, ground).runs).toEqual([
    { dueAt: until, firstDueAt: "2026-11-21T10:00:00.000Z", runs: 3, state: "skipped", reason: disabledReason },
  ]);
});

test("whatever is due and however the job stands: each due time is in one row, or after the time that was decided", () => {
  const state = fc.constantFrom<ScheduledRunState>("claimed", "queued");
  const moment = fc.integer({ min: 0, max: 400 }).map((minutes) => new Date(now.getTime() - minutes * 60_000 - 1));
  fc.assert(
    fc.property(
      fc.constantFrom("* * * * *", "*/7 * * * *", "0 */2 * * *", "*/20 * * * * *", "15 10 * * *"),
      moment,
      fc.integer({ min: 0, max: 200_000 }),
      fc.constantFrom("None", "One", "All"),
      fc.constantFrom("Skip", "Queue"),
      fc.boolean(),
      fc.boolean(),
      fc.array(state, { maxLength: 2 }),
      fc.array(fc.nat(500), { maxLength: 5 }),
      (cron, after, length, missedRuns, overlap, isEnabled, isHeld, open, rows) => {
        const at = new Date(Math.min(after.getTime() + length * 100, now.getTime()));
        const all = dueRuns(cron, "UTC", after, at, "UTC").map((date) => date.toISOString());
        const before = rows.flatMap((index) => all[index] ?? []).map((dueAt) => openRun("started", dueAt));
        const due = undecidedTimes({ cron, zone: "UTC" }, after, at, "UTC", { decided: before, limit: mostMadeUpFor, policy: missedRuns });
        const known = new Set(before.map(({ dueAt }) => dueAt));
        const undecided = all.filter((date) => !known.has(date));
        expect(due?.all.count ?? 0).toBe(undecided.length);
        if (due === null) return;
        const { runs, decidedUntil } = decideDue(due, {
          policy: { missedRuns, overlap },
          isEnabled,
          now: at,
          holder: isHeld ? holder : null,
          open: open.map((each) => openRun(each, "2020-01-01T00:00:00.000Z")),
        });
        const reached = decidedUntil ?? after.toISOString();
        let covered = 0;
        for (const run of runs) {
          const within = undecided.filter((date) => date >= run.firstDueAt && date <= run.dueAt);
          expect(within).toHaveLength(run.runs);
          covered += within.length;
          if (run.runs > 1) expect(["missed", "skipped"]).toContain(run.state);
          if (run.state !== "claimed") expect(run.reason).not.toBeNull();
        }
        expect(covered).toBe(undecided.filter((date) => date <= reached).length);
        expect(runs.filter((run) => run.state === "claimed").length).toBeLessThanOrEqual(isHeld || open.length > 0 || !isEnabled ? 0 : 1);
        if (missedRuns !== "All")
          expect(runs.filter((run) => run.state === "queued" || run.state === "claimed").length).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 400 },
  );
});
