import type { Knex } from "knex";
import type { SchemaDialect } from "./schema-dialect.js";

/** Leases of running instances (design §10), and the rows of UM_Sequences that others lock: none has to be made later, by two at once. */
export const up = async (knex: Knex, dialect: SchemaDialect): Promise<void> => {
  await knex.schema.alterTable("UJ_JobInstances", (t) => {
    // On the database's clock. Null: nobody runs or closes it; of an instance that runs: as one that is over.
    dialect.time(t, "LeaseUntil").nullable();
    // Whoever waits for a lock looks for dead runners every second.
    t.index(["State"]);
  });
  // 'writer': held by the one that applies, on a database that has no single writer itself.
  for (const name of ["fence", "session", "resource", "writer"]) {
    // One statement that decides by itself: a migration reads nothing, so that a dry run can print it.
    await knex.raw("INSERT INTO UM_Sequences (Name, Value) SELECT ?, 0 WHERE NOT EXISTS (SELECT 1 FROM UM_Sequences WHERE Name = ?)", [
      name,
      name,
    ]);
  }
};
