import { join } from "node:path";
import type { EntityType, EntityTypeMapping, SessionFile } from "../../model/index.js";
import { comma, copyBytes, FieldForm, lineFeed, type MemoryWindow, type RecordBatch, writeField } from "../csv/index.js";
import { ExternalSort } from "../sort/index.js";
import { CollectFile } from "./collect-file.js";
import { ColumnValue } from "./column-value.js";
import { LineSet } from "./line-set.js";
import { NearKeys } from "./near-keys.js";
import { valueRuleOf } from "./property-value.js";
import { RejectedRows } from "./rejected-rows.js";
import type { ErrorsFile, RowFault } from "./row-errors.js";
import type { TableRows } from "./table-rows.js";
import type { Tally } from "./tally.js";

/** What the rows of a table are worked on with. */
export interface RowsContext {
  /** The table's file, as errors name it. */
  readonly file: string;
  readonly collectFolder: string;
  readonly errors: ErrorsFile;
  readonly tally: Tally;
  /** Whether `.rejected.csv` is written. */
  readonly setsAside: boolean;
}

/** Columns that stand side by side in the source in the order of the mapping. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Rows of an entity type mapping: cleansed, sorted by the mapping key, written with the mapped columns (connectors §2.4). */
export class EntityRows implements TableRows {
  /** Lines of rows that gave no resource; kept only where links of the same table have to follow. */
  readonly rejectedLines: LineSet | null;
  private readonly columns: readonly ColumnValue[];
  private readonly key: ColumnValue;
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
  private keyAt = 0;
  private keyLength = 0;
  private readonly sort: ExternalSort;
  private readonly header: readonly string[];
  private readonly nullKeys: CollectFile;
  private readonly rejected: RejectedRows | null;
  private readonly near: NearKeys;

  constructor(
    private readonly mapping: EntityTypeMapping,
    type: EntityType,
    /** Position of each mapped property's column. */
    positions: readonly number[],
    window: MemoryWindow,
    private readonly context: RowsContext,
    hasFollowers: boolean,
  ) {
    const { identifier, properties } = mapping;
    const { collectFolder, file } = context;
    this.columns = properties.map(({ property }, i) => {
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
    this.header = properties.map(({ column }) => column);
    this.rejectedLines = hasFollowers ? new LineSet() : null;
    this.sort = new ExternalSort(join(collectFolder, `.${identifier}.runs`), window);
    this.near = new NearKeys(join(collectFolder, `.${identifier}.keys`));
    this.nullKeys = new CollectFile(collectFolder, identifier, ".nullpk.csv", this.header);
    const keys = [{ column: mapping.properties[0].column, rule: this.key.rule }];
    this.rejected = context.setsAside ? new RejectedRows(collectFolder, identifier, keys) : null;
  }

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

  take(batch: RecordBatch, record: number): void {
    const keyField = (batch.firstFields[record] as number) + this.key.column;
    const rowBytes = (batch.recordEnds[record] as number) - (batch.recordStarts[record] as number);
    const most = this.growth * rowBytes + (3 + this.key.text.length) * this.columns.length;
    const line = batch.lines[record] as number;
    if (batch.fieldStarts[keyField] === batch.fieldEnds[keyField]) {
      const text = new Uint8Array(most);
      this.nullKeys.output.append(text, 0, this.write(batch, record, text, 0));
      this.nullKeys.rows++;
      this.context.tally.nullKeys++;
      this.rejectedLines?.add(line);
      this.context.errors.add(this.context.file, line, "", this.key.rule.property, "", "no key");
      return;
    }
    const start = this.sort.reserve(most);
    const target = this.sort.bytes;
    const end = this.write(batch, record, target, start);
    if (this.keyAt >= 0) {
      this.sort.commit(line, end - start, this.keyAt, this.keyLength, end, 0);
      return;
    }
    // A key with a quote inside is not one piece of the text: it stands once more behind it.
    const last = copyBytes(target, end, batch.bytes, batch.fieldStarts[keyField] as number, batch.fieldEnds[keyField] as number);
    this.sort.commit(line, end - start, end, last - end, last, 0);
  }

  setAside(fields: readonly string[], line: number, fault: RowFault, isOfThisFile: boolean): void {
    // A row that the export set aside does not stand in this file: its line is that of another row here.
    if (isOfThisFile) this.rejectedLines?.add(line);
    this.rejected?.add(this.context.file, [fields[this.key.column]], line, fault);
  }

  finish(): SessionFile[] {
    const { context, header, near, mapping } = this;
    const { collectFolder, tally, errors, file } = context;
    const duplicates = new CollectFile(collectFolder, mapping.identifier, ".duplicates.csv", header);
    const sorted: CollectFile[] = [];
    try {
      this.sort.drain((window) => {
        const kept = new CollectFile(collectFolder, mapping.identifier, ".sorted.csv", header, window);
        sorted.push(kept);
        const output = kept.output;
        return (row, isRepeated) => {
          if (!isRepeated) {
            output.append(row.bytes, row.textStart, row.textEnd);
            near.add(row.bytes, row.keyStart, row.keyStart + row.keyLength);
            kept.rows++;
            return;
          }
          duplicates.output.append(row.bytes, row.textStart, row.textEnd);
          duplicates.rows++;
          this.rejectedLines?.add(row.line);
          const key = Buffer.from(row.bytes.subarray(row.keyStart, row.keyStart + row.keyLength)).toString();
          errors.add(file, row.line, key, this.key.rule.property, "", "an earlier row has this key");
        };
      });
      this.sort.close();
      duplicates.finish("entityType", mapping.identifier, "sorted");
      this.nullKeys.finish("entityType", mapping.identifier, "sorted");
      const files = sorted.map((kept) => kept.finish("entityType", mapping.identifier, "sorted"));
      if (this.rejected !== null) files.push(this.rejected.finish("entityType"));
      tally.duplicates += duplicates.rows;
      tally.written += files[0]?.rows ?? 0;
      tally.nearEqualKeys += near.find(join(collectFolder, `${mapping.identifier}.sorted.csv`), (key, other) =>
        errors.add(
          file,
          null,
          key,
          this.key.rule.property,
          other,
          "differs from this value only in blanks, case or Unicode form; both are loaded",
        ),
      );
      return files;
    } finally {
      duplicates.output.discard();
      for (const kept of sorted) kept.output.discard();
    }
  }

  close(): void {
    this.sort.close();
    this.near.close();
    this.nullKeys.output.discard();
    this.rejected?.close();
  }

  /** Writes the row's text; leaves where its key lies in it, -1 where it is not in one piece. */
  private write(batch: RecordBatch, record: number, target: Uint8Array, start: number): number {
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
