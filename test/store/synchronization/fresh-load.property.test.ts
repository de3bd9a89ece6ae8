import fc from "fast-check";
import { expect, test } from "vitest";
import { openEnd } from "../../../src/store/open-end.js";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import { type DatabaseKind, onEachDatabase } from "../../database.js";
import { type SourceFiles, type Synchronized, World } from "./world.js";

/**
 * The awkward associations on top of the world's: Person_Twin is mono-valued on both sides, with a text slot on one and a navigation slot on the other; owners are
 * looked up by a property that is no key; and HR names entries of the AD by their Dn.
 */
const extend = (m: RepositoryModel): RepositoryModel => {
  const prop = (identifier: string, slot: string, index: number, nav = true) => ({
    identifier,
    displayName: identifier,
    type: nav ? "ForeignKey" : "String",
    index,
    slot,
    isKey: false,
    isNavigation: nav,
    historyPrecision: 0,
  });
  return {
    entityTypes: m.entityTypes.map((t) =>
      t.identifier === "Person"
        ? { ...t, properties: [...t.properties, prop("TwinOf", "CA", 10), prop("Twin", "I45", 133), prop("Mail", "CC", 12)] }
        : {
            ...t,
            properties: [...t.properties, prop("MailOf", "x", -1)].map((p) => (p.identifier === "MailOf" ? { ...p, slot: null } : p)),
          },
    ),
    associations: [
      ...m.associations,
      {
        identifier: "Person_Twin",
        displayName: "",
        side1: { entityType: "Person", property: "TwinOf", isCollection: false, slot: "CA" },
        side2: { entityType: "Person", property: "Twin", isCollection: false, slot: "I45" },
      },
      {
        identifier: "Person_Mail",
        displayName: "",
        side1: { entityType: "Entry", property: "MailOf", isCollection: true, slot: null },
        side2: { entityType: "Person", property: "Mail", isCollection: false, slot: "CC" },
      },
    ],
    connectors: m.connectors.map((c) =>
      c.connector === "HR"
        ? {
            ...c,
            associations: [
              ...c.associations,
              {
                identifier: "Person_Twin",
                connector: "HR",
                connection: "HR",
                table: "twins",
                column1: "t1",
                column2: "t2",
                key1: { entityType: "Person", property: "Id" },
                key2: { entityType: "Person", property: "Id" },
                limits: {},
              },
              {
                identifier: "Person_Mail",
                connector: "HR",
                connection: "HR",
                table: "people",
                column1: "dn",
                column2: "id",
                key1: { entityType: "Entry", property: "Dn" },
                key2: { entityType: "Person", property: "Id" },
                limits: {},
              },
            ],
          }
        : {
            ...c,
            associations: c.associations.map((a) =>
              a.identifier === "Entry_Owner" ? { ...a, key1: { entityType: "Person", property: "Name" } } : a,
            ),
          },
    ),
  } as unknown as RepositoryModel;
};
/** Everything said of people and entries, navigations by the key of their target. */
const full = async (w: World): Promise<unknown> => {
  const rowsOf = async (type: string, values: readonly string[], navigations: readonly string[]): Promise<string[]> => {
    const target = (slot: string): string =>
      `(SELECT x.C4 FROM UR_Resources x WHERE x.Id = p.${slot} AND x.ValidTo = '${openEnd}') AS Of${slot}, CASE WHEN ${slot} IS NULL THEN 1 ELSE 0 END AS No${slot}`;
    const rows = await w.db.all(
      `SELECT ${[...values, ...navigations.map(target)].join(", ")} FROM UR_Resources p WHERE Type = ? AND ValidTo = '${openEnd}'`,
      await w.db.count("SELECT Id FROM UM_EntityTypes WHERE Identifier = ?", type),
    );
    return rows.map((row) => JSON.stringify(row)).sort();
  };
  const { links, unresolved } = await w.state();
  return {
    people: await rowsOf("Person", ["C4", "C5"], ["I40", "CA", "I45", "CC"]),
    entries: await rowsOf("Entry", ["C4", "C5", "C6"], ["I41"]),
    links,
    unresolved,
  };
};
const key = fc.constantFrom("a", "A", "b", "c", "d");
const value = fc.oneof(fc.constant(null), key);
const unique = <T extends readonly unknown[]>(rows: readonly T[], ...bys: ((row: T) => string)[]): T[] =>
  bys.reduce((r, by) => [...new Map(r.map((row) => [by(row), row])).values()], [...rows]);
