import { join } from "node:path";
import { afterEach } from "vitest";
import type { TaskInstanceId, Timing } from "../../../src/model/index.js";
import {
  type FencedTask,
  type HeldInstance,
  JobRecords,
  LockRecords,
  openStore,
  type ProcessIdentity,
  type Store,
  type StoredPlan,
  type StoreOptions,
  thisProcess,
} from "../../../src/store/index.js";
import { mssqlFailures } from "../../../src/store/mssql/failure.js";
import { Writer } from "../../../src/store/retry.js";
import { sqliteFailures } from "../../../src/store/sqlite/failure.js";
import { type DatabaseKind, freshDatabase, type TestDatabase } from "../../database.js";
import { temporaryFolder } from "../../temporary-folder.js";

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

/** The path of a database that is not there yet. */
export const newDatabase = (): string => join(temporaryFolder("records"), "sluice.db");

/** The repository of a database of either kind, opened as a program does it. */
export const storeOn = async ({ setting }: TestDatabase, options: StoreOptions = {}): Promise<Store> => {
  const store = await openStore(setting, options);
  opened.push(store);
  return store;
};

export const freshStore = async (kind: DatabaseKind): Promise<Store> => storeOn(await freshDatabase(kind));

/** What tests of the record need of a store. */
export type Records = Pick<Store, "knex" | "records" | "locks">;

/** The record of a database on which all time is the test's, the server's clock included. */
export const recordsOn = async (database: TestDatabase, timing: Timing): Promise<Records> => {
  const knex = await database.knex();
  const failures = database.kind === "SQLite" ? sqliteFailures : mssqlFailures;
  const writer = new Writer(knex, { database: database.connectionString, failures, timing });
  return { knex, records: new JobRecords(writer), locks: new LockRecords(writer) };
};

/** An embedded store; several can be opened on one path. */
export const temporaryStore = async (path = newDatabase(), options: StoreOptions = {}): Promise<Store> => {
  const store = await openStore({ kind: "sqlite", path }, options);
  opened.push(store);
  return store;
};

export const emptyPlan: StoredPlan = { kind: "job", selection: null, tasks: [], connectorHashes: {}, leftOut: {} };

/** An open instance, of this process unless said otherwise, with one task row for each key. */
export const openInstance = (
  store: Records,
  job: string,
  taskKeys: readonly string[] = ["Load"],
  runner: ProcessIdentity = thisProcess(),
): Promise<HeldInstance & { readonly tasks: ReadonlyMap<string, TaskInstanceId> }> =>
  store.records.open({
    job,
    lock: `job:${job}`,
    trigger: "CommandLine",
    startedBy: "ann",
    runner,
    configurationHash: "c",
    planHash: "p",
    plan: emptyPlan,
    force: false,
    reason: null,
    tasks: taskKeys.map((taskKey, position) => ({
      taskKey,
      task: taskKey,
      type: "SynchronizeTask",
      level: position,
      position,
      connector: "A",
    })),
  });

/** A process that nobody here can see: of another machine, or of another container of this one. */
export const elsewhere = (pid: number): ProcessIdentity => ({ host: "web2", pid, processStart: `another boot:4026531836/${pid}` });

/** An instance with one task that runs. */
export const runningTask = async (
  store: Records,
  job: string,
  runner?: ProcessIdentity,
): Promise<{ held: HeldInstance; task: FencedTask }> => {
  const { tasks, ...held } = await openInstance(store, job, ["Load"], runner);
  const [taskInstance] = tasks.values();
  if (taskInstance === undefined) throw new Error("no task");
  await store.records.advance(held, { state: "InProgress", tasks: [{ id: taskInstance, state: "InProgress" }] });
  return { held, task: { jobInstance: held.id, taskInstance, fence: held.fence } };
};

/** Time that moves when a test says so; whoever sleeps moves it too, so that nothing waits. */
export class SteppedTiming implements Timing {
  #now = Date.parse("2026-11-21T09:00:00Z");
  now(): number {
    return this.#now;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
  }
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
