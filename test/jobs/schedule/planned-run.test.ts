import { describe, expect, test } from "vitest";
import { clockPuts, type PlannedJob, type PlannedRun, plannedRuns } from "../../../src/jobs/schedule/index.js";

const paris = "Europe/Paris";

const job = (identifier: string, cron: string, more: Partial<PlannedJob> = {}): PlannedJob => ({
  job: identifier,
  cron,
  cronTimeZone: "ServerTime",
  connectors: [],
  longestRun: null,
  ...more,
});

const runsOf = (jobs: readonly PlannedJob[], after: string, until: string, zone = paris): PlannedRun[] => [
  ...plannedRuns(jobs, new Date(after), new Date(until), zone),
];

describe("the runs of several jobs", () => {
  test("come by time, then in the order of the jobs, without the first moment and with the last", () => {
    const jobs = [job("B", "0 */2 * * *", { cronTimeZone: "UTC" }), job("A", "0 3-5 * * *")];
    const runs = runsOf(jobs, "2026-07-01T00:00:00Z", "2026-07-01T04:00:00Z");
    expect(runs.map(({ job, at, local }) => [job, at.toISOString().slice(11, 16), local])).toEqual([
      ["A", "01:00", "2026-07-01T03:00:00+02:00"],
      ["B", "02:00", "2026-07-01T04:00:00+02:00"],
      ["A", "02:00", "2026-07-01T04:00:00+02:00"],
      ["A", "03:00", "2026-07-01T05:00:00+02:00"],
      ["B", "04:00", "2026-07-01T06:00:00+02:00"],
    ]);
  });

  test("west of Greenwich, and with minutes in the offset", () => {
    const at = (zone: string) => runsOf([job("A", "0 3 * * *")], "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z", zone)[0]?.local;
    expect([at("America/St_Johns"), at("Asia/Kathmandu"), at("UTC")]).toEqual([
      "2026-07-01T03:00:00-02:30",
      "2026-07-02T03:00:00+05:45",
      "2026-07-01T03:00:00+00:00",
    ]);
  });

  test("none without jobs, and a schedule that never comes is no run", () => {
    expect(runsOf([], "2026-07-01T00:00:00Z", "2027-07-01T00:00:00Z")).toEqual([]);
    expect(runsOf([job("A", "0 0 31 2 *")], "2026-07-01T00:00:00Z", "2027-07-01T00:00:00Z")).toEqual([]);
  });

  test("are found one by one, however long the time is", () => {
    let count = 0;
    for (const { at } of plannedRuns([job("A", "* * * * *"), job("B", "* * * * *")], new Date(0), new Date(8_640_000_000_000_000), paris)) {
      if (at.getTime() > 0) count++;
      if (count === 1000) break;
    }
    expect(count).toBe(1000);
  });
});

