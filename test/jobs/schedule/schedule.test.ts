import { describe, expect, test } from "vitest";
import { isValidCron, nextRun } from "../../../src/jobs/schedule/index.js";

const paris = "Europe/Paris";

/** The next `count` runs in Paris as `MM-DDTHH:mm` of UTC. */
const runs = (cron: string, after: string, count: number): string[] => {
  const found: string[] = [];
  let last: Date | null = new Date(after);
  for (let i = 0; i < count && last !== null; i++) {
    last = nextRun(cron, "ServerTime", last, paris);
    if (last !== null) found.push(last.toISOString().slice(5, 16));
  }
  return found;
};

describe("what a schedule is", () => {
  test.each([
    "*/15 * * * *",
    "0 30 2 * * 1-5",
    "0 0 3 * * *",
    "0 0 * Jan-Mar,DEC Sun",
    "0 0 * * MON-Sat",
    "5/10 * * * *",
    "0,30 8-18/2 * * *",
    "  0\t3  * * *  ",
    "59 59 23 31 12 6",
    "*/05 00 * * *",
  ])("%s", (cron) => {
    expect(isValidCron(cron)).toBe(true);
  });

  test.each([
    "",
    "* * * *",
    "* * * * * * *",
    "@daily",
    "0 0 ? * *",
    "0 0 L * *",
    "0 0 15W * *",
    "0 0 * * 1#2",
    "0 0 * * 5L",
    "60 * * * *",
    "0 24 * * *",
    "0 0 0 * *",
    "0 0 32 * *",
    "0 0 * 13 *",
    "0 0 * * 7",
    "0 22-2 * * *",
    "*/0 * * * *",
    "*/00 * * * *",
    "*/100 * * * *",
    "*/ * * * *",
    "1//2 * * * *",
    "1-2-3 * * * *",
    "1, * * * *",
    "-1 * * * *",
    "1.5 * * * *",
    "0 0 * * Monday",
    "0 0 Jan * *",
    "0x1 * * * *",
  ])("not %j", (cron) => {
    expect(isValidCron(cron)).toBe(false);
    expect(() => nextRun(cron, "UTC", new Date(0), "UTC")).toThrow(RangeError);
  });
});

describe("next run", () => {
  const next = (cron: string, after: string): string | undefined => nextRun(cron, "UTC", new Date(after), paris)?.toISOString();

  test("five fields mean second 0, six begin with the second", () => {
    expect(next("30 2 * * *", "2026-01-01T00:00:00Z")).toBe("2026-01-01T02:30:00.000Z");
    expect(next("15 30 2 * * *", "2026-01-01T00:00:00Z")).toBe("2026-01-01T02:30:15.000Z");
  });

  test("is after the moment given, never at it", () => {
    expect(next("0 0 3 * * *", "2026-01-01T03:00:00.000Z")).toBe("2026-01-02T03:00:00.000Z");
    expect(next("0 0 3 * * *", "2026-01-01T02:59:59.999Z")).toBe("2026-01-01T03:00:00.000Z");
  });

  test("day and weekday both apply", () => {
    expect(next("0 2 13 * 5", "2026-01-01T00:00:00Z")).toBe("2026-02-13T02:00:00.000Z");
    expect(next("0 2 13 * Fri", "2026-03-13T02:00:00Z")).toBe("2026-11-13T02:00:00.000Z");
  });

  test("steps after a number run to the end of the field", () => {
    expect(next("5/20 * * * *", "2026-01-01T00:26:00Z")).toBe("2026-01-01T00:45:00.000Z");
    expect(next("5/20 * * * *", "2026-01-01T00:46:00Z")).toBe("2026-01-01T01:05:00.000Z");
  });

  test("never", () => {
    expect(nextRun("0 0 31 2 *", "UTC", new Date(0), paris)).toBeNull();
  });

  test("the zone decides", () => {
    const after = new Date("2026-07-01T00:00:00Z");
    expect(nextRun("0 3 * * *", "UTC", after, paris)?.toISOString()).toBe("2026-07-01T03:00:00.000Z");
    expect(nextRun("0 3 * * *", "ServerTime", after, paris)?.toISOString()).toBe("2026-07-01T01:00:00.000Z");
  });
});

// Paris: on 2026-03-29 at 01:00Z 02:00 becomes 03:00; on 2026-10-25 at 01:00Z 03:00 becomes 02:00.
describe("the hour that is missing in spring", () => {
  const eve = "2026-03-28T23:30:00Z";
  test.each([
    ["30 2 * * *", ["03-29T01:00", "03-30T00:30"]],
    ["0,30 2 * * *", ["03-29T01:00", "03-30T00:00", "03-30T00:30"]],
    ["*/30 2 * * *", ["03-29T01:00", "03-30T00:00", "03-30T00:30"]],
    ["0 1-4 * * *", ["03-29T00:00", "03-29T01:00", "03-29T02:00", "03-29T23:00"]],
    ["0 2-22/20 * * *", ["03-29T01:00", "03-29T20:00", "03-30T00:00"]],
    ["30 3 * * *", ["03-29T01:30", "03-30T01:30"]],
  ])("%s comes once, at the first instant after it", (cron, expected) => {
    expect(runs(cron, eve, expected.length)).toEqual(expected);
  });
  test.each([
    ["30 * * * *", ["03-29T00:30", "03-29T01:30", "03-29T02:30"]],
    ["*/30 * * * *", ["03-29T00:00", "03-29T00:30", "03-29T01:00", "03-29T01:30"]],
  ])("%s goes by elapsed time", (cron, expected) => {
    expect(runs(cron, eve, expected.length)).toEqual(expected);
  });
});

describe("the hour that comes twice in autumn", () => {
  const eve = "2026-10-24T23:30:00Z";
  test.each([
    ["30 2 * * *", ["10-25T00:30", "10-26T01:30"]],
    ["*/30 2 * * *", ["10-25T00:00", "10-25T00:30", "10-26T01:00"]],
    ["* 15 2 * * *", ["10-25T00:15", "10-25T00:15"]],
    ["0 1-4 * * *", ["10-25T00:00", "10-25T02:00", "10-25T03:00"]],
    ["0 2,3 * * *", ["10-25T00:00", "10-25T02:00", "10-26T01:00"]],
  ])("%s comes once, in the first of the two", (cron, expected) => {
    expect(runs(cron, eve, expected.length)).toEqual(expected);
  });
  test.each([
    ["30 * * * *", ["10-25T00:30", "10-25T01:30", "10-25T02:30"]],
    ["*/30 * * * *", ["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]],
    ["0 */2 * * *", ["10-25T00:00", "10-25T01:00", "10-25T03:00"]],
  ])("%s goes by elapsed time through both", (cron, expected) => {
    expect(runs(cron, eve, expected.length)).toEqual(expected);
  });
});

test("every moment found is one that the fields allow", () => {
  let at: Date | null = new Date("2026-01-01T00:00:00Z");
  for (let i = 0; i < 200; i++) {
    at = nextRun("7 */7 5,20-25 2-12/3 Mon-Thu", "UTC", at, paris);
    expect(at).not.toBeNull();
    if (at === null) return;
    expect(at.getUTCMinutes()).toBe(7);
    expect(at.getUTCHours() % 7).toBe(0);
    expect([5, 20, 21, 22, 23, 24, 25]).toContain(at.getUTCDate());
    expect([1, 4, 7, 10]).toContain(at.getUTCMonth());
    expect([1, 2, 3, 4]).toContain(at.getUTCDay());
  }
});
