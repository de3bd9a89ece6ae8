import { createHash } from "node:crypto";
import type { TaskInstanceId } from "../model/index.js";
import type { HeldInstance, Store, TaskInstance } from "../store/index.js";

/** The Blocked tasks of an instance, in the order of the run. */
export const blockedTasks = async (store: Store, jobInstance: number): Promise<readonly TaskInstance[]> =>
  (await store.records.tasks(jobInstance)).filter((task) => task.state === "Blocked");

/**
 * The hash of what an instance has staged: what `changes` prints and `resume --expect` takes; null when nothing is staged. With several
 * Blocked tasks it is the SHA-256 over their hashes in the order of the run.
 */
export const stagedSetHash = async (store: Store, jobInstance: number): Promise<string | null> => {
  const hashes: string[] = [];
  for (const task of await blockedTasks(store, jobInstance)) hashes.push(await store.synchronization.setHash(task.id));
  const [first] = hashes;
  if (first === undefined) return null;
  return hashes.length === 1 ? first : createHash("sha256").update(hashes.join("\n")).digest("hex");
};

/** Drops what a Blocked task of a held instance staged, with its session; twice is as once. Throws SYNC_FENCE_STALE. */
export const dropStaged = async (store: Store, held: HeldInstance, task: TaskInstanceId): Promise<void> => {
  await store.synchronization.drop({ jobInstance: held.id, taskInstance: task, fence: held.fence });
};
