import type { Knex } from "knex";
import { expect, test } from "vitest";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import type { TestDatabase } from "../../database.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { addVersions, day, maintenanceOf, model, quietly, register } from "./filled.js";

/** Holds the writer as a synchronization does, until the function that it gives is called. */
const holdWriter = async ({ setting }: TestDatabase, knex: Knex): Promise<() => Promise<void>> => {
  if (setting.kind === "sqlite") {
    const connection = openConnection(setting.path);
    connection.exec("BEGIN IMMEDIATE");
    return async () => {
      connection.exec("ROLLBACK");
      connection.close();
    };
  }
  const trx = await knex.transaction();
  await trx("UM_Sequences").where({ Name: "writer" }).increment("Value", 1);
  return () => trx.rollback().then(() => undefined);
};

onEachDatabase((kind) => {
  test("a purge waits for the one that applies, and stops while it waits when it is told to", async () => {
    const database = await freshDatabase(kind);
    const knex = await database.knex();
    await register(knex);
    await addVersions(knex, [
      { id: 1, from: day(1), to: day(2) },
      { id: 1, from: day(2) },
    ]);
    const maintenance = await maintenanceOf(database);
    const release = await holdWriter(database, knex);
    const request = { before: day(3), batch: 10, dryRun: false };
    try {
      // What only reads does not wait.
      expect(await maintenance.purge({ ...request, dryRun: true }, quietly)).toMatchObject({ versions: 1 });
      expect((await maintenance.views(model, { ...quietly, dryRun: true })).statements).toHaveLength(3);
      expect((await maintenance.status(quietly)).history).toMatchObject({ closedResources: 1 });

      const stop = new AbortController();
      const onProgress = ({ step }: { step: string }): void => {
        if (step === "waiting for the database") stop.abort();
      };
      for (const work of [
        maintenance.purge(request, { signal: stop.signal, onProgress }),
        maintenance.indexes(model, { signal: stop.signal, onProgress, dryRun: false }),
      ]) {
        await expect(work).rejects.toMatchObject({ code: "DB_MAINTENANCE_STOPPED", parameters: { step: expect.any(String) } });
      }
    } finally {
      await release();
    }
    expect(await maintenance.purge(request, quietly)).toMatchObject({ versions: 1 });
  });
});
