export { exportedFile } from "./exported-file.js";
export { prepareInWorker, prepareModule } from "./in-worker.js";
export { prepare } from "./prepare.js";
export type { EarlierFiles, OnRowError, PrepareRequest, PrepareResult } from "./request.js";
