import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import { canonicalRow, FileSource, OutputFile, type WorkerTools, writeManifest } from "../../sync/index.js";
import type { ExportRequest, ExportResult } from "../connector.js";
import { sourceFile } from "../source-file/index.js";
import { type ExcelSettings, excelSettings } from "./excel-settings.js";
import { openWorkbook } from "./open-workbook.js";
import { sheetTable } from "./sheet-table.js";
import type { Sheet } from "./workbook.js";

/**
 * Brings the sheets of a workbook into canonical form (connectors §4.4, design §5): `<Connection>_<n>.csv` with its manifest, n the
 * position of the sheet from 0, and with `OnRowError: SetAside` `<Connection>_<n>.rejected.csv` (row, reason, values). A sheet without any
 * value has no file. Meant for a thread of its own. Former output goes first; a failure leaves none, and no file appears before all sheets
 * were read.
 *
 * @throws SRC_… for settings and files, DATA_… with file, sheet and row, SYNC_STOPPED
 */
export const exportExcel = async (request: ExportRequest, tools: WorkerTools): Promise<ExportResult> => {
  const { connection, outputFolder } = request;
  mkdirSync(outputFolder, { recursive: true });
  removeOutput(connection, outputFolder);
  const settings = excelSettings(connection, request.settings);
  const path = sourceFile(request, settings);
  const source = new FileSource(path, path);
  const outputs: SheetOutput[] = [];
  try {
    const workbook = await openWorkbook(path, join(outputFolder, `.${connection}.texts.tmp`));
    try {
      for (const sheet of workbook.sheets) {
        if (settings.sheetOptions[sheet.position]?.isIgnored === true) continue;
        const output = new SheetOutput(request, settings, source, sheet);
        outputs.push(output);
        await output.write(tools);
      }
    } finally {
      workbook.close();
    }
    source.ensureUnchanged();
    const files = outputs.flatMap((output) => output.publish());
    if (files.length === 0) throw new SluiceError("SRC_FILE_EMPTY", { file: path }, { place: { file: path } });
    const sum = (count: (output: SheetOutput) => number): number => outputs.reduce((total, output) => total + count(output), 0);
    const rejected = sum((output) => output.rejected);
    const read = sum((output) => output.read);
    return { counters: { read, written: read - rejected, rejected }, files };
  } catch (error) {
    for (const output of outputs) output.discard();
    removeOutput(connection, outputFolder);
    throw error;
  } finally {
    source.close();
  }
};

/** One sheet on its way to a file. */
class SheetOutput {
  read = 0;
  rejected = 0;
  private readonly output: OutputFile;
  private readonly rejectedRows: OutputFile | null;
  private isEmpty = false;

  constructor(
    private readonly request: ExportRequest,
    private readonly settings: ExcelSettings,
    private readonly source: FileSource,
    private readonly sheet: Sheet,
  ) {
    const base = join(request.outputFolder, `${request.connection}_${sheet.position}`);
    this.output = new OutputFile(`${base}.csv`);
    this.rejectedRows = settings.onRowError === "SetAside" ? new OutputFile(`${base}.rejected.csv`) : null;
  }

  async write(tools: WorkerTools): Promise<void> {
    const { sheet, settings, output, rejectedRows } = this;
    const step = `exporting ${this.request.connection}, sheet ${sheet.name}`;
    const linesToSkip = settings.sheetOptions[sheet.position]?.linesToSkip ?? settings.linesToSkip;
    tools.checkStop(step);
    const table = await sheetTable(this.source.name, sheet, linesToSkip, settings.valuesToTrim);
    if (table === null) {
      this.isEmpty = true;
      return;
    }
    output.appendText(canonicalRow(table.header));
    rejectedRows?.appendText(canonicalRow(["line", "reason", ...table.header]));
    for await (const rows of table.rows()) {
      tools.checkStop(step);
      for (const { number, values, fault } of rows) {
        this.read++;
        if (fault === null) output.appendText(canonicalRow(values));
        else if (rejectedRows === null) throw fault;
        else {
          rejectedRows.appendText(canonicalRow([String(number), fault.message, ...values]));
          this.rejected++;
        }
      }
      tools.onProgress({ step, rows: this.read });
    }
  }

  /** Names of the files that it made: one, or of an empty sheet none. */
  publish(): readonly string[] {
    const { request, source, output } = this;
    if (this.isEmpty) return [];
    this.rejectedRows?.finish();
    // The manifest is there before its file: a file without one is taken for another program's.
    output.finish(({ bytes, sha256 }) =>
      writeManifest(output.path, {
        format: 1,
        jobInstance: request.jobInstance,
        taskInstance: request.taskInstance,
        mode: request.mode,
        rows: this.read - this.rejected,
        bytes,
        sha256,
        source: source.path,
        sourceSize: source.size,
        sourceModified: new Date(source.modified).toISOString(),
      }),
    );
    return [basename(output.path)];
  }

  discard(): void {
    this.output.discard();
    this.rejectedRows?.discard();
  }
}

/** A file goes before its manifest: without one it would be taken for another program's. */
const removeOutput = (connection: string, folder: string): void => {
  const own = readdirSync(folder).filter((name) => name.toLowerCase().startsWith(`${connection.toLowerCase()}_`));
  const rest = (name: string): string => name.slice(connection.length + 1);
  for (const form of [/^\d+\.csv$/i, /^\d+(\.rejected)?\.csv(\.manifest\.json)?$/i]) {
    for (const name of own) if (form.test(rest(name))) rmSync(join(folder, name), { force: true });
  }
};
