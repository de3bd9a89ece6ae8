import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { jobInstanceId, taskInstanceId } from "../../../src/model/index.js";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import { onEachDatabase } from "../../database.js";
import { type SourceFiles, World } from "./world.js";

const hr = (people: readonly (readonly [string, string | null])[], bosses: readonly (readonly [string, string])[] = []): SourceFiles => ({
  rows: { Person: people },
  links: { Person_Boss: bosses },
});
const ad = (guids: readonly string[], owners: readonly (readonly [string, string])[] = []): SourceFiles => ({
  rows: { Entry: guids.map((guid) => [guid, `CN=${guid}`, null]) },
  links: { Entry_Owner: owners, Entry_Members: [] },
});

onEachDatabase((kind) => {
  let world: World;
  afterEach(() => world.close());

  /** Owners are named by Person:Name, which can move from one person to another. */
  const ownersByName = (model: RepositoryModel): RepositoryModel => ({
    ...model,
    connectors: model.connectors.map((connector) => ({
      ...connector,
      associations: connector.associations.map((mapping) =>
        mapping.identifier === "Entry_Owner" ? { ...mapping, key1: { entityType: "Person", property: "Name" } } : mapping,
      ),
    })),
  });
  const ownerOf = async (guid: string): Promise<unknown> => {
    const row = (await world.state()).rows.Entry?.find((text) => (JSON.parse(text) as unknown[])[0] === guid);
    return row === undefined ? undefined : (JSON.parse(row) as unknown[])[3];
  };

  describe("what another connector does while a session is blocked", () => {
    test("a person that comes meanwhile gets the links that the blocked session said", async () => {
      world = await World.open(kind, { AD: { MaximumInsertedLines: 1 } });
      const blocked = await world.synchronize("AD", ad(["g1", "g2"], [["p1", "g1"]]));
      await world.synchronize("HR", hr([["p1", "Ann"]]));
      expect((await world.resume(blocked)).counters).toMatchObject({ orphans: 0 });
      expect(await ownerOf("g1")).toBe("p1");
    });

    test("two connectors blocked at their first load and resumed one after the other end linked", async () => {
      world = await World.open(kind, { HR: { MaximumInsertedLines: 1 }, AD: { MaximumInsertedLines: 1 } });
      const people = await world.synchronize(
        "HR",
        hr([
          ["p1", "Ann"],
          ["p2", "Bob"],
        ]),
      );
      const entries = await world.synchronize("AD", ad(["g1", "g2"], [["p1", "g1"]]));
      await world.resume(people);
      await world.resume(entries);
      expect((await world.state()).unresolved).toEqual([]);
      expect(await ownerOf("g1")).toBe("p1");
    });

    test("a key that names another resource by now is a conflict, never a link to the wrong one", async () => {
      world = await World.open(kind, { AD: { MaximumInsertedLines: 1 } });
      world.model = ownersByName(world.model);
      await world.synchronize(
        "HR",
        hr([
          ["p1", "Ann"],
          ["p2", "Bob"],
        ]),
      );
      const blocked = await world.synchronize("AD", ad(["g1", "g2"], [["Ann", "g1"]]));
      await world.synchronize(
        "HR",
        hr([
          ["p1", "Bob"],
          ["p2", "Ann"],
        ]),
      );
      await expect(world.resume(blocked)).rejects.toThrow(
        expect.objectContaining({ code: "SYNC_CONFLICT", message: expect.stringContaining("names another resource by now") }),
      );
      expect((await world.state()).rows.Entry).toEqual([]);
    });

    test("a cancel that died after it dropped the rows leaves nothing to resume", async () => {
      world = await World.open(kind, { HR: { MaximumInsertedLines: 1 } });
      const blocked = await world.synchronize(
        "HR",
        hr([
          ["p1", "Ann"],
          ["p2", "Bob"],
        ]),
      );
      await world.engine.drop({
        jobInstance: jobInstanceId(blocked.jobInstance),
        taskInstance: taskInstanceId(blocked.taskInstance),
        fence: 7,
      });
      await expect(world.resume(blocked)).rejects.toThrow(expect.objectContaining({ code: "SYNC_NOTHING_STAGED" }));
      expect(await world.db.all("SELECT * FROM UM_ConnectorHeads")).toEqual([]);
    });
  });

  describe("a configuration that changes between two runs", () => {
    test("an association mapping that names another key resolves its links anew", async () => {
      world = await World.open(kind);
      await world.synchronize(
        "HR",
        hr([
          ["1", "2"],
          ["2", "1"],
        ]),
      );
      await world.synchronize("AD", ad(["g1"], [["1", "g1"]]));
      expect(await ownerOf("g1")).toBe("1");
      world.model = ownersByName(world.model);
      world.mappingHash = "other";
      expect((await world.synchronize("AD", ad(["g1"], [["1", "g1"]]))).counters).toMatchObject({ updated: 1 });
      expect(await ownerOf("g1")).toBe("2");
    });
  });

  describe("rows set aside", () => {
    test.each([
      ["is gone", (file: string) => rmSync(file)],
      ["is not the one announced", (file: string) => writeFileSync(file, "key,line\n")],
    ])("a run whose list of them %s deletes nothing", async (_, tamper) => {
      world = await World.open(kind);
      await world.synchronize(
        "HR",
        hr([
          ["p1", "Ann"],
          ["p2", "Bob"],
        ]),
      );
      const files = { ...hr([["p1", "Ann"]]), aside: { Person: ["p2"] } };
      await expect(world.synchronize("HR", files, { tamper: (folder) => tamper(join(folder, "Person.rejected.csv")) })).rejects.toThrow(
        expect.objectContaining({ code: "SYNC_FILE_CHANGED" }),
      );
      expect((await world.state()).rows.Person).toHaveLength(2);
    });

    test("a file without rows blocks, though a row set aside keeps one resource", async () => {
      world = await World.open(kind);
      await world.synchronize(
        "HR",
        hr([
          ["a", "x"],
          ["b", "y"],
          ["c", "z"],
        ]),
      );
      const blocked = await world.synchronize("HR", { ...hr([]), aside: { Person: ["a"] } }, { force: true });
      expect(blocked).toMatchObject({ state: "Blocked", message: expect.stringContaining("its file has no rows and would close 2 of 3") });
    });
  });
});
