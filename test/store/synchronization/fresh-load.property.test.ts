import fc from "fast-check";
import { expect, test } from "vitest";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import { type SourceFiles, World } from "./world.js";

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
const open = "'9999-12-31T23:59:59.999Z'";
const full = (w: World): unknown => {
  const t = (n: string) => w.db.count("SELECT Id FROM UM_EntityTypes WHERE Identifier = ?", n);
  const k = (col: string) => `(SELECT x.C4 FROM UR_Resources x WHERE x.Id = p.${col} AND x.ValidTo = ${open})`;
  return {
    p: w.db
      .all(
        `SELECT C4, C5, ${k("I40")}, ${k("CA")}, ${k("I45")}, ${k("CC")}, I40 IS NULL, CA IS NULL, I45 IS NULL, CC IS NULL FROM UR_Resources p WHERE Type = ? AND ValidTo = ${open} ORDER BY C4`,
        t("Person"),
      )
      .map((r) => JSON.stringify(r)),
    e: w.db
      .all(`SELECT C4, C5, C6, ${k("I41")}, I41 IS NULL FROM UR_Resources p WHERE Type = ? AND ValidTo = ${open} ORDER BY C4`, t("Entry"))
      .map((r) => JSON.stringify(r)),
    l: w.state().links,
    u: w.state().unresolved,
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
const fresh = async (said: Map<string, SourceFiles>): Promise<unknown> => {
  const w = await World.open();
  try {
    w.model = extend(w.model);
    for (const [c, f] of said) {
      const o = w.synchronize(c as "HR", f);
      if (o.state === "Blocked") w.resume(o);
    }
    return full(w);
  } finally {
    w.close();
  }
};
const dangling = (w: World): number =>
  w.dangling() +
  ["CA", "I45", "CC"].reduce(
    (n, c) =>
      n +
      w.db.count(
        `SELECT count(*) FROM UR_Resources x WHERE x.ValidTo = ${open} AND x.${c} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = x.${c} AND r.ValidTo = ${open})`,
      ),
    0,
  );

test("whatever came before, and whatever the mappings were then, the repository equals a fresh load of what was said last", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const w = await World.open();
      try {
        w.model = extend(w.model);
        const said = new Map<string, SourceFiles>();
        for (const { connector, files, initial } of steps) {
          // Another hash has all links of the connector resolved anew.
          w.mappingHash = `h${files.links.Person_Boss?.length ?? 0}`;
          const o = w.synchronize(connector, files, { mode: initial && !said.has(connector) ? "Initial" : "Complete" });
          said.set(connector, files);
          if (o.state === "Blocked") w.resume(o);
          expect(dangling(w)).toBe(0);
        }
        expect(full(w)).toEqual(await fresh(said));
      } finally {
        w.close();
      }
    }),
    { numRuns: 40 },
  );
}, 300_000);

const blocking = (w: World, on: boolean) => {
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
test("sessions that wait blocked while the other connector works are applied rightly or refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
      const w = await World.open();
      try {
        w.model = extend(w.model);
        const said = new Map<string, SourceFiles>();
        const waiting = new Map<string, { o: ReturnType<World["synchronize"]>; files: SourceFiles }>();
        for (const { connector, files, block } of steps) {
          blocking(w, block);
          const o = w.synchronize(connector, files);
          waiting.delete(connector);
          if (o.state === "Blocked") {
            if (block) {
              waiting.set(connector, { o, files });
              continue;
            }
            w.resume(o);
          }
          said.set(connector, files);
          expect(dangling(w)).toBe(0);
        }
        blocking(w, false);
        for (const [c, { o, files }] of waiting) {
          try {
            w.resume(o);
            said.set(c, files);
          } catch (e) {
            if (!String(e).includes("meanwhile") && !String(e).includes("no longer")) throw e;
          }
          expect(dangling(w)).toBe(0);
        }
        expect(full(w)).toEqual(await fresh(said));
      } finally {
        w.close();
      }
    }),
    { numRuns: 40 },
  );
}, 300_000);
