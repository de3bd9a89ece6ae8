import { SluiceError } from "../../errors/index.js";
import type { LongStatement, MaintenanceConnection, MaintenanceDialect, Value } from "../maintenance/index.js";
import type { RunOptions } from "../synchronization.js";
import type { MssqlTarget } from "./connection-string.js";
import { capabilitiesOf } from "./database-capabilities.js";
import { mssqlFailure } from "./failure.js";
import { snapshotStatements } from "./isolation.js";
import { databaseName } from "./open.js";
import { quoteName } from "./quoted.js";
import { Database } from "./synchronization/database.js";
import { createKeyIndex, keyIndexName } from "./synchronization/key-index.js";
import { maintainIndexes } from "./upkeep.js";

class MssqlMaintenanceConnection implements MaintenanceConnection {
  readonly #db: Database;
  readonly #options: RunOptions;

  constructor(db: Database, options: RunOptions) {
    this.#db = db;
    this.#options = options;
  }

  run(sql: string, ...values: Value[]): Promise<number> {
    return this.#db.run(sql, ...values);
  }

  async all(sql: string, ...values: Value[]): Promise<Value[][]> {
    // A statement that runs is cancelled; short ones end before anybody looks.
    hooks(this.#options).checkStop("reading");
    return this.#db.all(sql, ...values);
  }

  async execute(sql: string): Promise<void> {
    // A batch: CREATE VIEW must stand alone in one.
    await this.#db.batch(sql);
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#db.transaction(work);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

const hooks = ({ signal, onProgress }: RunOptions): Parameters<typeof Database.open>[1] => ({
  checkStop: (step) => {
    if (signal.aborted) throw new SluiceError("DB_MAINTENANCE_STOPPED", { step });
  },
  // Only a synchronization, a resume, a copy or maintenance of ours ever holds the writer: it may take as long as it needs.
  onBusy: () => {
    onProgress({ step: "waiting for the database", rows: 0 });
    if (signal.aborted) throw new SluiceError("DB_MAINTENANCE_STOPPED", { step: "waiting for the database" });
  },
});

const names = async (connection: MaintenanceConnection, sql: string): Promise<string[]> =>
  (await connection.all(sql)).map(([name]) => String(name));

/** Looking after a database on SQL Server. */
export const mssqlMaintenance = (target: MssqlTarget): MaintenanceDialect => {
  const database = databaseName(target);
  const failure = (error: unknown): unknown => mssqlFailure(error, database);
  const withDatabase = async <T>(options: RunOptions, work: (db: Database) => Promise<T>): Promise<T> => {
    let db: Database | null = null;
    try {
      db = await Database.open(target, hooks(options));
      return await work(db);
    } catch (error) {
      throw failure(error);
    } finally {
      await db?.close();
    }
  };
  return {
    kind: "mssql",
    database,
    longestName: 128,
    open: async (options) => new MssqlMaintenanceConnection(await Database.open(target, hooks(options)), options),
    failure,
    runLong: (statements: readonly LongStatement[], options) =>
      withDatabase(options, async (db) => {
        for (const [index, { step, sql }] of statements.entries()) {
          options.onProgress({ step, rows: index, of: statements.length });
          await db.transaction(() => db.batch(sql));
        }
      }),
    quote: quoteName,
    text: (value) => `N'${value.replaceAll("'", "''")}'`,
    // Style 126 is ISO 8601 whatever the language of the login; the Z is cut off, the result is UTC.
    asTime: (column) => `CONVERT(datetime2(3), LEFT(${column}, 23), 126)`,
    first: (count, select) => select.replace(/^SELECT /, `SELECT TOP (${count}) `),
    tables: (connection) => names(connection, "SELECT name FROM sys.tables WHERE schema_id = SCHEMA_ID()"),
    views: async (connection) =>
      (
        await connection.all(
          `SELECT v.name, m.definition FROM sys.views v LEFT JOIN sys.sql_modules m ON m.object_id = v.object_id
           WHERE v.schema_id = SCHEMA_ID() AND v.name LIKE 'zz[_]%'`,
        )
      ).map(([name, definition]) => ({ name: String(name), definition: definition === null ? null : String(definition) })),
    resourceIndexes: (connection) =>
      names(connection, "SELECT name FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND name IS NOT NULL"),
    indexName: keyIndexName,
    createIndex: createKeyIndex,
    dropIndex: (name) => `DROP INDEX ${name} ON UR_Resources`,
    facts: async (connection) => {
      const capabilities = await capabilitiesOf(connection);
      const [pages] = (await connection.all("SELECT SUM(CAST(size AS bigint)) FROM sys.database_files"))[0] ?? [];
      return {
        version: `SQL Server ${capabilities.version}, ${capabilities.edition}`,
        // Pages of 8 KiB; a server that keeps no files of its own tells none.
        size: pages === null || pages === undefined ? null : Number(pages) * 8192,
        free: null,
        isolation: {
          readCommittedSnapshot: capabilities.readCommittedSnapshot,
          allowSnapshot: capabilities.snapshotIsolation,
          statements: snapshotStatements(target.database, capabilities),
        },
      };
    },
    upkeep: (request, options) => withDatabase(options, (db) => maintainIndexes(db, request, options)),
  };
};
