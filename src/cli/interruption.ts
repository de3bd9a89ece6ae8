import type { Signals } from "./command.js";

/** What Ctrl-C does to a run: the first asks the running tasks to end, the second stops them (design §9). */
export interface Interruption {
  readonly cancel: AbortSignal;
  readonly stop: AbortSignal;
  /** Gives the signals back to the system. */
  end(): void;
}

const cancelled = "cancelling: the running tasks end, no other is started; Ctrl-C again stops them at once";
const stopped = "stopping the running tasks";

/**
 * Listens to Ctrl-C and SIGTERM until `end`. SIGTERM counts like Ctrl-C. After the second the system's own answer is in force again, so that a third
 * ends the process whatever it does.
 */
export const interruptible = (signals: Signals, say: (text: string) => void): Interruption => {
  const cancel = new AbortController();
  const stop = new AbortController();
  const end = (): void => {
    signals.off("SIGINT", listener);
    signals.off("SIGTERM", listener);
  };
  const listener = (): void => {
    if (!cancel.signal.aborted) {
      say(cancelled);
      cancel.abort();
      return;
    }
    say(stopped);
    stop.abort();
    end();
  };
  signals.on("SIGINT", listener);
  signals.on("SIGTERM", listener);
  return { cancel: cancel.signal, stop: stop.signal, end };
};
