import type { WorkerMain } from "../../sync/index.js";
import { runSql } from "./run.js";
import type { SqlOutcome, SqlWork } from "./work.js";

/** How often it is looked whether the work is to end (ms). */
const lookMs = 100;

const main: WorkerMain<SqlWork, SqlOutcome> = async (work, { checkStop, onProgress }) => {
  const controller = new AbortController();
  const look = setInterval(() => {
    try {
      checkStop(work.step);
    } catch (error) {
      controller.abort(error);
    }
  }, lookMs);
  try {
    return await runSql(work, { signal: controller.signal, onProgress });
  } finally {
    clearInterval(look);
  }
};
export default main;
