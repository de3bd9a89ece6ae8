import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { SluiceError } from "../../errors/index.js";
import {
  canonicalRow,
  comma,
  FileSource,
  formOfBytes,
  isSound,
  lineFeed,
  manifestPath,
  maySetAside,
  OutputFile,
  type RecordBatch,
  RecordReader,
  readableFields,
  recordFault,
  type WorkerTools,
  writeField,
  writeManifest,
} from "../../sync/index.js";
import type { ExportRequest, ExportResult } from "../connector.js";
import { ByteTrim, sourceFile, trimText } from "../source-file/index.js";
import { type CsvSettings, csvSettings } from "./csv-settings.js";
import { DecodedSource, isUtf8Name } from "./decoded-source.js";

/**
 * Brings a CSV file of any separator, encoding, line ends and quoting into canonical form (connectors §4.3, design §5):
 * `<Connection>.csv`, its manifest, and with `OnRowError: SetAside` `<Connection>.rejected.csv` (line, reason, then the fields as far
 * as they could be read). Synchronous, meant for a thread of its own. Former output goes first; a failure leaves none.
 *
 * @throws SRC_… for settings and files, DATA_… with file and line, SYNC_STOPPED
 */
export const exportCsv = (request: ExportRequest, tools: WorkerTools): ExportResult => {
  const { connection, outputFolder } = request;
  mkdirSync(outputFolder, { recursive: true });
  const target = join(outputFolder, `${connection}.csv`);
  const rejected = join(outputFolder, `${connection}.rejected.csv`);
  const removeOutput = (): void => {
    for (const path of [target, manifestPath(target), rejected]) rmSync(path, { force: true });
  };
  removeOutput();
  const settings = csvSettings(connection, request.settings);
  const path = sourceFile(request, settings);
  const source = new FileSource(path, path);
  const run = new ExportRun(source, settings, target, rejected, tools);
  try {
    return run.run(request);
  } catch (error) {
    removeOutput();
    throw error;
  } finally {
    run.close();
  }
};

/** Slices at least this long are written from where they lie. */
const longSlice = 32 * 1024;

class ExportRun {
  private readonly reader: RecordReader;
  private readonly header: readonly string[];
  private readonly output: OutputFile;
  private readonly rejected: OutputFile | null;
  private readonly trim: ByteTrim | null;
  private read = 0;
  private setAside = 0;

  constructor(
    private readonly source: FileSource,
    private readonly settings: CsvSettings,
    target: string,
    rejected: string,
    private readonly tools: WorkerTools,
  ) {
    const { separator, encoding, linesToSkip, valuesToTrim, onRowError } = settings;
    try {
      const bytes = isUtf8Name(encoding) ? source : new DecodedSource(source, encoding);
      this.reader = new RecordReader(bytes, { delimiter: separator, file: source.name, linesToSkip });
      this.header = this.reader.header().map((name) => trimText(name, valuesToTrim));
      this.trim = valuesToTrim.length === 0 ? null : new ByteTrim(valuesToTrim);
      this.output = new OutputFile(target);
      this.rejected = onRowError === "SetAside" ? new OutputFile(rejected) : null;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  run(request: ExportRequest): ExportResult {
    const { source, output, rejected, tools } = this;
    const step = `exporting ${request.connection}`;
    output.appendText(canonicalRow(this.header));
    rejected?.appendText(canonicalRow(["line", "reason", ...this.header]));
    for (let batch = this.reader.next(); batch !== null; batch = this.reader.next()) {
      tools.checkStop(step);
      this.writeBatch(batch);
      tools.onProgress({ step, rows: this.read });
    }
    source.ensureUnchanged();
    rejected?.finish();
    const rows = this.read - this.setAside;
    // The manifest is there before its file: a file without one is taken for another program's.
    const file = output.finish(({ bytes, sha256 }) =>
      writeManifest(output.path, {
        format: 1,
        jobInstance: request.jobInstance,
        taskInstance: request.taskInstance,
        mode: request.mode,
        ...(request.since == null ? {} : { since: request.since }),
        rows,
        bytes,
        sha256,
        source: source.path,
        sourceSize: source.size,
        sourceModified: new Date(source.modified).toISOString(),
      }),
    );
    return { counters: { read: this.read, written: rows, rejected: this.setAside }, files: [basename(file.path)] };
  }

  close(): void {
    this.source.close();
    this.output.discard();
    this.rejected?.discard();
  }

  private writeBatch(batch: RecordBatch): void {
    const { output, trim } = this;
    const { bytes, recordStarts, recordEnds, canonical, count } = batch;
    const columns = this.header.length;
    this.read += count;
    for (let i = 0; i < count; i++) {
      if (!isSound(batch, i, columns)) {
        this.reject(batch, i, recordFault(batch, i, this.reader, this.expectation));
        continue;
      }
      if (canonical[i] !== 1 || trim !== null) {
        this.writeFields(batch, i);
        continue;
      }
      // Rows that stand in canonical form one behind the other are written in one piece.
      const start = recordStarts[i] as number;
      while (i + 1 < count && isNextInForm(batch, i) && isSound(batch, i + 1, columns)) i++;
      const end = recordEnds[i] as number;
      if (end - start >= longSlice) output.appendDirect(bytes, start, end);
      else output.append(bytes, start, end);
      output.append(lineEnd, 0, 1);
    }
  }

  private get expectation() {
    return { file: this.source.name, header: this.header, encoding: isUtf8Name(this.settings.encoding) ? "UTF-8" : this.settings.encoding };
  }

  private writeFields(batch: RecordBatch, record: number): void {
    const { output, trim } = this;
    const { bytes, firstFields, fieldStarts, fieldEnds, fieldForms } = batch;
    const first = firstFields[record] as number;
    const last = firstFields[record + 1] as number;
    const most = 2 * ((batch.recordEnds[record] as number) - (batch.recordStarts[record] as number)) + 3 * (last - first);
    let at = output.reserve(most);
    const target = output.bytes;
    for (let field = first; field < last; field++) {
      const start = fieldStarts[field] as number;
      const end = fieldEnds[field] as number;
      if (trim === null) at = writeField(target, at, bytes, start, end, fieldForms[field] as number);
      else {
        trim.trim(bytes, start, end);
        at = writeField(target, at, bytes, trim.start, trim.end, formOfBytes(bytes, trim.start, trim.end));
      }
      target[at++] = field + 1 < last ? comma : lineFeed;
    }
    output.commit(at);
  }

  private reject(batch: RecordBatch, record: number, error: SluiceError): void {
    if (this.rejected === null || !maySetAside(batch, record, error)) throw error;
    const fields = readableFields(batch, record).map((value) => trimText(value, this.settings.valuesToTrim));
    this.rejected.appendText(canonicalRow([String(batch.lines[record]), error.message, ...fields]));
    this.setAside++;
  }
}

const lineEnd = Uint8Array.of(lineFeed);

/** Whether the next record is in canonical form and nothing but an LF stands between. */
const isNextInForm = ({ bytes, recordStarts, recordEnds, canonical }: RecordBatch, record: number): boolean =>
  canonical[record + 1] === 1 &&
  recordStarts[record + 1] === (recordEnds[record] as number) + 1 &&
  bytes[recordEnds[record] as number] === lineFeed;