describe("what the clock does", () => {
  const changes = (cron: string, after: string, until: string) =>
    runsOf([job("A", cron)], after, until).map(({ local, change, movedFrom }) => [local.slice(11), change, movedFrom]);

  test("put forward: a fixed time moves, a wildcard hour goes on", () => {
    const night = ["2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z"] as const;
    expect(changes("45 2 * * *", ...night)).toEqual([["03:00:00+02:00", "moved", "2026-03-29T02:45:00"]]);
    expect(changes("0,30 2-3 * * *", ...night)).toEqual([
      ["03:00:00+02:00", "moved", "2026-03-29T02:00:00"],
      ["03:30:00+02:00", null, null],
    ]);
    // Its own time, though the gap ends there.
    expect(changes("0 3 * * *", ...night)).toEqual([["03:00:00+02:00", null, null]]);
    expect(changes("30 * * * *", ...night)).toEqual([
      ["01:30:00+01:00", null, null],
      ["03:30:00+02:00", null, null],
      ["04:30:00+02:00", null, null],
    ]);
  });

  test("put back: a fixed time comes once, a wildcard hour in both", () => {
    const night = ["2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z"] as const;
    expect(changes("30 1-3 * * *", "2026-10-24T23:00:00Z", "2026-10-25T02:30:00Z")).toEqual([
      ["01:30:00+02:00", null, null],
      ["02:30:00+02:00", "once", null],
      ["03:30:00+01:00", null, null],
    ]);
    expect(changes("30 * * * *", ...night)).toEqual([
      ["02:30:00+02:00", "firstOfTwo", null],
      ["02:30:00+01:00", "secondOfTwo", null],
      ["03:30:00+01:00", null, null],
    ]);
  });

  test("put back: the first and the last of what comes twice", () => {
    expect(changes("0 * * * *", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z")).toEqual([
      ["02:00:00+02:00", "firstOfTwo", null],
      ["02:00:00+01:00", "secondOfTwo", null],
      ["03:00:00+01:00", null, null],
    ]);
    expect(changes("59 * * * *", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z").map(([local, change]) => [local, change])).toEqual([
      ["01:59:00+02:00", null],
      ["02:59:00+02:00", "firstOfTwo"],
      ["02:59:00+01:00", "secondOfTwo"],
    ]);
  });

  test("a job in UTC is not touched", () => {
    const runs = runsOf([job("A", "30 * * * *", { cronTimeZone: "UTC" })], "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z");
    expect(runs.map(({ local, change }) => [local.slice(11), change])).toEqual([
      ["02:30:00+02:00", null],
      ["02:30:00+01:00", null],
      ["03:30:00+01:00", null],
    ]);
  });

  test("the changes themselves", () => {
    expect(clockPuts(paris, new Date("2026-01-01T00:00:00Z"), new Date("2026-10-25T01:00:00Z"))).toEqual([
      { at: new Date("2026-03-29T01:00:00Z"), from: "2026-03-29T02:00:00", to: "2026-03-29T03:00:00" },
      { at: new Date("2026-10-25T01:00:00Z"), from: "2026-10-25T03:00:00", to: "2026-10-25T02:00:00" },
    ]);
    expect(clockPuts(paris, new Date("2026-03-29T01:00:00Z"), new Date("2026-10-25T00:59:59Z"))).toEqual([]);
    expect(clockPuts("UTC", new Date(0), new Date("2026-01-01T00:00:00Z"))).toEqual([]);
  });
});

describe("runs in each other's way", () => {
  const night = ["2026-07-01T00:00:00Z", "2026-07-01T23:00:00Z"] as const;

  test("two that need a lock of the same connector at the same instant, each says of the other", () => {
    const jobs = [
      job("A", "0 3,5 * * *", { connectors: ["AD", "HR"] }),
      job("B", "0 5,7 * * *", { connectors: ["HR", "SAP"] }),
      job("C", "0 5 * * *", { connectors: ["SAP"] }),
      job("D", "0 5 * * *"),
    ];
    const collisions = runsOf(jobs, ...night).map(({ job, local, collisions }) => [
      job,
      local.slice(11, 16),
      collisions.map(({ job, connectors }) => `${job} ${connectors.join()}`),
    ]);
    expect(collisions).toEqual([
      ["A", "03:00", []],
      ["A", "05:00", ["B HR"]],
      ["B", "05:00", ["A HR", "C SAP"]],
      ["C", "05:00", ["B SAP"]],
      ["D", "05:00", []],
      ["B", "07:00", []],
    ]);
  });

  test("one that comes sooner than the runs of its job took, the first of the time asked for too", () => {
    const overlaps = (longestRun: number | null) =>
      runsOf([job("A", "0,20 * * * *", { longestRun })], "2026-07-01T00:10:00Z", "2026-07-01T01:30:00Z").map(
        ({ overlapAfter }) => overlapAfter,
      );
    const minute = 60_000;
    expect(overlaps(30 * minute)).toEqual([20 * minute, null, 20 * minute]);
    expect(overlaps(20 * minute)).toEqual([null, null, null]);
    expect(overlaps(41 * minute)).toEqual([20 * minute, 40 * minute, 20 * minute]);
    expect(overlaps(null)).toEqual([null, null, null]);
  });
});
