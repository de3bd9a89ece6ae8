import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type ErrorCode, type ErrorParameters, errorCatalogue, type Place, SluiceError } from "../errors/index.js";
import type { OnProgress, Progress } from "../model/index.js";

/** What a worker's module is given beside its input. */
export interface WorkerTools {
  /** Throws SYNC_STOPPED when the caller's signal was aborted; to be called once a block of work. */
  readonly checkStop: (step: string) => void;
  /** May be called as often as wanted: it passes on a few a second. */
  readonly onProgress: OnProgress;
}

/** The same with what only the thread itself can do. */
export interface ThreadTools extends WorkerTools {
  /** Work that nobody waits for, done once the result is given: it must not throw, and a killed process loses nothing with it. */
  readonly afterwards: (rest: () => void) => void;
}

/** The default export of a worker's module. */
export type WorkerMain<I, O> = (input: I, tools: ThreadTools) => O | Promise<O>;

/** What a thread is to have loaded once it gets work. */
export interface WorkerModules {
  readonly load: readonly string[];
}

/** What the worker is started with. */
export interface WorkerStart {
  readonly module: string;
  readonly input: unknown;
  /** Four bytes; not 0 = stop. */
  readonly stop: SharedArrayBuffer;
}

/** An error as it crosses between threads. */
export type CrossingError =
  | {
      readonly kind: "sluice";
      readonly code: ErrorCode;
      readonly parameters: unknown;
      readonly place: Place;
      readonly cause: CrossingError | null;
    }
  | { readonly kind: "other"; readonly name: string; readonly message: string; readonly stack: string; readonly code: string | null };

export type WorkerMessage =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "result"; readonly output: unknown }
  | { readonly kind: "error"; readonly error: CrossingError }
  /** All that it was to load is loaded, or cannot be. */
  | { readonly kind: "loaded" }
  /** The thread has nothing to do any more. `isSmall`: it holds little memory. */
  | { readonly kind: "free"; readonly isSmall: boolean };

/** Makes an error fit to cross; causes are kept as far as they go. */
export const toCrossing = (error: unknown): CrossingError => {
  if (error instanceof SluiceError) {
    const cause = error.cause === undefined ? null : toCrossing(error.cause);
    return { kind: "sluice", code: error.code, parameters: error.parameters, place: error.place, cause };
  }
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return {
      kind: "other",
      name: error.name,
      message: error.message,
      stack: error.stack ?? "",
      code: typeof code === "string" ? code : null,
    };
  }
  return { kind: "other", name: "Error", message: String(error), stack: "", code: null };
};

/** The error that crossed, as it was. */
export const fromCrossing = (error: CrossingError): Error => {
  if (error.kind === "sluice" && error.code in errorCatalogue) {
    const cause = error.cause === null ? {} : { cause: fromCrossing(error.cause) };
    return new SluiceError(error.code, error.parameters as ErrorParameters<ErrorCode>, { place: error.place, ...cause });
  }
  if (error.kind === "sluice") return new Error(`unknown error code ${String(error.code)}`);
  const made = new Error(error.message);
  made.name = error.name;
  made.stack = error.stack;
  return error.code === null ? made : Object.assign(made, { code: error.code });
};

/** A thread loads JavaScript only: a module that runs from its TypeScript source (under the test runner) is taken from the build beside it. */
const built = (module: URL): string => {
  if (!module.pathname.endsWith(".ts")) return module.href;
  const twin = new URL(module.href.replace("/src/", "/dist/").replace(/\.ts$/, ".js"));
  if (!existsSync(fileURLToPath(twin))) throw new Error(`${fileURLToPath(twin)} is missing: run npm run build first`);
  return twin.href;
};

/** How long a thread without work is kept (ms): the tasks of a job follow each other at once, and loading our modules anew costs each a tenth of a second. */
const keepIdleMs = 1_000;

/** A thread and who hears from it; nobody while it has no work. */
interface Thread {
  readonly worker: Worker;
  /** How many loads it was asked for and has not told the end of. */
  loads: number;
  /** Called when it has loaded all, or is gone. */
  onLoaded: () => void;
  /** Nobody wants it any more. */
  isUnwanted: boolean;
  listener: {
    readonly onMessage: (message: Exclude<WorkerMessage, { readonly kind: "loaded" }>) => void;
    readonly onError: (error: Error) => void;
    readonly onExit: (code: number) => void;
  } | null;
}

/** At most one: what runs side by side starts threads of its own. Its time runs from when it has nothing left to load. */
let idle: { readonly thread: Thread; timer: NodeJS.Timeout | null } | null = null;

/** Threads that work, or do what is left to do after a result. */
const busy = new Map<Thread, Promise<void>>();

/** Threads that load. */
const loading = new Map<Thread, Promise<void>>();

