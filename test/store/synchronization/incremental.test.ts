import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AssociationMapping } from "../../../src/model/index.js";
import { onEachDatabase } from "../../database.js";
import { type LinkCommand, type ResourceCommand, type SourceDelta, type SourceFiles, World } from "./world.js";

const people = (ids: readonly string[], bosses: readonly (readonly [string, string])[] = []): SourceFiles => ({
  rows: { Person: ids.map((id) => [id, `Name ${id}`]) },
  links: { Person_Boss: bosses },
});
const entries = (
  rows: readonly (readonly [string, string | null, string | null])[],
  members: readonly (readonly [string, string])[] = [],
  owners: readonly (readonly [string, string])[] = [],
): SourceFiles => ({ rows: { Entry: rows }, links: { Entry_Members: members, Entry_Owner: owners } });
const change = (command: ResourceCommand["command"], ...fields: (string | null)[]): ResourceCommand => ({ command, fields });
const hr = (rows: readonly ResourceCommand[], bosses: readonly LinkCommand[] = []): SourceDelta => ({
  rows: { Person: rows },
  links: { Person_Boss: bosses },
});
const ad = (rows: readonly ResourceCommand[], members: readonly LinkCommand[] = [], owners: readonly LinkCommand[] = []): SourceDelta => ({
  rows: { Entry: rows },
  links: { Entry_Members: members, Entry_Owner: owners },
});
const changes = { type: "Changes" } as const;
const nothing = { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0 };
const code = (name: string) => expect.objectContaining({ code: name });

