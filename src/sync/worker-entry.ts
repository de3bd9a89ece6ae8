import { parentPort, workerData } from "node:worker_threads";
import { SluiceError } from "../errors/index.js";
import type { Progress } from "../model/index.js";
import { toCrossing, type WorkerMain, type WorkerMessage, type WorkerStart } from "./worker.js";

/** Milliseconds between two progress messages: as often as a person can read. */
const progressEveryMs = 100;

const { module, input, stop } = workerData as WorkerStart;
const flag = new Int32Array(stop);
const send = (message: WorkerMessage): void => parentPort?.postMessage(message);

let lastProgress = 0;
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
};

try {
  const { default: main } = (await import(module)) as { default: WorkerMain<unknown, unknown> };
  send({ kind: "result", output: await main(input, tools) });
} catch (error) {
  send({ kind: "error", error: toCrossing(error) });
}
