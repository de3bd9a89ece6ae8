import type { WorkerMain } from "../worker.js";
import { prepare } from "./prepare.js";
import type { PrepareRequest, PrepareResult } from "./request.js";

const main: WorkerMain<PrepareRequest, PrepareResult> = prepare;
export default main;
