import { defineErrors } from "./definition.js";

/** Codes of the repository: database, schema, staging, conflicts. */
export const storeErrors = defineErrors({
  DB_SCHEMA_MISSING: {
    exit: 69,
    retryable: false,
    text: (p: { database: string }) =>
      `the database ${p.database} holds no tables of Sluice: run sluice database migrate once (--dry-run prints the SQL), or correct Database in ConnectionString`,
  },
  DB_SCHEMA_OLDER: {
    exit: 69,
    retryable: false,
    text: (p: { database: string }) =>
      `the tables of ${p.database} are those of an older Sluice: back the database up, then run sluice database migrate (--dry-run prints the SQL)`,
  },
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
  DB_CONNECTION_STRING: {
    exit: 64,
    retryable: false,
    text: (p: { problem: string }) => `the ConnectionString for SQL Server cannot be used: ${p.problem}`,
  },
  DB_SERVER_UNREACHABLE: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `the server of the database ${p.database} does not answer (${p.reason}): check Server and port in ConnectionString, that TCP/IP is enabled on the server and no firewall lies between`,
  },
  DB_CERTIFICATE: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; reason: string }) =>
      `the certificate of the server of ${p.database} is not trusted (${p.reason}): name its authority's PEM file by the environment variable NODE_EXTRA_CA_CERTS, ` +
      "or a differing host name by HostNameInCertificate; TrustServerCertificate=true gives up the check",
  },
  DB_ENCRYPTION: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; encrypt: boolean }) =>
      p.encrypt
        ? `the server of ${p.database} offers no encryption, so no password was sent: give the server a certificate, or say Encrypt=false in ConnectionString where the network is safe`
        : `the server of ${p.database} takes encrypted connections only: leave Encrypt=false out of ConnectionString`,
  },
  DB_LOGIN_REFUSED: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; reason: string }) =>
      `the server of ${p.database} refused to sign in (${p.reason}): check User ID and Password in ConnectionString; the server's log has the reason`,
  },
  DB_MISSING: {
    exit: 69,
    retryable: false,
    text: (p: { database: string }) =>
      `the database ${p.database} does not exist, or this login may not open it: make it with sluice database migrate --create, or have the login mapped to a user of it`,
  },
  DB_PERMISSION: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; reason: string }) =>
      `a permission is missing in ${p.database} (${p.reason}): nothing was written; grant what docs/operations.md lists for SQL Server`,
  },
  DB_READ_ONLY: {
    exit: 69,
    retryable: false,
    text: (p: { database: string }) =>
      `the database ${p.database} can only be read at present: name the primary replica in ConnectionString, or set the database READ_WRITE`,
  },
  DB_UNAVAILABLE: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `the server cannot serve the database ${p.database} at this moment (${p.reason}): what was not committed is rolled back; run again in some minutes, and look at the server if it lasts`,
  },
  DB_CONNECTION_LOST: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `the connection to ${p.database} was lost (${p.reason}): what was not committed is rolled back by the server; run again`,
  },
  DB_TIMEOUT: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `a statement in ${p.database} took too long and was cancelled (${p.reason}): look on the server for a session that blocks it or for a lack of resources, and run again`,
  },
  DB_DEADLOCK: {
    exit: 75,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `other transactions in ${p.database} were in the way each time (${p.reason}): nothing was written; run again, and look for programs that write to Sluice's tables`,
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
  DB_SPACE: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `the server has no room left for ${p.database} (${p.reason}): nothing was written; enlarge the file or free space on its disk, of tempdb where the message names it, and run again`,
  },
  DB_LOG_FULL: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; reason: string }) =>
      `the transaction log of ${p.database} is full (${p.reason}): nothing was written; back the log up or enlarge it, and run again`,
  },
  DB_COLLATION: {
    exit: 69,
    retryable: false,
    text: (p: { database: string; reason: string }) =>
      `columns of ${p.database} have collations that do not fit each other (${p.reason}): Sluice's text columns are Latin1_General_100_BIN2, restore those that were changed`,
  },
  DB_TRUNCATED: {
    exit: 1,
    retryable: false,
    text: (p: { database: string; reason: string }) =>
      `a value is longer than its column in ${p.database} (${p.reason}): nothing was written; shorten the value, or restore the column if somebody changed it`,
  },
  DB_SNAPSHOT_OFF: {
    exit: 69,
    retryable: false,
    text: (p: { database: string }) =>
      `the database ${p.database} allows no snapshot isolation: an administrator runs ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON once`,
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
  DB_COPY_DIRECTION: {
    exit: 64,
    retryable: false,
    text: (p: { from: string; to: string }) =>
      `${p.from} cannot be copied to ${p.to}: a copy goes from an embedded database (sqlite:<path>) to one on SQL Server; between two servers use their backup and restore`,
  },
  DB_COPY_NO_SOURCE: {
    exit: 64,
    retryable: false,
    text: (p: { path: string }) => `there is no database at ${p.path} to copy: name it by --from sqlite:<path>`,
  },
  DB_COPY_RUNNING: {
    exit: 75,
    retryable: true,
    text: (p: { jobInstance: number; job: string; runner: string }) =>
      `instance ${p.jobInstance} of ${p.job} is in the hands of ${p.runner}: wait for its end, or end it with sluice cancel ${p.jobInstance}, and copy then; nothing was copied`,
  },
  DB_COPY_NOT_EMPTY: {
    exit: 64,
    retryable: false,
    text: (p: { database: string; table: string }) =>
      `${p.database} already holds rows in ${p.table}, and a copy goes into an empty repository only: name a new database, make it with sluice database migrate --create, and copy into that`,
  },
  DB_COPY_VALUE: {
    exit: 64,
    retryable: false,
    text: (p: { table: string; column: string; row: string; reason: string }) =>
      `a value of ${p.table}.${p.column} (${p.row}) does not fit into SQL Server: ${p.reason}. Nothing was copied; correct it at its source and synchronize, or leave it out of the mapping`,
  },
  DB_COPY_DIFFERS: {
    exit: 69,
    retryable: true,
    text: (p: { database: string; table: string; expected: string; found: string }) =>
      `${p.table} in ${p.database} is not what was copied (${p.found} instead of ${p.expected}): the copy was taken back, and the target is empty; run it again, and report it if that says the same`,
  },
  DB_COPY_STOPPED: {
    exit: 1,
    retryable: true,
    text: (p: { database: string }) => `the copy was stopped: nothing was written to ${p.database}; run it again from its start`,
  },
  DB_VIEW_TAKEN: {
    exit: 64,
    retryable: false,
    text: (p: { database: string; view: string }) =>
      `the database ${p.database} has a view ${p.view} that Sluice did not make, or whose text this login may not read: rename or drop it, and run again`,
  },
  DB_MAINTENANCE_STOPPED: {
    exit: 1,
    retryable: true,
    text: (p: { step: string }) => `stopped while ${p.step}: what was committed by then stays, and the same command goes on from there`,
  },
  SYNC_PLAN_ALTERED: {
    exit: 64,
    retryable: false,
    text: (p: { file: string; reason: string }) =>
      `${p.file} is not a plan as sluice run --plan wrote it (${p.reason}): nothing was changed; make the plan again`,
  },
  SYNC_PLAN_MOVED: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string; differences: readonly string[] }) =>
      `the repository is no longer what the plan for ${p.connector} was made on, nothing of it was applied: ${p.differences.join("; ")}. Make the plan again`,
  },
  SYNC_PLAN_MAPPINGS: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string }) =>
      `the mappings or entity types of ${p.connector} are not those that the plan was made with: nothing was changed; restore them, or make the plan again`,
  },
  SYNC_CONNECTOR_BLOCKED: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string; jobInstance: number }) =>
      `${p.connector} is blocked by instance ${p.jobInstance}, whose staged changes this would overtake: nothing was changed; sluice resume ${p.jobInstance} or sluice cancel ${p.jobInstance} first`,
  },
  SYNC_CONNECTOR_DEACTIVATED: {
    exit: 64,
    retryable: false,
    text: (p: { connector: string; by: string | null }) =>
      `${p.connector} is deactivated by ${p.by ?? "its IsDeactivated"}, so that no plan or undo is applied to it: nothing was changed; ${p.by === null ? "take IsDeactivated away" : `sluice connector activate ${p.connector}`} first`,
  },
  SYNC_UNDO_NOTHING: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; task: string | null }) =>
      `instance ${p.jobInstance}${p.task === null ? "" : `, task ${p.task},`} applied nothing that could be undone; sluice status --instance ${p.jobInstance} shows what it did`,
  },
  SYNC_UNDO_DONE: {
    exit: 64,
    retryable: false,
    text: (p: { jobInstance: number; connector: string; by: number }) =>
      `what instance ${p.jobInstance} applied to ${p.connector} is already undone by instance ${p.by}: nothing was changed; sluice undo ${p.by} brings it back, --task names another synchronization of instance ${p.jobInstance}`,
  },
  SYNC_UNDO_HISTORY: {
    exit: 64,
    retryable: false,
    text: (p: { taskInstance: number; reason: string }) =>
      `task instance ${p.taskInstance} cannot be undone, ${p.reason}: nothing was changed; correct the source and run the connector's complete job instead`,
  },
  SYNC_UNDO_CONFLICT: {
    exit: 64,
    retryable: false,
    text: (p: { taskInstance: number; count: number; conflicts: readonly string[] }) =>
      `task instance ${p.taskInstance} cannot be undone, nothing was changed: ${p.count} of its changes were followed by later ones (${p.conflicts.join("; ")}). Undo the later instances first, or correct the source`,
  },
});
