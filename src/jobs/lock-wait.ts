import { SluiceError } from "../errors/index.js";
import type { Timing } from "../model/index.js";
import { type AbortedInstance, type LockHolder, lockName, type Store } from "../store/index.js";
import { isWaitEnded } from "./lease.js";

/** How often a waiting instance looks whether its locks are free (ms). */
const lookMs = 1_000;

export interface LockWait {
  readonly store: Store;
  readonly timing: Timing;
  /** Scheduler.MaxLockWatchTime in seconds: 0 for ever, negative not at all. */
  readonly maxSeconds: number;
  /** One try to take them all; gives the holders when they are not free. The signal ends its wait for the database. */
  readonly attempt: (signal: AbortSignal) => Promise<readonly LockHolder[]>;
  /** Called when the holders change. */
  readonly onWaiting: (holders: readonly LockHolder[]) => void;
  /** Told of holders, and others, that were found dead meanwhile. */
  readonly onDead: (aborted: readonly AbortedInstance[]) => void;
  /** Ends the wait. */
  readonly cancel: AbortSignal;
  /** Asked at every look: somebody else wants the wait to end. */
  readonly isCancelled: () => Promise<boolean>;
}

/**
 * Waits until all locks were taken together (design §10). Gives `cancelled` when the wait was ended from outside.
 * Throws LOCK_CONNECTOR_HELD when the time is over.
 */
export const waitForLocks = async (wait: LockWait): Promise<"taken" | "cancelled"> => {
  const since = wait.timing.now();
  let shown = "";
  for (;;) {
    const holders = await attempt(wait);
    if (holders === null) return "cancelled";
    const [holder] = holders;
    if (holder === undefined) return "taken";
    const waitedSeconds = Math.round((wait.timing.now() - since) / 1000);
    if (wait.maxSeconds < 0 || (wait.maxSeconds > 0 && waitedSeconds >= wait.maxSeconds)) throw heldTooLong(holder, waitedSeconds);
    const names = JSON.stringify(holders);
    if (names !== shown) wait.onWaiting(holders);
    shown = names;
    await wait.timing.sleep(lookMs, wait.cancel);
    if (wait.cancel.aborted || (await wait.isCancelled())) return "cancelled";
    // A holder may have died meanwhile.
    wait.onDead(await wait.store.records.abortDead());
  }
};

/** Null when the wait was ended while the database itself was waited for. */
const attempt = async (wait: LockWait): Promise<readonly LockHolder[] | null> => {
  try {
    return await wait.attempt(wait.cancel);
  } catch (error) {
    if (isWaitEnded(error)) return null;
    throw error;
  }
};

/** The refusal that names who holds a connector. `waitedSeconds` 0: it was not waited for. */
export const heldTooLong = ({ lock, job, jobInstance, host, pid, since }: LockHolder, waitedSeconds: number): SluiceError =>
  new SluiceError("LOCK_CONNECTOR_HELD", { lock: lockName(lock), job, jobInstance, host, pid, since, waitedSeconds });
