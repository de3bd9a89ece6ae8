export { prepareInWorker } from "./in-worker.js";
export { prepare } from "./prepare.js";
export type { OnRowError, PrepareRequest, PrepareResult } from "./request.js";
