/** Counts of one preparation, while it runs (design §4). */
export interface Tally {
  read: number;
  written: number;
  duplicates: number;
  conflictingDuplicates: number;
  nullKeys: number;
  rejected: number;
  nearEqualKeys: number;
}
