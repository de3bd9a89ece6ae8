import type { EntityType, EntityTypeMapping } from "../../model/index.js";
import { comma, copyBytes, FieldForm, lineFeed, type RecordBatch, writeField } from "../csv/index.js";
import { ColumnValue } from "./column-value.js";
import { unchanged, valueRuleOf } from "./property-value.js";
import type { RowFault } from "./row-errors.js";

/** Columns that stand side by side in the source in the order of the mapping. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Checks and converts the mapped columns of an entity type's rows and writes them as canonical text, mapping key first (connectors §2.4). */
export class RowText {
  readonly header: readonly string[];
  readonly key: ColumnValue;
  /** Where the key of the row written last lies in its text, -1 where it is not in one piece. */
  keyAt = 0;
  keyLength = 0;
  private readonly columns: readonly ColumnValue[];
  /** Columns whose type is not plain text. */
  private readonly typed: readonly ColumnValue[];
  /** Columns whose values may be too long. */
  private readonly bounded: readonly ColumnValue[];
  /** A row with no more bytes has no value that is too long. */
  private readonly shortRow: number;
  private readonly spans: readonly Span[];
  /** Bytes of the row's text are at most this many times those of the source's row. */
  private readonly growth: number;
  private isConverted = false;

  /** @param positions of each mapped property's column; `file` as errors name it */
  constructor(mapping: EntityTypeMapping, type: EntityType, positions: readonly number[], file: string) {
    this.columns = mapping.properties.map(({ property }, i) => {
      const declared = type.properties.find((candidate) => candidate.identifier === property);
      if (declared === undefined) throw new Error(`${type.identifier} has no property ${property}`);
      return new ColumnValue(positions[i] as number, valueRuleOf(declared, i === 0), file);
    });
    this.key = this.columns[0] as ColumnValue;
    this.typed = this.columns.filter(({ rule }) => rule.convert !== null);
    this.bounded = this.columns.filter(({ rule }) => Number.isFinite(rule.maximum));
    this.shortRow = Math.min(...this.bounded.map(({ rule }) => rule.maximum));
    this.spans = spansOf(positions);
    this.growth = 2 * Math.max(...positions.map((position) => positions.filter((other) => other === position).length));
    this.header = mapping.properties.map(({ column }) => column);
  }

  /** What is wrong with the record's values, or null; what they are converted to is kept for `write`. */
  check(batch: RecordBatch, record: number): RowFault | null {
    this.isConverted = false;
    for (const column of this.typed) {
      const fault = column.convert(batch, record);
      if (fault !== null) return fault;
      if (column.length >= 0) this.isConverted = true;
    }
    if ((batch.recordEnds[record] as number) - (batch.recordStarts[record] as number) <= this.shortRow) return null;
    for (const column of this.bounded) {
      const fault = column.measure(batch, record);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** The same for the key alone: the other values are passed over. */
  checkKey(batch: RecordBatch, record: number): RowFault | null {
    for (const column of this.typed) column.length = unchanged;
    const fault = this.key.convert(batch, record);
    this.isConverted = this.key.length >= 0;
    return fault ?? this.key.measure(batch, record);
  }

  /** The field of the batch that holds the record's key. */
  keyField(batch: RecordBatch, record: number): number {
    return (batch.firstFields[record] as number) + this.key.column;
  }

  /** Those of the named columns, in their order, that the record has no value in. The key is never among them. */
  emptyOnes(batch: RecordBatch, record: number, names: readonly string[]): string[] {
    const first = batch.firstFields[record] as number;
    const isEmpty = ({ column }: ColumnValue): boolean => batch.fieldStarts[first + column] === batch.fieldEnds[first + column];
    const found = this.header.filter((name, i) => i > 0 && names.includes(name) && isEmpty(this.columns[i] as ColumnValue));
    return [...new Set(found)];
  }

  /** Bytes that the record's text and its key once more take at most. */
  room(batch: RecordBatch, record: number): number {
    const rowBytes = (batch.recordEnds[record] as number) - (batch.recordStarts[record] as number);
    return this.growth * rowBytes + (3 + this.key.text.length) * this.columns.length;
  }

  /** Writes a checked record's text with its line feed to `target` at `start`; gives the place after it. Leaves where the key lies. */
  write(batch: RecordBatch, record: number, target: Uint8Array, start: number): number {
    const { bytes, fieldStarts, fieldEnds, fieldForms } = batch;
    const first = batch.firstFields[record] as number;
    const keyField = first + this.key.column;
    const keyForm = fieldForms[keyField] as number;
    this.keyLength = (fieldEnds[keyField] as number) - (fieldStarts[keyField] as number);
    let at = start;
    if (batch.canonical[record] === 1 && !this.isConverted) {
      this.keyAt = start + (keyForm & FieldForm.enclosed);
      for (let i = 0; i < this.spans.length; i++) {
        const { from, to } = this.spans[i] as Span;
        if (i > 0) target[at++] = comma;
        const end = (fieldEnds[first + to] as number) + ((fieldForms[first + to] as number) & FieldForm.enclosed);
        at = copyBytes(
          target,
          at,
          bytes,
          (fieldStarts[first + from] as number) - ((fieldForms[first + from] as number) & FieldForm.enclosed),
          end,
        );
      }
    } else {
      this.keyAt = (keyForm & FieldForm.holdsQuote) !== 0 ? -1 : start + ((keyForm & FieldForm.needsQuotes) >> 1);
      for (let i = 0; i < this.columns.length; i++) {
        const column = this.columns[i] as ColumnValue;
        if (i > 0) target[at++] = comma;
        if (column.length >= 0) {
          if (i === 0) {
            this.keyAt = at;
            this.keyLength = column.length;
          }
          at = copyBytes(target, at, column.text, 0, column.length);
        } else {
          const field = first + column.column;
          at = writeField(target, at, bytes, fieldStarts[field] as number, fieldEnds[field] as number, fieldForms[field] as number);
        }
      }
    }
    target[at++] = lineFeed;
    return at;
  }
}

const spansOf = (positions: readonly number[]): Span[] => {
  const spans: { from: number; to: number }[] = [];
  for (const position of positions) {
    const last = spans.at(-1);
    if (last !== undefined && position === last.to + 1) last.to = position;
    else spans.push({ from: position, to: position });
  }
  return spans;
};
