import type { Knex } from "knex";
import { allSlots } from "../../model/index.js";
import { openEnd } from "../open-end.js";
import type { SchemaDialect } from "./schema-dialect.js";

/**
 * The repository, design §6: identity (`UM_*`), resources and links with history (`UR_*`), staged changes, the record of
 * jobs (`UJ_*`). Times are text, `yyyy-MM-ddTHH:mm:ss.sssZ`; names of states are stored as words.
 */
export const up = async (knex: Knex, dialect: SchemaDialect): Promise<void> => {
  // Identity: each identifier gets a number once, never reused; slot and type are those its data was loaded with.
  await knex.schema.createTable("UM_EntityTypes", (t) => {
    t.increments("Id");
    dialect.key(t, "Identifier").notNullable().unique();
    dialect.key(t, "MappingKey").nullable();
  });
  await knex.schema.createTable("UM_Properties", (t) => {
    t.increments("Id");
    t.integer("EntityType").notNullable().references("UM_EntityTypes.Id");
    dialect.key(t, "Identifier").notNullable();
    dialect.word(t, "Slot").notNullable();
    dialect.word(t, "Type").notNullable();
    t.unique(["EntityType", "Identifier"]);
  });
  await knex.schema.createTable("UM_Mappings", (t) => {
    t.increments("Id");
    dialect.key(t, "Association").notNullable();
    dialect.key(t, "Connector").notNullable();
    t.unique(["Association", "Connector"]);
  });
  // One row a sequence: 'resource' (last Id given), 'dirty' (last flagged change), 'session', 'fence'.
  await knex.schema.createTable("UM_Sequences", (t) => {
    dialect.word(t, "Name").primary();
    t.bigInteger("Value").notNullable();
  });
  // 'now' = the last transaction time given out (design §6, history).
  await knex.schema.createTable("UM_Clock", (t) => {
    t.integer("Id").primary();
    dialect.time(t, "Now").notNullable();
  });
  // Each dirty computation keeps its own mark (design §6, dirty).
  await knex.schema.createTable("UM_DirtyMarks", (t) => {
    dialect.word(t, "TaskType").notNullable();
    t.integer("EntityType").notNullable();
    t.bigInteger("Mark").notNullable();
    t.primary(["TaskType", "EntityType"]);
  });
  // The chain (design §7.4): the session whose application made the repository's state of a connector.
  await knex.schema.createTable("UM_ConnectorHeads", (t) => {
    dialect.key(t, "Connector").primary();
    dialect.word(t, "Session").notNullable();
    dialect.time(t, "AppliedAt").notNullable();
    t.integer("TaskInstance").notNullable();
    dialect.word(t, "MappingHash").notNullable();
  });

  await knex.schema.createTable("UR_Resources", (t) => {
    t.bigInteger("Id").notNullable();
    t.integer("Type").notNullable();
    dialect.time(t, "ValidFrom").notNullable();
    dialect.time(t, "ValidTo").notNullable();
    t.bigInteger("Dirty").notNullable().defaultTo(0);
    t.integer("ChangedBy").nullable();
    t.integer("ClosedBy").nullable();
    for (const slot of allSlots) {
      if (slot.startsWith("I")) t.bigInteger(slot).nullable();
      else dialect.value(t, slot).nullable();
    }
    t.primary(["Id", "ValidTo"]);
  });
  // Keys of closed resources: a key that returns gets its former Id (design §6, identity).
  await dialect.createKeyed(
    knex,
    "UR_RetiredKeys",
    [
      ["Type", "integer"],
      ["Key", "key"],
      ["Id", "integer"],
    ],
    ["Type", "Key"],
  );

  await dialect.createKeyed(
    knex,
    "UR_ResourceLinks",
    [
      ["Mapping", "integer"],
      ["R1_Id", "integer"],
      ["R2_Id", "integer"],
      ["ValidFrom", "time"],
      ["ValidTo", "time"],
      ["ChangedBy", "integer?"],
      ["ClosedBy", "integer?"],
    ],
    ["Mapping", "R1_Id", "R2_Id", "ValidTo"],
  );
  await knex.raw(`CREATE INDEX IX_UR_ResourceLinks_R2 ON UR_ResourceLinks (Mapping, R2_Id) WHERE ValidTo = '${openEnd}'`);

  // What the source said (design §6, links): mapping and both keys, with the resources they name now; null = unresolved.
  await dialect.createKeyed(
    knex,
    "UR_LinkKeys",
    [
      ["Mapping", "integer"],
      ["Key1", "key"],
      ["Key2", "key"],
      ["R1_Id", "integer?"],
      ["R2_Id", "integer?"],
      ["Reason", "word?"],
    ],
    ["Mapping", "Key1", "Key2"],
  );
  await knex.raw("CREATE INDEX IX_UR_LinkKeys_Key2 ON UR_LinkKeys (Mapping, Key2)");
  await knex.raw("CREATE INDEX IX_UR_LinkKeys_Unresolved ON UR_LinkKeys (Mapping) WHERE Reason IS NOT NULL");

  // Staged changes (design §6). Changes: JSON {"<slot>":[before,after],…}. Version: ValidFrom of the row compared with.
  await knex.schema.createTable("UR_ResourceChanges", (t) => {
    t.increments("Id");
    t.integer("TaskInstance").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.word(t, "Command").notNullable();
    t.integer("Type").notNullable();
    dialect.key(t, "Key").notNullable();
    t.bigInteger("ResourceId").notNullable();
    dialect.time(t, "Version").nullable();
    dialect.long(t, "Changes").notNullable();
    t.bigInteger("CausedBy").nullable();
    t.unique(["TaskInstance", "ResourceId"]);
  });
  await knex.schema.createTable("UR_ResourceLinkChanges", (t) => {
    t.increments("Id");
    t.integer("TaskInstance").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.word(t, "Command").notNullable();
    t.integer("Mapping").notNullable();
    t.bigInteger("R1_Id").notNullable();
    t.bigInteger("R2_Id").notNullable();
    dialect.key(t, "Key1").notNullable();
    dialect.key(t, "Key2").notNullable();
    t.bigInteger("CausedBy").nullable();
    t.index(["TaskInstance", "Mapping", "Command"]);
  });
  // How the stored claims of the source change with the set: add, remove, resolve.
  await knex.schema.createTable("UR_LinkKeyChanges", (t) => {
    t.increments("Id");
    t.integer("TaskInstance").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.word(t, "Command").notNullable();
    t.integer("Mapping").notNullable();
    dialect.key(t, "Key1").notNullable();
    dialect.key(t, "Key2").notNullable();
    t.bigInteger("R1_Before").nullable();
    t.bigInteger("R2_Before").nullable();
    t.bigInteger("R1_After").nullable();
    t.bigInteger("R2_After").nullable();
    dialect.word(t, "Reason").nullable();
    t.index(["TaskInstance", "Mapping"]);
  });

  // Sessions, connectors §2.5. Manifest: JSON of SessionManifest.
  await knex.schema.createTable("UJ_SynchronizationSessions", (t) => {
    dialect.word(t, "Guid").primary();
    t.bigInteger("Sequence").notNullable().unique();
    dialect.key(t, "Connector").notNullable();
    dialect.word(t, "Mode").notNullable();
    dialect.word(t, "Type").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.word(t, "StartsAt").nullable();
    t.integer("PrepareTask").nullable();
    t.integer("SynchronizeTask").nullable();
    dialect.long(t, "Manifest").nullable();
    dialect.word(t, "MappingHash").notNullable();
    dialect.time(t, "CreatedAt").notNullable();
    dialect.time(t, "ChangedAt").notNullable();
  });

  await knex.schema.createTable("UJ_JobInstances", (t) => {
    t.increments("Id");
    dialect.key(t, "Job").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.time(t, "StartDate").notNullable();
    dialect.time(t, "EndDate").nullable();
    // 'CommandLine' | 'Scheduler'
    dialect.word(t, "Trigger").notNullable();
    dialect.key(t, "StartedBy").notNullable();
    dialect.key(t, "Host").notNullable();
    t.integer("Pid").notNullable();
    dialect.word(t, "ProcessStart").notNullable();
    t.bigInteger("Fence").notNullable();
    dialect.word(t, "ConfigurationHash").notNullable();
    dialect.word(t, "PlanHash").notNullable();
    // JSON: what the instance was started with (job or single task, from, to, task, plan nodes for resume).
    dialect.long(t, "Plan").notNullable();
    t.integer("Force").notNullable().defaultTo(0);
    dialect.long(t, "Reason").nullable();
    dialect.long(t, "WaitingFor").nullable();
    dialect.long(t, "Message").nullable();
    dialect.time(t, "CancelRequestedAt").nullable();
    dialect.key(t, "CancelRequestedBy").nullable();
    dialect.long(t, "CancelReason").nullable();
    t.index(["Job", "Id"]);
  });
  await knex.schema.createTable("UJ_TaskInstances", (t) => {
    t.increments("Id");
    t.integer("JobInstance").notNullable().references("UJ_JobInstances.Id");
    dialect.key(t, "TaskKey").notNullable();
    dialect.key(t, "Task").notNullable();
    dialect.word(t, "Type").notNullable();
    t.integer("Level").notNullable();
    t.integer("Position").notNullable();
    dialect.word(t, "State").notNullable();
    t.integer("IsValidation").notNullable().defaultTo(0);
    t.integer("ValidationOf").nullable();
    dialect.key(t, "Connector").nullable();
    t.integer("ProducedOutput").nullable();
    dialect.word(t, "SkippedBecause").nullable();
    dialect.time(t, "StartDate").nullable();
    dialect.time(t, "EndDate").nullable();
    dialect.time(t, "LastProgressUpdate").nullable();
    // JSON: Progress, Counters, ThresholdResult[], RecordedError; Message: why Blocked, or a reason such as `nothing prepared`.
    dialect.long(t, "Progress").nullable();
    dialect.long(t, "Counters").nullable();
    dialect.long(t, "Thresholds").nullable();
    dialect.long(t, "Error").nullable();
    dialect.long(t, "Message").nullable();
    dialect.word(t, "Session").nullable();
    t.index(["JobInstance", "Id"]);
    t.index(["Connector", "State"]);
  });
  // Who decided what (design §8): force, resume, cancel, replaced.
  await knex.schema.createTable("UJ_Decisions", (t) => {
    t.increments("Id");
    t.integer("JobInstance").notNullable().references("UJ_JobInstances.Id");
    t.integer("TaskInstance").nullable();
    dialect.word(t, "Decision").notNullable();
    dialect.key(t, "TakenBy").notNullable();
    dialect.key(t, "Host").notNullable();
    dialect.time(t, "TakenAt").notNullable();
    dialect.long(t, "Reason").nullable();
    dialect.word(t, "SetHash").nullable();
  });
  // design §10: `job:<Identifier>` and `connector:<Identifier>`; `writer` = the one that applies.
  await knex.schema.createTable("UJ_Locks", (t) => {
    dialect.key(t, "Name").primary();
    t.integer("JobInstance").notNullable();
    dialect.key(t, "Host").notNullable();
    t.integer("Pid").notNullable();
    dialect.word(t, "ProcessStart").notNullable();
    t.bigInteger("Fence").notNullable();
    dialect.time(t, "AcquiredAt").notNullable();
  });
};
