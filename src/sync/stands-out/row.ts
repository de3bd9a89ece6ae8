/** One property that a staged row changes. */
export interface StandingChange {
  readonly property: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Its values name other resources by number: they are no text that a person knows. */
  readonly isNavigation: boolean;
}

/** A staged row as far as it is looked at for what stands out. */
export interface StandingRow {
  readonly entityType: string;
  readonly command: "insert" | "update" | "delete";
  /** Mapping key. */
  readonly key: string;
  /** Of an insert or delete every property that has a value. */
  readonly changes: readonly StandingChange[];
}

/** What stands out, and what to do about it: one or two plain sentences without line break. */
export interface Finding {
  readonly kind: "wholeType" | "rekeyed" | "swapped" | "emptied" | "dateFormat" | "alike" | "constant";
  readonly entityType: string;
  /** Properties it is about; none where it is about whole rows. */
  readonly properties: readonly string[];
  readonly count: number;
  readonly text: string;
}

/** Rows of which something is said at least: of fewer it may be chance. */
export const fewestRows = 10;

/** Nearly all: 90 % of the rows concerned. */
export const isNearlyAll = (count: number, of: number): boolean => count * 10 >= of * 9;

export const grouped = (n: number): string => n.toLocaleString("en-US");

/** `all 240`, `238 of 240`. */
export const share = (count: number, of: number): string => (count >= of ? `all ${grouped(of)}` : `${grouped(count)} of ${grouped(of)}`);
