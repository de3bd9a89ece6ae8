import { statSync } from "node:fs";
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { SluiceError } from "../../errors/index.js";
import type { Timing } from "../../model/index.js";
import { runInWorker } from "../../sync/index.js";
import type { LongStatement, MaintenanceConnection, MaintenanceDialect, UpkeepOutcome, Value } from "../maintenance/index.js";
import type { RunOptions } from "../synchronization.js";
import { openConnection } from "./connection.js";
import { isBusy, storeFailure } from "./failure.js";
import type { MaintenanceWork } from "./maintenance-worker.js";
import { createKeyIndex, keyIndexName } from "./synchronization/key-index.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./maintenance-worker.ts" : "./maintenance-worker.js", import.meta.url);

/** How long a program of others may hold the writer (ms); a synchronization of ours takes as long as it needs. */
const patienceMs = 300_000;
/** Pause between two tries to take the writer (ms). */
const pauseMs = 100;

class SqliteMaintenanceConnection implements MaintenanceConnection {
  readonly #connection: DatabaseSyncInstance;
  readonly #options: RunOptions;
  readonly #timing: Timing;

  constructor(connection: DatabaseSyncInstance, options: RunOptions, timing: Timing) {
    this.#connection = connection;
    this.#options = options;
    this.#timing = timing;
  }

  #checkStop(step: string): void {
    if (this.#options.signal.aborted) throw new SluiceError("DB_MAINTENANCE_STOPPED", { step });
  }

  async run(sql: string, ...values: Value[]): Promise<number> {
    return this.#connection.prepare(sql).run(...values).changes;
  }

  async all(sql: string, ...values: Value[]): Promise<Value[][]> {
    this.#checkStop("reading");
    const statement = this.#connection.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as Value[][];
  }

  async execute(sql: string): Promise<void> {
    this.#connection.exec(sql);
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.#begin();
    try {
      const result = await work();
      this.#connection.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const since = this.#timing.now();
    for (;;) {
      this.#checkStop("waiting for the database");
      try {
        this.#connection.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (!isBusy(error) || (this.#timing.now() - since > patienceMs && !isSynchronizing(this.#connection))) throw error;
      }
      this.#options.onProgress({ step: "waiting for the database", rows: 0 });
      await this.#timing.sleep(pauseMs, this.#options.signal);
    }
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

/** Whether a synchronization is under way, which then is the one that holds the writer; reading never waits. */
export const isSynchronizing = (connection: DatabaseSyncInstance): boolean =>
  connection.prepare("SELECT 1 FROM UJ_TaskInstances WHERE Type = 'SynchronizeTask' AND State = 'InProgress' LIMIT 1").get() !== undefined;

const one = async (connection: MaintenanceConnection, sql: string): Promise<number> => Number((await connection.all(sql))[0]?.[0] ?? 0);

const names = async (connection: MaintenanceConnection, sql: string): Promise<string[]> =>
  (await connection.all(sql)).map(([name]) => String(name));

const fileSize = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Looking after an embedded database. Takes its absolute path; the file must be there. */
export const sqliteMaintenance = (path: string, timing: Timing): MaintenanceDialect => {
  const failure = (error: unknown): unknown => storeFailure(error, path, patienceMs / 1_000);
  const inThread = async <T>(work: MaintenanceWork, options: RunOptions): Promise<T> => {
    try {
      return await runInWorker<MaintenanceWork, T>(worker, work, options);
    } catch (error) {
      if (error instanceof SluiceError && error.code === "SYNC_STOPPED") {
        throw new SluiceError("DB_MAINTENANCE_STOPPED", error.parameters as { step: string }, { cause: error });
      }
      throw error;
    }
  };
  return {
    kind: "sqlite",
    database: path,
    // SQLite has no limit of its own; one that every tool can show.
    longestName: 128,
    open: async (options) => new SqliteMaintenanceConnection(openConnection(path), options, timing),
    failure,
    runLong: (statements: readonly LongStatement[], options) => inThread<void>({ kind: "statements", path, statements }, options),
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    text: (value) => `'${value.replaceAll("'", "''")}'`,
    // SQLite has no type of time; its functions of date and time read this text as it is.
    asTime: (column) => column,
    first: (count, select) => `${select} LIMIT ${count}`,
    tables: (connection) => names(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'"),
    views: async (connection) =>
      (await connection.all("SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name LIKE 'zz\\_%' ESCAPE '\\'")).map(
        ([name, sql]) => ({ name: String(name), definition: String(sql) }),
      ),
    resourceIndexes: (connection) =>
      names(connection, "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'UR_Resources' AND sql IS NOT NULL"),
    indexName: keyIndexName,
    createIndex: createKeyIndex,
    dropIndex: (name) => `DROP INDEX IF EXISTS ${name}`,
    facts: async (connection) => ({
      version: `SQLite ${String((await connection.all("SELECT sqlite_version()"))[0]?.[0])}`,
      size: fileSize(path) + fileSize(`${path}-wal`),
      free: (await one(connection, "PRAGMA freelist_count")) * (await one(connection, "PRAGMA page_size")),
      isolation: null,
    }),
    upkeep: (request, options) => inThread<UpkeepOutcome>({ kind: "upkeep", path, request }, options),
  };
};
