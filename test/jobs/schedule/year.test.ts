import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueRuns, dueSpan, nextRun } from "../../../src/jobs/schedule/index.js";
import { changesOf, dueOn, partOf, type Wall, wallOf } from "./oracle.js";

const day = 86_400_000;

/** Zones with a year in which their clock does something odd. */
const years = [
  ["UTC", "2026-01-01"],
  ["Europe/Paris", "2026-01-01"],
  ["America/New_York", "2026-01-01"],
  // Half an hour.
  ["Australia/Lord_Howe", "2026-01-01"],
  // Two hours.
  ["Antarctica/Troll", "2026-01-01"],
  // Never; 5:45 from UTC.
  ["Asia/Kathmandu", "2026-01-01"],
  // At midnight, so that a day has no first hour or two last ones.
  ["America/Santiago", "2026-01-01"],
  ["Asia/Tehran", "2021-01-01"],
  // 30 December is missing.
  ["Pacific/Apia", "2011-01-01"],
  // Back for a month of fasting and forward again.
  ["Africa/Casablanca", "2026-01-01"],
  // A day less an hour comes twice.
  ["Pacific/Kwajalein", "1969-01-01"],
] as const;
type Zone = (typeof years)[number][0];

const walls = new Map<Zone, Wall>();
const wallIn = (zone: Zone, date: string): Wall => {
  const wall = walls.get(zone) ?? wallOf(zone, date, 365);
  walls.set(zone, wall);
  return wall;
};

const schedules = [
  "*/15 * * * *",
  "0 0 * * *",
  "30 2 * * *",
  "15 0-3 * * *",
  "45 23 * * *",
  "15,45 1 * * *",
  "0 */2 * * *",
  "*/20 0-23 * * *",
  "0 */3,1 * * *",
  "20 30 2 * * Sun",
  "0 3 30 12 *",
  "0 12 31 * Mon-Fri",
];

describe("a year, against the clock on the wall looked at minute by minute", () => {
  test.each(years)("in %s from %s", (zone, date) => {
    const wall = wallIn(zone, date);
    const after = new Date(Date.parse(date) - 1);
    const until = new Date(after.getTime() + 365 * day);
    for (const cron of schedules) {
      const expected = dueOn(wall, cron);
      const found = dueRuns(cron, "ServerTime", after, until, zone).map((at) => at.getTime());
      expect({ cron, found }).toEqual({ cron, found: expected });
      expect({ cron, span: dueSpan(cron, "ServerTime", after, until, zone) }).toEqual({ cron, span: spanOf(expected) });
    }
  });
});

const spanOf = (due: readonly number[]): object | null => {
  const [first, last] = [due[0], due.at(-1)];
  return first === undefined || last === undefined ? null : { count: due.length, first: new Date(first), last: new Date(last) };
};

/** One field in all its forms; `favourites` come more often than the rest. */
const field = (lowest: number, highest: number, favourites: readonly number[]): fc.Arbitrary<string> => {
  const value = fc.oneof(fc.constantFrom(...favourites), fc.integer({ min: lowest, max: highest }));
  const step = fc.integer({ min: 1, max: 20 });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const member = fc.oneof(
    { weight: 4, arbitrary: value.map(String) },
    { weight: 2, arbitrary: range },
    { weight: 1, arbitrary: fc.tuple(range, step).map(([text, by]) => `${text}/${by}`) },
    { weight: 1, arbitrary: fc.tuple(value, step).map(([from, by]) => `${from}/${by}`) },
    { weight: 1, arbitrary: step.map((by) => `*/${by}`) },
  );
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant("*") },
    { weight: 3, arbitrary: fc.array(member, { minLength: 1, maxLength: 3 }).map((members) => members.join(",")) },
  );
};

/** Six fields, or five; days that are named by few are rare in the days looked at, so that most schedules name all. */
const expression = fc
  .record({
    second: fc.option(
      field(0, 59, [0, 30]).filter((text) => !text.includes("*") && !text.includes("-") && !text.includes("/")),
      { freq: 2 },
    ),
    minute: field(0, 59, [0, 15, 30, 45, 59]),
    hour: field(0, 23, [0, 1, 2, 3, 23]),
    day: fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: field(1, 31, [1, 30, 31]) }),
    month: fc.oneof({ weight: 6, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: field(1, 12, [3, 10]) }),
    weekday: fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: field(0, 6, [0]) }),
  })
  .map(({ second, minute, hour, ...date }) =>
    [second, minute, hour, date.day, date.month, date.weekday].filter((each) => each !== null).join(" "),
  );

