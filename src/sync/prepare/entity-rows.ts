import { join } from "node:path";
import type { EntityType, EntityTypeMapping, SessionFile } from "../../model/index.js";
import { copyBytes, type MemoryWindow, type RecordBatch } from "../csv/index.js";
import { ExternalSort } from "../sort/index.js";
import { CollectFile } from "./collect-file.js";
import { LineSet } from "./line-set.js";
import { NearKeys } from "./near-keys.js";
import { NullKeyRows } from "./null-key-rows.js";
import { RejectedRows } from "./rejected-rows.js";
import type { ErrorsFile, RowFault } from "./row-errors.js";
import { RowText } from "./row-text.js";
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

/** Rows of an entity type mapping: cleansed, sorted by the mapping key, written with the mapped columns (connectors §2.4). */
export class EntityRows implements TableRows {
  /** Lines of rows that gave no resource; kept only where links of the same table have to follow. */
  readonly rejectedLines: LineSet | null;
  private readonly text: RowText;
  private readonly sort: ExternalSort;
  private readonly nullKeys: NullKeyRows;
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
    const { identifier } = mapping;
    const { collectFolder } = context;
    this.text = new RowText(mapping, type, positions, context.file);
    this.rejectedLines = hasFollowers ? new LineSet() : null;
    this.sort = new ExternalSort(join(collectFolder, `.${identifier}.runs`), window);
    this.near = new NearKeys(join(collectFolder, `.${identifier}.keys`));
    this.nullKeys = new NullKeyRows(identifier, this.text, context);
    this.rejected = rejectedRowsOf(mapping, this.text, context);
  }

  check(batch: RecordBatch, record: number): RowFault | null {
    return this.text.check(batch, record);
  }

  take(batch: RecordBatch, record: number): void {
    const { text, sort } = this;
    const keyField = text.keyField(batch, record);
    const line = batch.lines[record] as number;
    if (batch.fieldStarts[keyField] === batch.fieldEnds[keyField]) {
      this.nullKeys.add(batch, record);
      this.rejectedLines?.add(line);
      return;
    }
    const start = sort.reserve(text.room(batch, record));
    const target = sort.bytes;
    const end = text.write(batch, record, target, start);
    if (text.keyAt >= 0) {
      sort.commit(line, end - start, text.keyAt, text.keyLength, end, 0);
      return;
    }
    // A key with a quote inside is not one piece of the text: it stands once more behind it.
    const last = copyBytes(target, end, batch.bytes, batch.fieldStarts[keyField] as number, batch.fieldEnds[keyField] as number);
    sort.commit(line, end - start, end, last - end, last, 0);
  }

  setAside(fields: readonly string[], line: number, fault: RowFault, isOfThisFile: boolean): void {
    // A row that the export set aside does not stand in this file: its line is that of another row here.
    if (isOfThisFile) this.rejectedLines?.add(line);
    this.rejected?.add(this.context.file, [fields[this.text.key.column]], line, fault);
  }

  finish(): SessionFile[] {
    const { context, near, mapping } = this;
    const { header, key } = this.text;
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
          const repeated = Buffer.from(row.bytes.subarray(row.keyStart, row.keyStart + row.keyLength)).toString();
          errors.add(file, row.line, repeated, key.rule.property, "", "an earlier row has this key");
        };
      });
      this.sort.close();
      duplicates.finish("entityType", mapping.identifier, "sorted");
      this.nullKeys.finish();
      const files = sorted.map((kept) => kept.finish("entityType", mapping.identifier, "sorted"));
      if (this.rejected !== null) files.push(this.rejected.finish("entityType"));
      tally.duplicates += duplicates.rows;
      tally.written += files[0]?.rows ?? 0;
      tally.nearEqualKeys += near.find(join(collectFolder, `${mapping.identifier}.sorted.csv`), (found, other) =>
        errors.add(
          file,
          null,
          found,
          key.rule.property,
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
    this.nullKeys.discard();
    this.rejected?.close();
  }
}

/** `.rejected.csv` of an entity type mapping, where one is written. */
export const rejectedRowsOf = (
  mapping: EntityTypeMapping,
  text: RowText,
  { collectFolder, setsAside }: RowsContext,
): RejectedRows | null =>
  setsAside ? new RejectedRows(collectFolder, mapping.identifier, [{ column: mapping.properties[0].column, rule: text.key.rule }]) : null;
