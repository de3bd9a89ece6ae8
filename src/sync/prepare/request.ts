import type { ConnectorMappings, EntityAssociation, EntityType, PrepareCounters, SessionFile } from "../../model/index.js";

/** Connection setting `OnRowError` (design §5). */
export type OnRowError = "Stop" | "SetAside";

/** What a preparation works on; crosses to its thread by structured clone. */
export interface PrepareRequest {
  readonly mappings: ConnectorMappings;
  /** At least those that the mappings name. */
  readonly entityTypes: readonly EntityType[];
  /** At least those that the mappings name. */
  readonly associations: readonly EntityAssociation[];
  readonly mode: "Initial" | "Complete";
  /** Absolute: `Temp/ExportOutput`. */
  readonly inputFolder: string;
  /** Absolute: `Work/Collect`; made on demand. */
  readonly collectFolder: string;
  /** Absolute: `errors.csv` of the session; its folder is made on demand. */
  readonly errorsFile: string;
  /** By connection identifier as the mappings spell it; absent = Stop. */
  readonly onRowError: Readonly<Record<string, OnRowError>>;
}

export interface PrepareResult {
  readonly counters: PrepareCounters;
  /** Keys that differ from another one only in blanks, case or Unicode form: all loaded, named in `errors.csv`. */
  readonly nearEqualKeys: number;
  /** What the session hands over; the files are in `collectFolder`. Entity types first, in the order of the mappings. */
  readonly files: readonly SessionFile[];
}
