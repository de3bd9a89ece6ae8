import { existsSync } from "node:fs";
import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { OnProgress } from "../model/index.js";
import type { Store } from "../store/index.js";
import type { Invocation } from "./command.js";
import { useStore } from "./repository.js";
import { formatCount } from "./terminal/index.js";

/** What a long piece of work is given: a signal that Ctrl-C sets, and where its progress goes. */
export interface Attended {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Time between two lines about the same step (ms). */
const sameStepMs = 5_000;
/** Time that a step must last before it is worth a line (ms): most of this work is done at once. */
const quietMs = 1_000;

/**
 * Runs work on the database that may take long: progress goes to stderr once it takes more than a moment, Ctrl-C and SIGTERM set the signal, a second one ends the process as the system does.
 */
export const attended = async <T>({ signals, err, errStyle, clock }: Invocation, work: (attended: Attended) => Promise<T>): Promise<T> => {
  const stop = new AbortController();
  const listener = (): void => {
    end();
    stop.abort();
    err.draw(`${errStyle.dim("stopping: what is under way is finished or taken back")}\n`);
  };
  const end = (): void => {
    signals.off("SIGINT", listener);
    signals.off("SIGTERM", listener);
  };
  signals.on("SIGINT", listener);
  signals.on("SIGTERM", listener);
  const began = clock.now();
  let told = { step: "", at: 0 };
  const onProgress: OnProgress = ({ step, rows, of }) => {
    const now = clock.now();
    if (now - began < quietMs || (step === told.step && now - told.at < sameStepMs)) return;
    told = { step, at: now };
    const count = rows === 0 ? "" : of === undefined ? `: ${formatCount(rows)}` : `: ${formatCount(rows)} of ${formatCount(of)}`;
    err.draw(`${errStyle.dim(`${new Date(now).toISOString().slice(11, 19)} ${step}${count}`)}\n`);
  };
  try {
    return await work({ signal: stop.signal, onProgress });
  } finally {
    end();
  }
};

/** Opens a repository that is there already, for work on what it holds. Throws CMD_DATABASE_ABSENT where no run has made it yet. */
export const useExistingStore = async <T>(
  configuration: Pick<Configuration, "settings">,
  work: (store: Store) => Promise<T>,
): Promise<T> => {
  const { database } = configuration.settings;
  if (database.kind === "sqlite" && !existsSync(database.path)) throw new SluiceError("CMD_DATABASE_ABSENT", { database: database.path });
  return useStore(configuration, work);
};
