import { join } from "node:path";
import type { OnProgress, SessionFile, SessionManifest } from "../../model/index.js";
import { type DeltaRow, hasClearedColumn, readDelta } from "../../sync/index.js";
import type { CheckStop } from "./session-file.js";

/** Rows between two looks for a stop: some milliseconds of point look-ups. */
const rowsPerLook = 1_000;

/**
 * The rows of a session's delta, one after the other, while the runner sees them go by; `columns` are the mapped ones. Throws SYNC_FILE_CHANGED, SYNC_FILE_COLUMNS.
 */
export function* readSessionDelta(
  context: {
    readonly session: SessionManifest;
    readonly folder: string;
    readonly checkStop: CheckStop;
    readonly onProgress: OnProgress;
  },
  file: SessionFile,
  columns: readonly string[],
): Generator<DeltaRow> {
  const { session, folder, checkStop, onProgress } = context;
  const { name, rows: of, bytes, sha256 } = file;
  const step = `reading changes of ${file.mapping}`;
  let rows = 0;
  for (const row of readDelta({ path: join(folder, name), columns, rows: of, bytes, sha256 }, hasClearedColumn(file.kind, session.type))) {
    if (rows++ % rowsPerLook === 0) {
      checkStop(step);
      onProgress({ step, rows, of });
    }
    yield row;
  }
}
