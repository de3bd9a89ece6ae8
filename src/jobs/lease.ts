import { SluiceError } from "../errors/index.js";
import type { Timing } from "../model/index.js";
import { type HeldInstance, heartbeatMs, leaseMs, type Store } from "../store/index.js";

/**
 * The lease of the instance that this process holds (design §10): extended now and then, and given up the moment when this process can no longer be sure that nobody else
 * has taken the instance for a dead runner's.
 */
export class Lease {
  readonly #store: Store;
  readonly #held: HeldInstance;
  readonly #timing: Timing;
  /** When it was last certain that the instance was this process's own (ms since 1970, on this process's clock). */
  #certainAt: number;
  #extendedAt: number;

  /** Begins when the instance was opened or taken, which gave it a whole lease. */
  constructor(store: Store, held: HeldInstance, timing: Timing) {
    this.#store = store;
    this.#held = held;
    this.#timing = timing;
    this.#certainAt = timing.now();
    this.#extendedAt = this.#certainAt;
  }

  /**
   * One look, to be had every second or so: who asked for a cancel, if anybody. A database that does not answer is borne as long as the lease lasts.
   * Throws JOB_FENCED when the instance was taken, JOB_LEASE_LOST when the lease ran out before the database answered again.
   */
  async look(): Promise<{ readonly cancelRequestedBy: string | null }> {
    // A clock that was put back makes the lease no longer: what was certain then is taken as certain now, and is asked for again at once.
    const at = this.#timing.now();
    if (at < this.#certainAt) this.#certainAt = at;
    try {
      const seen = await this.#inTime(this.#store.records.watch(this.#held));
      if (seen?.isOwn === false) throw new SluiceError("JOB_FENCED", { jobInstance: this.#held.id });
      if (at < this.#extendedAt || at - this.#extendedAt >= heartbeatMs) {
        // Busy, it is tried again at the next look. Whoever holds the writer, nobody can take the instance meanwhile.
        if (await this.#inTime(this.#store.records.heartbeat(this.#held))) this.#extendedAt = at;
        if (seen !== null) this.#certainAt = at;
      }
      return { cancelRequestedBy: seen?.cancelRequestedBy ?? null };
    } catch (error) {
      if (isLost(error)) throw error;
      const uncertainMs = this.#timing.now() - this.#certainAt;
      if (uncertainMs < leaseMs) return { cancelRequestedBy: null };
      const reason = error instanceof Error ? error.message : String(error);
      const seconds = Math.round(uncertainMs / 1000);
      throw new SluiceError("JOB_LEASE_LOST", { jobInstance: this.#held.id, seconds, reason }, { cause: error });
    }
  }

  /**
   * A server that neither answers nor hangs up is waited for as long as a lease lasts. By the system's own timer, as the driver's time limits are: the clock that is handed in may leap
   * while a statement is under way (a machine that sleeps), and the answer be there all the same.
   */
  async #inTime<T>(asking: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("it neither answers nor hangs up")), leaseMs);
    });
    try {
      return await Promise.race([asking, over]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether an error says that the instance is no longer this process's, or may not be: then nothing more is written for it. */
export const isLost = (error: unknown): boolean =>
  error instanceof SluiceError && (error.code === "JOB_FENCED" || error.code === "JOB_LEASE_LOST");

/** Whether an error says that a wait for the database was ended from outside. */
export const isWaitEnded = (error: unknown): error is SluiceError => error instanceof SluiceError && error.code === "JOB_WAIT_ENDED";

/** Who held the database when a wait was ended. */
export const heldBy = ({ parameters }: SluiceError): string => String((parameters as { readonly holders?: unknown }).holders);
