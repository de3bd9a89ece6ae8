import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPlan } from "../../../src/store/plan/index.js";
import { onEachDatabase } from "../../database.js";
import { type SourceFiles, World } from "../synchronization/world.js";
import { ChangeSets } from "./change-sets.js";

const hr = (people: readonly (readonly [string, string | null])[], bosses: readonly (readonly [string, string])[] = []): SourceFiles => ({
  rows: { Person: people },
  links: { Person_Boss: bosses },
});
const ad = (
  entries: readonly (readonly [string, string, string | null])[],
  owners: readonly (readonly [string, string])[] = [],
  members: readonly (readonly [string, string])[] = [],
): SourceFiles => ({ rows: { Entry: entries }, links: { Entry_Owner: owners, Entry_Members: members } });

/** Enough people that no change is of all of them. */
const others: readonly (readonly [string, string])[] = [
  ["p7", "Gil"],
  ["p8", "Hal"],
  ["p9", "Ida"],
];

onEachDatabase((kind) => {
  let world: World;
  let sets: ChangeSets;
  const open = async (limits: Parameters<typeof World.open>[1] = {}): Promise<void> => {
    world = await World.open(kind, limits);
    sets = new ChangeSets(world);
  };
  beforeEach(() => open());
  afterEach(() => world.close());
  const stateNow = async (): Promise<Pick<Awaited<ReturnType<World["state"]>>, "rows" | "links">> => {
    const { rows, links } = await world.state();
    return { rows, links };
  };
  const reopen = async (limits: Parameters<typeof World.open>[1]): Promise<void> => {
    await world.close();
    await open(limits);
  };

  describe("a plan", () => {
    test("names values by property, navigations and links by keys, and what follows in other connectors", async () => {
      await world.synchronize("HR", hr([["p1", "Ann"], ...others], [["p7", "p8"]]));
      await world.synchronize("AD", ad([["g1", "CN=1", null]], [["p1", "g1"]]));
      const plan = await sets.plan([{ connector: "HR", files: hr([["p2", "Bob"], ...others], [["p2", "p8"]]) }]);
      const lines = readFileSync(plan, "utf8")
        .trimEnd()
        .split("\n")
        .slice(2, -1)
        .map((line) => JSON.parse(line) as unknown);
      // In which order is the database's own affair.
      const changes = [
        { resource: "Person", command: "delete", key: "p1", values: { Id: ["p1", null], Name: ["Ann", null] } },
        { resource: "Person", command: "insert", key: "p2", values: { Id: [null, "p2"], Name: [null, "Bob"] } },
        { resource: "Person", command: "update", key: "p8", values: { Boss: ["p7", "p2"] } },
        { resource: "Entry", command: "update", key: "g1", values: { Owner: ["p1", null] } },
        { claim: "Person_Boss", connector: "HR", command: "add", key1: "p2", key2: "p8", unresolved: null },
        { claim: "Person_Boss", connector: "HR", command: "remove", key1: "p7", key2: "p8", unresolved: null },
        { claim: "Entry_Owner", connector: "AD", command: "resolve", key1: "p1", key2: "g1", unresolved: "1 missing" },
      ];
      expect(lines).toEqual(expect.arrayContaining(changes));
      expect(lines).toHaveLength(changes.length);
      expect(readPlan(plan).sections).toMatchObject([
        { connector: "HR", mode: "Complete", head: await world.head("HR"), counters: { inserted: 1, updated: 2, deleted: 1 }, changes: 7 },
      ]);
    });

    test("of an incremental session and of a first load is applied as the run would have done it", async () => {
      const first = await sets.plan([
        {
          connector: "HR",
          files: hr(
            [["p1", "Ann"], ...others],
            [
              ["p7", "p1"],
              ["p7", "p8"],
            ],
          ),
          mode: "Initial",
        },
      ]);
      // An initialization has no thresholds.
      await reopenedApply(first);
      const delta = {
        rows: { Person: [{ command: "merge", fields: ["p1", "Anna"] }] },
        links: { Person_Boss: [{ command: "delete", keys: [null, "p1"] }] },
      } as const;
      const plan = await sets.plan([{ connector: "HR", files: delta, mode: "Incremental", type: "Changes" }]);
      await sets.apply(plan, 0, "HR");
      expect((await world.state()).rows.Person?.[0]).toBe('["p1","Anna",null]');
      expect(await world.db.get("SELECT CompleteRequired FROM UM_ConnectorHeads")).toEqual(["because the test says so"]);
    });
    const reopenedApply = async (plan: string): Promise<void> => {
      expect(await sets.apply(plan, 0, "HR")).toMatchObject({ state: "Applied", counters: { inserted: 4 } });
      expect((await world.state()).rows.Person?.[0]).toBe('["p1","Ann","p7"]');
    };

    test("that blocks is resumed, and the chain has its gap then", async () => {
      await reopen({ HR: { MaximumUpdatedLines: 1 } });
      await world.synchronize("HR", hr([["p1", "Ann"], ["p2", "Bob"], ...others]));
      const plan = await sets.plan([{ connector: "HR", files: hr([["p1", "A"], ["p2", "B"], ...others]) }]);
      const blocked = await sets.apply(plan, 0, "HR");
      expect(blocked).toMatchObject({ state: "Blocked", counters: { updated: 2 } });
      await expect(sets.apply(plan, 0, "HR")).rejects.toMatchObject({ code: "SYNC_CONNECTOR_BLOCKED" });
      await expect(sets.undo(1, "HR")).rejects.toMatchObject({ code: "SYNC_CONNECTOR_BLOCKED" });
      await world.resume({ ...blocked, completeRequired: "because it was resumed" });
      expect((await world.state()).rows.Person?.slice(0, 2)).toEqual(['["p1","A",null]', '["p2","B",null]']);
      expect(await world.db.get("SELECT CompleteRequired FROM UM_ConnectorHeads")).toEqual(["because it was resumed"]);
    });

    test("cancels sessions that wait, and is refused under other mappings", async () => {
      await world.synchronize("HR", hr([["p1", "Ann"], ...others]));
      const plan = await sets.plan([{ connector: "HR", files: hr([["p1", "Anna"], ...others]) }]);
      await world.db.run(
        `INSERT INTO UJ_SynchronizationSessions (Guid, Sequence, Connector, Mode, Type, State, MappingHash, CreatedAt, ChangedAt)
         VALUES ('waiting', 900, 'HR', 'Complete', 'None', 'ready', 'h', '2026', '2026')`,
      );
      await expect(sets.apply(plan, 0, "HR", { mappingHash: "other" })).rejects.toMatchObject({ code: "SYNC_PLAN_MAPPINGS" });
      await sets.apply(plan, 0, "HR");
      expect(await world.db.get("SELECT State FROM UJ_SynchronizationSessions WHERE Guid = 'waiting'")).toEqual(["cancelled"]);
    });

    test("stopped at any look leaves nothing, and is applied afterwards", async () => {
      await world.synchronize("HR", hr([["p1", "Ann"], ...others]));
      const plan = await sets.plan([{ connector: "HR", files: hr([["p2", "Bob"], ...others]) }]);
      const before = await world.dump();
      for (let look = 1; ; look++) {
        world.looks = 0;
        world.stopAtLook = look;
        const outcome = await sets.apply(plan, 0, "HR").catch((error: unknown) => error);
        world.stopAtLook = Number.POSITIVE_INFINITY;
        if ((outcome as { state?: string }).state === "Applied") {
          expect(look).toBeGreaterThan(4);
          return;
        }
        expect(outcome).toMatchObject({ code: "SYNC_STOPPED" });
        const { UJ_JobInstances: jobs, UJ_TaskInstances: tasks, ...rest } = await world.dump();
        expect(rest).toEqual(Object.fromEntries(Object.entries(before).filter(([table]) => table in rest)));
      }
    });
  });

  describe("undo", () => {
    test("brings deleted resources back under their Ids, with the links that other connectors say of them", async () => {
      await world.synchronize(
        "HR",
        hr(
          [["p1", "Ann"], ...others],
          [
            ["p1", "p7"],
            ["p8", "p9"],
          ],
        ),
      );
      await world.synchronize(
        "AD",
        ad(
          [
            ["g1", "CN=1", null],
            ["g2", "CN=2", null],
          ],
          [
            ["p1", "g1"],
            ["p7", "g2"],
          ],
        ),
      );
      const before = await stateNow();
      const [id] = (await world.db.get("SELECT Id FROM UR_Resources WHERE C4 = 'p1'")) ?? [];
      const { taskInstance } = await world.synchronize("HR", hr(others, [["p8", "p9"]]));
      expect(await sets.undo(taskInstance, "HR")).toMatchObject({
        state: "Applied",
        counters: { inserted: 1, updated: 2, deleted: 0 },
        notes: [],
      });
      expect(await stateNow()).toEqual(before);
      expect(await world.db.get("SELECT Id FROM UR_Resources WHERE C4 = 'p1' AND ValidTo > '9999'")).toEqual([id]);
    });

    test("takes links along that another connector said since, and says so", async () => {
      await world.synchronize("HR", hr(others));
      const { taskInstance } = await world.synchronize("HR", hr([["p1", "Ann"], ...others]));
      await world.synchronize(
        "AD",
        ad(
          [
            ["g1", "CN=1", null],
            ["g2", "CN=2", null],
          ],
          [
            ["p1", "g1"],
            ["p7", "g2"],
          ],
        ),
      );
      expect(await sets.undo(taskInstance, "HR")).toMatchObject({ state: "Applied", counters: { deleted: 1, updated: 1 } });
      expect((await world.state()).rows.Entry).toEqual(['["g1","CN=1",null,null]', '["g2","CN=2",null,"p7"]']);
      // It waits, and comes back with its resource.
      await world.synchronize("HR", hr([["p1", "Ann"], ...others]));
      expect((await world.state()).rows.Entry?.[0]).toBe('["g1","CN=1",null,"p1"]');
    });

    test("link rows come back, and those said since by the own source are conflicts", async () => {
      const entries = ["1", "2", "3"].map((n): [string, string, null] => [`g${n}`, `CN=${n}`, null]);
      await world.synchronize(
        "AD",
        ad(
          entries,
          [],
          [
            ["CN=1", "CN=2"],
            ["CN=1", "CN=3"],
          ],
        ),
      );
      const before = await world.state();
      const { taskInstance } = await world.synchronize(
        "AD",
        ad(
          entries,
          [],
          [
            ["CN=1", "CN=3"],
            ["CN=2", "CN=3"],
          ],
        ),
      );
      expect(await sets.undo(taskInstance, "AD")).toMatchObject({ counters: { linksInserted: 1, linksDeleted: 1 }, notes: [] });
      expect(await world.state()).toEqual(before);
      const again = await world.synchronize(
        "AD",
        ad(
          entries,
          [],
          [
            ["CN=1", "CN=3"],
            ["CN=2", "CN=3"],
          ],
        ),
      );
      await world.synchronize(
        "AD",
        ad(
          entries,
          [],
          [
            ["CN=1", "CN=3"],
            ["CN=1", "CN=2"],
          ],
        ),
      );
      await expect(sets.undo(again.taskInstance, "AD")).rejects.toMatchObject({
        code: "SYNC_UNDO_CONFLICT",
        parameters: {
          count: 2,
          conflicts: ["the link Entry_Members g1 – g2 came back since", "the link Entry_Members g2 – g3 was deleted since"],
        },
      });
    });

    test("cannot where HistoryPrecision overwrote in place, by the run itself or by a later one", async () => {
      await world.synchronize(
        "AD",
        ad([
          ["g1", "CN=1", "a"],
          ["g2", "CN=2", "a"],
        ]),
      );
      world.time -= 3_000_000;
      const inPlace = await world.synchronize(
        "AD",
        ad([
          ["g1", "CN=1", "b"],
          ["g2", "CN=2", "a"],
        ]),
      );
      expect(await world.db.count("SELECT count(*) AS N FROM UR_Resources")).toBe(2);
      await expect(sets.undo(inPlace.taskInstance, "AD")).rejects.toMatchObject({
        code: "SYNC_UNDO_HISTORY",
        message: expect.stringContaining("0 of its 1 updates"),
      });
      world.time += 7_200_000;
      const versioned = await world.synchronize(
        "AD",
        ad([
          ["g1", "CN=1", "c"],
          ["g2", "CN=2", "a"],
        ]),
      );
      world.time -= 3_000_000;
      const later = await world.synchronize(
        "AD",
        ad([
          ["g1", "CN=1", "d"],
          ["g2", "CN=2", "a"],
        ]),
      );
      await expect(sets.undo(versioned.taskInstance, "AD")).rejects.toMatchObject({
        code: "SYNC_UNDO_HISTORY",
        message: expect.stringContaining(`task instance ${later.taskInstance} overwrote something in place`),
      });
      // One that took long applied within the precision too, however late it ended.
      await world.db.run(
        "UPDATE UJ_TaskInstances SET StartDate = EndDate, EndDate = '2099-01-01T00:00:00.000Z' WHERE Id = ?",
        later.taskInstance,
      );
      await expect(sets.undo(versioned.taskInstance, "AD")).rejects.toMatchObject({ code: "SYNC_UNDO_HISTORY" });
    });

    test("cannot where versions were purged, or the mappings are others", async () => {
      await world.synchronize("HR", hr([["p1", "Ann"], ...others]));
      const { taskInstance } = await world.synchronize("HR", hr([["p1", "Anna"], ...others]));
      await expect(sets.undo(taskInstance, "HR", { mappingHash: "other" })).rejects.toMatchObject({ code: "SYNC_UNDO_HISTORY" });
      await world.db.run("DELETE FROM UR_Resources WHERE C5 = 'Ann'");
      // Without its version before, an update looks like an insert: it must never be undone as one.
      await expect(sets.undo(taskInstance, "HR")).rejects.toMatchObject({ code: "SYNC_UNDO_HISTORY" });
      expect((await world.state()).rows.Person?.[0]).toBe('["p1","Anna",null]');
    });

    test("is held against the thresholds of its connector, and lifted by force", async () => {
      await reopen({ HR: { MaximumUpdatedLines: 1 } });
      await world.synchronize("HR", hr([["p1", "Ann"], ["p2", "Bob"], ...others]));
      const { taskInstance } = await world.synchronize("HR", hr([["p1", "A"], ["p2", "B"], ...others]), { force: true });
      const blocked = await sets.undo(taskInstance, "HR");
      expect(blocked).toMatchObject({ state: "Blocked", message: expect.stringContaining("MaximumUpdatedLines") });
      await world.engine.drop({ jobInstance: blocked.jobInstance, taskInstance: blocked.taskInstance, fence: 7 });
      await world.db.run("UPDATE UJ_TaskInstances SET State = 'Cancelled' WHERE Id = ?", blocked.taskInstance);
      expect(await sets.undo(taskInstance, "HR", { force: true })).toMatchObject({ state: "Applied", counters: { updated: 2 } });
      expect((await world.state()).rows.Person?.slice(0, 2)).toEqual(['["p1","Ann",null]', '["p2","Bob",null]']);
    });

    test("turns back an initialization with what it healed, past the guard of a whole population", async () => {
      const entries: [string, string, null][] = [
        ["g1", "CN=1", null],
        ["g2", "CN=2", null],
      ];
      await world.synchronize("AD", ad(entries, [["p7", "g1"]]));
      const before = await world.state();
      const { taskInstance } = await world.synchronize("HR", hr(others, [["p7", "p8"]]), { mode: "Initial" });
      expect((await world.state()).rows.Entry?.[0]).toBe('["g1","CN=1",null,"p7"]');
      const blocked = await sets.undo(taskInstance, "HR");
      expect(blocked).toMatchObject({
        state: "Blocked",
        counters: { deleted: 3, updated: 1 },
        message: expect.stringContaining("would close all 3"),
      });
      await world.resume(blocked);
      expect(await world.state()).toEqual(before);
    });

    test("turns back the commands of an incremental session, those that took own keys along included", async () => {
      const entries = ["1", "2", "3", "5", "6"].map((n): [string, string, null] => [`g${n}`, `CN=${n}`, null]);
      await world.synchronize(
        "AD",
        ad(
          entries,
          [],
          [
            ["CN=1", "CN=2"],
            ["CN=2", "CN=3"],
            ["CN=5", "CN=6"],
          ],
        ),
      );
      const before = await world.state();
      const delta = {
        rows: {
          Entry: [
            { command: "merge", fields: ["g1", "CN=renamed", null] },
            { command: "delete", fields: ["g3", null, null] },
            { command: "insert", fields: ["g4", "CN=4", null] },
          ],
        },
        links: {
          Entry_Members: [
            { command: "insert", keys: ["CN=renamed", "CN=4"] },
            { command: "delete", keys: ["CN=1", "CN=2"] },
          ],
          Entry_Owner: [],
        },
      } as const;
      const { taskInstance, state } = await world.incremental("AD", delta, { type: "Changes" });
      expect(state).toBe("Applied");
      expect(await sets.undo(taskInstance, "AD")).toMatchObject({ state: "Applied", counters: { inserted: 1, updated: 1, deleted: 1 } });
      expect(await world.state()).toEqual(before);
    });
  });
});
