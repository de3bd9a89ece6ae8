import { join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { EntityType, EntityTypeMapping, SessionFile } from "../../model/index.js";
import { canonicalRow, comma, copyBytes, lineFeed, type MemoryWindow, type RecordBatch } from "../csv/index.js";
import {
  canonicalFields,
  clearedColumn,
  commandColumn,
  type DeltaCommand,
  type DeltaRow,
  deltaCommands,
  fieldEnd,
  foldRows,
  joinCleared,
  splitCleared,
} from "../delta/index.js";
import { ExternalSort, type SortedRow } from "../sort/index.js";
import { CollectFile } from "./collect-file.js";
import type { CommandColumn } from "./command-column.js";
import { DeltaFile } from "./delta-file.js";
import { type RowsContext, rejectedRowsOf } from "./entity-rows.js";
import { LineSet } from "./line-set.js";
import { NullKeyRows } from "./null-key-rows.js";
import type { RejectedRows } from "./rejected-rows.js";
import type { RowFault } from "./row-errors.js";
import { RowText } from "./row-text.js";
import type { TableRows } from "./table-rows.js";

/** Flags of a row in the sort: the place of its command in `deltaCommands`, and these bits. */
const commandBits = 3;
/** No command: a row of this key was set aside. */
const asideFlag = 4;
/** From a delta that was never applied. */
const carriedFlag = 8;

/** Rows of an entity type mapping that carry commands: sorted by the mapping key, those of one key folded in file order (design §5). */
export class EntityCommands implements TableRows {
  /** Lines of rows that gave no command; kept only where links of the same table have to follow. */
  readonly rejectedLines: LineSet | null;
  private readonly text: RowText;
  private readonly sort: ExternalSort;
  private readonly nullKeys: NullKeyRows;
  private readonly rejected: RejectedRows | null;
  /** Links of the same table that stand under a key of this type other than the mapping key. */
  private readonly followers: { readonly property: number; readonly withdraw: (key: string) => void }[] = [];
  /** Lines of rows after which another one of their key says all of the resource; kept only for followers. */
  private readonly supersededLines = new LineSet();

  constructor(
    readonly mapping: EntityTypeMapping,
    type: EntityType,
    /** Position of each mapped property's column. */
    positions: readonly number[],
    window: MemoryWindow,
    private readonly context: RowsContext,
    hasFollowers: boolean,
    private readonly commands: CommandColumn,
  ) {
    this.text = new RowText(mapping, type, positions, context.file);
    this.rejectedLines = hasFollowers ? new LineSet() : null;
    this.sort = new ExternalSort(join(context.collectFolder, `.${mapping.identifier}.runs`), window);
    this.nullKeys = new NullKeyRows(mapping.identifier, this.text, context);
    this.rejected = rejectedRowsOf(mapping, this.text, context);
  }

  /** Header of the mapped columns. */
  get columns(): readonly string[] {
    return this.text.header;
  }

  /**
   * What a row says of links under a key that is not the mapping key does not count once a later row says all of its resource anew: the resource may have another key by then, or none.
   * `withdraw` is told the keys, at `property` of the mapped ones, that carried rows had and the table's rows gave up. Gives the lines of the table that do not count, filled by `finish`.
   */
  follow(property: number, withdraw: (key: string) => void): LineSet {
    this.followers.push({ property, withdraw });
    return this.supersededLines;
  }

  /** Takes the commands of a delta that was never applied, before any row of the table. */
  carry(rows: Iterable<DeltaRow>): void {
    for (const { command, fields, cleared } of rows) {
      const text = Buffer.from(canonicalRow([...fields, joinCleared(cleared)]));
      this.add(0, text, Buffer.from(fields[0] ?? ""), deltaCommands.indexOf(command) | carriedFlag);
    }
  }

  check(batch: RecordBatch, record: number): RowFault | null {
    return this.commands.command === "delete" ? this.text.checkKey(batch, record) : this.text.check(batch, record);
  }

  take(batch: RecordBatch, record: number): void {
    const { text, sort, commands } = this;
    const keyField = text.keyField(batch, record);
    const line = batch.lines[record] as number;
    const keyStart = batch.fieldStarts[keyField] as number;
    const keyEnd = batch.fieldEnds[keyField] as number;
    if (keyStart === keyEnd) {
      this.nullKeys.add(batch, record);
      this.rejectedLines?.add(line);
      return;
    }
    const cleared = commands.cleared.length === 0 ? noneCleared : clearedTail(text.emptyOnes(batch, record, commands.cleared));
    const start = sort.reserve(text.room(batch, record) + cleared.length);
    const target = sort.bytes;
    let end = text.write(batch, record, target, start);
    if (commands.command === "delete") end = keyOnly(target, start, end, text.header.length);
    target[end - 1] = comma;
    end = copyBytes(target, end, cleared, 0, cleared.length);
    const flags = deltaCommands.indexOf(commands.command);
    if (text.keyAt >= 0) {
      sort.commit(line, end - start, text.keyAt, text.keyLength, end, flags);
      return;
    }
    // A key with a quote inside is not one piece of the text: it stands once more behind it.
    const last = copyBytes(target, end, batch.bytes, keyStart, keyEnd);
    sort.commit(line, end - start, end, last - end, last, flags);
  }

  setAside(fields: readonly string[], line: number, fault: RowFault, isOfThisFile: boolean): void {
    // A row that the export set aside does not stand in this file: its line is that of another row here.
    if (isOfThisFile) this.rejectedLines?.add(line);
    const [key = ""] = this.rejected?.add(this.context.file, [fields[this.text.key.column]], line, fault) ?? [];
    this.add(line, Buffer.alloc(0), Buffer.from(key), asideFlag);
  }

  finish(): SessionFile[] {
    const { identifier } = this.mapping;
    const { collectFolder, tally } = this.context;
    const { header } = this.text;
    const duplicates = new CollectFile(collectFolder, identifier, ".duplicates.csv", header);
    const delta = new DeltaFile(collectFolder, identifier, "entityType", [commandColumn, ...header, clearedColumn]);
    try {
      let group = new Group(header);
      const end = (): void => this.endGroup(group, delta);
      this.sort.drain(() => (row, isRepeated) => {
        if (!isRepeated) {
          end();
          group = new Group(header);
        }
        group.take(row);
      });
      end();
      this.sort.close();
      duplicates.finish("entityType", identifier, "sorted");
      this.nullKeys.finish();
      const files = [delta.finish(tally)];
      if (this.rejected !== null) files.push(this.rejected.finish("entityType"));
      return files;
    } finally {
      delta.discard();
      duplicates.output.discard();
    }
  }

  close(): void {
    this.sort.close();
    this.nullKeys.discard();
    this.rejected?.close();
  }

  private add(line: number, text: Buffer, key: Buffer, flags: number): void {
    const start = this.sort.reserve(text.length + key.length);
    const keyAt = copyBytes(this.sort.bytes, start, text, 0, text.length);
    const end = copyBytes(this.sort.bytes, keyAt, key, 0, key.length);
    this.sort.commit(line, text.length, keyAt, key.length, end, flags);
  }

  private endGroup(group: Group, delta: DeltaFile): void {
    const { tally, errors, file } = this.context;
    if (group.isAside) {
      for (const { line, key } of group.droppedRows()) {
        tally.rejected++;
        this.rejectedLines?.add(line);
        errors.add(file, line, key, this.text.key.rule.property, "", "another row of this key was set aside");
      }
    } else if (this.followers.length > 0) {
      for (const { property } of this.followers) {
        const line = group.renamedAt(property);
        if (line === null) continue;
        const column = this.text.header[property] ?? "";
        throw new SluiceError("DATA_LINK_KEY_RENAMED", { file, column }, { place: { file, line } });
      }
      for (const line of group.superseded()) this.supersededLines.add(line);
      const given = group.givenUp();
      for (const { property, withdraw } of this.followers) {
        const before = given?.before[property] ?? null;
        if (before !== null && before !== (given?.after[property] ?? null)) withdraw(before);
      }
    }
    tally.folded += Math.max(0, group.counted() - 1);
    group.write(delta);
  }
}

/** The rows of one key, in file order. A single one is passed on as it is, without being parsed. */
class Group {
  isAside = false;
  /** The first row's text, and its command. */
  private first: Buffer | null = null;
  private command: DeltaCommand = "insert";
  private folded: DeltaRow | null = null;
  /** How many rows were carried, and what they come to. */
  private carriedRows = 0;
  private carried: DeltaRow | null = null;
  private readonly lines: number[] = [];
  /** Rows of this key that a merge came after, and its line. */
  private readonly merged: { readonly before: DeltaRow["fields"]; readonly fields: DeltaRow["fields"]; readonly line: number }[] = [];
  /** How many of the lines come before the last row that says all of its resource. */
  private before = 0;
  private isCarriedSuperseded = false;
  private key = "";

  constructor(private readonly columns: readonly string[]) {}

  take(row: SortedRow): void {
    if ((row.flags & asideFlag) !== 0) {
      this.isAside = true;
      this.key = Buffer.from(row.bytes.subarray(row.keyStart, row.keyStart + row.keyLength)).toString();
      return;
    }
    const text = Buffer.from(row.bytes.subarray(row.textStart, row.textEnd));
    const command = deltaCommands[row.flags & commandBits] as DeltaCommand;
    if (this.first === null) {
      this.first = text;
      this.command = command;
    } else {
      const later = this.parsed(command, text);
      if (command === "merge" && this.row().command !== "delete")
        this.merged.push({ before: this.row().fields, fields: later.fields, line: row.line });
      this.folded = foldRows(this.row(), later, this.columns);
    }
    if ((row.flags & carriedFlag) !== 0) {
      this.carriedRows++;
      this.carried = this.row();
    } else {
      if (command !== "merge") {
        this.before = this.lines.length;
        this.isCarriedSuperseded = this.carriedRows > 0;
      }
      this.lines.push(row.line);
    }
  }

  /** The line of a merge that gives another key at `property`, after an earlier row whose links stand under the former one; null where there is none. */
  renamedAt(property: number): number | null {
    const found = this.merged.find(({ before, fields }) => {
      const [from, to] = [before[property] ?? null, fields[property] ?? null];
      return from !== null && to !== null && from !== to;
    });
    return found?.line ?? null;
  }

  /** Rows of this file after which another one of their key says all of the resource. */
  superseded(): readonly number[] {
    return this.lines.slice(0, this.before);
  }

  /** What was carried, and what came of it; null where nothing was, or where the rows of this file only add to it. */
  givenUp(): { readonly before: DeltaRow["fields"]; readonly after: DeltaRow["fields"] } | null {
    return this.carried !== null && this.isCarriedSuperseded ? { before: this.carried.fields, after: this.row().fields } : null;
  }

  /** The rows of this file that do not count, because one of their key was set aside. */
  droppedRows(): { readonly line: number; readonly key: string }[] {
    return this.lines.map((line) => ({ line, key: this.key }));
  }

  /** How many rows the command that is written stands for. */
  counted(): number {
    return this.carriedRows + (this.isAside ? 0 : this.lines.length);
  }

  write(delta: DeltaFile): void {
    if (this.isAside) {
      if (this.carried !== null) delta.addRow(this.carried, true);
    } else if (this.folded !== null) delta.addRow(this.folded, true);
    else if (this.first !== null) delta.add(this.command, this.first, 0, this.first.length);
  }

  private row(): DeltaRow {
    return this.folded ?? this.parsed(this.command, this.first ?? Buffer.alloc(0));
  }

  private parsed(command: DeltaCommand, text: Buffer): DeltaRow {
    const fields = canonicalFields(text, 0, text.length);
    return { command, fields: fields.slice(0, this.columns.length), cleared: splitCleared(fields[this.columns.length] ?? null) };
  }
}

/** The cell `#cleared` and the end of the row. */
const clearedTail = (columns: readonly string[]): Buffer => Buffer.from(canonicalRow([joinCleared(columns)]));
const noneCleared = clearedTail([]);

/** Empties the cells behind the key, its first field, of the row's text `target[start, end)`; gives the place after it. */
const keyOnly = (target: Uint8Array, start: number, end: number, columns: number): number => {
  let at = fieldEnd(target, start, end);
  for (let i = 1; i < columns; i++) target[at++] = comma;
  target[at++] = lineFeed;
  return at;
};
