import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ThresholdLimits, thresholdNames } from "../../src/model/index.js";
import { blockMessage, evaluateThresholds, type ScopeCounts } from "../../src/sync/index.js";

const scope = (limits: ThresholdLimits, counts: Partial<ScopeCounts> = {}): ScopeCounts => ({
  scope: "Connector AD",
  limits,
  inserted: 0,
  updated: 0,
  deleted: 0,
  linksInserted: 0,
  linksUpdated: 0,
  linksDeleted: 0,
  resources: 0,
  links: 0,
  ...counts,
});

describe("evaluateThresholds", () => {
  test.each([
    ["at the limit", 100, false],
    ["one above", 101, true],
  ])("an absolute limit %s", (_, deleted, exceeded) => {
    expect(evaluateThresholds([scope({ MaximumDeletedLines: 100 }, { deleted, resources: 10 })], [])).toEqual([
      { scope: "Connector AD", name: "MaximumDeletedLines", limit: 100, count: deleted, of: 10, exceeded },
    ]);
  });

  test.each([
    ["exactly 5 % of 2000", 100, 2000, false],
    ["a fraction above", 101, 2000, true],
    ["nothing of nothing", 0, 0, false],
    ["something of nothing", 1, 0, true],
  ])("a percentage: %s", (_, deleted, resources, exceeded) => {
    const [result] = evaluateThresholds([scope({ MaxPercentageDeletedLines: 5 }, { deleted, resources })], []);
    expect(result).toMatchObject({ count: deleted, of: resources, exceeded });
  });

  test("0 is off, and all levels are active together", () => {
    const results = evaluateThresholds(
      [
        scope({ MaximumDeletedLines: 0, MaximumInsertedLines: 5 }, { inserted: 6 }),
        { ...scope({ MaximumInsertedLines: 10 }, { inserted: 6 }), scope: "EntityType E" },
      ],
      [],
    );
    expect(results.map(({ scope: of, name, exceeded }) => [of, name, exceeded])).toEqual([
      ["Connector AD", "MaximumInsertedLines", true],
      ["EntityType E", "MaximumInsertedLines", false],
    ]);
  });

  test.each([
    [10, 10, true],
    [9, 10, false],
    [0, 0, false],
  ])("a population of which %d of %d would close", (closed, open, guarded) => {
    expect(
      evaluateThresholds([], [{ scope: "EntityType E", closed, open, isFileEmpty: false }]).some(
        (one) => one.name === "WholePopulation" && one.exceeded,
      ),
    ).toBe(guarded);
  });

  test("every threshold counts its own action against its own base, never another's", () => {
    const oneOf = (name: (typeof thresholdNames)[number]): ScopeCounts => {
      const link = name.includes("Link");
      const action = name.includes("Inserted") ? "nserted" : name.includes("Updated") ? "pdated" : "eleted";
      const letter = { nserted: "I", pdated: "U", eleted: "D" }[action];
      const field = link ? `links${letter}${action}` : `${letter.toLowerCase()}${action}`;
      return scope(
        { [name]: 1 },
        { [field]: 2, resources: link && !name.includes("Updated") ? 1_000_000 : 100, links: link ? 100 : 1_000_000 },
      );
    };
    for (const name of thresholdNames) {
      const [result] = evaluateThresholds([oneOf(name)], []);
      expect([name, result?.count, result?.of, result?.exceeded]).toEqual([name, 2, 100, true]);
    }
  });

  test("agrees with exact fractions for any counts", () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.nat(2_000_000), fc.integer({ min: 1, max: 100 }), (updated, resources, percent) => {
        const [result] = evaluateThresholds([scope({ MaxPercentageUpdatedLines: percent }, { updated, resources })], []);
        expect(result?.exceeded).toBe(BigInt(updated) * 100n > BigInt(percent) * BigInt(resources));
      }),
    );
  });
});

describe("blockMessage", () => {
  test("is null when nothing is exceeded", () => {
    expect(blockMessage(evaluateThresholds([scope({ MaximumDeletedLines: 5 }, { deleted: 5 })], []))).toBeNull();
  });

  test("names count, base and limit", () => {
    expect(blockMessage(evaluateThresholds([scope({ MaximumDeletedLines: 100 }, { deleted: 1240, resources: 20000 })], []))).toBe(
      "Threshold Exceeded: Connector AD: 1,240 resources deleted of 20,000, limit 100 (MaximumDeletedLines)",
    );
  });

  test("says that it is a first load, and both ways out", () => {
    expect(blockMessage(evaluateThresholds([scope({ MaxPercentageInsertedLines: 5 }, { inserted: 3 })], []))).toMatch(
      /of 0: first load, limit 5 % .*resume it .*initialization job/,
    );
  });

  test("names a population that would be closed", () => {
    expect(blockMessage(evaluateThresholds([], [{ scope: "EntityType AD_Entry", closed: 2000, open: 2000, isFileEmpty: false }]))).toBe(
      "Threshold Exceeded: EntityType AD_Entry: would close all 2,000, which only a resume may do",
    );
  });
});
