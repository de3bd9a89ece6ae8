/** The attributes of MaintainIndexesTask (jobs-and-tasks §2.2) with their defaults filled in. */
export interface UpkeepRequest {
  /** All tables of Sluice; else those that hold resources and links (`UR_*`), which alone grow large and change much. */
  readonly allIndexes: boolean;
  /** Others may have to wait while an index or the file is built anew. */
  readonly offline: boolean;
  /** Pages from which an index (SQLite: the file) is looked at. */
  readonly pageCount: number;
  /** Percent of fragmentation from which it is built anew. */
  readonly rebuildThreshold: number;
  /** Percent of fragmentation from which it is reorganized. */
  readonly reorganizeThreshold: number;
  /** Percent of changed rows from which statistics are computed again. */
  readonly updateStatsThreshold: number;
}

/** What was done; each entry names an index, a table or the file. */
export interface UpkeepOutcome {
  readonly rebuilt: readonly string[];
  readonly reorganized: readonly string[];
  /** Tables, or statistics, that were counted again. */
  readonly statistics: readonly string[];
  /** What could not be done here and why, for a person. */
  readonly notes: readonly string[];
}

/** jobs-and-tasks §2.2: 0 stands for these. */
export const upkeepDefaults = { pageCount: 1000, rebuildThreshold: 30, reorganizeThreshold: 5, updateStatsThreshold: 10 } as const;

/** RebuildThreshold is documented as 30 to 90 percent. */
export const rebuildRange = { least: 30, most: 90 } as const;

/** Whether a table is one that upkeep looks after: by its name, in whatever case the database spells it. */
export const isMaintained = (table: string, allIndexes: boolean): boolean => (allIndexes ? /^(UM|UR|UJ|UP)_/i : /^UR_/i).test(table);
