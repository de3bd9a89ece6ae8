/** How a field stands in the source, and what its canonical form needs: bits of `RecordBatch.fieldForms`. */
export const FieldForm = {
  /** The byte before `fieldStarts` and the one at `fieldEnds` are its quotes. */
  enclosed: 1,
  /** Holds a comma, a line feed, a carriage return or a quote: canonical text encloses it (RFC 4180). */
  needsQuotes: 2,
  /** Holds a quote, to be doubled. Only decoded fields have it. */
  holdsQuote: 4,
} as const;

/** What is wrong with a record; 0 = nothing. Values of `RecordBatch.problems`. */
export const RecordProblem = {
  none: 0,
  strayQuote: 1,
  quoteNotClosed: 2,
  nul: 3,
  encoding: 4,
} as const;

/**
 * Records in file order, as slices of `bytes`. Valid until the next batch is read.
 * Record `i` has the fields `firstFields[i]` up to `firstFields[i + 1]`; each is the value's UTF-8 bytes, quotes taken off.
 */
export interface RecordBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly firstFields: Int32Array;
  readonly fieldStarts: Int32Array;
  readonly fieldEnds: Int32Array;
  readonly fieldForms: Uint8Array;
  /** The record as it stands in the source, without its line end. */
  readonly recordStarts: Int32Array;
  readonly recordEnds: Int32Array;
  /** 1-based line on which the record starts. */
  readonly lines: Uint32Array;
  /** 1: every field stands in canonical form and in one piece, so that neighbouring fields may be copied as one slice. */
  readonly canonical: Uint8Array;
  readonly problems: Uint8Array;
  /** The last record of this batch is the file's last and has no line break. */
  readonly endsWithoutLineBreak: boolean;
}
