import { openEnd } from "../open-end.js";
import type { RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import type { MaintenanceConnection, MaintenanceDialect, Value } from "./maintenance-dialect.js";
import { purgeRecords } from "./record-purge.js";

export interface PurgeRequest {
  /** `yyyy-MM-ddTHH:mm:ss.sssZ`: what had ended by then goes. */
  readonly before: string;
  /** Rows removed in one transaction. */
  readonly batch: number;
  readonly dryRun: boolean;
}

/** What went, or would go. */
export interface PurgeCounts {
  readonly versions: number;
  readonly links: number;
  readonly jobInstances: number;
  readonly taskInstances: number;
  readonly sessions: number;
}

/**
 * Rows removed in one transaction where nothing is asked for: below the 5,000 locks at which SQL Server locks the whole table instead, and a fraction of a second on SQLite, so that a
 * synchronization which waits for the writer soon has its turn.
 */
export const usualBatch = 4_000;

/**
 * Removes history that ended by a moment (connectors §2.8): former versions of resources, former links, then job instances and sessions that ended by then and that nothing left names. Open
 * rows, staged rows and `UR_RetiredKeys` stay: asked about any later moment, the repository answers as before. Each batch is a transaction of its own that holds the writer; a run that
 * stops or dies in between has removed some, and the next one goes on. Throws SYNC_STOPPED at a stop, DB_*.
 */
export const purgeHistory = (dialect: MaintenanceDialect, request: PurgeRequest, options: RunOptions): Promise<PurgeCounts> =>
  withConnection(dialect, options, async (connection) => {
    const versions = await purgeTable(connection, dialect, versionsTable, request, options);
    const links = await purgeTable(connection, dialect, linksTable, request, options);
    const { before, batch, dryRun } = request;
    // Changes that were applied are no history: `Retention.Instances` is what they go by.
    const records = { instances: before, sessions: before, history: before, keepsAppliedChanges: true, batch, dryRun };
    const { jobInstances, taskInstances, sessions } = await purgeRecords(connection, dialect, records, options);
    return { versions, links, jobInstances, taskInstances, sessions };
  });

/** A table with history, walked in the order of its primary key. */
interface HistoryTable {
  readonly name: string;
  readonly step: string;
  /** Columns of the primary key, `ValidTo` last. */
  readonly key: readonly string[];
}

const versionsTable: HistoryTable = { name: "UR_Resources", step: "removing former versions", key: ["Id", "ValidTo"] };
const linksTable: HistoryTable = { name: "UR_ResourceLinks", step: "removing former links", key: ["Mapping", "R1_Id", "R2_Id", "ValidTo"] };

const purgeTable = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  table: HistoryTable,
  { before, batch, dryRun }: PurgeRequest,
  { onProgress }: RunOptions,
): Promise<number> => {
  const old = `ValidTo <= ? AND ValidTo < '${openEnd}'`;
  if (dryRun) return Number((await connection.all(`SELECT COUNT(*) FROM ${table.name} WHERE ${old}`, before))[0]?.[0] ?? 0);
  const list = table.key.join(", ");
  const page = (from: Position | null): string => {
    const where = [old, ...(from === null ? [] : [from.sql])].join(" AND ");
    return dialect.first(batch, `SELECT ${list} FROM ${table.name} WHERE ${where} ORDER BY ${list}`);
  };
  let removed = 0;
  for (let after: readonly Value[] | null = null; ; ) {
    onProgress({ step: table.step, rows: removed });
    const from: Position | null = after === null ? null : position(table.key, ">", after);
    const last: readonly Value[] | undefined = (await connection.all(page(from), before, ...(from?.values ?? []))).at(-1);
    if (last === undefined) return removed;
    const to = position(table.key, "<=", last);
    const range = [from, to].filter((bound) => bound !== null);
    removed += await connection.transaction(() =>
      connection.run(
        `DELETE FROM ${table.name} WHERE ${old} AND ${range.map(({ sql }) => sql).join(" AND ")}`,
        before,
        ...range.flatMap(({ values }) => values),
      ),
    );
    after = last;
  }
};

interface Position {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** The rows after a place in the order of a key, or up to and with it. Databases without row values understand it, and the first column leads them into the index. */
const position = (columns: readonly string[], comparison: ">" | "<=", place: readonly Value[]): Position => {
  const [strict, orEqual] = comparison === ">" ? [">", ">="] : ["<", "<="];
  const alternatives: string[] = [];
  const values: Value[] = [place[0] ?? null];
  columns.forEach((column, index) => {
    const isLast = index === columns.length - 1;
    const equal = columns.slice(0, index).map((each) => `${each} = ?`);
    alternatives.push([...equal, `${column} ${isLast && comparison === "<=" ? orEqual : strict} ?`].join(" AND "));
    values.push(...place.slice(0, index + 1));
  });
  return { sql: `${columns[0]} ${orEqual} ? AND (${alternatives.map((each) => `(${each})`).join(" OR ")})`, values };
};
