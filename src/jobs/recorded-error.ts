import { SluiceError } from "../errors/index.js";
import type { RecordedError } from "../model/index.js";
import { maskSecrets } from "./secret-mask.js";

/** What a task threw as an error of the catalogue: anything unexpected is a fault of Sluice, its cause kept. */
export const asSluiceError = (error: unknown, task: string): SluiceError =>
  error instanceof SluiceError
    ? error
    : new SluiceError("TASK_FAULT", { task, problem: error instanceof Error ? error.message : String(error) }, { cause: error });

/** As it is recorded and shown: no stack, no secret. */
export const recordedError = (error: SluiceError, secrets: readonly string[]): RecordedError => ({
  code: error.code,
  message: maskSecrets(error.message, secrets),
  ...(error.place.file === undefined ? {} : { file: error.place.file }),
  ...(error.place.line === undefined ? {} : { line: error.place.line }),
  ...(error.place.column === undefined ? {} : { column: error.place.column }),
});
