import type { Command } from "./command.js";

export interface ProgramEntry {
  /** One word, or two where the first is a group: `database migrate`. */
  readonly name: string;
  /** One line for `sluice --help`. */
  readonly summary: string;
  /** Loads the command when it is called: `validate` must not wait for the database's driver. */
  readonly load: () => Promise<Command>;
}

/** All commands in the order of `sluice --help`, which is the order in which a person meets them. */
export const program: readonly ProgramEntry[] = [
  { name: "init", summary: "makes a workspace from a CSV file", load: async () => (await import("./commands/init.js")).init },
  { name: "validate", summary: "checks the configuration", load: async () => (await import("./commands/validate.js")).validate },
  { name: "jobs", summary: "lists the jobs, their schedule and last state", load: async () => (await import("./commands/jobs.js")).jobs },
  {
    name: "schedule",
    summary: "shows every run to come, and what the clock does to it",
    load: async () => (await import("./commands/schedule.js")).schedule,
  },
  {
    name: "scheduler",
    summary: "the service that runs jobs by their schedule",
    load: async () => (await import("./commands/scheduler.js")).scheduler,
  },
  { name: "plan", summary: "shows what a job would do, level by level", load: async () => (await import("./commands/plan.js")).plan },
  {
    name: "diff",
    summary: "shows what the files of the workspace would change",
    load: async () => (await import("./commands/diff.js")).diff,
  },
  {
    name: "expand",
    summary: "prints the jobs that scaffoldings stand for",
    load: async () => (await import("./commands/expand.js")).expand,
  },
  { name: "run", summary: "runs a job to its end", load: async () => (await import("./commands/run.js")).run },
  { name: "status", summary: "shows job instances, or one in full", load: async () => (await import("./commands/status.js")).status },
  {
    name: "changes",
    summary: "shows what a blocked job instance would change",
    load: async () => (await import("./commands/changes.js")).changes,
  },
  {
    name: "resume",
    summary: "applies what a blocked job instance staged, and goes on",
    load: async () => (await import("./commands/resume.js")).resume,
  },
  {
    name: "cancel",
    summary: "stops a running job instance, or drops a blocked one",
    load: async () => (await import("./commands/cancel.js")).cancel,
  },
  {
    name: "apply",
    summary: "applies exactly what a plan says",
    load: async () => (await import("./commands/apply.js")).apply,
  },
  {
    name: "undo",
    summary: "turns back what a job instance applied",
    load: async () => (await import("./commands/undo.js")).undo,
  },
  {
    name: "connectors",
    summary: "lists the connectors: state, last synchronization, block, chain",
    load: async () => (await import("./commands/connectors.js")).connectors,
  },
  {
    name: "connector activate",
    summary: "switches a connector on again",
    load: async () => (await import("./commands/connector-activate.js")).connectorActivate,
  },
  {
    name: "connector deactivate",
    summary: "switches a connector off",
    load: async () => (await import("./commands/connector-deactivate.js")).connectorDeactivate,
  },
  {
    name: "verify",
    summary: "compares the repository with the files that were applied last",
    load: async () => (await import("./commands/verify.js")).verify,
  },
  {
    name: "resources",
    summary: "lists the resources of an entity type",
    load: async () => (await import("./commands/resources.js")).resources,
  },
  { name: "links", summary: "lists the links of an entity association", load: async () => (await import("./commands/links.js")).links },
  { name: "show", summary: "shows one resource, its links and its history", load: async () => (await import("./commands/show.js")).show },
  { name: "logs", summary: "prints the log of a job instance", load: async () => (await import("./commands/logs.js")).logs },
  { name: "doctor", summary: "looks at all that a run needs", load: async () => (await import("./commands/doctor.js")).doctor },
  { name: "xsd", summary: "writes the schema for an editor's completion", load: async () => (await import("./commands/xsd.js")).xsd },
  {
    name: "database status",
    summary: "shows the state of the database: version, migrations, size, rows",
    load: async () => (await import("./commands/database-status.js")).databaseStatus,
  },
  {
    name: "database migrate",
    summary: "makes the tables or brings them up to date",
    load: async () => (await import("./commands/database-migrate.js")).databaseMigrate,
  },
  {
    name: "database indexes",
    summary: "makes the indexes that the configuration calls for",
    load: async () => (await import("./commands/database-indexes.js")).databaseIndexes,
  },
  {
    name: "database views",
    summary: "makes a view for people of each entity type",
    load: async () => (await import("./commands/database-views.js")).databaseViews,
  },
  {
    name: "database purge",
    summary: "removes old history",
    load: async () => (await import("./commands/database-purge.js")).databasePurge,
  },
  {
    name: "database copy",
    summary: "moves an embedded repository to SQL Server",
    load: async () => (await import("./commands/database-copy.js")).databaseCopy,
  },
  {
    name: "invoke-job",
    summary: "runs or repairs a job; the documented tool's arguments",
    load: async () => (await import("./commands/invoke-job.js")).invokeJob,
  },
  {
    name: "invoke-serverjob",
    summary: "the same for jobs without an agent",
    load: async () => (await import("./commands/invoke-job.js")).invokeServerJob,
  },
  {
    name: "get-job-steps",
    summary: "prints the tasks of a job with their launch order",
    load: async () => (await import("./commands/get-job-steps.js")).getJobSteps,
  },
  { name: "export", summary: "exports one connection", load: async () => (await import("./commands/export.js")).exportAny },
  { name: "export-csv", summary: "exports one CSV connection", load: async () => (await import("./commands/export.js")).exportCsv },
  {
    name: "export-excel",
    summary: "exports one Excel connection",
    load: async () => (await import("./commands/export.js")).exportExcel,
  },
  {
    name: "prepare-synchronization",
    summary: "cleanses the exported files of one connector",
    load: async () => (await import("./commands/prepare-synchronization.js")).prepareSynchronization,
  },
  {
    name: "synchronize",
    summary: "loads the prepared files of one connector",
    load: async () => (await import("./commands/synchronize.js")).synchronize,
  },
];