const pairs = fc.array(fc.tuple(key, key), { maxLength: 6 });
const hr = fc.record({ people: fc.array(fc.tuple(key, value), { maxLength: 6 }), bosses: pairs, twins: pairs, mails: pairs }).map(
  ({ people, bosses, twins, mails }): SourceFiles => ({
    rows: { Person: unique(people, ([id]) => id) },
    links: {
      Person_Boss: unique(bosses, ([, i]) => i),
      Person_Twin: unique(
        twins,
        ([, i]) => i,
        ([i]) => i,
      ),
      Person_Mail: unique(mails, ([, i]) => i),
    },
  }),
);
const ad = fc.record({ entries: fc.array(fc.tuple(key, value, value), { maxLength: 6 }), members: pairs, owners: pairs }).map(
  ({ entries, members, owners }): SourceFiles => ({
    rows: { Entry: unique(entries, ([g]) => g) },
    links: { Entry_Members: unique(members, (p) => JSON.stringify(p)), Entry_Owner: unique(owners, ([, g]) => g) },
  }),
);
const step = fc.oneof(
  fc.record({ connector: fc.constant("HR" as const), files: hr, initial: fc.boolean(), block: fc.boolean() }),
  fc.record({ connector: fc.constant("AD" as const), files: ad, initial: fc.boolean(), block: fc.boolean() }),
);
const fresh = async (kind: DatabaseKind, said: ReadonlyMap<"HR" | "AD", SourceFiles>): Promise<unknown> => {
  const w = await World.open(kind);
  try {
    w.model = extend(w.model);
    for (const [connector, files] of said) {
      const outcome = await w.synchronize(connector, files);
      if (outcome.state === "Blocked") await w.resume(outcome);
    }
    return await full(w);
  } finally {
    await w.close();
  }
};
const dangling = (w: World): Promise<number> => w.dangling(["I40", "I41", "CA", "I45", "CC"]);

const blocking = (w: World, on: boolean): void => {
  w.model = {
    ...w.model,
    connectors: w.model.connectors.map((c) => ({
      ...c,
      limits: on
        ? {
            MaxPercentageInsertedLines: 1,
            MaxPercentageUpdatedLines: 1,
            MaxPercentageDeletedLines: 1,
            MaxLinkPercentageInsertedLines: 1,
            MaxLinkPercentageDeletedLines: 1,
          }
        : {},
    })),
  } as RepositoryModel;
};

/** A server answers a statement in a millisecond where SQLite needs a hundredth: there fewer runs fill the same minute, and a failure is shown as it came, not made smaller. */
const numRuns: Readonly<Record<DatabaseKind, number>> = { SQLite: 40, "SQL Server": 10 };

onEachDatabase((kind) => {
  test("whatever came before, and whatever the mappings were then, the repository equals a fresh load of what was said last", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const w = await World.open(kind);
        try {
          w.model = extend(w.model);
          const said = new Map<"HR" | "AD", SourceFiles>();
          for (const { connector, files, initial } of steps) {
            // Another hash has all links of the connector resolved anew.
            w.mappingHash = `h${files.links.Person_Boss?.length ?? 0}`;
            const o = await w.synchronize(connector, files, { mode: initial && !said.has(connector) ? "Initial" : "Complete" });
            said.set(connector, files);
            if (o.state === "Blocked") await w.resume(o);
            expect(await dangling(w)).toBe(0);
          }
          expect(await full(w)).toEqual(await fresh(kind, said));
        } finally {
          await w.close();
        }
      }),
      { numRuns: numRuns[kind], endOnFailure: kind !== "SQLite" },
    );
  }, 300_000);

  test("sessions that wait blocked while the other connector works are applied rightly or refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        const w = await World.open(kind);
        try {
          w.model = extend(w.model);
          const said = new Map<"HR" | "AD", SourceFiles>();
          const waiting = new Map<"HR" | "AD", { readonly outcome: Synchronized; readonly files: SourceFiles }>();
          for (const { connector, files, block } of steps) {
            blocking(w, block);
            const outcome = await w.synchronize(connector, files);
            waiting.delete(connector);
            if (outcome.state === "Blocked") {
              if (block) {
                waiting.set(connector, { outcome, files });
                continue;
              }
              await w.resume(outcome);
            }
            said.set(connector, files);
            expect(await dangling(w)).toBe(0);
          }
          blocking(w, false);
          for (const [connector, { outcome, files }] of waiting) {
            try {
              await w.resume(outcome);
              said.set(connector, files);
            } catch (e) {
              if (!String(e).includes("meanwhile") && !String(e).includes("no longer")) throw e;
            }
            expect(await dangling(w)).toBe(0);
          }
          expect(await full(w)).toEqual(await fresh(kind, said));
        } finally {
          await w.close();
        }
      }),
      { numRuns: numRuns[kind], endOnFailure: kind !== "SQLite" },
    );
  }, 300_000);
});
