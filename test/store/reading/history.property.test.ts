import fc from "fast-check";
import type { Knex } from "knex";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEnd } from "../../../src/store/open-end.js";
import type { ResourceReading } from "../../../src/store/reading/index.js";
import { type DatabaseKind, onEachDatabase } from "../../database.js";
import { addLinks, addVersions, all, model, numbers, openRepository } from "./repository.js";

/** Moments of the small world: 0 is before everything, 6 the open end. */
const last = 6;
const timeOf = (moment: number): string => (moment === last ? openEnd : `2026-11-0${moment + 1}T00:00:00.000Z`);
const moment = fc.integer({ min: 1, max: last });
const name = fc.constantFrom("Ann", "ann", "Ann ", "Zoë", "Zoe\u0308");

/** Intervals of one thing that follow each other, with gaps: cut points and whether it was there between two of them. */
const intervals = <T>(value: fc.Arbitrary<T>) =>
  fc.uniqueArray(moment, { minLength: 2, maxLength: 4 }).chain((points) => {
    const sorted = points.sort((a, b) => a - b);
    return fc
      .array(fc.option(value, { freq: 4 }), { minLength: sorted.length - 1, maxLength: sorted.length - 1 })
      .map((values) =>
        values.flatMap((each, index) => (each === null ? [] : [{ from: sorted[index] ?? 0, to: sorted[index + 1] ?? 0, value: each }])),
      );
  });

const world = fc.record({
  // Three people; each version has a name and perhaps a manager among the three.
  people: fc.tuple(
    ...[0, 1, 2].map(() => intervals(fc.record({ name: fc.option(name), manager: fc.option(fc.integer({ min: 0, max: 2 })) }))),
  ),
  // The site of each.
  sites: fc.tuple(...[0, 1, 2].map(() => intervals(fc.integer({ min: 0, max: 1 })))),
  asked: fc.integer({ min: 0, max: last - 1 }),
  wanted: fc.option(name),
});

/** A server answers a statement in a millisecond where SQLite needs a hundredth: fewer runs take as long there. */
const numRuns: Readonly<Record<DatabaseKind, number>> = { SQLite: 60, "SQL Server": 25 };

onEachDatabase((kind) => {
  let knex: Knex;
  let reading: ResourceReading;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ knex, reading, close } = await openRepository(kind));
  });
  afterAll(() => close());

  test("resources of any moment are those whose versions and links held then", async () => {
    const keys = ["P2", "P10", "P1"];
    await fc.assert(
      fc.asyncProperty(world, async ({ people, sites, asked, wanted }) => {
        await knex("UR_Resources").delete();
        await knex("UR_ResourceLinks").delete();
        await addVersions(knex, [
          { id: 20, type: numbers.site, C4: "S0" },
          { id: 21, type: numbers.site, C4: "S1" },
          ...people.flatMap((versions, index) =>
            versions.map(({ from, to, value }) => ({
              id: index + 1,
              type: numbers.person,
              from: timeOf(from),
              to: timeOf(to),
              C4: keys[index] ?? "",
              C5: value.name,
              I40: value.manager === null ? null : value.manager + 1,
            })),
          ),
        ]);
        await addLinks(
          knex,
          sites.flatMap((links, index) =>
            links.map(({ from, to, value }) => [numbers.site_of, index + 1, 20 + value, timeOf(from), timeOf(to)] as const),
          ),
        );

        const at = <T>(list: readonly { from: number; to: number; value: T }[], when: number): T | undefined =>
          list.find(({ from, to }) => from <= when && when < to)?.value;
        const expected = (when: number, where: string | null) =>
          people.flatMap((versions, index) => {
            const version = at(versions, when);
            if (version === undefined || (where !== null && version.name !== where)) return [];
            const site = at(sites[index] ?? [], when);
            // An Id that never had a row has no key to show.
            const manager = version.manager === null || people[version.manager]?.length === 0 ? null : (keys[version.manager] ?? null);
            return [[version.name, keys[index] ?? "", null, manager, site === undefined ? null : `S${site}`]];
          });
        const where = wanted === null ? [] : [{ property: "Name", value: wanted }];
        const past = await all(reading.resources(model, { entityType: "Person", where, asOf: timeOf(asked) }));
        expect(past.map((row) => row.values)).toEqual(expected(asked, wanted));
        const current = await all(reading.resources(model, { entityType: "Person", where, asOf: null }));
        const byKey = expected(last - 1, wanted).filter((values) => {
          const versions = people[keys.indexOf(values[1] ?? "")] ?? [];
          return versions.some(({ to }) => to === last);
        });
        expect(current.map((row) => row.values[1])).toEqual(byKey.map((values) => values[1] ?? "").sort());
      }),
      { numRuns: numRuns[kind], endOnFailure: kind !== "SQLite" },
    );
  });
});
