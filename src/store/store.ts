import type { Knex } from "knex";
import { SluiceError } from "../errors/index.js";
import { systemTiming, type Timing } from "../model/index.js";
import { workersAtRest } from "../sync/index.js";
import { Dirty } from "./dirty/index.js";
import { createMaintenance, type Maintenance, type MaintenanceDialect } from "./maintenance/index.js";
import { countOpenResources } from "./reading/connector-status.js";
import { createResourceReading, createServiceReading, type ResourceReading, type ServiceReading } from "./reading/index.js";
import { ConnectorRecords, findDatabaseHolders, JobRecords, LockRecords, ScheduleRecords, SessionRecords } from "./records/index.js";
import { type DatabaseWait, Writer } from "./retry.js";
import { isBusy, sqliteFailures } from "./sqlite/failure.js";
import { sqliteMaintenance } from "./sqlite/maintenance.js";
import { openSqlite } from "./sqlite/open.js";
import { createSqliteSynchronization } from "./sqlite/synchronization/index.js";
import type { SynchronizationStore } from "./synchronization.js";

/** The repository and the record of jobs, as every command and runner uses them. */
export interface Store {
  /** For tests and tools; the product goes through the members below. */
  readonly knex: Knex;
  readonly records: JobRecords;
  readonly sessions: SessionRecords;
  readonly locks: LockRecords;
  readonly connectors: ConnectorRecords;
  readonly schedules: ScheduleRecords;
  readonly dirty: Dirty;
  readonly reading: ResourceReading;
  readonly service: ServiceReading;
  readonly synchronization: SynchronizationStore;
  readonly maintenance: Maintenance;
  /** What the first line of a run names: `SQLite /path/Work/sluice.db`. */
  readonly database: string;
  /** What an error of this database means for a person: DB_*, with its cause, or the error itself where it is none. Writes are told so already; what only reads throws as the driver does. */
  failure(error: unknown): unknown;
  /** Open resources of all types. */
  resourceCount(): Promise<number>;
  close(): Promise<void>;
}

/** `Settings.database`: the store does not know the settings. */
export type DatabaseSetting =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "mssql"; readonly connectionString: string };

/** What the threads of a database's synchronization load, for `loadAhead`. */
export const synchronizationModule = ({ kind }: DatabaseSetting): URL =>
  new URL(`./${kind}/synchronization/worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export interface StoreOptions {
  readonly timing?: Timing;
  /** How long a write waits for a program that holds the database (ms), 300,000 where not given. */
  readonly patienceMs?: number;
  /** Told when a write has to wait for the database, and for whom. */
  readonly onWait?: (wait: DatabaseWait) => void;
}

/**
 * Opens the repository. An embedded one is made when it is missing, and brought up to date; on SQL Server it must be there (`sluice database migrate`).
 * Throws DB_SCHEMA_*, DB_LOCKED, and what a server or a file refuses.
 */
export const openStore = (setting: DatabaseSetting, options: StoreOptions = {}): Promise<Store> =>
  setting.kind === "sqlite" ? openEmbedded(setting.path, options) : openServer(setting.connectionString, options);

const openEmbedded = async (path: string, options: StoreOptions): Promise<Store> => {
  const timing = options.timing ?? systemTiming;
  const knex = await openPatiently(path, timing);
  const writer = new Writer(knex, {
    database: path,
    failures: sqliteFailures,
    timing,
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
    holders: () => findDatabaseHolders(knex),
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
  });
  return storeOf(knex, writer, `SQLite ${path}`, createSqliteSynchronization(path, timing), sqliteMaintenance(path, timing));
};

const openServer = async (connectionString: string, options: StoreOptions): Promise<Store> => {
  const timing = options.timing ?? systemTiming;
  // Loaded here: with an embedded database nobody waits for the server's driver.
  const { createMssqlSynchronization, databaseName, mssqlFailures, mssqlMaintenance, mssqlTarget, openMssql, serverTime } = await import(
    "./mssql/index.js"
  );
  const target = mssqlTarget(connectionString);
  const database = databaseName(target);
  const knex = await openMssql(target);
  const writer = new Writer(knex, {
    database,
    failures: mssqlFailures,
    timing,
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
    // Many machines, one clock for their leases: the server's. A clock that is handed in stands for it.
    ...(options.timing === undefined ? { databaseTime: serverTime } : {}),
  });
  return storeOf(knex, writer, `SQL Server ${database}`, createMssqlSynchronization(connectionString, timing), mssqlMaintenance(target));
};

const storeOf = (
  knex: Knex,
  writer: Writer,
  database: string,
  synchronization: SynchronizationStore,
  maintenance: MaintenanceDialect,
): Store => ({
  knex,
  records: new JobRecords(writer),
  sessions: new SessionRecords(writer),
  locks: new LockRecords(writer),
  connectors: new ConnectorRecords(writer),
  schedules: new ScheduleRecords(writer),
  dirty: new Dirty(writer),
  reading: createResourceReading(knex),
  service: createServiceReading(knex),
  synchronization,
  maintenance: createMaintenance(maintenance),
  database,
  failure: (error) => writer.failure(error),
  resourceCount: () => countOpenResources(knex),
  close: async () => {
    await workersAtRest();
    await knex.destroy();
  },
});

/** How long a first start waits for another one that makes the tables at this moment, and how often it looks (ms). */
const openPatienceMs = 20_000;
const openPauseMs = 50;

/** Two processes may start on a new database together: one makes the tables, the other waits and finds them made. */
const openPatiently = async (path: string, timing: Timing): Promise<Knex> => {
  const since = timing.now();
  for (;;) {
    try {
      return await openSqlite(path, timing);
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (timing.now() - since >= openPatienceMs) {
        throw new SluiceError("DB_LOCKED", { database: path, seconds: openPatienceMs / 1000 }, { cause: error });
      }
      await timing.sleep(openPauseMs);
    }
  }
};
