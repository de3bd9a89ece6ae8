import { afterEach, describe, expect, test } from "vitest";
import { localTimeZone, nextRun } from "../../../src/jobs/schedule/index.js";
import { TimeZone } from "../../../src/jobs/schedule/time-zone.js";

const machineZone = process.env.TZ;
afterEach(() => {
  if (machineZone === undefined) delete process.env.TZ;
  else process.env.TZ = machineZone;
});

describe("the time zone of this machine", () => {
  // What is no zone: Node.js goes by UTC then, and gives names that it does not take back.
  test.each([
    ["Europe/Paris", "Europe/Paris"],
    ["Asia/Kathmandu", expect.stringMatching(/^Asia\/Kath?mandu$/)],
    ["", "UTC"],
    ["Foo/Bar", "UTC"],
    ["CET-1CEST", "UTC"],
  ])("TZ=%s", (tz, zone) => {
    process.env.TZ = tz;
    expect(localTimeZone()).toEqual(zone);
    expect(nextRun("0 3 * * *", "ServerTime", new Date(0), localTimeZone())).not.toBeNull();
  });
});

describe("stretches of a time zone", () => {
  const at = (text: string): number => Date.parse(text);
  const hour = 3_600_000;

  test("lie side by side, and each knows what the wall had shown and will show", () => {
    const [before, summer, after, ...more] = new TimeZone("Europe/Paris").stretches(at("2026-03-01T00:00Z"), at("2026-12-01T00:00Z"));
    expect(more).toEqual([]);
    const [spring, autumn] = [at("2026-03-29T01:00Z"), at("2026-10-25T01:00Z")];
    expect(before).toEqual({
      from: at("2026-03-01T00:00Z"),
      to: spring,
      offset: hour,
      reached: at("2026-03-01T01:00Z"),
      returnsTo: spring + hour,
    });
    expect(summer).toEqual({ from: spring, to: autumn, offset: 2 * hour, reached: spring + hour, returnsTo: autumn + hour });
    expect(after).toMatchObject({ from: autumn, to: at("2026-12-01T00:00Z"), offset: hour, reached: autumn + 2 * hour });
  });

  test("that begin or end within two hours that the wall shows twice know of it", () => {
    const autumn = at("2026-10-25T01:00Z");
    const zone = new TimeZone("Europe/Paris");
    expect(zone.stretches(autumn - hour, autumn)).toEqual([
      { from: autumn - hour, to: autumn, offset: 2 * hour, reached: autumn + hour, returnsTo: autumn + hour },
    ]);
    expect(zone.stretches(autumn + 1, autumn + hour)).toMatchObject([{ from: autumn + 1, offset: hour, reached: autumn + 2 * hour }]);
    // At the change itself the clock is put back already.
    expect(zone.stretches(autumn, autumn + 1)).toMatchObject([{ from: autumn, offset: hour }]);
  });

  test("without a change, and without length", () => {
    expect(new TimeZone("UTC").stretches(0, hour)).toEqual([{ from: 0, to: hour, offset: 0, reached: 0, returnsTo: expect.any(Number) }]);
    expect(new TimeZone("Asia/Kathmandu").offsetAt(at("2026-07-01T00:00Z"))).toBe(5.75 * hour);
    expect(new TimeZone("UTC").stretches(hour, hour)).toEqual([]);
  });

  test("days are forgotten when there are too many, and found again", () => {
    const zone = new TimeZone("America/New_York");
    const changes = zone.changes(at("1970-01-01T00:00Z"), at("2070-01-01T00:00Z"));
    expect(changes.length).toBeGreaterThan(150);
    expect(zone.changes(at("1970-01-01T00:00Z"), at("2070-01-01T00:00Z"))).toEqual(changes);
  });
});
