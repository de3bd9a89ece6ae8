import type { Knex } from "knex";
import type { SchemaDialect } from "./schema-dialect.js";

/** What the scheduler decides and a resume repeats (design §10, jobs-and-tasks §3.8): attempts, schedules, schedulers. Times are text on the clock of who writes them. */
export const up = async (knex: Knex, dialect: SchemaDialect): Promise<void> => {
  for (const table of ["UJ_JobInstances", "UJ_TaskInstances"]) {
    await knex.schema.alterTable(table, (t) => {
      // From 1; grows with each resume that runs it again.
      t.integer("Attempt").notNullable().defaultTo(1);
    });
  }
  await knex.schema.alterTable("UJ_JobInstances", (t) => {
    // Why the program that runs it was asked to end; null: it was not, or the instance was taken up again since.
    dialect.long(t, "HaltReason").nullable();
  });
  // How former attempts of a task ended; its row tells of the present one.
  await knex.schema.createTable("UJ_TaskAttempts", (t) => {
    t.integer("TaskInstance").notNullable();
    t.integer("Attempt").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.time(t, "StartDate").nullable();
    dialect.time(t, "EndDate").nullable();
    dialect.long(t, "Counters").nullable();
    dialect.long(t, "Error").nullable();
    dialect.long(t, "Message").nullable();
    t.primary(["TaskInstance", "Attempt"]);
  });
  // How former attempts of an instance ended, and who made them.
  await knex.schema.createTable("UJ_JobAttempts", (t) => {
    t.integer("JobInstance").notNullable();
    t.integer("Attempt").notNullable();
    dialect.word(t, "State").notNullable();
    dialect.time(t, "StartDate").notNullable();
    dialect.time(t, "EndDate").nullable();
    dialect.key(t, "StartedBy").notNullable();
    dialect.key(t, "Host").notNullable();
    t.integer("Pid").notNullable();
    dialect.long(t, "Message").nullable();
    t.primary(["JobInstance", "Attempt"]);
  });
  // How far the due times of a job's schedule were decided, whichever scheduler did it.
  await dialect.createKeyed(
    knex,
    "UJ_Schedules",
    [
      ["Job", "key"],
      // What was decided by: `0 3 * * * UTC`; empty once the job is gone or has no schedule.
      ["Schedule", "key"],
      ["DecidedUntil", "time"],
    ],
    ["Job"],
  );
  // One row a due time that was decided, or a stretch of them: its key is what keeps two schedulers from starting it twice.
  await knex.schema.createTable("UJ_ScheduledRuns", (t) => {
    dialect.key(t, "Job").notNullable();
    dialect.time(t, "DueAt").notNullable();
    // A stretch of runs that did not start has one row, at its last due time.
    dialect.time(t, "FirstDueAt").notNullable();
    t.integer("Runs").notNullable();
    // 'claimed' | 'queued' | 'started' | 'skipped' | 'missed' | 'failed'
    dialect.word(t, "State").notNullable();
    t.integer("JobInstance").nullable();
    dialect.long(t, "Reason").nullable();
    dialect.time(t, "DecidedAt").notNullable();
    dialect.key(t, "Host").notNullable();
    t.integer("Pid").notNullable();
    dialect.word(t, "ProcessStart").notNullable();
    t.primary(["Job", "DueAt"]);
    t.index(["State", "DecidedAt"]);
  });
  // Schedulers that run, or died without a word.
  await knex.schema.createTable("UJ_Schedulers", (t) => {
    dialect.key(t, "Host").notNullable();
    t.integer("Pid").notNullable();
    dialect.word(t, "ProcessStart").notNullable();
    dialect.key(t, "Workspace").notNullable();
    dialect.time(t, "StartedAt").notNullable();
    dialect.time(t, "SeenAt").notNullable();
    // On the database's clock: until when it counts as alive to those who cannot see its process.
    dialect.time(t, "LeaseUntil").notNullable();
    dialect.word(t, "ConfigurationHash").notNullable();
    dialect.time(t, "ConfigurationSince").notNullable();
    // JSON of a dropped configuration that was refused: at, findings; null where the one in force is what lies there.
    dialect.long(t, "Refused").nullable();
    t.primary(["Host", "Pid", "ProcessStart"]);
  });
};
