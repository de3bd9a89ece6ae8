import { join } from "node:path";
import type { AssociationMapping, EntityAssociation, EntityType, KeyReference, SessionFile } from "../../model/index.js";
import {
  canonicalRow,
  comma,
  FieldForm,
  fieldText,
  formOfBytes,
  lineFeed,
  type MemoryWindow,
  type RecordBatch,
  writeField,
} from "../csv/index.js";
import { ExternalSort, type SortedRow } from "../sort/index.js";
import { CollectFile } from "./collect-file.js";
import { ColumnValue } from "./column-value.js";
import type { RowsContext } from "./entity-rows.js";
import type { LineSet } from "./line-set.js";
import { addPair, addSwapped, FirstOfOwner, type Link, partsOf } from "./link.js";
import { keysNamed } from "./link-keys.js";
import { valueRuleOf } from "./property-value.js";
import { RejectedRows } from "./rejected-rows.js";
import type { RowFault } from "./row-errors.js";
import type { TableRows } from "./table-rows.js";

/** Rows of an association mapping: pairs of keys, sorted, each once (connectors §2.4, §1.8). */
export class LinkRows implements TableRows {
  private readonly values: readonly [ColumnValue, ColumnValue];
  private readonly isTyped: boolean;
  private readonly shortRow: number;
  private readonly sort: ExternalSort;
  private readonly header: readonly [string, string];
  private readonly nullKeys: CollectFile;
  private readonly duplicates: CollectFile;
  private readonly rejected: RejectedRows | null;
  private sequence = 0;
  /** Links of the row at hand, where a value had to be converted or holds several lines. */
  private pairs: [Buffer, Buffer][] | null = null;

  constructor(
    private readonly mapping: AssociationMapping,
    private readonly association: EntityAssociation,
    entityTypes: ReadonlyMap<string, EntityType>,
    positions: readonly [number, number],
    private readonly windows: readonly MemoryWindow[],
    private readonly context: RowsContext,
    /** Rejected rows of the entity mappings of sides 1 and 2 on the same table; null: the table holds links only. */
    private readonly guards: readonly LineSet[] | null,
  ) {
    const { identifier, key1, key2 } = mapping;
    const { collectFolder, file } = context;
    this.values = [
      new ColumnValue(positions[0], keyRuleOf(entityTypes, key1), file),
      new ColumnValue(positions[1], keyRuleOf(entityTypes, key2), file),
    ];
    this.isTyped = this.values.some(({ rule }) => rule.convert !== null);
    this.shortRow = Math.min(...this.values.map(({ rule }) => rule.maximum));
    this.header = [mapping.column1, mapping.column2];
    this.sort = new ExternalSort(join(collectFolder, `.${identifier}.runs`), windowAt(windows, 0));
    this.nullKeys = new CollectFile(collectFolder, identifier, ".nullpk.csv", this.header);
    this.duplicates = new CollectFile(collectFolder, identifier, ".duplicates.csv", this.header);
    const keys = this.values.map(({ rule }, i) => ({ column: this.header[i] as string, rule }));
    this.rejected = context.setsAside && guards === null ? new RejectedRows(collectFolder, identifier, keys) : null;
  }

  /** Associations whose side 2 names one resource are filtered by it first: this many windows of memory are needed. */
  static windowsFor(association: EntityAssociation): number {
    return association.side2.isCollection ? 1 : 2;
  }

  check(batch: RecordBatch, record: number): RowFault | null {
    const first = batch.firstFields[record] as number;
    this.pairs = null;
    const field1 = first + this.values[0].column;
    const field2 = first + this.values[1].column;
    if (this.isTyped || holdsLines(batch, field1) || holdsLines(batch, field2)) return this.checkLines(batch, record);
    if ((batch.recordEnds[record] as number) - (batch.recordStarts[record] as number) <= this.shortRow) return null;
    return this.values[0].measure(batch, record) ?? this.values[1].measure(batch, record);
  }

  take(batch: RecordBatch, record: number): void {
    const first = batch.firstFields[record] as number;
    const line = batch.lines[record] as number;
    const { bytes, fieldStarts, fieldEnds, fieldForms } = batch;
    if (this.pairs !== null) {
      if (this.pairs.length === 0) this.takeNull(batch, record);
      for (const [one, two] of this.pairs) {
        const form1 = formOfBytes(one, 0, one.length);
        const form2 = formOfBytes(two, 0, two.length);
        this.add(line, one, 0, one.length, form1, two, 0, two.length, form2);
      }
      return;
    }
    const field1 = first + this.values[0].column;
    const field2 = first + this.values[1].column;
    const start1 = fieldStarts[field1] as number;
    const start2 = fieldStarts[field2] as number;
    const end1 = fieldEnds[field1] as number;
    const end2 = fieldEnds[field2] as number;
    if (start1 === end1 || start2 === end2) this.takeNull(batch, record);
    else this.add(line, bytes, start1, end1, fieldForms[field1] as number, bytes, start2, end2, fieldForms[field2] as number);
  }

  setAside(fields: readonly string[], line: number, fault: RowFault): void {
    this.rejected?.add(this.context.file, [fields[this.values[0].column], fields[this.values[1].column]], line, fault);
  }