onEachDatabase((kind) => {
  let world: World;
  const reopen = async (limits: Parameters<typeof World.open>[1]): Promise<void> => {
    await world.close();
    world = await World.open(kind, limits);
  };
  beforeEach(async () => {
    world = await World.open(kind);
  });
  afterEach(() => world.close());

  const sessionOf = async (guid: string): Promise<unknown> =>
    (await world.db.get("SELECT State FROM UJ_SynchronizationSessions WHERE Guid = ?", guid))?.[0];
  const completeRequired = async (): Promise<unknown> =>
    (await world.db.get("SELECT CompleteRequired FROM UM_ConnectorHeads WHERE Connector = 'HR'"))?.[0];

  /** Members are read from the entries themselves, whose own name beside the key is their dn. */
  const readMembersFromEntries = (): void => {
    const ownTable = (mapping: AssociationMapping): AssociationMapping =>
      mapping.identifier === "Entry_Members" ? { ...mapping, table: "entries" } : mapping;
    world.model = {
      ...world.model,
      connectors: world.model.connectors.map((each) => ({ ...each, associations: each.associations.map(ownTable) })),
    };
  };

  describe("the chain", () => {
    test("a session that does not start where the repository stands is refused, and nothing is changed", async () => {
      const first = await world.synchronize("HR", people(["1", "2"]));
      const second = await world.incremental("HR", hr([change("delete", "2", null)]));
      expect(await world.head("HR")).toBe(second.session);
      const before = await world.state();
      await expect(world.incremental("HR", hr([change("delete", "1", null)]), { startsAt: first.session })).rejects.toThrow(
        expect.objectContaining({ code: "SYNC_CHAIN_MOVED", message: expect.stringContaining(`starts at ${first.session}`) }),
      );
      expect(await world.state()).toEqual(before);
      expect(await world.head("HR")).toBe(second.session);
    });

    test("nothing incremental begins a connector, nor goes on under other mappings", async () => {
      await expect(world.incremental("HR", hr([change("insert", "1", "Ann")]))).rejects.toThrow(code("SYNC_CHAIN_MOVED"));
      await world.synchronize("HR", people(["1"]));
      world.mappingHash = "other";
      await expect(world.incremental("HR", hr([change("insert", "2", "Bob")]))).rejects.toThrow(code("SYNC_COMPLETE_REQUIRED"));
      expect((await world.state()).rows.Person).toHaveLength(1);
    });

    test("what asks for a complete run stays until one was applied", async () => {
      await world.synchronize("HR", people(["1"]));
      await world.db.run("UPDATE UM_ConnectorHeads SET CompleteRequired = 'lost' WHERE Connector = 'HR'");
      await world.incremental("HR", hr([change("insert", "2", "Bob")]));
      expect(await completeRequired()).toBe("lost");
      await world.synchronize("HR", people(["1", "2"]));
      expect(await completeRequired()).toBeNull();
    });

    test("a resume of the whole ends what asked for it", async () => {
      await reopen({ HR: { MaximumInsertedLines: 2 } });
      await world.synchronize("HR", people(["1"]));
      await world.db.run("UPDATE UM_ConnectorHeads SET CompleteRequired = 'lost' WHERE Connector = 'HR'");
      await world.resume(await world.synchronize("HR", people(["1", "2", "3", "4"])));
      expect(await completeRequired()).toBeNull();
    });

    test("a blocked session waits on while incremental ones are applied, and can then no longer be resumed", async () => {
      await reopen({ HR: { MaximumDeletedLines: 1 } });
      await world.synchronize("HR", people(["1", "2", "3", "4"]));
      const blocked = await world.synchronize("HR", people(["1"]));
      const applied = await world.incremental("HR", hr([change("update", "1", "Ann")]));
      expect(applied).toMatchObject({ state: "Applied", replaced: [] });
      expect(await sessionOf(blocked.session)).toBe("blocked");
      await expect(world.resume(blocked)).rejects.toThrow(code("SYNC_CHAIN_MOVED"));
      expect((await world.state()).rows.Person).toHaveLength(4);
    });

    test("a blocked incremental session is resumed from where it starts", async () => {
      await reopen({ HR: { MaximumDeletedLines: 1 } });
      await world.synchronize("HR", people(["1", "2", "3"]));
      const blocked = await world.incremental("HR", hr([change("delete", "1", null), change("delete", "2", null)]));
      expect(blocked).toMatchObject({ state: "Blocked", counters: { ...nothing, deleted: 2 } });
      expect(blocked.message).toContain("Connector HR: 2 resources deleted of 3, limit 1 (MaximumDeletedLines)");
      await world.resume(blocked);
      expect((await world.state()).rows.Person).toEqual(['["3","Name 3",null]']);
      expect(await world.head("HR")).toBe(blocked.session);
    });
  });

  describe("commands", () => {
    test("those without their resource are counted, said, and done as far as they can be", async () => {
      await world.synchronize("HR", people(["1"]));
      const commands = [
        change("insert", "1", "Ann"),
        change("update", "2", "Bob"),
        change("delete", "3", null),
        change("merge", "4", "Dan"),
      ];
      const outcome = await world.incremental("HR", hr(commands), changes);
      expect(outcome.counters).toMatchObject({ inserted: 2, updated: 1, deleted: 0 });
      expect(outcome.notes).toHaveLength(2);
      expect(outcome.notes[0]).toMatch(/^Person: 1 update /);
      expect(outcome.notes[1]).toMatch(/^Person: 1 delete /);
      expect((await world.state()).rows.Person).toEqual(['["1","Ann",null]', '["2","Bob",null]', '["4","Dan",null]']);
    });

    test("those that change nothing stage nothing, and links that go and come again are no change", async () => {
      await world.synchronize("HR", people(["1", "2"], [["1", "2"]]));
      const session = hr(
        [change("update", "1", "Name 1"), change("insert", "2", "Name 2")],
        [
          { command: "delete", keys: [null, "2"] },
          { command: "insert", keys: ["1", "2"] },
        ],
      );
      expect(await world.incremental("HR", session)).toMatchObject({ state: "Applied", changed: false, counters: nothing, notes: [] });
    });

    test("a merge writes its cells, clears what it names and leaves the rest", async () => {
      await world.synchronize(
        "AD",
        entries([
          ["g1", "CN=1", "one"],
          ["g2", "CN=2", "two"],
        ]),
      );
      const merges: ResourceCommand[] = [
        change("merge", "g1", null, "new"),
        { command: "merge", fields: ["g2", null, null], cleared: ["logon"] },
      ];
      expect((await world.incremental("AD", ad(merges), changes)).counters).toMatchObject({ updated: 2 });
      expect((await world.state()).rows.Entry).toEqual(['["g1","CN=1","new",null]', '["g2","CN=2",null,null]']);
    });

    test("a column to clear that is not mapped is refused", async () => {
      await world.synchronize("AD", entries([["g1", "CN=1", "one"]]));
      const merge: ResourceCommand = { command: "merge", fields: ["g1", null, null], cleared: ["phone"] };
      await expect(world.incremental("AD", ad([merge]), changes)).rejects.toThrow(code("SYNC_FILE_COLUMNS"));
      expect((await world.state()).rows.Entry).toEqual(['["g1","CN=1","one",null]']);
    });

    test("a session without the commands of a mapping is refused", async () => {
      await world.synchronize("HR", people(["1"]));
      await expect(world.incremental("HR", hr([]), { without: "Person_Boss.sorted.delta" })).rejects.toThrow(code("SYNC_SESSION_OUTDATED"));
    });

    test("what is said again is no change, and what goes that is not there neither", async () => {
      await world.synchronize("AD", entries([["g1", "CN=1", null]], [["CN=1", "CN=1"]]));
      const links: LinkCommand[] = [
        { command: "insert", keys: ["CN=1", "CN=1"] },
        { command: "delete", keys: ["CN=1", "CN=2"] },
        { command: "delete", keys: ["CN=3", null] },
      ];
      expect(await world.incremental("AD", ad([], links), changes)).toMatchObject({ changed: false, counters: nothing });
    });

    test("a rename that says its links has those alone", async () => {
      readMembersFromEntries();
      const rows = [
        ["g1", "CN=1", null],
        ["g2", "CN=2", null],
        ["g3", "CN=3", null],
      ] as const;
      await world.synchronize(
        "AD",
        entries(rows, [
          ["CN=1", "CN=2"],
          ["CN=1", "CN=3"],
          ["CN=2", "CN=2"],
        ]),
      );
      const links: LinkCommand[] = [
        { command: "delete", keys: ["CN=one", null] },
        { command: "insert", keys: ["CN=one", "CN=2"] },
      ];
      const outcome = await world.incremental("AD", ad([change("merge", "g1", "CN=one", null)], links), changes);
      expect(outcome.counters).toMatchObject({ updated: 1, linksInserted: 0, linksDeleted: 1 });
      expect((await world.state()).links.Entry_Members).toEqual(['["g1","g2"]', '["g2","g2"]']);
    });

    test("a rename and a delete take the claims of the row's own second name along, as a whole file would", async () => {
      readMembersFromEntries();
      await world.synchronize(
        "AD",
        entries(
          [
            ["g1", "CN=1", null],
            ["g2", "CN=2", null],
            ["g3", "CN=3", null],
            ["g4", "CN=4", null],
          ],
          [
            ["CN=1", "CN=4"],
            ["CN=2", "CN=4"],
            ["CN=3", "CN=4"],
          ],
        ),
      );
      // Who leaves a name and who takes it in the same session are told apart.
      const commands = [change("delete", "g1", null, null), change("merge", "g2", "CN=two", null), change("merge", "g3", "CN=2", null)];
      const outcome = await world.incremental("AD", ad(commands), changes);
      expect(outcome.counters).toMatchObject({ updated: 2, deleted: 1, linksInserted: 0, linksDeleted: 1 });
      expect((await world.state()).links.Entry_Members).toEqual(['["g2","g4"]', '["g3","g4"]']);
    });

    test("an unresolved link keeps its reason until a complete run looks for near keys again", async () => {
      await world.synchronize("HR", people(["ann", "bob"], [["ANN", "bob"]]));
      const reason = async (): Promise<unknown> => (await world.db.get("SELECT Reason FROM UR_LinkKeys"))?.[0];
      const former = await reason();
      expect(former).toMatch(/case/);
      const again: LinkCommand[] = [
        { command: "delete", keys: [null, "bob"] },
        { command: "insert", keys: ["ANN", "bob"] },
      ];
      expect(await world.incremental("HR", hr([], again), { keepChanges: true })).toMatchObject({ changed: false });
      expect(await reason()).toBe(former);
      expect(await world.db.count("SELECT count(*) FROM UR_LinkKeyChanges")).toBe(0);
    });

    test("applied rows stay for who flags them where the task says so", async () => {
      await world.synchronize("HR", people(["1", "2"]));
      await world.incremental("HR", hr([change("delete", "2", null)]), { keepChanges: true });
      expect(await world.db.all("SELECT State, Command FROM UR_ResourceChanges")).toEqual([["applied", "delete"]]);
    });
  });

  describe("the population guard", () => {
    test("commands that would close all of a type block, whatever force says", async () => {
      await world.synchronize("HR", people(["1", "2"]));
      const all = hr([change("delete", "1", null), change("delete", "2", null)]);
      const blocked = await world.incremental("HR", all, { force: true });
      expect(blocked.thresholds.filter(({ exceeded }) => exceeded).map(({ name }) => name)).toEqual(["WholePopulation"]);
      await world.resume(blocked);
      expect((await world.state()).rows.Person).toEqual([]);
    });

    test("commands that would end all links of an association block, kept in rows or in a column", async () => {
      await world.synchronize("HR", people(["1", "2", "3"], [["1", "2"]]));
      expect(await world.incremental("HR", hr([], [{ command: "delete", keys: ["1", null] }]))).toMatchObject({ state: "Blocked" });
      const rows = [
        ["g1", "CN=1", null],
        ["g2", "CN=2", null],
      ] as const;
      await world.synchronize("AD", entries(rows, [["CN=1", "CN=2"]]));
      expect(await world.incremental("AD", ad([], [{ command: "delete", keys: ["CN=1", null] }]))).toMatchObject({ state: "Blocked" });
    });

    test("a navigation that others keep does not block", async () => {
      await world.synchronize(
        "HR",
        people(
          ["1", "2", "3"],
          [
            ["1", "2"],
            ["1", "3"],
          ],
        ),
      );
      const outcome = await world.incremental("HR", hr([], [{ command: "delete", keys: [null, "3"] }]));
      expect(outcome).toMatchObject({ state: "Applied", counters: { updated: 1 } });
    });
  });

  describe("a rehearsal", () => {
    test("tries each session on what the former would leave, shows the changes, and leaves nothing", async () => {
      await world.synchronize("HR", people(["1"]));
      const before = await world.dump();
      const tried = await world.rehearse([
        { connector: "HR", files: hr([change("insert", "2", "Bob")], [{ command: "insert", keys: ["1", "2"] }]), mode: "Incremental" },
        { connector: "HR", files: hr([change("update", "2", "Rob")]), mode: "Incremental" },
        {
          connector: "AD",
          files: entries(
            [
              ["g1", "CN=1", null],
              ["g2", "CN=2", null],
            ],
            [["CN=1", "CN=2"]],
            [["2", "g1"]],
          ),
          mode: "Initial",
        },
      ]);
      expect(await world.dump()).toEqual(before);
      expect(tried.map(({ connector, state, counters }) => [connector, state, counters])).toEqual([
        ["HR", "Passed", { ...nothing, inserted: 1, orphans: 0 }],
        ["HR", "Passed", { ...nothing, updated: 1, orphans: 0 }],
        ["AD", "Passed", { ...nothing, inserted: 2, linksInserted: 1, orphans: 0 }],
      ]);
      expect(tried[0]?.changes).toEqual([
        {
          scope: "resource",
          identifier: "Person",
          command: "insert",
          keys: ["2"],
          values: { id: [null, "2"], name: [null, "Bob"], I40: [null, "1"] },
        },
      ]);
      expect(tried[1]?.changes).toEqual([
        { scope: "resource", identifier: "Person", command: "update", keys: ["2"], values: { name: ["Bob", "Rob"] } },
      ]);
      expect(tried[2]?.changes.at(-1)).toEqual({
        scope: "link",
        identifier: "Entry_Members",
        command: "insert",
        keys: ["CN=1", "CN=2"],
        values: {},
      });
    });

    test("one that would block stops those behind it, unless its thresholds are lifted", async () => {
      await reopen({ HR: { MaximumInsertedLines: 1 } });
      const first = { connector: "HR", files: people(["1", "2"]) } as const;
      const second = { connector: "AD", files: entries([["g1", "CN=1", null]]) } as const;
      const stopped = await world.rehearse([first, second]);
      expect(stopped.map(({ state }) => state)).toEqual(["Blocked", "NotReached"]);
      expect(stopped[0]).toMatchObject({ counters: { inserted: 2 }, message: expect.stringContaining("Threshold Exceeded") });
      expect(stopped[0]?.changes).toHaveLength(2);
      const lifted = await world.rehearse([{ ...first, force: true }, second]);
      expect(lifted.map(({ state }) => state)).toEqual(["Passed", "Passed"]);
      expect(lifted[0]?.thresholds.some(({ exceeded }) => exceeded)).toBe(true);
      expect((await world.state()).rows).toEqual({ Person: [], Entry: [] });
    });

    test("what a run would be refused for, it is refused for", async () => {
      await expect(world.rehearse([{ connector: "HR", files: hr([]), mode: "Incremental" }])).rejects.toThrow(
        code("SYNC_COMPLETE_REQUIRED"),
      );
      await world.synchronize("HR", people(["1"]));
      await expect(world.rehearse([{ connector: "HR", files: people(["1"]), mode: "Initial" }])).rejects.toThrow(code("SYNC_NOT_EMPTY"));
      world.mappingHash = "other";
      await expect(world.rehearse([{ connector: "HR", files: hr([]), mode: "Incremental" }])).rejects.toThrow(
        code("SYNC_COMPLETE_REQUIRED"),
      );
      world.stopAtLook = world.looks + 1;
      const before = await world.dump();
      await expect(world.rehearse([{ connector: "HR", files: people(["1", "2"]) }])).rejects.toThrow(code("SYNC_STOPPED"));
      expect(await world.dump()).toEqual(before);
    });
  });
});
