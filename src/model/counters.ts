/** What a task counted; names of design §4. Absent = this kind of task does not count it. */
export interface SynchronizeCounters {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly linksInserted: number;
  readonly linksDeleted: number;
  /** Links of the connector's mappings that name a resource which is not there, after this run. */
  readonly orphans: number;
}
export interface PrepareCounters {
  readonly read: number;
  readonly written: number;
  readonly duplicates: number;
  readonly conflictingDuplicates: number;
  readonly nullKeys: number;
  readonly rejected: number;
  readonly folded: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}
export interface ExportCounters {
  readonly read: number;
  readonly written: number;
  readonly rejected: number;
}
export type Counters = Readonly<Record<string, number>>;
