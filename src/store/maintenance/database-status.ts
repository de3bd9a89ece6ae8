import { openEnd } from "../open-end.js";
import { migrationNames } from "../schema/migrations.js";
import type { RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";

/** Whether readers see the last committed state instead of waiting for writers; SQL Server only. */
export interface Isolation {
  readonly readCommittedSnapshot: boolean;
  readonly allowSnapshot: boolean;
  /** What turns on what is off; needs ALTER on the database, and that nobody else is connected to it. */
  readonly statements: readonly string[];
}

export interface DatabaseFacts {
  /** `SQLite 3.50.4`, `SQL Server 16.0.4135.4, Developer Edition (64-bit)`. */
  readonly version: string;
  /** Bytes on disk; null where the server does not tell. */
  readonly size: number | null;
  /** Of it, bytes that hold nothing and are used again by what is written next; null where that is not known. */
  readonly free: number | null;
  readonly isolation: Isolation | null;
}

/** What `database status` shows. */
export interface DatabaseStatus extends DatabaseFacts {
  readonly kind: "sqlite" | "mssql";
  readonly database: string;
  readonly migrations: {
    readonly applied: readonly { readonly name: string; readonly appliedAt: string }[];
    readonly missing: readonly string[];
    /** Made by a newer program. */
    readonly unknown: readonly string[];
  };
  /** Main tables that are there, with their rows. */
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  /** Null before the first migration. */
  readonly history: {
    /** Rows of resources that hold now, and former versions. */
    readonly openResources: number;
    readonly closedResources: number;
    readonly openLinks: number;
    readonly closedLinks: number;
    /** When the oldest former version or link that is still there ended. */
    readonly oldest: string | null;
  } | null;
  readonly lastSynchronization: { readonly connector: string; readonly appliedAt: string } | null;
}

const counted = [
  "UR_Resources",
  "UR_ResourceLinks",
  "UR_LinkKeys",
  "UR_RetiredKeys",
  "UR_ResourceChanges",
  "UR_ResourceLinkChanges",
  "UR_LinkKeyChanges",
  "UJ_JobInstances",
  "UJ_TaskInstances",
  "UJ_SynchronizationSessions",
  "UJ_Decisions",
] as const;

/** Looks at a database in whatever state its tables are. Counts every row: some seconds where there are millions. */
export const readDatabaseStatus = (dialect: MaintenanceDialect, options: RunOptions): Promise<DatabaseStatus> =>
  withConnection(dialect, options, async (connection) => {
    const present = new Set((await dialect.tables(connection)).map((name) => name.toLowerCase()));
    const has = (table: string): boolean => present.has(table.toLowerCase());
    const applied = has("UM_Migrations")
      ? (await connection.all("SELECT Name, AppliedAt FROM UM_Migrations ORDER BY Name")).map(([name, appliedAt]) => ({
          name: String(name),
          appliedAt: String(appliedAt),
        }))
      : [];
    const known = migrationNames();
    const resources = has("UR_Resources") ? await countVersions(connection, "UR_Resources") : null;
    const links = has("UR_ResourceLinks") ? await countVersions(connection, "UR_ResourceLinks") : null;
    const tables: { table: string; rows: number }[] = [];
    for (const table of counted.filter(has)) {
      const versions = table === "UR_Resources" ? resources : table === "UR_ResourceLinks" ? links : null;
      const rows = versions === null ? await countRows(connection, table) : versions.open + versions.closed;
      tables.push({ table, rows });
    }
    const ends = [resources?.oldest, links?.oldest].filter((end) => end !== undefined && end !== null).sort();
    return {
      kind: dialect.kind,
      database: dialect.database,
      ...(await dialect.facts(connection)),
      migrations: {
        applied,
        missing: known.filter((name) => !applied.some((each) => each.name === name)),
        unknown: applied.map(({ name }) => name).filter((name) => !known.includes(name)),
      },
      tables,
      history:
        resources === null || links === null
          ? null
          : {
              openResources: resources.open,
              closedResources: resources.closed,
              openLinks: links.open,
              closedLinks: links.closed,
              oldest: ends[0] ?? null,
            },
      lastSynchronization: has("UM_ConnectorHeads") ? await lastSynchronization(connection) : null,
    };
  });

const countRows = async (connection: MaintenanceConnection, table: string): Promise<number> =>
  Number((await connection.all(`SELECT COUNT(*) FROM ${table}`))[0]?.[0] ?? 0);

const countVersions = async (
  connection: MaintenanceConnection,
  table: "UR_Resources" | "UR_ResourceLinks",
): Promise<{ readonly open: number; readonly closed: number; readonly oldest: string | null }> => {
  const [row] = await connection.all(
    // The length is given: a server may not know that of an aggregate.
    `SELECT COUNT(*), SUM(CASE WHEN ValidTo = '${openEnd}' THEN 1 ELSE 0 END), MIN(CAST(ValidTo AS varchar(24))) FROM ${table}`,
  );
  const [all, open, oldest] = [Number(row?.[0] ?? 0), Number(row?.[1] ?? 0), row?.[2] ?? openEnd];
  return { open, closed: all - open, oldest: oldest === openEnd ? null : String(oldest) };
};

const lastSynchronization = async (connection: MaintenanceConnection): Promise<DatabaseStatus["lastSynchronization"]> => {
  const rows = await connection.all("SELECT Connector, AppliedAt FROM UM_ConnectorHeads ORDER BY AppliedAt DESC");
  const [row] = rows;
  return row === undefined ? null : { connector: String(row[0]), appliedAt: String(row[1]) };
};
