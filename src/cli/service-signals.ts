import type { Signals } from "./command.js";

/** How a service is asked to end: the first signal lets running tasks end, the second stops them. The signals' reasons are texts. */
export interface ServiceSignals {
  readonly halt: AbortSignal;
  readonly stop: AbortSignal;
  /** Gives the signals back to the system. */
  end(): void;
}

/** Listens to SIGTERM and Ctrl-C until `end`. After the second the system's own answer is in force again, so that a third ends the process whatever it does. */
export const serviceSignals = (signals: Signals): ServiceSignals => {
  const halt = new AbortController();
  const stop = new AbortController();
  const end = (): void => {
    signals.off("SIGINT", onInt);
    signals.off("SIGTERM", onTerm);
  };
  const take = (name: string): void => {
    if (!halt.signal.aborted) {
      halt.abort(`stopped by ${name}`);
      return;
    }
    stop.abort(`stopped at once by a second signal, ${name}`);
    end();
  };
  const onInt = (): void => take("SIGINT");
  const onTerm = (): void => take("SIGTERM");
  signals.on("SIGINT", onInt);
  signals.on("SIGTERM", onTerm);
  return { halt: halt.signal, stop: stop.signal, end };
};
