import type { Knex } from "knex";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { taskInstanceId } from "../../../src/model/index.js";
import { linkColumns, type ResourceReading, resourceColumns } from "../../../src/store/reading/index.js";
import { onEachDatabase } from "../../database.js";
import { addLinks, addTask, addVersions, all, model, numbers, openRepository } from "./repository.js";

onEachDatabase((kind) => {
  let knex: Knex;
  let reading: ResourceReading;
  let close: () => Promise<void>;

  beforeEach(async () => {
    ({ knex, reading, close } = await openRepository(kind));
  });
  afterEach(async () => {
    await close();
  });

  const { person, group, site } = numbers;
  const people = { entityType: "Person", where: [], asOf: null };
  const valuesOf = async (query: Parameters<ResourceReading["resources"]>[1]) =>
    (await all(reading.resources(model, query))).map((row) => row.values);

  const addPeople = async (): Promise<void> => {
    await addVersions(knex, [
      { id: 1, type: person, C4: "P2", C5: "Zoë O'Brien", C6: null, I40: null },
      { id: 2, type: person, C4: "P1", C5: '漢字, "x"', C6: "a@b", I40: 1 },
      { id: 3, type: person, C4: "P3", C5: "Gone", to: "2026-11-02T00:00:00.000Z", I40: 1 },
      { id: 10, type: group, C4: "G1" },
      { id: 11, type: group, C4: "G2" },
      { id: 20, type: site, C4: "S1" },
      { id: 21, type: site, C4: "S2" },
    ]);
    await addLinks(knex, [
      [numbers.members, 10, 1],
      [numbers.members, 10, 2],
      [numbers.members, 11, 2, "2026-11-01T00:00:00.000Z", "2026-11-03T00:00:00.000Z"],
      [numbers.members2, 10, 2],
      [numbers.members2, 11, 1],
      [numbers.site_of, 2, 21],
      [numbers.site_of, 1, 20, "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"],
    ]);
  };

  describe("resources", () => {
    test("columns: stored scalars in order, then mono-valued navigations; files have none", () => {
      expect(resourceColumns(model, "Person").map((column) => column.property)).toEqual(["Name", "PersonId", "Mail", "Manager", "Site"]);
    });

    test("rows in the order of the mapping key, navigations as keys, from a column and from link rows", async () => {
      await addPeople();
      expect(await all(reading.resources(model, people))).toEqual([
        { id: 2, values: ['漢字, "x"', "P1", "a@b", "P2", "S2"] },
        { id: 1, values: ["Zoë O'Brien", "P2", null, null, null] },
      ]);
    });

    test("as of a moment: closed versions and links that held then, ends excluded", async () => {
      await addPeople();
      expect(await valuesOf({ ...people, asOf: "2026-11-01T12:00:00.000Z" })).toEqual([
        ["Zoë O'Brien", "P2", null, null, "S1"],
        ['漢字, "x"', "P1", "a@b", "P2", "S2"],
        ["Gone", "P3", null, "P2", null],
      ]);
      expect((await valuesOf({ ...people, asOf: "2026-11-02T00:00:00.000Z" })).map((values) => values[1])).toEqual(["P2", "P1"]);
      expect(await valuesOf({ ...people, asOf: "2026-10-31T23:59:59.999Z" })).toEqual([]);
    });

    test.each([
      ["a scalar", { property: "Name", value: "Zoë O'Brien" }, ["P2"]],
      ["no value", { property: "Mail", value: null }, ["P2"]],
      ["a property without a slot", { property: "Photo", value: "x" }, []],
      ["a navigation in a column", { property: "Manager", value: "P2" }, ["P1"]],
      ["no target in a column", { property: "Manager", value: null }, ["P2"]],
      ["a navigation in link rows", { property: "Site", value: "S2" }, ["P1"]],
      ["no link row now", { property: "Site", value: null }, ["P2"]],
      ["a target that is not there", { property: "Manager", value: "nobody" }, []],
      ["another case", { property: "Name", value: "zoë o'brien" }, []],
      ["a trailing blank", { property: "Name", value: "Zoë O'Brien " }, []],
    ])("where %s", async (_, condition, keys) => {
      await addPeople();
      expect((await valuesOf({ ...people, where: [condition] })).map((values) => values[1])).toEqual(keys);
    });

    test("a type that was never loaded has no rows", async () => {
      await knex("UM_Properties").delete();
      await knex("UM_EntityTypes").delete();
      expect(await valuesOf(people)).toEqual([]);
      expect(await reading.resource(model, "Person", "P1", true)).toBeNull();
    });

    test("several pages: every row once, keys in order, with and without the index of keys", async () => {
      const count = 12_001;
      const key = (n: number): string => `${n % 2 === 0 ? "\uff5e" : "\u{1f600}"}${String(n).padStart(6, "0")}`;
      await addVersions(
        knex,
        Array.from({ length: count }, (_, n) => ({ id: n + 1, type: person, C4: key(n), I40: n === 0 ? null : n })),
      );
      // Byte order; a server may order characters beyond U+FFFF otherwise (design §6), which decides here which half comes first.
      const expected = Array.from({ length: count }, (_, n) => key(n)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const found = (await valuesOf(people)).map((values) => values[1] ?? "");
      const halves = (from: number): string[] => [...expected.slice(from), ...expected.slice(0, from)];
      const isInCodeUnits = kind === "SQL Server" && found[0] !== expected[0];
      const ordered = isInCodeUnits ? halves(Math.ceil(count / 2)) : expected;
      expect(found).toEqual(ordered);
      await knex.raw("CREATE UNIQUE INDEX UX ON UR_Resources (C4) WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z'");
      const rows = await all(reading.resources(model, people));
      expect(rows.map((row) => row.values[1])).toEqual(ordered);
      expect(rows.every((row) => row.values[3] === (row.id === 1 ? null : key(row.id - 2)))).toBe(true);
      expect(await all(reading.resources(model, { ...people, asOf: "2026-11-05T00:00:00.000Z" }))).toHaveLength(count);
      const managers = model.associations[0];
      if (managers === undefined) throw new Error("the model lost its association");
      expect(await all(reading.links(model, managers))).toHaveLength(count - 1);
    });

    test("keys that differ in trailing blanks only are each one resource, whatever page ends between them", async () => {
      // Two pages: the blanks of one key go from the end of the first to the beginning of the second.
      const keys = [...Array.from({ length: 4_999 }, (_, n) => `A${String(n).padStart(5, "0")}`), "K1", "K1 ", "K1  ", "K2"];
      await addVersions(
        knex,
        keys.map((C4, n) => ({ id: n + 1, type: person, C4, C5: C4 })),
      );
      const found = (await valuesOf(people)).map((values) => values[1] ?? "");
      expect(found.toSorted()).toEqual(keys.toSorted());
      for (const key of ["K1", "K1 ", "K1  "]) {
        expect(await valuesOf({ ...people, where: [{ property: "PersonId", value: key }] })).toEqual([[key, key, null, null, null]]);
        expect(await reading.resource(model, "Person", key, false)).toMatchObject({ id: keys.indexOf(key) + 1 });
      }
      await knex("UR_LinkKeys").insert({ Mapping: numbers.members, Key1: "G9", Key2: "K1 ", Reason: "missing" });
      expect((await reading.resource(model, "Person", "K1", false))?.waiting).toEqual([]);
      expect((await reading.resource(model, "Person", "K1 ", false))?.waiting).toMatchObject([{ key2: "K1 " }]);
    });

    test("a reader that goes away leaves the connection free", async () => {
      await addPeople();
      for await (const page of reading.resources(model, people)) {
        expect(page).toHaveLength(2);
        break;
      }
      expect(await reading.resourceCount()).toBe(6);
    });
  });

  describe("links", () => {
    const association = (identifier: string) => {
      const found = model.associations.find((each) => each.identifier === identifier);
      if (found === undefined) throw new Error(identifier);
      return found;
    };

    test("rows of several mappings, each link once, only current ones", async () => {
      await addPeople();
      expect(await all(reading.links(model, association("Group_Members")))).toEqual([
        { key1: "G1", key2: "P2" },
        { key1: "G1", key2: "P1" },
        { key1: "G2", key2: "P2" },
      ]);
      expect(linkColumns(association("Group_Members"))).toEqual(["Groups", "Members"]);
    });

    test("links that a column keeps: side 1 first", async () => {
      await addPeople();
      expect(await all(reading.links(model, association("Person_Manager")))).toEqual([{ key1: "P2", key2: "P1" }]);
      expect(linkColumns(association("Person_Manager"))).toEqual(["Manager", "Reports"]);
    });

    test("one resource with more links than a page", async () => {
      await addVersions(knex, [
        { id: 900_000, type: group, C4: "G1" },
        { id: 900_001, type: group, C4: "G2" },
      ]);
      await addVersions(
        knex,
        Array.from({ length: 10_001 }, (_, n) => ({ id: n + 1, type: person, C4: `P${n}` })),
      );
      await addLinks(knex, [
        ...Array.from({ length: 10_001 }, (_, n) => [numbers.members, 900_000, n + 1] as const),
        [numbers.members, 900_001, 5],
      ]);
      const links = await all(reading.links(model, association("Group_Members")));
      expect(new Set(links.map((link) => `${link.key1} ${link.key2}`)).size).toBe(10_002);
      expect(links).toHaveLength(10_002);
      expect(links.at(-1)).toEqual({ key1: "G2", key2: "P4" });
    });
  });

  describe("show", () => {
    test("properties, links both ways, what waits, and history with its tasks", async () => {
      await addPeople();
      await addTask(knex, { id: 7, jobInstance: 3, job: "Job_HR", task: "HR_Synchronization" });
      await addTask(knex, { id: 8, jobInstance: 4, job: "Job_HR", task: "HR_Synchronization" });
      await knex("UR_Resources").where("Id", 2).update({ ChangedBy: 8, ValidFrom: "2026-11-02T00:00:00.000Z" });
      await addVersions(knex, [
        { id: 2, type: person, C4: "P1", C5: "Old", I40: null, to: "2026-11-02T00:00:00.000Z", changedBy: 7, closedBy: 8 },
      ]);
      await knex("UR_LinkKeys").insert({ Mapping: numbers.members, Key1: "G9", Key2: "P1", Reason: "missing" });
      const view = await reading.resource(model, "Person", "P1", true);
      expect(view).toMatchObject({
        id: 2,
        isOpen: true,
        properties: [
          { property: "Name", value: '漢字, "x"' },
          { property: "PersonId", value: "P1" },
          { property: "Mail", value: "a@b" },
          { property: "Manager", value: "P2" },
          { property: "Site", value: "S2" },
        ],
        waiting: [{ association: "Group_Members", connector: "HR", key1: "G9", key2: "P1", reason: "missing" }],
      });
      expect(view?.links.map((link) => [link.property, link.entityType, link.key, link.validTo])).toEqual([
        ["Manager", "Person", "P2", null],
        ["Groups", "Group", "G1", null],
        ["Groups", "Group", "G2", "2026-11-03T00:00:00.000Z"],
        ["Groups", "Group", "G1", null],
        ["Site", "Site", "S2", null],
      ]);
      expect(
        view?.versions.map((version) => [version.openedBy?.jobInstance, version.closedBy?.taskInstance ?? null, version.validTo]),
      ).toEqual([
        [3, 8, "2026-11-02T00:00:00.000Z"],
        [4, null, null],
      ]);
      expect(view?.versions[1]?.changes).toEqual([
        { property: "Name", before: "Old", after: '漢字, "x"' },
        { property: "Mail", before: null, after: "a@b" },
        { property: "Manager", before: null, after: "P2" },
      ]);
      const manager = await reading.resource(model, "Person", "P2", false);
      expect(manager?.links.filter((link) => link.property === "Reports").map((link) => link.key)).toEqual(["P1"]);
      expect(manager?.versions).toHaveLength(1);
    });

    test("a closed resource is found by the key it had, an unknown one is not", async () => {
      await addPeople();
      await knex("UR_RetiredKeys").insert({ Type: person, Key: "P3", Id: 3 });
      expect(await reading.resource(model, "Person", "P3", false)).toMatchObject({ id: 3, isOpen: false });
      expect(await reading.resource(model, "Person", "P4", false)).toBeNull();
    });
  });

  describe("staged changes", () => {
    const stage = async (): Promise<void> => {
      await addPeople();
      const own = { TaskInstance: 31, State: "staged" };
      await knex("UR_ResourceChanges").insert([
        { ...own, Command: "insert", Type: person, Key: "P9", ResourceId: 9, Changes: '{"C4":[null,"P9"],"I40":[null,1]}' },
        { ...own, Command: "update", Type: person, Key: "P1", ResourceId: 2, Changes: '{"I40":[1,9],"C6":["a@b",null]}', CausedBy: 1 },
        { ...own, Command: "delete", Type: group, Key: "G1", ResourceId: 10, Changes: '{"C4":["G1",null]}' },
        { ...own, TaskInstance: 32, Command: "delete", Type: group, Key: "G2", ResourceId: 11, Changes: "{}" },
        { ...own, State: "applied", Command: "delete", Type: group, Key: "G3", ResourceId: 12, Changes: "{}" },
      ]);
      await knex("UR_ResourceLinkChanges").insert([
        { ...own, Command: "delete", Mapping: numbers.members, R1_Id: 10, R2_Id: 1, Key1: "G1", Key2: "dn of P2", CausedBy: 10 },
        { ...own, Command: "insert", Mapping: numbers.members, R1_Id: 11, R2_Id: 9, Key1: "G2", Key2: "P9", CausedBy: null },
      ]);
    };

    test("resources and links by key, staged targets too, causes by name, other tasks and applied rows left out", async () => {
      await stage();
      expect(await all(reading.stagedChanges(model, { taskInstance: taskInstanceId(31), entityType: null, command: null }))).toEqual([
        {
          kind: "resource",
          command: "insert",
          entityType: "Person",
          key: "P9",
          causedBy: null,
          properties: [
            { property: "PersonId", before: null, after: "P9" },
            { property: "Manager", before: null, after: "P2" },
          ],
        },
        {
          kind: "resource",
          command: "update",
          entityType: "Person",
          key: "P1",
          causedBy: { entityType: "Person", key: "P2" },
          properties: [
            { property: "Manager", before: "P2", after: "P9" },
            { property: "Mail", before: "a@b", after: null },
          ],
        },
        {
          kind: "resource",
          command: "delete",
          entityType: "Group",
          key: "G1",
          causedBy: null,
          properties: [{ property: "GroupId", before: "G1", after: null }],
        },
        {
          kind: "link",
          command: "delete",
          association: "Group_Members",
          key1: "G1",
          key2: "P2",
          causedBy: { entityType: "Group", key: "G1" },
        },
        { kind: "link", command: "insert", association: "Group_Members", key1: "G2", key2: "P9", causedBy: null },
      ]);
    });

    test.each([
      ["Group", null, ["delete G1", "delete G1 P2", "insert G2 P9"]],
      ["Person", "update", ["update P1"]],
      ["Site", null, []],
      [null, "delete", ["delete G1", "delete G1 P2"]],
    ] as const)("of type %s, command %s", async (entityType, command, expected) => {
      await stage();
      const rows = await all(reading.stagedChanges(model, { taskInstance: taskInstanceId(31), entityType, command }));
      expect(rows.map((row) => (row.kind === "resource" ? `${row.command} ${row.key}` : `${row.command} ${row.key1} ${row.key2}`))).toEqual(
        expected,
      );
    });

    test("counts by kind", async () => {
      await stage();
      expect(await reading.stagedCounts(model, taskInstanceId(31))).toEqual(
        expect.arrayContaining([
          { kind: "resource", of: "Person", command: "insert", count: 1 },
          { kind: "resource", of: "Group", command: "delete", count: 1 },
          { kind: "link", of: "Group_Members", command: "insert", count: 1 },
        ]),
      );
    });
  });

  describe("connector status", () => {
    test("head, block, sessions, counts; of a connector that never ran nothing", async () => {
      await addPeople();
      await addTask(knex, { id: 7, jobInstance: 3, job: "Job_HR", task: "HR_Synchronization", connector: "HR" });
      await addTask(knex, {
        id: 8,
        jobInstance: 4,
        job: "Job_HR",
        task: "HR_Synchronization",
        connector: "HR",
        state: "Blocked",
        jobState: "Blocked",
      });
      const at = "2026-11-01T00:00:00.000Z";
      await knex("UM_ConnectorHeads").insert({ Connector: "HR", Session: "s1", AppliedAt: at, TaskInstance: 7, MappingHash: "m" });
      await knex("UJ_SynchronizationSessions").insert(
        ["applied", "blocked"].map((State, index) => ({
          Guid: `s${index + 1}`,
          Sequence: index + 1,
          Connector: "HR",
          Mode: "Complete",
          Type: "None",
          State,
          MappingHash: "m",
          CreatedAt: at,
          ChangedAt: at,
        })),
      );
      await knex("UR_LinkKeys").insert({ Mapping: numbers.members, Key1: "G9", Key2: "P1", Reason: "missing" });
      const status = await reading.connectorStatus(model, "HR");
      expect(status.head).toMatchObject({ session: "s1", jobInstance: 3, job: "Job_HR" });
      expect(status.blocked).toMatchObject([{ jobInstance: 4, taskInstance: 8 }]);
      expect(status.sessions.map((session) => session.guid)).toEqual(["s2", "s1"]);
      expect(status.entityTypes).toEqual([{ entityType: "Person", resources: 2 }]);
      expect(status.associations).toEqual([{ association: "Group_Members", unresolved: 1 }]);
      expect(await reading.connectorStatus(model, "AD")).toMatchObject({ head: null, blocked: [], sessions: [] });
    });
  });
});