/** Days looked at for one schedule. */
const days = 8;
const limit = 5;

test("any schedule in any of the zones, around a change of the clock or elsewhere", { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(
      expression,
      fc.constantFrom(...years),
      fc.nat(),
      fc.boolean(),
      fc.integer({ min: 0, max: 4 * day }),
      // The first moment that the part of the wall does not show is left out.
      fc.integer({ min: 0, max: 4 * day - 1 }),
      (cron, [zone, date], pick, isAtChange, start, end) => {
        const wall = wallIn(zone, date);
        const changes = changesOf(wall);
        const near = isAtChange && changes.length > 0 ? (changes[pick % changes.length] ?? 0) - 3 : pick;
        const first = Math.min(Math.max(near, 0) % 365, 365 - days);
        const begin = Date.parse(date) + first * day;
        const [after, until] = [begin + start, begin + 4 * day + end];
        const expected = dueOn(partOf(wall, first, days), cron).filter((at) => at > after && at <= until);
        const question = ["ServerTime", new Date(after), new Date(until), zone] as const;
        expect(dueRuns(cron, ...question).map((at) => at.getTime())).toEqual(expected);
        expect(dueRuns(cron, ...question, limit).map((at) => at.getTime())).toEqual(expected.slice(0, limit));
        expect(dueSpan(cron, ...question)).toEqual(spanOf(expected));
        const [next] = expected;
        if (next !== undefined) expect(nextRun(cron, "ServerTime", new Date(after), zone)?.getTime()).toBe(next);
      },
    ),
    {
      numRuns: 400,
      // A part of two hours that come twice in which nothing is new.
      examples: [["0,30 15 2 * * *", ["Antarctica/Troll", "2026-01-01"], 1131358225, true, 0, 0]],
    },
  );
});

describe("what would be too long to list", () => {
  test("a year of seconds is counted in a moment, in a zone too", () => {
    const [after, until] = [new Date("2025-12-31T23:59:59.999Z"), new Date("2026-12-31T23:59:59.999Z")];
    for (const zone of ["UTC", "Europe/Paris", "Australia/Lord_Howe"]) {
      const started = performance.now();
      const span = dueSpan("* * * * * *", "ServerTime", after, until, zone);
      expect(span).toEqual({ count: 31_536_000, first: new Date("2026-01-01T00:00:00Z"), last: new Date("2026-12-31T23:59:59Z") });
      expect(performance.now() - started).toBeLessThan(5_000);
    }
    expect(dueRuns("* * * * * *", "UTC", after, until, "UTC", 3).map((at) => at.getUTCSeconds())).toEqual([0, 1, 2]);
  });

  test("a day that is rare is found without going through the years between", () => {
    const at = (cron: string, after: string) => nextRun(cron, "ServerTime", new Date(after), "Europe/Paris")?.toISOString();
    expect(at("0 0 29 2 *", "2097-01-01T00:00:00Z")).toBe("2104-02-28T23:00:00.000Z");
    expect(at("0 0 29 2 Mon", "2073-01-01T00:00:00Z")).toBe("2112-02-28T23:00:00.000Z");
    expect(at("0 0 30 2 *", "2026-01-01T00:00:00Z")).toBeUndefined();
  });

  test("nothing, and a stretch without length", () => {
    const moment = new Date("2026-01-01T03:00:00Z");
    expect(dueRuns("0 3 * * *", "UTC", moment, moment, "UTC")).toEqual([]);
    expect(dueRuns("0 3 * * *", "UTC", moment, new Date(0), "UTC")).toEqual([]);
    expect(dueRuns("0 3 * * *", "UTC", new Date(0), moment, "UTC", 0)).toEqual([]);
    expect(dueSpan("0 3 * * *", "UTC", moment, moment, "UTC")).toBeNull();
    expect(dueSpan("0 0 31 2 *", "UTC", new Date(0), moment, "UTC")).toBeNull();
    expect(dueSpan("0 3 * * *", "UTC", new Date(moment.getTime() - 1), moment, "UTC")).toEqual({ count: 1, first: moment, last: moment });
  });

  test("a zone that does not exist", () => {
    expect(() => nextRun("0 3 * * *", "ServerTime", new Date(0), "Europe/Atlantis")).toThrow(RangeError);
    expect(nextRun("0 3 * * *", "UTC", new Date(0), "Europe/Atlantis")?.getTime()).toBe(10_800_000);
  });
});
