import type { SessionFile } from "../../model/index.js";
import type { RecordBatch } from "../csv/index.js";
import type { RowFault } from "./row-errors.js";

/** What one mapping makes of the rows of its table. A row is first checked by all mappings of the table, then taken by all or set aside by all. */
export interface TableRows {
  /** What is wrong with the record's values, or null. */
  check(batch: RecordBatch, record: number): RowFault | null;
  /** Takes a checked record. */
  take(batch: RecordBatch, record: number): void;
  /**
   * Keeps the key of a row that is set aside, its fields as far as they could be read. `isOfThisFile`: `line` counts in the file read here.
   * @throws DATA_REJECTED_WITHOUT_KEY
   */
  setAside(fields: readonly string[], line: number, fault: RowFault, isOfThisFile: boolean): void;
  /** Sorts and writes. Called once, after the table's last row, for entity types before associations. */
  finish(): SessionFile[];
  /** Removes temporary files. Harmless after `finish`. */
  close(): void;
}
