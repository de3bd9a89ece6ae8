/** Time is handed in, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}
export const systemClock: Clock = { now: () => Date.now() };
/** `2026-11-21T09:30:00.000Z`. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString();

/** A clock that can also be waited for. */
export interface Timing extends Clock {
  /** Resolves after so many milliseconds, or as soon as `signal` is aborted; it never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
export const systemTiming: Timing = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      // A timer of Node holds 31 bits; a longer one would fire at once.
      const timer = setTimeout(done, Math.min(milliseconds, 2 ** 31 - 1));
      signal?.addEventListener("abort", done, { once: true });
    }),
};