  finish(): SessionFile[] {
    const { identifier } = this.mapping;
    const { collectFolder, tally } = this.context;
    const { side1, side2 } = this.association;
    const sorts = [this.sort];
    const sorted: CollectFile[] = [];
    try {
      if (!side2.isCollection) {
        const bySide1 = new ExternalSort(join(collectFolder, `.${identifier}.pairs`), windowAt(this.windows, 1));
        sorts.push(bySide1);
        const first = new FirstOfOwner(
          (link) => addSwapped(bySide1, link),
          (link) => this.report(link, true, true),
        );
        this.sort.drain(() => this.distinct((link) => first.take(link), true));
        first.end();
        this.sort.close();
      }
      const write = (link: Link): void => this.write(sorted[0] as CollectFile, link, false);
      const first = new FirstOfOwner(write, (link) => this.report(link, false, true));
      const pass = side1.isCollection ? write : (link: Link): void => first.take(link);
      sorts.at(-1)?.drain((window) => {
        sorted.push(new CollectFile(collectFolder, identifier, ".sorted.csv", this.header, window));
        return side2.isCollection ? this.distinct(pass, false) : pass;
      });
      first.end();
      this.duplicates.finish("association", identifier, "sorted");
      this.nullKeys.finish("association", identifier, "sorted");
      const files = sorted.map((kept) => kept.finish("association", identifier, "sorted"));
      if (this.rejected !== null) files.push(this.rejected.finish("association"));
      tally.written += files[0]?.rows ?? 0;
      return files;
    } finally {
      for (const sort of sorts) sort.close();
      for (const kept of sorted) kept.output.discard();
    }
  }

  close(): void {
    this.sort.close();
    this.nullKeys.output.discard();
    this.duplicates.output.discard();
    this.rejected?.close();
  }

  /** Takes values apart that hold several lines, each of which names one resource, and converts them. */
  private checkLines(batch: RecordBatch, record: number): RowFault | null {
    const ones = keysNamed(this.values[0], batch, record);
    if (!Array.isArray(ones)) return ones;
    const twos = keysNamed(this.values[1], batch, record);
    if (!Array.isArray(twos)) return twos;
    this.pairs = ones.flatMap((one) => twos.map((two): [Buffer, Buffer] => [one, two]));
    return null;
  }

  private takeNull(batch: RecordBatch, record: number): void {
    if (this.guards !== null) return;
    const first = batch.firstFields[record] as number;
    const texts = this.values.map(({ column }) => fieldText(batch, first + column));
    this.nullKeys.output.appendText(canonicalRow(texts));
    this.nullKeys.rows++;
    this.context.tally.nullKeys++;
    const missing = texts[0] === "" ? 0 : 1;
    this.context.errors.add(this.context.file, batch.lines[record] as number, texts[0] ?? "", this.header[missing] as string, "", "no key");
  }

  /** Takes the pair of a row. */
  private add(
    line: number,
    one: Uint8Array,
    start1: number,
    end1: number,
    form1: number,
    two: Uint8Array,
    start2: number,
    end2: number,
    form2: number,
  ): void {
    if (this.association.side2.isCollection) addPair(this.sort, line, this.sequence, one, start1, end1, form1, two, start2, end2, form2);
    else addPair(this.sort, line, this.sequence, two, start2, end2, form2, one, start1, end1, form1);
    this.sequence++;
  }

  /** Passes each pair on once: its first row in file order that the table's entity mappings did not reject. */
  private distinct(pass: (link: Link) => void, isSwapped: boolean): (row: SortedRow, isRepeated: boolean) => void {
    const guards = this.guards ?? [];
    let isFirst = true;
    return (row, isRepeated) => {
      if (!isRepeated) isFirst = true;
      if (guards.length > 0 && guards.every((guard) => guard.has(row.line))) return;
      if (isFirst) pass(row);
      else this.report(row, isSwapped, false);
      isFirst = false;
    };
  }

  /** A link that is not loaded. */
  private report(link: Link, isSwapped: boolean, isConflict: boolean): void {
    const { tally, errors, file } = this.context;
    this.write(this.duplicates, link, isSwapped);
    if (isConflict) tally.conflictingDuplicates++;
    else tally.duplicates++;
    const parts = partsOf(link);
    const [one, two] = (isSwapped ? [parts[1], parts[0]] : parts).map(({ start, end }) =>
      Buffer.from(link.bytes.subarray(start, end)).toString(),
    );
    const reason = isConflict
      ? "an earlier row names another resource for a property that takes one"
      : "an earlier row names the same two resources";
    errors.add(file, link.line, one ?? "", this.header[1], two ?? "", reason);
  }

  private write(file: CollectFile, link: Link, isSwapped: boolean): void {
    const parts = partsOf(link);
    const one = isSwapped ? parts[1] : parts[0];
    const two = isSwapped ? parts[0] : parts[1];
    const { output } = file;
    let at = output.reserve(2 * link.keyLength + 8);
    const target = output.bytes;
    at = writeField(target, at, link.bytes, one.start, one.end, one.form);
    target[at++] = comma;
    at = writeField(target, at, link.bytes, two.start, two.end, two.form);
    target[at++] = lineFeed;
    output.commit(at);
    file.rows++;
  }
}

/** The rule of a link's key. */
export const keyRuleOf = (entityTypes: ReadonlyMap<string, EntityType>, { entityType, property }: KeyReference) => {
  const declared = entityTypes.get(entityType)?.properties.find((candidate) => candidate.identifier === property);
  if (declared === undefined) throw new Error(`there is no property ${entityType}:${property}`);
  return valueRuleOf(declared, true);
};

export const windowAt = (windows: readonly MemoryWindow[], index: number): MemoryWindow => {
  const window = windows[index];
  if (window === undefined) throw new Error("too little memory was set apart for an association");
  return window;
};

/** Whether the field holds a line break: then it is enclosed, or was decoded. */
const holdsLines = (batch: RecordBatch, field: number): boolean => {
  if (((batch.fieldForms[field] as number) & FieldForm.needsQuotes) === 0) return false;
  const end = batch.fieldEnds[field] as number;
  for (let p = batch.fieldStarts[field] as number; p < end; p++) {
    const byte = batch.bytes[p] as number;
    if (byte === lineFeed || byte === 0x0d) return true;
  }
  return false;
};
