import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { Transformation } from "../../model/index.js";
import {
  canonicalRow,
  FileSource,
  isSound,
  manifestPath,
  maySetAside,
  OutputFile,
  type RecordBatch,
  RecordReader,
  readableFields,
  readManifest,
  recordFault,
  type WorkerTools,
  writeManifest,
} from "../../sync/index.js";
import type { OnRowError } from "../source-file/index.js";
import { BatchRow } from "./batch-row.js";
import { type StepFault, type Steps, stepsOf } from "./steps.js";

/** One exported file and what is to be done to it. */
export interface FileTransformation {
  /** Name of the file: `HR_0.csv`. */
  readonly name: string;
  /** Absolute: where the export wrote it, with its manifest and the rows it set aside. */
  readonly inputFolder: string;
  /** Absolute. */
  readonly outputFolder: string;
  readonly transformations: readonly Transformation[];
  readonly isIncremental: boolean;
  readonly onRowError: OnRowError;
}

/** Applies Transformations to one exported file (connectors §1.3), row by row; its result is on the disk and not yet visible before `publish`. */
export class TransformedFile {
  dropped = 0;
  setAside = 0;
  private read = 0;
  private readonly source: FileSource;
  private readonly reader: RecordReader;
  private readonly header: readonly string[];
  private readonly steps: Steps;
  private readonly row: BatchRow;
  private readonly output: OutputFile;
  private readonly rejected: OutputFile | null;

  /** @throws SRC_…, DATA_TRANSFORMATION_COLUMN */
  constructor(
    private readonly work: FileTransformation,
    private readonly tools: WorkerTools,
  ) {
    const { name, inputFolder, outputFolder, transformations, isIncremental, onRowError } = work;
    this.source = new FileSource(join(inputFolder, name), name);
    try {
      this.reader = new RecordReader(this.source, { delimiter: ",", file: name });
      this.header = this.reader.header();
      this.steps = stepsOf(this.header, transformations, { file: name, isIncremental });
      this.row = new BatchRow(this.steps.header.length);
      this.output = new OutputFile(join(outputFolder, name));
      const hasRejected = onRowError === "SetAside" || existsSync(join(inputFolder, rejectedName(name)));
      this.rejected = hasRejected ? new OutputFile(join(outputFolder, rejectedName(name))) : null;
    } catch (error) {
      this.source.close();
      throw error;
    }
  }

  /** Writes the result. @throws DATA_… with file and line where OnRowError is Stop, SYNC_STOPPED */
  transform(): void {
    const { name } = this.work;
    const step = `transforming ${name}`;
    this.output.appendText(canonicalRow(this.steps.header));
    this.rejected?.appendText(canonicalRow(["line", "reason", ...this.steps.header]));
    this.copyRejected();
    for (let batch = this.reader.next(); batch !== null; batch = this.reader.next()) {
      this.tools.checkStop(step);
      for (let i = 0; i < batch.count; i++) this.take(batch, i);
      this.read += batch.count;
      this.tools.onProgress({ step, rows: this.read });
    }
    this.source.ensureUnchanged();
  }

  /** Gives the file its name, its manifest first. Gives the file's name. */
  publish(): string {
    const { name, inputFolder } = this.work;
    const { output, source } = this;
    const manifest = readManifest(join(inputFolder, name));
    this.rejected?.finish();
    const rows = this.read - this.dropped - this.setAside;
    output.finish(({ bytes, sha256 }) =>
      writeManifest(output.path, {
        format: 1,
        jobInstance: 0,
        taskInstance: 0,
        mode: this.work.isIncremental ? "incremental" : "complete",
        source: source.path,
        sourceSize: source.size,
        sourceModified: new Date(source.modified).toISOString(),
        ...manifest,
        rows,
        bytes,
        sha256,
      }),
    );
    return basename(output.path);
  }

  close(): void {
    this.source.close();
    this.output.discard();
    this.rejected?.discard();
  }

  private take(batch: RecordBatch, record: number): void {
    const { row, work } = this;
    const line = batch.lines[record] as number;
    if (!isSound(batch, record, this.header.length)) {
      const error = recordFault(batch, record, this.reader, { file: work.name, header: this.header, encoding: "UTF-8" });
      if (work.onRowError === "Stop" || !maySetAside(batch, record, error)) throw error;
      this.reject(line, error.message, this.withoutWritten(readableFields(batch, record)));
      return;
    }
    row.load(batch, record);
    for (let column = this.header.length; column < this.steps.header.length; column++) row.set(column, "");
    const result = this.steps.apply(row);
    if (result === null) row.writeTo(this.output, record);
    else if (result === "dropped") this.dropped++;
    else {
      const error = faultOf(work.name, line, result);
      if (work.onRowError === "Stop") throw error;
      this.reject(line, error.message, row.values());
    }
  }

  private reject(line: number, reason: string, fields: readonly string[]): void {
    this.rejected?.appendText(canonicalRow([String(line), reason, ...fields]));
    this.setAside++;
  }

  /**
   * Rows that the export set aside. What steps would have written to them is not known, so that it is left empty: a key among it stands
   * for nothing, which the preparation says.
   */
  private copyRejected(): void {
    const { inputFolder, name } = this.work;
    const path = join(inputFolder, rejectedName(name));
    if (this.rejected === null || !existsSync(path)) return;
    const source = new FileSource(path, rejectedName(name));
    try {
      const reader = new RecordReader(source, { delimiter: ",", file: source.name });
      reader.header();
      for (let batch = reader.next(); batch !== null; batch = reader.next()) {
        for (let i = 0; i < batch.count; i++) {
          const [line = "", reason = "", ...fields] = readableFields(batch, i);
          this.rejected.appendText(canonicalRow([line, reason, ...this.withoutWritten(fields)]));
        }
      }
    } finally {
      source.close();
    }
  }

  private withoutWritten(fields: readonly string[]): readonly string[] {
    return fields.map((value, place) => (this.steps.written.has(place) ? "" : value));
  }
}

const rejectedName = (name: string): string => name.replace(/\.csv$/, ".rejected.csv");

const faultOf = (file: string, line: number, { type, column, problem }: StepFault): SluiceError =>
  new SluiceError("DATA_TRANSFORMATION_VALUE", { file, type, column, problem }, { place: { file, line } });

/** The names under which an exported file lies in a folder: what stands beside it first, itself last. */
export const filesBeside = (folder: string, name: string): readonly string[] => [
  join(folder, rejectedName(name)),
  manifestPath(join(folder, name)),
  join(folder, name),
];
