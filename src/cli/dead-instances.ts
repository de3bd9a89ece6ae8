import type { AbortedInstance, Store } from "../store/index.js";
import type { Invocation } from "./command.js";
import { readWorkspace } from "./workspace.js";

/**
 * Ends instances whose runners died, for a command that shows instances: a runner that died cannot say so itself (design §10). Who finds one tells of it as the runner would have; without a valid
 * configuration nobody knows whom to tell. Gives what tells, to be waited for when all is printed: a mail server may take its time.
 */
export const endDeadInstances = async (invocation: Invocation, store: Store): Promise<() => Promise<void>> => {
  const aborted = await store.records.abortDead();
  return () => tellOfDead(invocation, store, aborted);
};

/** Tells of instances that were found dead just now. */
export const tellOfDead = async (invocation: Invocation, store: Store, aborted: readonly AbortedInstance[]): Promise<void> => {
  if (aborted.length === 0) return;
  const { configuration } = await readWorkspace(invocation);
  if (configuration === null) return;
  const { notifyDead } = await import("../jobs/index.js");
  await notifyDead({ configuration, store, aborted });
};
