import type { Knex } from "knex";
import { SluiceError } from "../errors/index.js";
import { systemTiming, type Timing } from "../model/index.js";
import { countOpenResources } from "./reading/connector-status.js";
import { createResourceReading, type ResourceReading } from "./reading/index.js";
import { isAlive, JobRecords, LockRecords, SessionRecords } from "./records/index.js";
import { Writer } from "./retry.js";
import { isBusy } from "./sqlite/failure.js";
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
  readonly reading: ResourceReading;
  readonly synchronization: SynchronizationStore;
  /** What the first line of a run names: `SQLite /path/Work/sluice.db`. */
  readonly database: string;
  /** Open resources of all types. */
  resourceCount(): Promise<number>;
  close(): Promise<void>;
}

/** `Settings.database`: the store does not know the settings. */
type DatabaseSetting = { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "mssql"; readonly connectionString: string };

export interface StoreOptions {
  readonly timing?: Timing;
  /** How long a write waits for a program that holds the database (ms), 300,000 where not given. */
  readonly patienceMs?: number;
}

/**
 * Opens the repository, makes it when it is missing, and brings it up to date.
 * Throws DB_NOT_BUILT for SQL Server, DB_SCHEMA_NEWER, DB_LOCKED.
 */
export const openStore = async (setting: DatabaseSetting, options: StoreOptions = {}): Promise<Store> => {
  if (setting.kind === "mssql") throw new SluiceError("DB_NOT_BUILT", { database: "SQL Server" });
  const { path } = setting;
  const timing = options.timing ?? systemTiming;
  const knex = await openPatiently(path, timing);
  const writer = new Writer(knex, {
    database: path,
    timing,
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
    isHeldByTask: () => hasLiveSynchronize(knex),
  });
  return {
    knex,
    records: new JobRecords(writer),
    sessions: new SessionRecords(writer),
    locks: new LockRecords(writer),
    reading: createResourceReading(knex),
    synchronization: createSqliteSynchronization(path, timing),
    database: `SQLite ${path}`,
    resourceCount: () => countOpenResources(knex),
    close: () => knex.destroy(),
  };
};

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

/** Whether a synchronization of a living runner may be the one that holds the writer. */
const hasLiveSynchronize = async (knex: Knex): Promise<boolean> => {
  const rows = (await knex("UJ_TaskInstances as t")
    .join("UJ_JobInstances as j", "j.Id", "t.JobInstance")
    .where({ "t.State": "InProgress", "t.Type": "SynchronizeTask", "j.State": "InProgress" })
    .select("j.Host", "j.Pid", "j.ProcessStart")) as { Host: string; Pid: number; ProcessStart: string }[];
  return rows.some((row) => isAlive({ host: row.Host, pid: Number(row.Pid), processStart: row.ProcessStart }));
};
