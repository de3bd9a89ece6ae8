import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { slotOf, taskInstanceId } from "../../../src/model/index.js";
import { onEachDatabase, testTimeoutOn } from "../../database.js";
import { nothingSaid } from "./oracle.js";
import { type SourceFiles, type Synchronized, World } from "./world.js";

const people = (ids: readonly string[], bosses: readonly (readonly [string, string])[] = []): SourceFiles => ({
  rows: { Person: ids.map((id) => [id, `Name ${id}`]) },
  links: { Person_Boss: bosses },
});
const entries = (
  guids: readonly string[],
  members: readonly (readonly [string, string])[] = [],
  owners: readonly (readonly [string, string])[] = [],
): SourceFiles => ({
  rows: { Entry: guids.map((guid) => [guid, `CN=${guid}`, null]) },
  links: { Entry_Members: members.map(([a, b]) => [`CN=${a}`, `CN=${b}`] as const), Entry_Owner: owners },
});
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => String(1000 + n));

onEachDatabase((kind) => {
  let world: World;
  const open = async (limits: Parameters<typeof World.open>[1] = {}): Promise<void> => {
    world = await World.open(kind, limits);
  };
  beforeEach(() => open());
  afterEach(() => world.close());

  const reopen = async (limits: Parameters<typeof World.open>[1]): Promise<void> => {
    await world.close();
    await open(limits);
  };

  describe("the gate", () => {
    test("a block stages everything, applies nothing and explains itself; resume applies exactly that", async () => {
      await reopen({ AD: { MaximumDeletedLines: 2 } });
      await world.synchronize(
        "AD",
        entries(ids(20), [
          ["1000", "1001"],
          ["1002", "1019"],
        ]),
      );
      const before = await world.state();
      const blocked = await world.synchronize("AD", entries(ids(17), [["1000", "1001"]]));
      expect(blocked).toMatchObject({ state: "Blocked", changed: false, counters: { deleted: 3, linksDeleted: 1 } });
      expect(blocked.message).toContain("Connector AD: 3 resources deleted of 20, limit 2 (MaximumDeletedLines)");
      expect(await world.state()).toEqual(before);
      expect(await world.db.get("SELECT State FROM UJ_TaskInstances WHERE Id = ?", blocked.taskInstance)).toEqual(["Blocked"]);
      expect(await world.db.get("SELECT State FROM UJ_SynchronizationSessions WHERE Guid = ?", blocked.session)).toEqual(["blocked"]);
      expect(await world.resume(blocked)).toMatchObject({ state: "Applied", changed: true });
      expect((await world.state()).rows.Entry).toHaveLength(17);
      expect((await world.state()).links.Entry_Members).toEqual(['["1000","1001"]']);
      expect(await world.db.get("SELECT Session FROM UM_ConnectorHeads WHERE Connector = 'AD'")).toEqual([blocked.session]);
      await expect(world.resume(blocked)).rejects.toThrow(expect.objectContaining({ code: "SYNC_NOTHING_STAGED" }));
    });

    test("force lifts thresholds and still shows them", async () => {
      await reopen({ AD: { MaximumInsertedLines: 1 } });
      const outcome = await world.synchronize("AD", entries(ids(5)), { force: true });
      expect(outcome).toMatchObject({ state: "Applied", changed: true });
      expect(outcome.thresholds).toContainEqual({
        scope: "Connector AD",
        name: "MaximumInsertedLines",
        limit: 1,
        count: 5,
        of: 0,
        exceeded: true,
      });
    });

    test.each([
      ["a type", entries([], [], [])],
      ["an association kept in link rows", entries(ids(4), [], [["1", "1000"]])],
      ["a navigation kept in a column", entries(ids(4), [["1000", "1001"]], [])],
    ])("a file that would empty %s blocks, whatever thresholds and force say", async (_, files) => {
      await world.synchronize("HR", people(["1"]));
      await world.synchronize("AD", entries(ids(4), [["1000", "1001"]], [["1", "1000"]]));
      const blocked = await world.synchronize("AD", files, { force: true });
      expect(blocked.state).toBe("Blocked");
      expect(blocked.message).toMatch(/^Threshold Exceeded: .*would close all/);
      expect((await world.resume(blocked)).state).toBe("Applied");
    });

    test("a cascade counts in the thresholds of the session's connector and of the connector and mapping that own the row", async () => {
      await reopen({ HR: { MaximumUpdatedLines: 1 }, AD: { MaximumUpdatedLines: 5 }, Entry: { MaxPercentageUpdatedLines: 10 } });
      await world.synchronize("HR", people(["1", "2", "3"]));
      await world.synchronize(
        "AD",
        entries(
          ids(10),
          [],
          [
            ["1", "1000"],
            ["1", "1001"],
            ["2", "1002"],
          ],
        ),
      );
      const blocked = await world.synchronize("HR", people(["2", "3"]));
      expect(blocked.counters).toMatchObject({ deleted: 1, updated: 2 });
      expect(blocked.thresholds.filter((one) => one.name.includes("Updated"))).toEqual([
        { scope: "Connector HR", name: "MaximumUpdatedLines", limit: 1, count: 2, of: 3, exceeded: true },
        { scope: "Connector AD", name: "MaximumUpdatedLines", limit: 5, count: 2, of: 10, exceeded: false },
        { scope: "EntityType Entry", name: "MaxPercentageUpdatedLines", limit: 10, count: 2, of: 10, exceeded: true },
      ]);
      const caused = await world.db.all(
        "SELECT CASE WHEN CausedBy IS NULL THEN 0 ELSE 1 END AS Caused FROM UR_ResourceChanges WHERE Command = 'update'",
      );
      expect(caused).toEqual([[1], [1]]);
    });

    test("links that a deletion takes along are counted and closed, and come back with the resource", async () => {
      await world.synchronize(
        "AD",
        entries(ids(4), [
          ["1000", "1001"],
          ["1002", "1003"],
        ]),
      );
      const without = await world.synchronize("AD", {
        ...entries(
          ["1000", "1002", "1003"],
          [
            ["1000", "1001"],
            ["1002", "1003"],
          ],
        ),
      });
      expect(without.counters).toMatchObject({ deleted: 1, linksDeleted: 1, orphans: 1 });
      expect(readFileSync(join(without.folder, "errors.csv"), "utf8")).toContain(
        "members.csv,,CN=1000,Entry:Dn,CN=1001,link unresolved: missing",
      );
      const back = await world.synchronize(
        "AD",
        entries(ids(4), [
          ["1000", "1001"],
          ["1002", "1003"],
        ]),
      );
      expect(back.counters).toMatchObject({ inserted: 1, linksInserted: 1, orphans: 0 });
    });

    test("a rename that takes its links along changes no link", async () => {
      const files = (dn: string): SourceFiles => ({
        rows: {
          Entry: [
            ["g", "CN=group", null],
            ["u", dn, null],
            ["v", "CN=v", null],
          ],
        },
        links: {
          Entry_Members: [
            ["CN=group", dn],
            ["CN=group", "CN=v"],
          ],
          Entry_Owner: [],
        },
      });
      await world.synchronize("AD", files("CN=before"));
      expect((await world.synchronize("AD", files("CN=after"))).counters).toMatchObject({ updated: 1, linksInserted: 0, linksDeleted: 0 });
      expect(await world.dangling()).toBe(0);
    });

    test("a complete run replaces what is blocked: rows gone, task and instance Cancelled, said by whom", async () => {
      await reopen({ AD: { MaximumDeletedLines: 2 } });
      await world.synchronize("AD", entries(ids(20)));
      const blocked = await world.synchronize("AD", entries(ids(10)));
      const next = await world.synchronize("AD", entries(ids(19)));
      expect(next).toMatchObject({ state: "Applied", replaced: [blocked.jobInstance] });
      expect(await world.db.get("SELECT State, Message FROM UJ_JobInstances WHERE Id = ?", blocked.jobInstance)).toEqual([
        "Cancelled",
        `replaced by instance ${next.jobInstance}`,
      ]);
      expect(await world.db.get("SELECT State FROM UJ_TaskInstances WHERE Id = ?", blocked.taskInstance)).toEqual(["Cancelled"]);
      expect(await world.db.count("SELECT count(*) FROM UR_ResourceChanges")).toBe(0);
      await expect(world.resume(blocked)).rejects.toThrow(expect.objectContaining({ code: "SYNC_NOTHING_STAGED" }));
    });
  });

  describe("resume", () => {
    const block = async (): Promise<Synchronized> => {
      await reopen({ HR: { MaximumDeletedLines: 1 } });
      await world.synchronize("HR", people(["1", "2", "3", "4"]));
      await world.synchronize("AD", entries(ids(3), [], [["4", "1000"]]));
      return world.synchronize("HR", people(["3", "4"]));
    };

    test("a link that came meanwhile to a resource which is to be deleted is a conflict: nothing is applied", async () => {
      const blocked = await block();
      await world.synchronize(
        "AD",
        entries(
          ids(3),
          [],
          [
            ["4", "1000"],
            ["1", "1001"],
          ],
        ),
      );
      const before = await world.state();
      await expect(world.resume(blocked)).rejects.toThrow(
        expect.objectContaining({
          code: "SYNC_CONFLICT",
          message: expect.stringContaining("the link 1 – 1001 came meanwhile to a resource that is to be deleted"),
        }),
      );
      expect(await world.state()).toEqual(before);
    });

    test("another connector's work on other columns is none", async () => {
      const blocked = await block();
      await world.synchronize(
        "AD",
        entries(
          ids(4),
          [["1000", "1001"]],
          [
            ["4", "1000"],
            ["3", "1002"],
          ],
        ),
      );
      expect((await world.resume(blocked)).state).toBe("Applied");
      expect(await world.dangling()).toBe(0);
    });

    test("a before that no longer holds is a conflict", async () => {
      const blocked = await block();
      await world.db.run(
        "UPDATE UR_Resources SET C5 = 'moved', ValidFrom = '2026-02-02T00:00:00.000Z' WHERE C4 = '1' AND ValidTo LIKE '9999%'",
      );
      await expect(world.resume(blocked)).rejects.toThrow(
        expect.objectContaining({ message: expect.stringContaining("Person 1: C5 is no longer what it was") }),
      );
    });

    test("the hash of the set changes with the set, and with nothing else", async () => {
      const blocked = await block();
      const hash = await world.engine.setHash(taskInstanceId(blocked.taskInstance));
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(await world.engine.setHash(taskInstanceId(blocked.taskInstance))).toBe(hash);
      await world.db.run("UPDATE UR_ResourceChanges SET Changes = '{}' WHERE TaskInstance = ? AND [Key] = '1'", blocked.taskInstance);
      expect(await world.engine.setHash(taskInstanceId(blocked.taskInstance))).not.toBe(hash);
    });
  });

  describe("what a synchronization refuses, leaving nothing behind", () => {
    const refused = async (work: () => Promise<unknown>, code: string): Promise<void> => {
      const before = [
        await world.state(),
        await world.db.all("SELECT Guid, State FROM UJ_SynchronizationSessions WHERE State = 'applied'"),
      ];
      await expect(work()).rejects.toMatchObject({ code });
      expect([
        await world.state(),
        await world.db.all("SELECT Guid, State FROM UJ_SynchronizationSessions WHERE State = 'applied'"),
      ]).toEqual(before);
      expect(await world.db.count("SELECT count(*) FROM UR_ResourceChanges")).toBe(0);
    };

    test("an Initial one over a connector that holds something", async () => {
      await world.synchronize("HR", people(["1"]));
      await refused(() => world.synchronize("HR", people(["1", "2"]), { mode: "Initial" }), "SYNC_NOT_EMPTY");
    });

    test("a file that is longer, shorter or other than announced", async () => {
      await world.synchronize("HR", people(["1"]));
      const file = (folder: string): string => join(folder, "Person.sorted.csv");
      await refused(
        () => world.synchronize("HR", people(["1"]), { tamper: (folder) => appendFileSync(file(folder), "2,x\n") }),
        "SYNC_FILE_CHANGED",
      );
      await refused(
        () => world.synchronize("HR", people(["1"]), { tamper: (folder) => writeFileSync(file(folder), "id,name\n") }),
        "SYNC_FILE_CHANGED",
      );
      await refused(
        () => world.synchronize("HR", people(["1"]), { tamper: (folder) => writeFileSync(file(folder), 'id,name\n1,"Name') }),
        "SYNC_FILE_CHANGED",
      );
      await refused(
        () => world.synchronize("HR", people(["1"]), { tamper: (folder) => writeFileSync(file(folder), "id,other\n1,Name 1\n") }),
        "SYNC_FILE_COLUMNS",
      );
    });

    test("a runner that no longer holds the instance", async () => {
      await refused(() => world.synchronize("HR", people(["1"]), { fence: 6 }), "SYNC_FENCE_STALE");
    });

    test("a slot that holds another property's data, and a mapping key that moved", async () => {
      await world.synchronize("HR", people(["1"]));
      const [person, entry] = world.model.entityTypes;
      if (person === undefined || entry === undefined) throw new Error("the world has two types");
      const original = world.model;
      const renamed = person.properties.map((property) =>
        property.identifier === "Name" ? { ...property, identifier: "Nickname" } : property,
      );
      world.model = {
        ...original,
        entityTypes: [{ ...person, properties: renamed }, entry],
        connectors: original.connectors.map((one) =>
          one.connector === "HR"
            ? {
                ...one,
                entityTypes: one.entityTypes.map((type) => ({
                  ...type,
                  properties: [type.properties[0], { property: "Nickname", column: "name", isUniqueKey: false }] as const,
                })),
              }
            : one,
        ),
      };
      await refused(() => world.synchronize("HR", people(["1"])), "SYNC_SLOT_MOVED");
      const moved = person.properties.map((property) =>
        property.identifier === "Name" ? { ...property, index: 9, slot: slotOf(9) } : property,
      );
      world.model = { ...original, entityTypes: [{ ...person, properties: moved }, entry] };
      await refused(() => world.synchronize("HR", people(["1"])), "SYNC_SLOT_MOVED");
      world.model = original;
      expect((await world.synchronize("HR", people(["1"]))).changed).toBe(false);
    });
  });

  test(
    "a stop at any look leaves the repository as it was, and the run can be made again",
    async () => {
      await world.synchronize("HR", people(["1", "2"]));
      await world.synchronize(
        "AD",
        entries(
          ids(6),
          [
            ["1000", "1001"],
            ["1002", "1003"],
          ],
          [["1", "1000"]],
        ),
      );
      const next = entries(
        ["1000", "1002", "1003", "1004", "1005", "1006"],
        [
          ["1002", "1003"],
          ["1004", "1005"],
        ],
        [["2", "1000"]],
      );
      const before = await world.state();
      world.looks = 0;
      let stops = 0;
      for (let look = 1; ; look++) {
        world.looks = 0;
        world.stopAtLook = look;
        try {
          await world.synchronize("AD", next, { force: true });
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: "SYNC_STOPPED" });
          expect(await world.state()).toEqual(before);
          stops++;
        }
      }
      // Comparing each file, and between the statements that apply.
      expect(stops).toBeGreaterThan(8);
      expect(await world.state()).not.toEqual(before);
      expect(await world.dangling()).toBe(0);
    },
    testTimeoutOn(kind, 60_000),
  );

  describe("beyond the gate", () => {
    test("a row set aside stands for its key: neither updated nor deleted, nor its links", async () => {
      await world.synchronize("HR", people(["1", "2"]));
      await world.synchronize(
        "AD",
        entries(
          ["a", "b", "c"],
          [["a", "b"]],
          [
            ["1", "a"],
            ["2", "b"],
          ],
        ),
      );
      const outcome = await world.synchronize("AD", { ...entries(["b"], [["a", "b"]], [["2", "b"]]), aside: { Entry: ["a"] } });
      expect(outcome.counters).toMatchObject({ deleted: 1, linksDeleted: 0, updated: 0 });
      expect((await world.state()).rows.Entry).toEqual(['["a","CN=a",null,"1"]', '["b","CN=b",null,"2"]']);
    });

    test("changes of properties with a HistoryPrecision overwrite a young version and open a new one later", async () => {
      const logon = (value: string): SourceFiles => ({ rows: { Entry: [["a", "CN=a", value]] }, links: {} });
      const versions = (): Promise<number> => world.db.count("SELECT count(*) FROM UR_Resources WHERE C4 = 'a'");
      await world.synchronize("AD", logon("1"));
      // The world's clock moves an hour a run; the precision is 60 minutes.
      world.time -= 3_000_000;
      expect((await world.synchronize("AD", logon("2"))).changed).toBe(true);
      expect(await versions()).toBe(1);
      expect((await world.synchronize("AD", logon("3"))).changed).toBe(true);
      expect(await versions()).toBe(2);
      expect((await world.state()).rows.Entry).toEqual(['["a","CN=a","3",null]']);
    });

    test("unresolved links say why: missing, ambiguous, or what they differ in only", async () => {
      await world.synchronize("AD", {
        rows: {
          Entry: [
            ["1", "CN=Ann", null],
            ["2", "CN=Bob", null],
            ["3", "CN=Twin", null],
            ["4", "CN=Twin", null],
            ["5", "CN=e\u0301", null],
          ],
        },
        links: {
          Entry_Members: [
            ["CN=Ann", "CN=bob"],
            ["CN=Ann", "CN=Nobody"],
            ["CN=Ann", "CN=Twin"],
            ["CN=Ann", "CN=Bob "],
            ["CN=Ann", "CN=é"],
            ["CN=Ann", "CN=Bob"],
          ],
          Entry_Owner: [],
        },
      });
      expect(
        Object.fromEntries((await world.db.all("SELECT Key2, Reason FROM UR_LinkKeys WHERE Reason IS NOT NULL")) as [string, string][]),
      ).toEqual({
        "CN=bob": "2 differs only in case",
        "CN=Nobody": "2 missing",
        "CN=Twin": "2 ambiguous",
        "CN=Bob ": "2 differs only in blanks",
        "CN=é": "2 differs only in Unicode form",
      });
    });

    test("versions and links name the task instance that opened and closed them", async () => {
      const first = await world.synchronize("AD", entries(["a", "b"], [["a", "b"]]));
      const second = await world.synchronize("AD", entries(["b"], []), { force: true });
      await world.resume(second);
      const closed = Number((await world.db.get("SELECT max(Id) AS Id FROM UJ_TaskInstances"))?.[0]);
      expect(await world.db.all("SELECT C4, ChangedBy, ClosedBy FROM UR_Resources ORDER BY C4")).toEqual([
        ["a", first.taskInstance, closed],
        ["b", first.taskInstance, null],
      ]);
      expect(await world.db.all("SELECT ChangedBy, ClosedBy FROM UR_ResourceLinks")).toEqual([[first.taskInstance, closed]]);
    });

    test("rows are kept as applied for SetRecentlyModifiedFlag where the task keeps them", async () => {
      const outcome = await world.synchronize("HR", people(["1"]), { keepChanges: true });
      expect(await world.db.all("SELECT TaskInstance, State, Command FROM UR_ResourceChanges")).toEqual([
        [outcome.taskInstance, "applied", "insert"],
      ]);
    });

    test("thousands of rows in several pages compare as few do", async () => {
      const many = (skip: number, changed: number): SourceFiles => ({
        rows: { Person: ids(7_000).flatMap((id, n) => (n % 1_009 === skip ? [] : [[id, n % 997 === changed ? "other" : `Name ${id}`]])) },
        links: {},
      });
      await world.synchronize("HR", many(-1, -1), { mode: "Initial" });
      const outcome = await world.synchronize("HR", many(5, 3));
      const expected = { deleted: 0, updated: 0 };
      for (let n = 0; n < 7_000; n++) {
        if (n % 1_009 === 5) expected.deleted++;
        else if (n % 997 === 3) expected.updated++;
      }
      expect(outcome.counters).toMatchObject({ inserted: 0, ...expected });
      expect((await world.state()).rows.Person).toHaveLength(7_000 - expected.deleted);
    });

    test("time never runs back, and no two transactions share it", async () => {
      await world.synchronize("HR", people(["1"]));
      world.time -= 10 * 86_400_000;
      await world.synchronize("HR", people(["1", "2"]));
      const [first, second] = (await world.db.all("SELECT ValidFrom FROM UR_Resources ORDER BY C4")).map(([at]) => String(at));
      expect(Date.parse(second ?? "") - Date.parse(first ?? "")).toBe(1);
    });

    test("nothing at all is nothing: an empty repository and empty files", async () => {
      expect(await world.synchronize("HR", nothingSaid)).toMatchObject({ state: "Applied", changed: false });
    });
  });
});