/** Ends when no thread has anything left to do: its files and its database are closed then, and the process may end. */
export const workersAtRest = async (): Promise<void> => {
  await Promise.all([...busy.values(), ...loading.values()]);
};

/** Ends a thread; one that loads afterwards: the driver of a database, ended in the middle of its start, takes the process with it. */
const end = (thread: Thread): void => {
  if (thread.loads > 0) thread.isUnwanted = true;
  else void thread.worker.terminate();
};

const newThread = (): Thread => {
  const entry = new URL(`./worker-entry${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const thread: Thread = {
    worker: new Worker(new URL(built(entry))),
    loads: 0,
    onLoaded: () => undefined,
    isUnwanted: false,
    listener: null,
  };
  // Set once: a thread whose last listener was taken away hears nothing more.
  thread.worker.on("message", (message: WorkerMessage) => {
    if (message.kind !== "loaded") thread.listener?.onMessage(message);
    else if (--thread.loads === 0) {
      thread.onLoaded();
      if (thread.isUnwanted) end(thread);
      else if (idle?.thread === thread) rest(idle);
    }
  });
  thread.worker.on("error", (error: Error) => thread.listener?.onError(error));
  thread.worker.on("exit", (code) => {
    // One that ended while it had no work would answer nobody.
    if (idle?.thread === thread) {
      clearTimeout(idle.timer ?? undefined);
      idle = null;
    }
    thread.onLoaded();
    thread.listener?.onExit(code);
  });
  return thread;
};

const takeThread = (): Thread => {
  if (idle === null) return newThread();
  const { thread, timer } = idle;
  idle = null;
  clearTimeout(timer ?? undefined);
  thread.worker.ref();
  return thread;
};

const giveBack = (thread: Thread): void => {
  thread.listener = null;
  if (idle !== null) {
    end(thread);
    return;
  }
  idle = { thread, timer: null };
  if (thread.loads === 0) rest(idle);
};

/** From now on the thread ends with the process, and with the time. */
const rest = (own: NonNullable<typeof idle>): void => {
  own.thread.worker.unref();
  own.timer = setTimeout(() => {
    idle = null;
    end(own.thread);
  }, keepIdleMs);
  own.timer.unref();
};

/**
 * Has the thread that the next work gets load what it will need, while the caller goes on: reading our modules takes a tenth of a second. A module that cannot be loaded is told of by the
 * work that needs it.
 */
export const loadAhead = (modules: readonly URL[]): void => {
  const load = modules.map(built);
  const thread = takeThread();
  thread.loads++;
  if (thread.loads === 1) {
    loading.set(
      thread,
      new Promise<void>((resolve) => {
        thread.onLoaded = () => {
          loading.delete(thread);
          resolve();
        };
      }),
    );
  }
  thread.worker.postMessage({ load } satisfies WorkerModules);
  giveBack(thread);
};

/**
 * Runs a module's default export in another thread: long synchronous work, while this thread goes on answering (design §6, SQLite).
 * Takes the module's URL, its input (structured clone), a signal that asks it to stop at its next look, and where its progress goes. Gives what the module gives;
 * throws what it throws, codes, places and causes kept. A thread that ended well and holds little is used again.
 */
export const runInWorker = <I, O>(
  module: URL,
  input: I,
  options: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
): Promise<O> =>
  new Promise<O>((resolve, reject) => {
    const stop = new SharedArrayBuffer(4);
    const flag = new Int32Array(stop);
    const start: WorkerStart = { module: built(module), input, stop };
    const thread = takeThread();
    let isAtRest: () => void = () => undefined;
    busy.set(thread, new Promise<void>((done) => (isAtRest = done)));
    const askToStop = (): void => {
      Atomics.store(flag, 0, 1);
    };
    if (options.signal.aborted) askToStop();
    options.signal.addEventListener("abort", askToStop, { once: true });
    let failure: Error | null = null;
    const leave = (): void => {
      options.signal.removeEventListener("abort", askToStop);
      busy.delete(thread);
      isAtRest();
    };
    thread.listener = {
      onMessage: (message) => {
        if (message.kind === "progress") options.onProgress(message.progress);
        else if (message.kind === "result") resolve(message.output as O);
        else if (message.kind === "error") failure = fromCrossing(message.error);
        else if (failure === null && message.isSmall) {
          giveBack(thread);
          leave();
        } else end(thread);
      },
      onError: (error) => {
        failure = error;
      },
      // What failed is told once the thread is gone: its files and its database are closed then.
      onExit: (code) => {
        leave();
        reject(failure ?? new Error(`a worker ended with code ${code} and no result`));
      },
    };
    try {
      thread.worker.postMessage(start);
    } catch (error) {
      // What cannot be cloned is never asked for: without its end the thread would hold the process.
      failure = error instanceof Error ? error : new Error(String(error));
      end(thread);
    }
  });
