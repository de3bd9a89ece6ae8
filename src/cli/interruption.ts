import type { Timing } from "../model/index.js";
import type { Signals } from "./command.js";

/** What signals do to a run (design §9). */
export interface Interruption {
  /** Ctrl-C: a person wants no more of it. */
  readonly cancel: AbortSignal;
  /** SIGTERM: the program has to end; the run is to be taken up later. */
  readonly halt: AbortSignal;
  readonly stop: AbortSignal;
  /** Gives the signals back to the system. */
  end(): void;
}

export interface Grace {
  /** How long running tasks may go on after SIGTERM (s, `Scheduler.GraceTime`). */
  readonly graceSeconds: number;
  readonly timing: Timing;
}

const cancelled = "cancelling: the running tasks end, no other is started; Ctrl-C again stops them at once";
const stopped = "stopping the running tasks";

/**
 * Listens to Ctrl-C and SIGTERM until `end`. The first Ctrl-C cancels, the first SIGTERM halts and gives the running tasks their grace; a second signal of either kind stops them at once. After it the
 * system's own answer is in force again, so that a third ends the process whatever it does.
 */
export const interruptible = (signals: Signals, say: (text: string) => void, { graceSeconds, timing }: Grace): Interruption => {
  const cancel = new AbortController();
  const halt = new AbortController();
  const stop = new AbortController();
  const over = new AbortController();
  const end = (): void => {
    over.abort();
    signals.off("SIGINT", onInterrupt);
    signals.off("SIGTERM", onTerminate);
  };
  const stopNow = (reason?: string): void => {
    say(stopped);
    stop.abort(reason);
    end();
  };
  const first = (react: () => void) => (): void => {
    if (cancel.signal.aborted || halt.signal.aborted) stopNow();
    else react();
  };
  const onInterrupt = first(() => {
    say(cancelled);
    cancel.abort();
  });
  const onTerminate = first(() => {
    say(`halting on SIGTERM: the running tasks have ${graceSeconds} s to end, no other is started; sluice resume goes on later`);
    halt.abort("stopped by SIGTERM");
    void timing.sleep(graceSeconds * 1000, over.signal).then(() => {
      if (!over.signal.aborted) stopNow(`stopped by SIGTERM; tasks that still ran after ${graceSeconds} s were aborted`);
    });
  });
  signals.on("SIGINT", onInterrupt);
  signals.on("SIGTERM", onTerminate);
  return { cancel: cancel.signal, halt: halt.signal, stop: stop.signal, end };
};
