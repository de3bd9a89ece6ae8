import { expect, test } from "vitest";
import { keyIndexesOf, ownIndexOf } from "../../../src/store/maintenance/key-index-set.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { maintenanceOf, model, quietly, register } from "./filled.js";

const apply = { ...quietly, dryRun: false };

test("knows its own indexes by their names, whatever a server makes of them", () => {
  expect(ownIndexOf("UX_UR_Resources_12_C3V")).toEqual({ prefix: "UX", type: 12, slot: "C3V" });
  expect(ownIndexOf("ix_ur_resources_12_c4ur_resourcd59b3b05ff79340ea595d42c51f587a4")).toEqual({ prefix: "IX", type: 12, slot: "C4" });
  expect(ownIndexOf("ix_ur_resources_1200000_c3vur_r2423d31d0baba426147ea1e5092c8b9d")).toEqual({
    prefix: "IX",
    type: 1200000,
    slot: "C3V",
  });
  expect(ownIndexOf("ix_ur_resources_1_c3uur_resources2423d31d0baba426147ea1e5092c8b9d")).toEqual({ prefix: "IX", type: 1, slot: "C3U" });
  for (const name of [
    "IX_UR_Resources_Closed",
    "IX_UR_Resources_1_C99",
    "PK_UR_Resources",
    "IX_UR_ResourceLinks_R2",
    "IX_UR_Resources_1_C4_mine",
  ]) {
    expect(ownIndexOf(name)).toBeNull();
  }
});

test("derives one index a mapping key and looked-up property, and none for a type that was never loaded", () => {
  const indexes = keyIndexesOf(
    model,
    new Map([
      ["Person", 1],
      ["Group", 2],
    ]),
  );
  expect(indexes.map(({ type, slot, isMappingKey }) => [type, slot, isMappingKey])).toEqual([
    [1, "C4", true],
    [2, "C4", true],
    [1, "C5", false],
  ]);
});

onEachDatabase((kind) => {
  const key = kind === "SQLite" ? "UX" : "IX";

  test("makes what is missing, drops what nothing needs, leaves others alone, and twice is as once", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await knex.raw("CREATE INDEX IX_UR_Resources_9_C7 ON UR_Resources (C7) WHERE Type = 9 AND ValidTo = '9999-12-31T23:59:59.999Z'");
    await knex.raw("CREATE INDEX IX_mine ON UR_Resources (C8)");
    const maintenance = await maintenanceOf(database);

    const planned = await maintenance.indexes(model, { ...quietly, dryRun: true });
    expect(planned.statements).toHaveLength(5);
    const done = await maintenance.indexes(model, apply);
    expect(done).toEqual(planned);
    expect(done.created.toSorted()).toEqual(
      ["IX_UR_Resources_1_C5", `${key}_UR_Resources_1_C4`, `${key}_UR_Resources_2_C4`, `${key}_UR_Resources_3_C4`].toSorted(),
    );
    expect(done.dropped).toEqual(["IX_UR_Resources_9_C7"]);

    const again = await maintenance.indexes(model, apply);
    expect(again).toMatchObject({ created: [], dropped: [], statements: [] });
    expect(again.kept).toHaveLength(4);
    const mine =
      kind === "SQLite"
        ? "SELECT name FROM sqlite_schema WHERE name = 'IX_mine'"
        : "SELECT name FROM sys.indexes WHERE name LIKE 'IX[_]mine%'";
    expect(await knex.raw(mine)).toHaveLength(1);
  });
});
