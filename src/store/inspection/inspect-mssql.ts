import type { Knex } from "knex";
import { readCapabilities } from "../mssql/capabilities.js";
import { mssqlTarget } from "../mssql/connection-string.js";
import { mssqlFailure } from "../mssql/failure.js";
import { connectMssql, databaseName } from "../mssql/open.js";
import { openEnd } from "../open-end.js";
import { appliedMigrations, migrationNames } from "../schema/migrations.js";
import { type Ask, type DatabaseInspection, nothingSeen, type ServerFacts } from "./inspection.js";
import { readRecordFacts } from "./record-facts.js";

/** Bytes of a page. */
const pageSize = 8192;
/** How often the clock is asked: the quickest answer is the most exact one. */
const clockQuestions = 5;

/** Looks at a database on SQL Server, whatever is in it. Never throws: what goes wrong is `failure`, beside what was seen before. */
export const inspectMssql = async (connectionString: string, now: () => number): Promise<DatabaseInspection> => {
  let seen = nothingSeen("SQL Server", null);
  let knex: Knex | null = null;
  try {
    const target = mssqlTarget(connectionString);
    seen = { ...seen, database: databaseName(target) };
    const connected = connectMssql(target);
    knex = connected;
    const ask: Ask = async (sql) => (await connected.raw(sql)) as Record<string, unknown>[];
    const capabilities = await readCapabilities(ask);
    seen = { ...seen, isReachable: true, size: await dataSize(ask), server: await serverFacts(ask, capabilities, now) };
    const applied = (await appliedMigrations(connected)).map(({ name }) => name);
    if (applied.length === 0) return seen;
    const known = migrationNames();
    const schema = { missing: known.filter((name) => !applied.includes(name)), unknown: applied.filter((name) => !known.includes(name)) };
    seen = { ...seen, schema };
    if (schema.missing.length > 0 || schema.unknown.length > 0) return seen;
    const [count] = await ask(`SELECT COUNT(*) AS Resources FROM UR_Resources WHERE ValidTo = '${openEnd}'`);
    seen = { ...seen, resources: Number(count?.Resources ?? 0) };
    return { ...seen, records: await readRecordFacts(ask) };
  } catch (error) {
    return { ...seen, failure: mssqlFailure(error, seen.database) };
  } finally {
    await knex?.destroy();
  }
};

const serverFacts = async (ask: Ask, capabilities: ServerFacts["capabilities"], now: () => number): Promise<ServerFacts> => ({
  capabilities,
  clock: await clockOf(ask, now),
  room: await dataRoom(ask),
  log: await logOf(ask),
  wrongCollations: await wrongCollations(ask),
});

/** What a server does not tell, or not to this login, is not known. */
const known = async <T>(read: () => Promise<T | null>): Promise<T | null> => {
  try {
    return await read();
  } catch {
    return null;
  }
};

const clockOf = async (ask: Ask, now: () => number): Promise<ServerFacts["clock"]> => {
  let best = { skew: 0, uncertainty: Number.POSITIVE_INFINITY };
  for (let i = 0; i < clockQuestions; i++) {
    const asked = now();
    const [row] = await ask("SELECT DATEDIFF_BIG(millisecond, '19700101', SYSUTCDATETIME()) AS ServerNow");
    const answered = now();
    const uncertainty = (answered - asked) / 2;
    if (uncertainty < best.uncertainty) best = { skew: Math.round(Number(row?.ServerNow) - (asked + answered) / 2), uncertainty };
  }
  return best;
};

const files = (ask: Ask, type: number): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  ask(
    `SELECT CAST(size AS bigint) AS Pages, CAST(max_size AS bigint) AS MostPages, growth AS Growth FROM sys.database_files WHERE type = ${type}`,
  );

const dataSize = (ask: Ask): Promise<number | null> =>
  known(async () => {
    const rows = await files(ask, 0);
    return rows.length === 0 ? null : rows.reduce((sum, row) => sum + Number(row.Pages), 0) * pageSize;
  });

const dataRoom = (ask: Ask): Promise<number | null> =>
  known(async () => {
    const rows = await ask(
      `SELECT CAST(size AS bigint) AS Pages, CAST(max_size AS bigint) AS MostPages, growth AS Growth, CAST(FILEPROPERTY(name, 'SpaceUsed') AS bigint) AS UsedPages
       FROM sys.database_files WHERE type = 0`,
    );
    if (rows.length === 0 || rows.some((row) => Number(row.MostPages) === -1 && Number(row.Growth) > 0)) return null;
    const room = rows.map((row) => (Number(row.Growth) > 0 ? Number(row.MostPages) : Number(row.Pages)) - Number(row.UsedPages));
    return room.reduce((sum, pages) => sum + pages, 0) * pageSize;
  });

const logOf = (ask: Ask): Promise<ServerFacts["log"]> =>
  known(async () => {
    const rows = await files(ask, 1);
    if (rows.length === 0) return null;
    const [state] = await ask("SELECT log_reuse_wait_desc AS WaitsFor FROM sys.databases WHERE database_id = DB_ID()");
    const waitsFor = state?.WaitsFor === null || state?.WaitsFor === undefined ? null : String(state.WaitsFor);
    return { bytes: rows.reduce((sum, row) => sum + Number(row.Pages), 0) * pageSize, waitsFor };
  });

/** Every text column of ours is made with a collation that compares by bytes, whatever a server calls it. */
const wrongCollations = async (ask: Ask): Promise<ServerFacts["wrongCollations"]> => {
  const rows = await ask(
    `SELECT TABLE_NAME AS TableName, COLUMN_NAME AS ColumnName, COLLATION_NAME AS Collation FROM INFORMATION_SCHEMA.COLUMNS
     WHERE TABLE_SCHEMA = SCHEMA_NAME() AND TABLE_NAME LIKE 'U[MRJP][_]%' AND COLLATION_NAME IS NOT NULL`,
  );
  return rows
    .filter((row) => !/BIN2/i.test(String(row.Collation)))
    .map((row) => ({ column: `${row.TableName}.${row.ColumnName}`, collation: String(row.Collation) }));
};
