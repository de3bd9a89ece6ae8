import { existsSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type {
  AssociationMapping,
  EntityAssociation,
  EntityType,
  EntityTypeMapping,
  SessionFile,
  SynchronizationType,
} from "../../model/index.js";
import {
  FileSource,
  fieldText,
  headerHint,
  isSound,
  type MemoryWindow,
  maySetAside,
  type RecordBatch,
  RecordReader,
  readableFields,
  readerWindowBytes,
  recordFault,
} from "../csv/index.js";
import { type DeltaRow, hasClearedColumn, readDelta } from "../delta/index.js";
import { type ExportManifest, invalidManifest, manifestPath, readManifest } from "../manifest.js";
import type { WorkerTools } from "../worker.js";
import { CommandColumn, commandColumnAt } from "./command-column.js";
import { EntityCommands } from "./entity-commands.js";
import { EntityRows, type RowsContext } from "./entity-rows.js";
import { exportedFile } from "./exported-file.js";
import type { LineSet } from "./line-set.js";
import { LinkCommands } from "./link-commands.js";
import { LinkRows } from "./link-rows.js";
import { type OwnSide, ownSidesOf } from "./own-side.js";
import type { EarlierFiles, OnRowError } from "./request.js";
import type { ErrorsFile, RowFault } from "./row-errors.js";
import type { TableRows } from "./table-rows.js";
import type { Tally } from "./tally.js";

/** Memory that the rows of one table are sorted in, all of its mappings together: small runs stay in the processor's cache. */
const sortingBytes = 16 * 1024 * 1024;
/** Least of it for one sort: 256 KiB of it gather output. */
const leastSortBytes = 2 * 1024 * 1024;

/** One file of the export and the mappings that read it. */
export interface TableWork {
  readonly table: string;
  readonly connection: string;
  readonly entityTypes: readonly EntityTypeMapping[];
  readonly associations: readonly AssociationMapping[];
}

export interface TableContext {
  readonly inputFolder: string;
  readonly collectFolder: string;
  readonly entityTypes: ReadonlyMap<string, EntityType>;
  readonly associations: ReadonlyMap<string, EntityAssociation>;
  readonly onRowError: OnRowError;
  /** Type of an incremental preparation; null in the other modes, which ignore a column of commands. */
  readonly incremental: SynchronizationType | null;
  /** Header of the column of commands; null: `command`, ignoring case. */
  readonly columnName: string | null;
  /** Deltas that come before the rows of a table with commands. */
  readonly carried: EarlierFiles | null;
  readonly errors: ErrorsFile;
  readonly tally: Tally;
  readonly tools: WorkerTools;
}

/**
 * Reads one table once and gives each of its mappings its rows (connectors §2.4).
 * @throws SRC_… and DATA_… with file and line; nothing half-written is left under a final name
 */
export const prepareTable = (work: TableWork, context: TableContext): SessionFile[] => {
  const path = tablePath(context.inputFolder, work);
  const file = `${work.table}.csv`;
  const manifest = readManifest(path);
  const source = new FileSource(path, file);
  try {
    if (manifest !== null && manifest.bytes !== source.size) {
      throw invalidManifest(manifestPath(path), `it says ${manifest.bytes} bytes, the file has ${source.size}`);
    }
    const table = new Table(work, context, file, source, manifest, join(context.inputFolder, `${work.table}.rejected.csv`));
    try {
      return table.run(manifestPath(path));
    } finally {
      table.close();
    }
  } finally {
    source.close();
  }
};

class Table {
  private readonly reader: RecordReader;
  private readonly header: readonly string[];
  /** Incremental, Type Changes. */
  private readonly commands: CommandColumn | null;
  private readonly entities: readonly (EntityRows | EntityCommands)[];
  private readonly links: readonly (LinkRows | LinkCommands)[];
  private readonly rows: readonly TableRows[];
  /** Beside the export's output: rows that it set aside. */
  private readonly exportRejected: string | null;
  private read = 0;

  constructor(
    private readonly work: TableWork,
    private readonly context: TableContext,
    private readonly file: string,
    private readonly source: FileSource,
    private readonly manifest: ExportManifest | null,
    exportRejected: string,
  ) {
    const { entityTypes, associations } = work;
    this.exportRejected = existsSync(exportRejected) ? exportRejected : null;
    const windows = shareMemory(
      entityTypes.length,
      associations.map((mapping) => (this.hasCommands ? LinkCommands.windows : LinkRows.windowsFor(this.association(mapping)))),
    );
    this.reader = new RecordReader(source, { delimiter: ",", file, window: windows.reader });
    this.header = this.reader.header();
    const positions = [
      ...entityTypes.map(({ identifier, properties }) => properties.map(({ column }) => this.position(column, identifier))),
      ...associations.map(({ identifier, column1, column2 }) => [this.position(column1, identifier), this.position(column2, identifier)]),
    ];
    const { collectFolder, errors, tally, onRowError, columnName } = context;
    const keyColumns = [...new Set(positions.slice(0, entityTypes.length).flatMap((places) => places.slice(0, 1)))];
    this.commands = this.hasCommands ? new CommandColumn(file, this.header, columnName, keyColumns) : null;
    if (context.incremental === "None") this.refuseCommands();
    const setsAside = onRowError === "SetAside" || this.exportRejected !== null;
    const rowsContext: RowsContext = { file, collectFolder, errors, tally, setsAside };
    this.entities = entityTypes.map((mapping, i) => {
      const hasFollowers = associations.some((association) => this.isSide(association, mapping.identifier));
      const type = this.entityType(mapping.identifier);
      const window = windows.entities[i] as MemoryWindow;
      const places = positions[i] ?? [];
      return this.commands === null
        ? new EntityRows(mapping, type, places, window, rowsContext, hasFollowers)
        : new EntityCommands(mapping, type, places, window, rowsContext, hasFollowers, this.commands);
    });
    this.links = associations.map((mapping, i) => {
      const places = positions[entityTypes.length + i] as [number, number];
      const association = this.association(mapping);
      const window = windows.links[i] as readonly MemoryWindow[];
      const guards = this.guardsOf(mapping);
      const types = context.entityTypes;
      if (this.commands === null) return new LinkRows(mapping, association, types, places, window, rowsContext, guards);
      const own = guards === null ? null : this.ownSide(mapping);
      const links = new LinkCommands(mapping, association, types, places, window, rowsContext, guards, own?.side ?? null, this.commands);
      const entity = this.entities.find((rows) => rows instanceof EntityCommands && rows.mapping === own?.mapping);
      if (own !== null && own.property > 0 && entity instanceof EntityCommands)
        links.leaveOut(entity.follow(own.property, (key) => links.withdrawCarried(own.side, key)));
      return links;
    });
    this.rows = [...this.entities, ...this.links];
  }

  run(manifestFile: string): SessionFile[] {
    const { tally, tools } = this.context;
    this.carry();
    for (let batch = this.reader.next(); batch !== null; batch = this.reader.next()) {
      tools.checkStop(`preparing ${this.file}`);
      this.takeBatch(batch);
      tools.onProgress({ step: `reading ${this.file}`, rows: this.read });
    }
    this.source.ensureUnchanged();
    if (this.manifest !== null && this.manifest.rows !== this.read) {
      throw invalidManifest(manifestFile, `it says ${this.manifest.rows} rows, the file has ${this.read}`);
    }
    if (this.exportRejected !== null) this.takeRejected(this.exportRejected);
    tally.read += this.read;
    return this.rows.flatMap((rows) => {
      tools.checkStop(`sorting ${this.file}`);
      tools.onProgress({ step: `sorting ${this.file}`, rows: this.read });
      return rows.finish();
    });
  }

  close(): void {
    for (const rows of this.rows) rows.close();
  }

  private get hasCommands(): boolean {
    return this.context.incremental !== null && this.context.incremental !== "None";
  }

  /** Full data is expected: a column of commands is not passed over in silence. */
  private refuseCommands(): void {
    const { file, header, work, context } = this;
    const place = commandColumnAt(file, header, context.columnName);
    const mapped = [
      ...work.entityTypes.flatMap(({ properties }) => properties.map(({ column }) => column)),
      ...work.associations.flatMap(({ column1, column2 }) => [column1, column2]),
    ];
    const column = header[place];
    if (column !== undefined && !mapped.includes(column)) {
      throw new SluiceError("DATA_COMMAND_UNEXPECTED", { file, column }, { place: { file, line: 1 } });
    }
  }

  /** Takes the deltas that were never applied, before the table's own rows. */
  private carry(): void {
    for (const rows of [...this.entities, ...this.links]) {
      if (rows instanceof EntityCommands || rows instanceof LinkCommands)
        rows.carry(this.carriedRows(rows.mapping.identifier, rows.columns));
    }
  }

  private *carriedRows(mapping: string, columns: readonly string[]): Generator<DeltaRow> {
    const { carried, incremental } = this.context;
    const file = carried?.files.find((candidate) => candidate.mapping === mapping && candidate.content === "delta");
    if (carried === null || file === undefined) return;
    const path = join(carried.folder, file.name);
    try {
      yield* readDelta({ ...file, path, columns }, hasClearedColumn(file.kind, incremental ?? "None"));
    } catch (cause) {
      if (!(cause instanceof SluiceError) || !cause.code.startsWith("SYNC_FILE_")) throw cause;
      throw new SluiceError("SRC_BASELINE_INVALID", { file: path, reason: cause.message }, { place: { file: path }, cause });
    }
  }

  private takeBatch(batch: RecordBatch): void {
    const { rows, commands } = this;
    const columns = this.header.length;
    this.read += batch.count;
    records: for (let i = 0; i < batch.count; i++) {
      if (!isSound(batch, i, columns)) {
        const error = recordFault(batch, i, this.reader, { file: this.file, header: this.header, encoding: "UTF-8" });
        this.setAside(batch, i, { error, property: "", value: "" });
        continue;
      }
      const unknown = commands === null ? null : commands.read(batch, i);
      if (unknown !== null) {
        this.setAside(batch, i, unknown);
        continue;
      }
      for (let r = 0; r < rows.length; r++) {
        const fault = (rows[r] as TableRows).check(batch, i);
        if (fault === null) continue;
        this.setAside(batch, i, fault);
        continue records;
      }
      for (let r = 0; r < rows.length; r++) (rows[r] as TableRows).take(batch, i);
    }
  }

  private setAside(batch: RecordBatch, record: number, fault: RowFault): void {
    const isWhole = isSound(batch, record, this.header.length);
    if (this.context.onRowError === "Stop" || !(isWhole || maySetAside(batch, record, fault.error))) throw fault.error;
    this.keep(readableFields(batch, record), batch.lines[record] as number, fault, true);
  }

  /** `isOfThisFile`: `line` counts in the file read here, not in the source that an export read. */
  private keep(fields: readonly string[], line: number, fault: RowFault, isOfThisFile: boolean): void {
    for (const rows of this.rows) rows.setAside(fields, line, fault, isOfThisFile);
    this.context.tally.rejected++;
    const key = fields[this.keyColumn()] ?? "";
    this.context.errors.add(this.file, line, key, fault.property, fault.value, fault.error.message);
  }

  /** Rows that the export set aside: line, reason, then the fields as far as they could be read. */
  private takeRejected(path: string): void {
    const source = new FileSource(path, `${this.work.table}.rejected.csv`);
    try {
      const reader = new RecordReader(source, { delimiter: ",", file: source.name });
      reader.header();
      for (let batch = reader.next(); batch !== null; batch = reader.next()) {
        for (let i = 0; i < batch.count; i++) {
          const first = batch.firstFields[i] as number;
          const line = Number(fieldText(batch, first));
          const fields = readableFields(batch, i).slice(2);
          const error = new SluiceError(
            "DATA_ROW_SET_ASIDE",
            { reason: fieldText(batch, first + 1) },
            { place: { file: this.file, line } },
          );
          this.keep(fields, line, { error, property: "", value: "" }, false);
        }
      }
    } finally {
      source.close();
    }
  }

  /** Place of the key that `errors.csv` shows: that of the table's first entity type, else the first column of its first association. */
  private keyColumn(): number {
    const [entity] = this.work.entityTypes;
    const column = entity?.properties[0].column ?? this.work.associations[0]?.column1 ?? "";
    return Math.max(this.header.indexOf(column), 0);
  }

  private position(column: string, mapping: string): number {
    const { file, header } = this;
    const place = { file, line: 1 };
    const position = header.indexOf(column);
    if (position < 0) {
      throw new SluiceError("DATA_COLUMN_MISSING", { file, column, mapping, hint: headerHint(header, column) }, { place });
    }
    if (header.indexOf(column, position + 1) >= 0) throw new SluiceError("DATA_COLUMN_REPEATED", { file, column, mapping }, { place });
    return position;
  }

  private entityType(identifier: string): EntityType {
    const type = this.context.entityTypes.get(identifier);
    if (type === undefined) throw new Error(`there is no entity type ${identifier}`);
    return type;
  }

  private association(mapping: AssociationMapping): EntityAssociation {
    const association = this.context.associations.get(mapping.identifier);
    if (association === undefined) throw new Error(`there is no entity association ${mapping.identifier}`);
    return association;
  }

  private isSide(mapping: AssociationMapping, entityType: string): boolean {
    const { side1, side2 } = this.association(mapping);
    return side1.entityType === entityType || side2.entityType === entityType;
  }

  /** Where the row names resources of both sides by their mapping keys, it is one of the side that it names one other resource for. @throws DATA_OWN_KEY_UNKNOWN */
  private ownSide(mapping: AssociationMapping): OwnSide {
    const sides = ownSidesOf(mapping, this.work.entityTypes);
    const { side1, side2 } = this.association(mapping);
    const single = sides.filter(({ side }) => !(side === 1 ? side1 : side2).isCollection);
    const [own, other] = single.length === 1 ? single : sides;
    if (own !== undefined && other === undefined) return own;
    const { identifier, column1, column2 } = mapping;
    throw new SluiceError(
      "DATA_OWN_KEY_UNKNOWN",
      { file: this.file, mapping: identifier, column1, column2 },
      { place: { file: this.file, line: 1 } },
    );
  }

  /**
   * Whose rows the links of this table follow, by the lines that gave none: a row gives no link where no resource of its own comes of it. A resource that it names beside its own may
   * well have come of an earlier row. null where the table is no entries file of either side.
   */
  private guardsOf(mapping: AssociationMapping): LineSet[] | null {
    const own = ownSidesOf(mapping, this.work.entityTypes).map(({ mapping: { identifier } }) => identifier);
    const sides = this.entities.filter((_, i) => own.includes(this.work.entityTypes[i]?.identifier ?? ""));
    return sides.length === 0 ? null : sides.flatMap(({ rejectedLines }) => (rejectedLines === null ? [] : [rejectedLines]));
  }
}

/** One array for the reader and all sorts of a table: rows move within it without a view being made for each. */
const shareMemory = (entities: number, linkWindows: readonly number[]) => {
  const sorts = entities + linkWindows.reduce((sum, count) => sum + count, 0);
  const length = Math.max(leastSortBytes, Math.floor(sortingBytes / Math.max(1, sorts)) & ~3);
  const bytes = new Uint8Array(readerWindowBytes + sorts * length);
  let next = readerWindowBytes;
  const window = (): MemoryWindow => {
    const start = next;
    next += length;
    return { bytes, start, length };
  };
  return {
    reader: { bytes, start: 0, length: readerWindowBytes },
    entities: Array.from({ length: entities }, window),
    links: linkWindows.map((count) => Array.from({ length: count }, window)),
  };
};

/** The table's file. @throws SRC_MAPPED_FILE_MISSING */
const tablePath = (folder: string, { table, connection, entityTypes, associations }: TableWork): string => {
  const found = exportedFile(folder, table);
  if (found !== null) return found;
  const file = join(folder, `${table}.csv`);
  const mapping = [...entityTypes, ...associations].map(({ identifier }) => identifier).join(", ");
  throw new SluiceError("SRC_MAPPED_FILE_MISSING", { file, mapping, connection }, { place: { file } });
};
