import type { RecordBatch } from "../csv/index.js";
import { CollectFile } from "./collect-file.js";
import type { RowsContext } from "./entity-rows.js";
import type { RowText } from "./row-text.js";

/** `.nullpk.csv` of an entity type mapping. */
export class NullKeyRows {
  private readonly file: CollectFile;

  constructor(
    private readonly mapping: string,
    private readonly text: RowText,
    private readonly context: RowsContext,
  ) {
    this.file = new CollectFile(context.collectFolder, mapping, ".nullpk.csv", text.header);
  }

  /** Takes a checked record that has no key. */
  add(batch: RecordBatch, record: number): void {
    const { text, file, context } = this;
    const bytes = new Uint8Array(text.room(batch, record));
    file.output.append(bytes, 0, text.write(batch, record, bytes, 0));
    file.rows++;
    context.tally.nullKeys++;
    context.errors.add(context.file, batch.lines[record] as number, "", text.key.rule.property, "", "no key");
  }

  finish(): void {
    this.file.finish("entityType", this.mapping, "sorted");
  }

  discard(): void {
    this.file.output.discard();
  }
}
