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
  /** Incremental: what changed since the last export that was applied (connectors §2.3). */
  readonly mode: "complete" | "incremental";
  /** InitMode: a complete export reads the incremental source where there is no other (connectors §2.3, `--force-complete`). */
  readonly forceComplete: boolean;
  /** Absolute: folder of the cookies of the last applied session; null where there are none that count. */
  readonly cookies: string | null;
  /** The session that left `cookies`; goes into the manifests of files that begin with them. */
  readonly since?: string | null;
  /** Absolute: where the exporter puts its new cookies; made on demand, emptied before. */
  readonly newCookies: string;
  readonly jobInstance: number;
  readonly taskInstance: number;
  /** What mappings read of this connection; absent: nothing is mapped. */
  readonly tables?: readonly MappedTable[];
  /** Identifiers of all connections: files of `HR_1` are not those of `HR`. Absent: there is no other. */
  readonly connections?: readonly string[];
}

/** A file that mappings read, and the headers they need in it. */
export interface MappedTable {
  /** ConnectionTable: name of the file without `.csv`. */
  readonly table: string;
  readonly columns: readonly string[];
}

/** A line for the job's log. Secrets are masked when it is written. */
export type ExportLog = (level: "debug" | "info" | "warn", message: string, details?: Readonly<Record<string, unknown>>) => void;

export interface ExportResult {
  readonly counters: ExportCounters;
  /** Names of the files in the output folder. */
  readonly files: readonly string[];
}

/** Brings the data of a managed system into the output folder, whole or not at all (connectors §2.3). */
export interface Exporter {
  /** What its threads load, for `loadAhead`; absent where it has none. */
  readonly modules?: readonly URL[];
  export(request: ExportRequest, signal: AbortSignal, onProgress: OnProgress, log?: ExportLog): Promise<ExportResult>;
}

/** What an export would read, as far as a look at its beginning tells. */
export interface SourceView {
  /** What is read: the absolute path of a file. */
  readonly source: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly modified: string;
  /** Names in the header; of several tables, of the first. */
  readonly columns: readonly string[];
  /** The files that an export would write, without `.csv`, in their order, and the names in their headers. */
  readonly tables: readonly { readonly table: string; readonly columns: readonly string[] }[];
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
