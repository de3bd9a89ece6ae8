import type { ConnectionSettings } from "../config/index.js";
import type { ExportCounters, OnProgress } from "../model/index.js";

/** What an export works on; plain data, which crosses to a thread or to an agent. */
export interface ExportRequest {
  readonly connection: string;
  /** As configured; keys are compared ignoring case (connectors §4). */
  readonly settings: ConnectionSettings;
  /** Absolute: relative paths in settings start there (design §3). */
  readonly workspace: string;
  /** SourcesRootPaths: absolute; empty = anywhere (connectors §5). */
  readonly sourcesRootPaths: readonly string[];
  /** Absolute: `Temp/ExportOutput`; made on demand. */
  readonly outputFolder: string;
  readonly jobInstance: number;
  readonly taskInstance: number;
}

export interface ExportResult {
  readonly counters: ExportCounters;
  /** Names of the files in the output folder. */
  readonly files: readonly string[];
}

/** Brings the data of a managed system into the output folder, whole or not at all (connectors §2.3). */
export interface Exporter {
  export(request: ExportRequest, signal: AbortSignal, onProgress: OnProgress): Promise<ExportResult>;
}

/** What an export would read, as far as a look at its beginning tells. */
export interface SourceView {
  /** What is read: the absolute path of a file. */
  readonly source: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly modified: string;
  /** Names in the header. */
  readonly columns: readonly string[];
}

/** Looks at the source of a connection without exporting it. Changes nothing; throws SRC_* and DATA_*, as the export would. */
export interface SourceViewer {
  look(request: Pick<ExportRequest, "connection" | "settings" | "workspace" | "sourcesRootPaths">): Promise<SourceView>;
}

/** What a package offers (connectors §4). */
export interface ConnectorPackage {
  /** Short documented name: `CSV`. */
  readonly name: string;
  readonly exporter?: Exporter;
  readonly viewer?: SourceViewer;
}
