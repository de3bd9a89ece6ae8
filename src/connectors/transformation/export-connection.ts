import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { OnProgress, Transformation } from "../../model/index.js";
import { runInWorker } from "../../sync/index.js";
import type { Exporter, ExportLog, ExportRequest, ExportResult } from "../connector.js";
import { removeOutputOf } from "../output-files.js";
import { onRowError } from "../source-file/index.js";
import type { TransformInput, TransformOutput } from "./transform-files.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./transform-worker.ts" : "./transform-worker.js", import.meta.url);

export interface ConnectionExport {
  readonly exporter: Exporter;
  readonly request: ExportRequest;
  /** Of the connection, in document order. */
  readonly transformations: readonly Transformation[];
  /** Identifiers of all connections: `HR_1` may be one beside `HR`. */
  readonly connections: readonly string[];
}

/**
 * Exports a connection and applies its Transformations (connectors §1.3, §2.3), as one step: the export writes apart, and only what was
 * transformed appears in the output folder. Former output goes first; a failure leaves none. Rows that WhereValue leaves out are
 * `read − written − rejected` of the counters.
 * @throws whatever the export throws; SRC_…, DATA_TRANSFORMATION_…, SYNC_STOPPED
 */
export const exportConnection = async (
  { exporter, request, transformations, connections }: ConnectionExport,
  signal: AbortSignal,
  onProgress: OnProgress,
  log?: ExportLog,
): Promise<ExportResult> => {
  const { connection, settings, outputFolder, mode } = request;
  // Hidden and never a name that a reader looks for.
  const apart = join(outputFolder, `.${connection}.export`);
  rmSync(apart, { recursive: true, force: true });
  if (transformations.length === 0) return exporter.export(request, signal, onProgress, log);
  const removeOutput = (): void => removeOutputOf(connection, connections, outputFolder);
  mkdirSync(outputFolder, { recursive: true });
  removeOutput();
  try {
    const result = await exporter.export({ ...request, outputFolder: apart }, signal, onProgress, log);
    const { counters } = result;
    const { files, dropped, setAside } = await runInWorker<TransformInput, TransformOutput>(
      worker,
      {
        connection,
        inputFolder: apart,
        outputFolder,
        files: result.files,
        transformations,
        isIncremental: mode === "incremental",
        onRowError: onRowError(connection, settings),
      },
      { signal, onProgress },
    );
    const written = counters.written - dropped - setAside;
    return { ...result, files, counters: { ...counters, written, rejected: counters.rejected + setAside } };
  } catch (error) {
    removeOutput();
    throw error;
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
};
