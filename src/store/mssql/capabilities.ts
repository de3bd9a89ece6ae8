/** What this server and database can do, and are set to: what only some can is asked here by name and nowhere by product or version. */
export interface MssqlCapabilities {
  /** `16.0.4135.4`, for messages. */
  readonly version: string;
  /** `Developer Edition (64-bit)`, for messages. */
  readonly edition: string;
  /** A server that speaks the protocol over PostgreSQL: for messages. What it lacks has a capability of its own. */
  readonly isBabelfish: boolean;
  /** Of the database: decides the syntax that is understood. SQL Server 2017 is 140. */
  readonly compatibilityLevel: number;
  /** Of the database: the collation of what names none, such as names of tables and columns. Ours name theirs. */
  readonly collation: string;
  /** Readers never wait for writers: without it `sluice status` waits while a synchronization applies, and may deadlock with it. */
  readonly readCommittedSnapshot: boolean;
  /** A reading of many pages can see one moment. */
  readonly snapshotIsolation: boolean;
  /** The database takes no writes: set so, or a secondary replica. */
  readonly isReadOnly: boolean;
  /** `SIMPLE`, `FULL` or `BULK_LOGGED`: how large the log grows in a load. */
  readonly recoveryModel: string;
  /** Tables and indexes WITH (DATA_COMPRESSION = ROW | PAGE): every edition since 2016 SP1; over PostgreSQL the option is refused or has no effect. */
  readonly tableCompression: boolean;
  /** ALTER INDEX … REBUILD WITH (ONLINE = ON): Enterprise, Developer, Evaluation and Azure only; elsewhere a rebuild locks the table. */
  readonly onlineIndexRebuild: boolean;
  /** WITH (HOLDLOCK) keeps rows that are not there from being inserted. Over PostgreSQL it locks nothing. */
  readonly rangeLocks: boolean;
  /** sys.dm_exec_requests and the like show other sessions: who blocks whom can be told. */
  readonly canSeeServerState: boolean;
  /** Tables can be made and changed: `sluice database migrate`, `views`. */
  readonly canChangeSchema: boolean;
  /** Rows of tables can be read, added, changed and deleted: every run. */
  readonly canWrite: boolean;
}

/** One row by column name; numbers, texts and bits as the driver gives them. */
export type CapabilityQuery = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Every column is named: a server over PostgreSQL spells unnamed ones in lower case. An unknown property is null. */
const question = `SELECT
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS Version,
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS Edition,
  CAST(SERVERPROPERTY('EngineEdition') AS int) AS EngineEdition,
  CAST(SERVERPROPERTY('Babelfish') AS int) AS Babelfish,
  CAST(d.compatibility_level AS int) AS CompatibilityLevel,
  CAST(d.collation_name AS nvarchar(128)) AS DatabaseCollation,
  CAST(d.is_read_committed_snapshot_on AS int) AS ReadCommittedSnapshot,
  CAST(d.snapshot_isolation_state AS int) AS SnapshotIsolation,
  CAST(d.is_read_only AS int) AS IsReadOnly,
  CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)) AS Updateability,
  CAST(d.recovery_model_desc AS nvarchar(128)) AS RecoveryModel,
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS SeesServer,
  HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE') AS SeesDatabase,
  HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') AS MakesTables,
  HAS_PERMS_BY_NAME('dbo', 'SCHEMA', 'ALTER') AS ChangesSchema,
  HAS_PERMS_BY_NAME('dbo', 'SCHEMA', 'SELECT') AS Reads,
  HAS_PERMS_BY_NAME('dbo', 'SCHEMA', 'INSERT') AS Inserts,
  HAS_PERMS_BY_NAME('dbo', 'SCHEMA', 'UPDATE') AS Updates,
  HAS_PERMS_BY_NAME('dbo', 'SCHEMA', 'DELETE') AS Deletes
FROM sys.databases d WHERE d.database_id = DB_ID()`;

/** SERVERPROPERTY('EngineEdition'): Enterprise (also Developer, Evaluation), Azure SQL Database, Azure SQL Managed Instance. */
const withOnlineRebuild: ReadonlySet<number> = new Set([3, 5, 8]);
/** Azure SQL Database: the databases of other customers run beside, so the state of its own database is all there is to see. */
const azureDatabase = 5;

/** Asks the server once, cheaply. Takes how to ask (knex.raw does), gives the capabilities of the database connected to; throws what the asking throws. */
export const readCapabilities = async (query: CapabilityQuery): Promise<MssqlCapabilities> => {
  const row = (await query(question))[0] ?? {};
  const text = (name: string): string => String(row[name] ?? "");
  const number = (name: string): number => Number(row[name] ?? 0);
  const is = (name: string): boolean => number(name) === 1;
  const isBabelfish = is("Babelfish");
  return {
    version: text("Version"),
    edition: text("Edition"),
    isBabelfish,
    compatibilityLevel: number("CompatibilityLevel"),
    collation: text("DatabaseCollation"),
    readCommittedSnapshot: is("ReadCommittedSnapshot"),
    snapshotIsolation: is("SnapshotIsolation"),
    isReadOnly: is("IsReadOnly") || text("Updateability") === "READ_ONLY",
    recoveryModel: text("RecoveryModel"),
    tableCompression: !isBabelfish,
    onlineIndexRebuild: !isBabelfish && withOnlineRebuild.has(number("EngineEdition")),
    rangeLocks: !isBabelfish,
    canSeeServerState: number("EngineEdition") === azureDatabase ? is("SeesDatabase") : is("SeesServer"),
    canChangeSchema: is("MakesTables") && is("ChangesSchema"),
    canWrite: is("Reads") && is("Inserts") && is("Updates") && is("Deletes"),
  };
};
