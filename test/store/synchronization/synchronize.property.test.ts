import fc from "fast-check";
import { expect, test } from "vitest";
import { openEnd } from "../../../src/store/open-end.js";
import { type DatabaseKind, onEachDatabase } from "../../database.js";
import { expectedState, nothingSaid, type Said } from "./oracle.js";
import { type SourceFiles, World } from "./world.js";

// Keys that a database, a language or an alphabet likes to confuse (design §6), and the separators of the joined form.
const nasty = [
  "a",
  "A",
  "a ",
  "a\t",
  "K1",
  "K1 ",
  "é",
  "e\u0301",
  "ß",
  "SS",
  "ı",
  "I",
  "～",
  "\u{1F600}",
  "O'Brien",
  'q"q',
  "x,y",
  "l\nl",
  "u\u001fu",
  "r\u001er",
  "b\u001bb",
  "007",
  "7",
];
const key = fc.constantFrom(...nasty);
const value = fc.oneof(fc.constant(null), fc.constantFrom(...nasty));

const unique = <T extends readonly unknown[]>(rows: readonly T[], by: (row: T) => string): T[] => [
  ...new Map(rows.map((row) => [by(row), row])).values(),
];

const hr: fc.Arbitrary<SourceFiles> = fc
  .record({ people: fc.array(fc.tuple(key, value), { maxLength: 8 }), bosses: fc.array(fc.tuple(key, key), { maxLength: 6 }) })
  .map(({ people, bosses }) => ({
    rows: { Person: unique(people, ([id]) => id) },
    // Mono-valued: prepare keeps one boss a person.
    links: { Person_Boss: unique(bosses, ([, id]) => id) },
  }));
const ad: fc.Arbitrary<SourceFiles> = fc
  .record({
    entries: fc.array(fc.tuple(key, value, value), { maxLength: 8 }),
    members: fc.array(fc.tuple(key, key), { maxLength: 8 }),
    owners: fc.array(fc.tuple(key, key), { maxLength: 6 }),
  })
  .map(({ entries, members, owners }) => ({
    rows: { Entry: unique(entries, ([guid]) => guid) },
    links: { Entry_Members: unique(members, (pair) => JSON.stringify(pair)), Entry_Owner: unique(owners, ([, guid]) => guid) },
  }));
const step = fc.oneof(
  fc.record({ connector: fc.constant("HR" as const), files: hr, initial: fc.boolean() }),
  fc.record({ connector: fc.constant("AD" as const), files: ad, initial: fc.boolean() }),
);

/** A server answers a statement in a millisecond where SQLite needs a hundredth: there fewer runs fill the same minute, and a failure is shown as it came, not made smaller. */
const numRuns: Readonly<Record<DatabaseKind, number>> = { SQLite: 120, "SQL Server": 15 };

/** Rows in an order that no database decides. */
const rowText = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

onEachDatabase((kind) => {
  test("a complete synchronization makes the repository what the files say, whatever it held before; links heal and break across connectors", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 7 }), async (steps) => {
        const world = await World.open(kind);
        try {
          let said: Said = { HR: nothingSaid, AD: nothingSaid };
          const touched = new Set<string>();
          const ids = new Map<string, number>();
          const snapshots: { at: string; rows: string[] }[] = [];
          for (const { connector, files, initial } of steps) {
            const mode = initial && !touched.has(connector) ? "Initial" : "Complete";
            const outcome = await world.synchronize(connector, files, { mode });
            touched.add(connector);
            if (outcome.state === "Blocked") {
              // Only the population guard may block here, and a resume lets it pass.
              expect(outcome.thresholds.filter((one) => one.exceeded).every((one) => one.name === "WholePopulation")).toBe(true);
              expect(await world.state()).toEqual(expectedState(said));
              await world.resume(outcome);
            }
            said = { ...said, [connector]: files };
            expect(await world.state()).toEqual(expectedState(said));
            expect(await world.dangling()).toBe(0);
            expect(await world.db.count("SELECT count(*) FROM UR_ResourceChanges")).toBe(0);
            // A second run of the same files changes nothing.
            const again = await world.synchronize(connector, files);
            expect(again).toMatchObject({
              state: "Applied",
              changed: false,
              counters: { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0 },
            });
            // An Id belongs to (type, key) for ever.
            for (const [type, name, id] of await world.db.all("SELECT Type, C4, Id FROM UR_Resources")) {
              const known = ids.get(`${type}:${name}`);
              if (known !== undefined) expect(id).toBe(known);
              ids.set(`${type}:${name}`, Number(id));
            }
            const open = await world.db.all(`SELECT Type, C4, C5, I40, I41 FROM UR_Resources WHERE ValidTo = '${openEnd}'`);
            snapshots.push({ at: String((await world.db.get("SELECT Now FROM UM_Clock"))?.[0] ?? ""), rows: rowText(open) });
          }
          // History: the repository as of each earlier transaction is what it was then. C6 has a HistoryPrecision and may be overwritten.
          for (const { at, rows } of snapshots) {
            const then = await world.db.all("SELECT Type, C4, C5, I40, I41 FROM UR_Resources WHERE ValidFrom <= ? AND ValidTo > ?", at, at);
            expect(rowText(then)).toEqual(rows);
          }
        } finally {
          await world.close();
        }
      }),
      { numRuns: numRuns[kind], endOnFailure: kind !== "SQLite" },
    );
  }, 300_000);
});
