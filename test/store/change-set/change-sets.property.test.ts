import fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { type DatabaseKind, onEachDatabase, testTimeoutOn } from "../../database.js";
import { expectedState, nothingSaid, type Said } from "../synchronization/oracle.js";
import { type SourceFiles, type Synchronized, World } from "../synchronization/world.js";
import { ChangeSets } from "./change-sets.js";
import { day, renamedDays, withLeads } from "./renamed-days.js";

// Few keys, so that histories meet: the confusable ones have a test of their own where files are loaded.
const key = fc.constantFrom("a", "A", "a ", "é", "e\u0301", "1", "x,y", 'q"\u001f');
const value = fc.oneof(fc.constant(null), key);
const unique = <T extends readonly unknown[]>(rows: readonly T[], by: (row: T) => string): T[] => [
  ...new Map(rows.map((row) => [by(row), row])).values(),
];
const hr: fc.Arbitrary<SourceFiles> = fc
  .record({ people: fc.array(fc.tuple(key, value), { maxLength: 6 }), bosses: fc.array(fc.tuple(key, key), { maxLength: 6 }) })
  .map(({ people, bosses }) => ({
    rows: { Person: unique(people, ([id]) => id) },
    links: { Person_Boss: unique(bosses, ([, id]) => id) },
  }));
const ad: fc.Arbitrary<SourceFiles> = fc
  .record({
    entries: fc.array(fc.tuple(key, value, value), { maxLength: 6 }),
    members: fc.array(fc.tuple(key, key), { maxLength: 8 }),
    owners: fc.array(fc.tuple(key, key), { maxLength: 6 }),
  })
  .map(({ entries, members, owners }) => ({
    rows: { Entry: unique(entries, ([guid]) => guid) },
    links: { Entry_Members: unique(members, (pair) => JSON.stringify(pair)), Entry_Owner: unique(owners, ([, guid]) => guid) },
  }));
const step = fc.oneof(
  fc.record({ connector: fc.constant("HR" as const), files: hr }),
  fc.record({ connector: fc.constant("AD" as const), files: ad }),
);

const withWorld = async (kind: DatabaseKind, work: (world: World, sets: ChangeSets) => Promise<void>): Promise<void> => {
  const world = await World.open(kind);
  try {
    await work(world, new ChangeSets(world));
  } finally {
    await world.close();
  }
};

/** Loads files, past the population guard where it stops; gives the task instance that the history names. */
const load = async (world: World, connector: "HR" | "AD", files: SourceFiles): Promise<number> =>
  past(world, await world.synchronize(connector, files));

const past = async (world: World, outcome: Synchronized): Promise<number> => {
  if (outcome.state === "Applied") return outcome.taskInstance;
  expect(outcome.thresholds.filter((one) => one.exceeded).every((one) => one.name === "WholePopulation")).toBe(true);
  await world.resume(outcome);
  await world.db.run("UPDATE UJ_TaskInstances SET ValidationOf = ? WHERE Id = ?", outcome.taskInstance, outcome.taskInstance + 1);
  return outcome.taskInstance + 1;
};

const refusal = (code: string) => (error: unknown) => {
  expect(error).toBeInstanceOf(SluiceError);
  expect((error as SluiceError).code).toBe(code);
  return null;
};

/** Without navigations: what a run said of resources that were not there leaves no history, and may find them once an earlier run is undone too. */
const scalars = (rows: Readonly<Record<string, readonly string[]>>): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(rows).map(([type, list]) => [type, list.map((row) => (JSON.parse(row) as unknown[]).slice(0, -1))]));

