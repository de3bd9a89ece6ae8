import type { Timing } from "../../../model/index.js";
import { retryAfter } from "../transient.js";

/** How often a whole transaction is tried where the server gave another one the preference: each try may take as long as a load does. */
const tries = 4;

/**
 * Runs one transaction of a connection of its own, and runs it again, a few times, where the server rolled it back in favour of another one. Whether a commit was sent
 * is not known here: nothing else is tried again. `onRetry` may throw to give up.
 */
export const withAttempts = async <T>(timing: Timing, onRetry: () => void, attempt: () => Promise<T>): Promise<T> => {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      const again = made < tries ? retryAfter(error, { tries: made, isCommitSent: true }) : null;
      if (again === null) throw error;
      await timing.sleep(again.pauseMs);
      onRetry();
    }
  }
};
