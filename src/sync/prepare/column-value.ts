import { SluiceError } from "../../errors/index.js";
import { fieldText, type RecordBatch } from "../csv/index.js";
import { invalid, unchanged, type ValueRule } from "./property-value.js";
import { type RowFault, shown } from "./row-errors.js";

/** Bytes that a converted value may take. */
const convertedBytes = 64;

/** Checks and converts the values of one column, and holds the converted one of the row at hand. */
export class ColumnValue {
  /** The converted value's text, `length` bytes; only where `length` is not negative. */
  readonly text = new Uint8Array(convertedBytes);
  length = unchanged;

  constructor(
    /** Position in the source's row. */
    readonly column: number,
    readonly rule: ValueRule,
    private readonly file: string,
  ) {}

  /** Converts the record's value; empty is null and stays. */
  convert(batch: RecordBatch, record: number): RowFault | null {
    const field = (batch.firstFields[record] as number) + this.column;
    return this.convertBytes(
      batch.bytes,
      batch.fieldStarts[field] as number,
      batch.fieldEnds[field] as number,
      batch.lines[record] as number,
    );
  }

  convertBytes(bytes: Uint8Array, start: number, end: number, line: number): RowFault | null {
    this.length = unchanged;
    if (this.rule.convert === null || start === end) return null;
    this.length = this.rule.convert(bytes, start, end, this.text);
    if (this.length !== invalid) return null;
    this.length = unchanged;
    const value = shown(Buffer.from(bytes.subarray(start, end)).toString());
    const { property, expected } = this.rule;
    const error = new SluiceError(
      "DATA_VALUE_TYPE",
      { file: this.file, property, value, type: expected },
      { place: { file: this.file, line } },
    );
    return { error, property, value };
  }

  /** Whether the record's value fits its slot; asked only where the bytes alone do not say so. */
  measure(batch: RecordBatch, record: number): RowFault | null {
    const field = (batch.firstFields[record] as number) + this.column;
    const length = (batch.fieldEnds[field] as number) - (batch.fieldStarts[field] as number);
    if (length <= this.rule.maximum) return null;
    return this.measureText(fieldText(batch, field), batch.lines[record] as number);
  }

  measureText(text: string, line: number): RowFault | null {
    const { property, maximum } = this.rule;
    if (text.length <= maximum) return null;
    const value = shown(text);
    const error = new SluiceError(
      "DATA_VALUE_TOO_LONG",
      { file: this.file, property, value, length: text.length, maximum },
      { place: { file: this.file, line } },
    );
    return { error, property, value };
  }
}
