import type { Timing } from "../../../src/model/index.js";

/** Time that moves only when a test says so. */
export class ManualTiming implements Timing {
  #now = Date.parse("2026-11-21T09:00:00Z");
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const sleeper = { until: this.#now + milliseconds, wake: done };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", done);
    });
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.until <= this.#now) sleeper.wake();
    }
  }

  /** Resolves once somebody sleeps for exactly so long. */
  async sleeperFor(milliseconds: number): Promise<void> {
    while (![...this.#sleepers].some(({ until }) => until === this.#now + milliseconds)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
