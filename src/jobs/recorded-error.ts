import { maskSecrets, SluiceError } from "../errors/index.js";
import type { RecordedError } from "../model/index.js";

/** Codes of the operating system for a disk that takes no more, or a folder that refuses. */
const storageCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO", "EMFILE", "ENFILE"]);

const isStorageFailure = (error: unknown): error is Error => error instanceof Error && storageCodes.has((error as { code?: unknown }).code);

/** What a task threw as an error of the catalogue: anything unexpected is a fault of Sluice, its cause kept. */
export const asSluiceError = (error: unknown, task: string): SluiceError =>
  error instanceof SluiceError
    ? error
    : isStorageFailure(error)
      ? new SluiceError("TASK_STORAGE", { task, problem: error.message }, { cause: error })
      : new SluiceError("TASK_FAULT", { task, problem: error instanceof Error ? error.message : String(error) }, { cause: error });

/** As it is recorded and shown: no stack, no secret. */
export const recordedError = (error: SluiceError, secrets: readonly string[]): RecordedError => ({
  code: error.code,
  message: maskSecrets(error.message, secrets),
  ...(error.place.file === undefined ? {} : { file: error.place.file }),
  ...(error.place.line === undefined ? {} : { line: error.place.line }),
  ...(error.place.column === undefined ? {} : { column: error.place.column }),
});
