import { getHeapStatistics } from "node:v8";
import { parentPort } from "node:worker_threads";
import { SluiceError } from "../errors/index.js";
import type { Progress } from "../model/index.js";
import { toCrossing, type WorkerMain, type WorkerMessage, type WorkerModules, type WorkerStart } from "./worker.js";

/** Milliseconds between two progress messages: as often as a person can read. */
const progressEveryMs = 100;

/** A thread that holds more than this (bytes) after its work is not kept for the next: what it read for one table must not lie beside what the next one reads. */
const smallHeap = 64 * 1024 * 1024;

const send = (message: WorkerMessage): void => parentPort?.postMessage(message);

const isSmall = (): boolean => {
  const { total_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside < smallHeap;
};

const work = async ({ module, input, stop }: WorkerStart): Promise<void> => {
  const flag = new Int32Array(stop);
  let lastProgress = 0;
  const afterwards: (() => void)[] = [];
  const tools = {
    checkStop: (step: string): void => {
      if (Atomics.load(flag, 0) !== 0) throw new SluiceError("SYNC_STOPPED", { step });
    },
    onProgress: (progress: Progress): void => {
      const now = performance.now();
      if (now - lastProgress < progressEveryMs) return;
      lastProgress = now;
      send({ kind: "progress", progress });
    },
    afterwards: (rest: () => void): void => void afterwards.push(rest),
  };
  try {
    const { default: main } = (await import(module)) as { default: WorkerMain<unknown, unknown> };
    send({ kind: "result", output: await main(input, tools) });
  } catch (error) {
    send({ kind: "error", error: toCrossing(error) });
  }
  for (const rest of afterwards) rest();
  send({ kind: "free", isSmall: isSmall() });
};

/** One after the other, in the order of the tasks. */
const load = async (modules: readonly string[]): Promise<void> => {
  for (const module of modules) {
    // Whoever needs it hears of it.
    await import(module).catch(() => undefined);
  }
  send({ kind: "loaded" });
};

parentPort?.on("message", (message: WorkerStart | WorkerModules) => void ("load" in message ? load(message.load) : work(message)));
