import type { OnProgress } from "../../model/index.js";
import { runInWorker } from "../worker.js";
import type { PrepareRequest, PrepareResult } from "./request.js";

/** What `prepareInWorker` loads. */
export const prepareModule = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** `prepare` in a thread of its own. Throws what it throws. */
export const prepareInWorker = (
  request: PrepareRequest,
  options: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
): Promise<PrepareResult> => runInWorker(prepareModule, request, options);
