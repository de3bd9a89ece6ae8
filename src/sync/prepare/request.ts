import type {
  ConnectorMappings,
  EntityAssociation,
  EntityType,
  PrepareCounters,
  SessionFile,
  SynchronizationMode,
  SynchronizationType,
} from "../../model/index.js";

/** Connection setting `OnRowError` (design §5). */
export type OnRowError = "Stop" | "SetAside";

/** Files of an earlier session that a preparation reads: absolute folder, and what its manifest says of them. */
export interface EarlierFiles {
  readonly folder: string;
  readonly files: readonly SessionFile[];
}

/** What a preparation works on; crosses to its thread by structured clone. */
export interface PrepareRequest {
  readonly mappings: ConnectorMappings;
  /** At least those that the mappings name. */
  readonly entityTypes: readonly EntityType[];
  /** At least those that the mappings name. */
  readonly associations: readonly EntityAssociation[];
  readonly mode: SynchronizationMode;
  readonly type: SynchronizationType;
  /** Header of the command column (ColumnName); null: `command`, ignoring case. */
  readonly columnName: string | null;
  /** The sorted files that the repository was last made equal to (design §7.4): Incremental, Type None, is compared with them; whole files take from them what rows set aside stand for. */
  readonly baseline: EarlierFiles | null;
  /** Incremental, Type Changes: deltas that were never applied, which come before this input's rows. */
  readonly carried: EarlierFiles | null;
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
  /** What the next incremental run compares with, or carries, once this session is pending: sorted files; with Type Changes its deltas. In `collectFolder` too. */
  readonly baseline: readonly SessionFile[];
  /** False: rows were set aside, and what is stored under their keys is not in the baseline, so that nothing can be compared with it. */
  readonly isBaselineWhole: boolean;
}
