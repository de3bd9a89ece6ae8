/** Counts of one preparation, while it runs (design §4). */
export interface Tally {
  read: number;
  written: number;
  duplicates: number;
  conflictingDuplicates: number;
  nullKeys: number;
  rejected: number;
  folded: number;
  inserted: number;
  updated: number;
  deleted: number;
  nearEqualKeys: number;
}

export const emptyTally = (): Tally => ({
  read: 0,
  written: 0,
  duplicates: 0,
  conflictingDuplicates: 0,
  nullKeys: 0,
  rejected: 0,
  folded: 0,
  inserted: 0,
  updated: 0,
  deleted: 0,
  nearEqualKeys: 0,
});
