import { join } from "node:path";
import { afterEach } from "vitest";
import type { TaskInstanceId } from "../../../src/model/index.js";
import { type HeldInstance, openStore, type Store, type StoredPlan, type StoreOptions, thisProcess } from "../../../src/store/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

/** The path of a database that is not there yet. */
export const newDatabase = (): string => join(temporaryFolder("records"), "sluice.db");

/** A store that the test closes by itself. */
export const temporaryStore = async (path = newDatabase(), options: StoreOptions = {}): Promise<Store> => {
  const store = await openStore({ kind: "sqlite", path }, options);
  opened.push(store);
  return store;
};

export const emptyPlan: StoredPlan = { kind: "job", selection: null, tasks: [], connectorHashes: {}, leftOut: {} };

/** An open instance of this process with one task row for each key. */
export const openInstance = (
  store: Store,
  job: string,
  taskKeys: readonly string[] = ["Load"],
): Promise<HeldInstance & { readonly tasks: ReadonlyMap<string, TaskInstanceId> }> =>
  store.records.open({
    job,
    lock: `job:${job}`,
    trigger: "CommandLine",
    startedBy: "ann",
    runner: thisProcess(),
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
