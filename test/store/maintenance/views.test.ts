import { expect, test } from "vitest";
import type { TestDatabase } from "../../database.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { addLink, addVersions, day, maintenanceOf, model, numbers, quietly, register } from "./filled.js";

const apply = { ...quietly, dryRun: false };

/** Rows of a view by column, times as ISO text. */
const rowsOf = async (database: TestDatabase, view: string): Promise<Record<string, unknown>[]> => {
  const knex = await database.knex();
  const rows = (await knex.raw(`SELECT * FROM ${view} ORDER BY 1`)) as Record<string, unknown>[];
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value])),
  );
};

onEachDatabase((kind) => {
  test("shows the current resources of a type: scalars, navigations as Id and key, the start as a time", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(knex, [
      { id: 10, from: day(1), to: day(2), slots: { C4: "P1", C5: "before" } },
      { id: 10, from: day(2), slots: { C4: "P1", C5: "now", C6: "own", C7: "text" } },
      { id: 11, from: day(3), slots: { C4: "P2", I40: 10 } },
      { id: 12, from: day(3), to: day(4), slots: { C4: "gone" } },
      { id: 20, type: numbers.Site, from: day(1), slots: { C4: "Paris" } },
      { id: 21, type: numbers.Site, from: day(1), slots: { C4: "Lyon" } },
    ]);
    await addLink(knex, numbers.sites, 11, 20, day(3));
    await addLink(knex, numbers.sites, 11, 21, day(1), day(3));
    const done = await (await maintenanceOf(database)).views(model, apply);

    expect(done.created.map(({ view }) => view)).toEqual(["zz_Person", "zz_Group", "zz_Site"]);
    expect(done.created[0]).toMatchObject({
      columns: ["Id", "PersonId", "select", "Id_2", "VALIDFROM_2", "Manager_Id", "Manager", "Site_Id", "Site", "ValidFrom"],
      renamed: [
        { property: "Id", column: "Id_2" },
        { property: "VALIDFROM", column: "VALIDFROM_2" },
      ],
    });
    expect(await rowsOf(database, "zz_Person")).toEqual([
      {
        Id: 10,
        PersonId: "P1",
        select: "now",
        Id_2: "own",
        VALIDFROM_2: "text",
        Manager_Id: null,
        Manager: null,
        Site_Id: null,
        Site: null,
        ValidFrom: day(2),
      },
      {
        Id: 11,
        PersonId: "P2",
        select: null,
        Id_2: null,
        VALIDFROM_2: null,
        Manager_Id: 10,
        Manager: "P1",
        Site_Id: 20,
        Site: "Paris",
        ValidFrom: day(3),
      },
    ]);
  });

  test("made before a first load they show it later; made again they follow the model; views of others stay", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await knex.raw("CREATE VIEW zz_mine AS SELECT 1 AS One");
    const maintenance = await maintenanceOf(database);
    await maintenance.views(model, apply);
    expect(await knex("UM_EntityTypes").select("Identifier", "MappingKey").orderBy("Id")).toEqual(
      ["Person", "Group", "Site"].map((Identifier) => ({ Identifier, MappingKey: null })),
    );
    await addVersions(knex, [{ id: 1, from: day(1), slots: { C4: "P1" } }]);
    expect(await rowsOf(database, "zz_Person")).toHaveLength(1);

    const fewer = { ...model, entityTypes: model.entityTypes.slice(0, 1), associations: [], connectors: [] };
    const changes = await maintenance.views(fewer, apply);
    expect(changes.dropped.map((name) => name.toLowerCase()).toSorted()).toEqual(["zz_group", "zz_person", "zz_site"]);
    expect(changes.created.map(({ view }) => view)).toEqual(["zz_Person"]);
    await expect(rowsOf(database, "zz_Site")).rejects.toThrow();
    expect(await rowsOf(database, "zz_mine")).toHaveLength(1);
  });

  test("a dry run changes nothing; a name that somebody else's view has is refused, and nothing is dropped", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    const maintenance = await maintenanceOf(database);
    const planned = await maintenance.views(model, { ...quietly, dryRun: true });
    expect(planned.statements).toHaveLength(3);
    expect(await knex("UM_EntityTypes").select("Id")).toEqual([]);

    await maintenance.views({ ...model, entityTypes: model.entityTypes.slice(1) }, apply);
    await knex.raw("CREATE VIEW zz_Person AS SELECT 1 AS One");
    await expect(maintenance.views(model, apply)).rejects.toMatchObject({ code: "DB_VIEW_TAKEN" });
    expect(await rowsOf(database, "zz_Site")).toEqual([]);
  });
});
