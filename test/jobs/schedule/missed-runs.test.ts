import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MissedRuns, SchedulerSettings } from "../../../src/config/index.js";
import { decideMissed, decideMissedSpan, dueRuns, policyOf } from "../../../src/jobs/schedule/index.js";

const policies: readonly MissedRuns[] = ["None", "One", "All"];
const dates = (...seconds: number[]): Date[] => seconds.map((second) => new Date(second * 1000));

describe("what becomes of runs that nobody started", () => {
  test.each([
    ["None", [], [1, 2, 3]],
    ["One", [3], [1, 2]],
    ["All", [1, 2, 3], []],
  ] as const)("%s", (policy, start, missed) => {
    expect(decideMissed(dates(1, 2, 3), policy)).toEqual({ start: dates(...start), missed: dates(...missed) });
  });

  test.each(policies)("%s of none is none", (policy) => {
    expect(decideMissed([], policy)).toEqual({ start: [], missed: [] });
    expect(decideMissedSpan("0 3 * * *", "UTC", new Date(0), new Date(1), "UTC", policy)).toEqual({ start: null, missed: null });
  });

  test("a stretch says the same as its list, and each due time stands in one of both", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("0 3 * * *", "30 2 * * *", "*/30 * * * *", "0 0 1 * *", "0 0 31 2 *"),
        fc.constantFrom(...policies),
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 0, max: 72 }),
        (cron, policy, start, hours) => {
          const after = new Date(Date.parse("2026-01-01T00:10:00Z") + start * 43_200_000);
          const until = new Date(after.getTime() + hours * 3_600_000);
          const due = dueRuns(cron, "ServerTime", after, until, "Europe/Paris");
          const listed = decideMissed(due, policy);
          expect([...listed.missed, ...listed.start]).toEqual(due);
          const span = decideMissedSpan(cron, "ServerTime", after, until, "Europe/Paris", policy);
          expect(span).toEqual({ start: spanOf(listed.start), missed: spanOf(listed.missed) });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a year of seconds costs no more than a moment", () => {
    const [after, until] = [new Date("2026-01-01T00:00:00Z"), new Date("2027-01-01T00:00:00Z")];
    const started = performance.now();
    const { start, missed } = decideMissedSpan("* * * * * *", "ServerTime", after, until, "America/New_York", "One");
    expect(start).toEqual({ count: 1, first: until, last: until });
    expect(missed).toEqual({ count: 31_535_999, first: new Date("2026-01-01T00:00:01Z"), last: new Date("2026-12-31T23:59:59Z") });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

const spanOf = (due: readonly Date[]): object | null => (due.length === 0 ? null : { count: due.length, first: due[0], last: due.at(-1) });

describe("the policy of a job", () => {
  const settings: SchedulerSettings = {
    isEnabled: true,
    missedRuns: "One",
    overlap: "Skip",
    jobs: new Map([
      ["job_a", { missedRuns: "All", overlap: null }],
      ["job_b", { missedRuns: null, overlap: "Queue" }],
    ]),
    graceSeconds: 60,
  };

  test.each([
    ["Job_A", "All", "Skip"],
    ["JOB_B", "One", "Queue"],
    ["Job_C", "One", "Skip"],
  ])("%s", (job, missedRuns, overlap) => {
    expect(policyOf(settings, job)).toEqual({ missedRuns, overlap });
  });
});