onEachDatabase((kind) => {
  const limit = testTimeoutOn(kind, 300_000);
  // A history takes the server some seconds.
  const runs = (onSqlite: number): number => (kind === "SQLite" ? onSqlite : Math.ceil(onSqlite / 3));
  const least = kind === "SQLite" ? 5 : 0;

  test(
    "a plan applied is what a run would have made of the same files, section after section",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 4 }), fc.array(step, { minLength: 1, maxLength: 3 }), async (before, planned) =>
          withWorld(kind, async (world, sets) => {
            let said: Said = { HR: nothingSaid, AD: nothingSaid };
            for (const { connector, files } of before) {
              await load(world, connector, files);
              said = { ...said, [connector]: files };
            }
            const plan = await sets.plan(planned);
            expect(await world.state()).toEqual(expectedState(said));
            for (const [section, { connector, files }] of planned.entries()) {
              await past(world, await sets.apply(plan, section, connector));
              said = { ...said, [connector]: files };
              expect(await world.state()).toEqual(expectedState(said));
              expect(await world.dangling()).toBe(0);
            }
            for (const { connector } of planned.slice(-1)) {
              expect(await world.synchronize(connector, said[connector])).toMatchObject({ state: "Applied", changed: false });
            }
          }),
        ),
        { numRuns: runs(15), endOnFailure: true },
      );
    },
    limit,
  );

  test(
    "a plan is refused once anything it touches has changed, and then nothing was written",
    async () => {
      await fc.assert(
        fc.asyncProperty(step, step, step, async (first, between, planned) =>
          withWorld(kind, async (world, sets) => {
            await load(world, first.connector, first.files);
            const plan = await sets.plan([planned]);
            await load(world, between.connector, between.files);
            const dump = await world.dump();
            const stateThen = await world.state();
            const outcome = await sets.apply(plan, 0, planned.connector).catch(refusal("SYNC_PLAN_MOVED"));
            if (between.connector === planned.connector) expect(outcome).toBeNull();
            if (outcome === null) {
              const { UJ_JobInstances: jobs, UJ_TaskInstances: tasks, ...rest } = await world.dump();
              const { UJ_JobInstances: formerJobs, UJ_TaskInstances: formerTasks, ...former } = dump;
              expect(rest).toEqual(former);
              expect(await world.state()).toEqual(stateThen);
              return;
            }
            await past(world, outcome);
            const said: Said = { HR: nothingSaid, AD: nothingSaid, [first.connector]: first.files, [between.connector]: between.files };
            expect(await world.state()).toEqual(expectedState({ ...said, [planned.connector]: planned.files }));
          }),
        ),
        { numRuns: runs(15), endOnFailure: true },
      );
    },
    limit,
  );

  test(
    "undo gives back every resource and link as it was before, run after run, and the next complete runs what the sources say",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) =>
          withWorld(kind, async (world, sets) => {
            let said: Said = { HR: nothingSaid, AD: nothingSaid };
            const states = [await world.state()];
            const tasks: number[] = [];
            for (const { connector, files } of steps) {
              tasks.push(await load(world, connector, files));
              said = { ...said, [connector]: files };
              states.push(await world.state());
            }
            // Back to the beginning, one after the other.
            for (let index = steps.length - 1; index >= 0; index--) {
              const connector = steps[index]?.connector ?? "HR";
              const outcome = await sets.undo(tasks[index] ?? 0, connector).catch(refusal("SYNC_UNDO_CONFLICT"));
              if (outcome === null) {
                // A navigation that such words made is a later change like any other.
                expect(index).toBeLessThan(steps.length - 1);
                break;
              }
              await past(world, outcome);
              const { rows, links } = await world.state();
              if (index === steps.length - 1) expect({ rows, links }).toEqual({ rows: states[index]?.rows, links: states[index]?.links });
              expect(scalars(rows)).toEqual(scalars(states[index]?.rows ?? {}));
              expect(await world.dangling()).toBe(0);
            }
            for (const connector of ["HR", "AD"] as const) await load(world, connector, said[connector]);
            expect(await world.state()).toEqual(expectedState(said));
          }),
        ),
        { numRuns: runs(40), endOnFailure: true },
      );
    },
    limit,
  );

  test(
    "undo of an earlier run is refused where later ones touched the same, else leaves a sound repository, and is undone itself",
    async () => {
      let [refused, done] = [0, 0];
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), fc.nat(), async (steps, which) =>
          withWorld(kind, async (world, sets) => {
            let said: Said = { HR: nothingSaid, AD: nothingSaid };
            const tasks: number[] = [];
            for (const { connector, files } of steps) {
              tasks.push(await load(world, connector, files));
              said = { ...said, [connector]: files };
            }
            const index = which % steps.length;
            const connector = steps[index]?.connector ?? "HR";
            const before = await world.state();
            const dump = await world.dump();
            const outcome = await sets.undo(tasks[index] ?? 0, connector).catch(refusal("SYNC_UNDO_CONFLICT"));
            if (outcome === null) {
              refused++;
              expect((await world.dump()).UR_Resources).toEqual(dump.UR_Resources);
              expect((await world.dump()).UR_LinkKeys).toEqual(dump.UR_LinkKeys);
              return;
            }
            done++;
            const undoTask = await past(world, outcome);
            expect(await world.dangling()).toBe(0);
            await past(world, await sets.undo(undoTask, connector));
            expect((await world.state()).rows.Person).toHaveLength(before.rows.Person?.length ?? 0);
            expect((await world.state()).rows.Entry).toHaveLength(before.rows.Entry?.length ?? 0);
            expect(await world.dangling()).toBe(0);
            for (const each of ["HR", "AD"] as const) await load(world, each, said[each]);
            expect(await world.state()).toEqual(expectedState(said));
          }),
        ),
        { numRuns: runs(40), endOnFailure: true },
      );
      // Both ways are taken, or this test says nothing.
      expect(refused).toBeGreaterThan(least);
      expect(done).toBeGreaterThan(least);
    },
    limit,
  );

  test(
    "undo of a run that changed the keys by which links name resources gives back all links, navigations and claims, and so does its own undo",
    async () => {
      await fc.assert(
        fc.asyncProperty(renamedDays, async (days) =>
          withWorld(kind, async (world, sets) => {
            world.model = withLeads(world.model);
            const stands = async (): Promise<unknown> => {
              const { rows, links } = await world.state();
              const leads = await world.db.all(
                "SELECT r.C4 AS Owner, r.I42 AS Lead FROM UR_Resources r WHERE r.I42 IS NOT NULL AND r.ValidTo > '9999'",
              );
              const claims = await world.db.all("SELECT Mapping, Key1, Key2, R1_Id, R2_Id, Reason FROM UR_LinkKeys");
              return { rows, links, leads: leads.map(String).sort(), claims: claims.map((claim) => JSON.stringify(claim)).sort() };
            };
            await load(world, "AD", day(days, 0));
            const before = await stands();
            const task = await load(world, "AD", day(days, 1));
            const after = await stands();
            const undone = await sets.undo(task, "AD");
            expect(undone.notes).toEqual([]);
            const undoTask = await past(world, undone);
            expect(await stands()).toEqual(before);
            expect(await world.dangling(["I40", "I41", "I42"])).toBe(0);
            await past(world, await sets.undo(undoTask, "AD"));
            expect(await stands()).toEqual(after);
          }),
        ),
        { numRuns: runs(60), endOnFailure: true },
      );
    },
    limit,
  );
});
