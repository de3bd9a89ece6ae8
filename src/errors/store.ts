import { defineErrors } from "./definition.js";

/** Codes of the repository: database, schema, staging, conflicts. */
export const storeErrors = defineErrors({
  DB_SCHEMA_NEWER: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; found: string }) =>
      `the database ${p.database} was written by a newer Sluice (migration ${p.found}): use that version of Sluice or a newer one`,
  },
  DB_LOCKED: {
    exit: 75,
    retryable: true,
    text: (p: { database: string; seconds: number }) =>
      `the database ${p.database} was held by another program for more than ${p.seconds} s: close it (a database browser, a backup?) and run again`,
  },
  DB_UNREACHABLE: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `the database ${p.database} cannot be opened or written (${p.reason}): check that its folder exists, is writable and is on a local disk`,
  },
  DB_DAMAGED: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; reason: string }) =>
      `${p.database} is no sound database (${p.reason}): restore it from a backup, or move it away and load again with an initialization job`,
  },
  DB_FULL: {
    exit: 69,
    retryable: true,
    text: (p: { database: string }) => `the disk of the database ${p.database} is full: nothing was written; free space and run again`,
  },
  SYNC_FILE_COLUMNS: {
    exit: 1,
    retryable: false,
    text: (p: { expected: string; found: string }) =>
      `the file has the columns ${p.found} where the mapping asks for ${p.expected}: prepare the connector again with the present configuration`,
  },
  SYNC_FILE_CHANGED: {
    exit: 1,
    retryable: true,
    text: (p: { rows: number; found: number }) =>
      `the file is not the one that prepare handed over (${p.rows} rows announced, ${p.found} found, or other bytes): prepare the connector again`,
  },
  SYNC_NOT_EMPTY: {
    exit: 1,
    retryable: false,
    text: (p: { connector: string; scope: string; count: number }) =>
      `an Initial synchronization loads an empty connector only, and ${p.scope} of connector ${p.connector} already holds ${p.count}: run a Complete one`,
  },
  SYNC_SLOT_MOVED: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; property: string; slot: string; type: string; heldBy: string; heldSlot: string; heldType: string }) =>
      `${p.entityType}:${p.property} is to be ${p.type} in ${p.slot}, but data was loaded as ${p.entityType}:${p.heldBy} (${p.heldType} in ${p.heldSlot}): ` +
      "give the property back its former slot and type, or give it a free TargetColumnIndex under a new identifier",
  },
  SYNC_KEY_MOVED: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; property: string; former: string }) =>
      `the mapping key of ${p.entityType} is now ${p.property}, but its resources were loaded by ${p.former}: ` +
      `make ${p.former} the IsPrimaryKey again, or map a new entity type`,
  },
  SYNC_PROPERTY_UNSTORED: {
    exit: 64,
    retryable: false,
    text: (p: { entityType: string; property: string }) =>
      `${p.entityType}:${p.property} is mapped but has no TargetColumnIndex to be stored in: give it one between 0 and 127`,
  },
  SYNC_FENCE_STALE: {
    exit: 1,
    retryable: false,
    text: (p: { jobInstance: number }) =>
      `job instance ${p.jobInstance} is no longer run by this process: another one took it over, nothing was written`,
  },
  SYNC_SESSION_STATE: {
    exit: 1,
    retryable: true,
    text: (p: { session: string; state: string }) =>
      `session ${p.session} is ${p.state} and can no longer be synchronized: prepare the connector again`,
  },
  SYNC_NOTHING_STAGED: {
    exit: 64,
    retryable: false,
    text: (p: { taskInstance: number }) =>
      `task instance ${p.taskInstance} has no staged changes: they were applied, dropped or replaced meanwhile`,
  },
  SYNC_CONFLICT: {
    exit: 1,
    retryable: false,
    text: (p: { count: number; conflicts: readonly string[] }) =>
      `${p.count} staged changes no longer fit the repository, nothing was applied: ${p.conflicts.join("; ")}. ` +
      "Cancel this instance and run the connector's complete job, which stages what is true now",
  },
  SYNC_STOPPED: {
    exit: 1,
    retryable: true,
    text: (p: { step: string }) => `stopped while ${p.step}: nothing was written`,
  },
});
