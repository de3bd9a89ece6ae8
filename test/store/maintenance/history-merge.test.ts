import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClosedVersion, intervalOf, mergesOf, parseStretches } from "../../../src/store/maintenance/history-merge.js";

const minute = 60_000;
const at = (minutes: number): string => new Date(minutes * minute).toISOString();

describe("stretches", () => {
  test("are pairs of minutes and count", () => {
    expect(parseStretches(" 1440:30 10080:52 ")).toEqual([
      { minutes: 1440, count: 30 },
      { minutes: 10080, count: 52 },
    ]);
    for (const text of ["", "1440", "0:5", "5:0", "1440:30 x", "-5:3", "1.5:2"]) expect(parseStretches(text)).toBeNull();
  });

  test("count intervals back from now, one stretch after the other, and none before the last", () => {
    const stretches = [
      { minutes: 10, count: 2 },
      { minutes: 100, count: 1 },
    ];
    const now = 1_000 * minute;
    const found = [1_001, 1_000, 991, 990, 989, 981, 980, 881, 880, 879].map((moment) => intervalOf(stretches, now, moment * minute));
    expect(found).toEqual([null, 0, 0, 1, 1, 1, 2, 2, null, null]);
  });
});

describe("merging", () => {
  test("joins neighbours of one group, never over a gap", () => {
    const versions: ClosedVersion[] = [
      { validFrom: at(0), validTo: at(1), content: "a" },
      { validFrom: at(1), validTo: at(2), content: "a" },
      { validFrom: at(3), validTo: at(4), content: "a" },
      { validFrom: at(4), validTo: at(5), content: "b" },
      { validFrom: at(5), validTo: at(6), content: "a" },
    ];
    expect(mergesOf(versions, ({ content }) => content)).toEqual([{ kept: versions[1], validFrom: at(0), removed: [at(1)] }]);
  });

  test("covers the same time as before, and says at each kept end what was said there", () => {
    const steps = fc.array(
      fc.record({ length: fc.integer({ min: 1, max: 40 }), gap: fc.integer({ min: 0, max: 1 }), content: fc.constantFrom("a", "b") }),
      {
        maxLength: 25,
      },
    );
    const stretches = fc.array(fc.record({ minutes: fc.integer({ min: 1, max: 60 }), count: fc.integer({ min: 1, max: 5 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(steps, stretches, fc.boolean(), (parts, rules, byContent) => {
        let now = 0;
        const versions = parts.map(({ length, gap, content }): ClosedVersion => {
          const from = now + gap * 5;
          now = from + length;
          return { validFrom: at(from), validTo: at(now), content };
        });
        const group = (version: ClosedVersion): unknown =>
          byContent ? version.content : intervalOf(rules, now * minute, Date.parse(version.validTo));
        const merges = mergesOf(versions, group);
        const removed = new Set(merges.flatMap((merge) => merge.removed));
        const starts = new Map(merges.map(({ kept, validFrom }) => [kept.validTo, validFrom]));
        const after = versions
          .filter(({ validTo }) => !removed.has(validTo))
          .map((version) => ({ ...version, validFrom: starts.get(version.validTo) ?? version.validFrom }));
        const holds = (list: readonly ClosedVersion[], moment: number): ClosedVersion | undefined =>
          list.find(({ validFrom, validTo }) => Date.parse(validFrom) <= moment && moment < Date.parse(validTo));
        for (let moment = 0; moment < now; moment++) {
          const [before, then] = [holds(versions, moment * minute), holds(after, moment * minute)];
          expect(then === undefined).toBe(before === undefined);
          if (byContent) expect(then?.content).toBe(before?.content);
        }
        // Nothing is left to merge, and versions outside every interval stay as they were.
        expect(mergesOf(after, group)).toEqual([]);
        for (const version of versions) if (group(version) === null) expect(after).toContainEqual(version);
      }),
    );
  });
});
