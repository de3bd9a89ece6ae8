import type { Knex } from "knex";
import type { SchemaDialect } from "./schema-dialect.js";

/** Incremental runs (design §7.4) and connectors that a person switched off (connectors §1.2). */
export const up = async (knex: Knex, dialect: SchemaDialect): Promise<void> => {
  await knex.schema.alterTable("UM_ConnectorHeads", (t) => {
    // Why the next run has to be a complete one; null: incremental runs go on from this head.
    dialect.long(t, "CompleteRequired").nullable();
  });
  await knex.schema.createTable("UM_ConnectorStates", (t) => {
    dialect.key(t, "Connector").primary();
    dialect.time(t, "DeactivatedAt").notNullable();
    dialect.key(t, "DeactivatedBy").notNullable();
    dialect.long(t, "Reason").nullable();
  });
  // One statement that decides by itself: a migration reads nothing, so that a dry run can print it.
  await knex.raw("INSERT INTO UM_Sequences (Name, Value) SELECT ?, 0 WHERE NOT EXISTS (SELECT 1 FROM UM_Sequences WHERE Name = ?)", [
    "dirty",
    "dirty",
  ]);
};
