import { canonicalRow, comma, type OutputFile, type RecordBatch, writeField } from "../../sync/index.js";
import type { EditableRow } from "./steps.js";

/** A record of a batch, decoded as far as it is read, and what was set in its place. */
export class BatchRow implements EditableRow {
  private batch: RecordBatch | null = null;
  private bytes: Buffer = Buffer.alloc(0);
  private first = 0;
  private readonly texts: (string | null)[];
  private readonly isSet: boolean[];
  private isChanged = false;

  /** @param columns of the result: the fields of the record, and those behind them that are new */
  constructor(private readonly columns: number) {
    this.texts = Array.from({ length: columns }, () => null);
    this.isSet = Array.from({ length: columns }, () => false);
  }

  /** Takes another record; one that is sound. */
  load(batch: RecordBatch, record: number): void {
    if (this.batch?.bytes !== batch.bytes) this.bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
    this.batch = batch;
    this.first = batch.firstFields[record] as number;
    this.texts.fill(null);
    this.isSet.fill(false);
    this.isChanged = false;
  }

  text(column: number): string {
    const known = this.texts[column];
    if (known !== null && known !== undefined) return known;
    const { batch } = this;
    if (batch === null) throw new Error("no record was loaded");
    const field = this.first + column;
    const text = this.bytes.toString("utf8", batch.fieldStarts[field], batch.fieldEnds[field]);
    this.texts[column] = text;
    return text;
  }

  set(column: number, text: string): void {
    this.texts[column] = text;
    this.isSet[column] = true;
    this.isChanged = true;
  }

  /** All values. */
  values(): string[] {
    return this.texts.map((_, column) => this.text(column));
  }

  /** Appends the row in canonical form; the record has to be the one loaded last. */
  writeTo(output: OutputFile, record: number): void {
    const { batch } = this;
    if (batch === null) throw new Error("no record was loaded");
    const start = batch.recordStarts[record] as number;
    const end = batch.recordEnds[record] as number;
    if (!this.isChanged && batch.canonical[record] === 1) {
      output.append(batch.bytes, start, end);
      output.appendText("\n");
      return;
    }
    for (let column = 0; column < this.columns; column++) {
      if (this.isSet[column] === true) {
        // One field as a row has its line end, which the last one keeps.
        const text = canonicalRow([this.text(column)]);
        output.appendText(column + 1 < this.columns ? `${text.slice(0, -1)},` : text);
      } else {
        const field = this.first + column;
        const from = batch.fieldStarts[field] as number;
        const to = batch.fieldEnds[field] as number;
        const at = output.reserve(2 * (to - from) + 3);
        const next = writeField(output.bytes, at, batch.bytes, from, to, batch.fieldForms[field] as number);
        output.bytes[next] = column + 1 < this.columns ? comma : 0x0a;
        output.commit(next + 1);
      }
    }
  }
}
