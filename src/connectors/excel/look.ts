import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import { FileSource } from "../../sync/index.js";
import type { ExportRequest, SourceView } from "../connector.js";
import { viewedFile } from "../source-file/index.js";
import { excelSettings } from "./excel-settings.js";
import { openWorkbook } from "./open-workbook.js";
import { sheetTable } from "./sheet-table.js";

/** The workbook of a connection and the names in the headers of its sheets, read as its export reads them. @throws SRC_…, DATA_… for headers */
export const lookAtExcel = async (
  request: Pick<ExportRequest, "connection" | "settings" | "workspace" | "sourcesRootPaths">,
): Promise<SourceView> => {
  const { connection } = request;
  const settings = excelSettings(connection, request.settings);
  const path = viewedFile(request, settings);
  const source = new FileSource(path, path);
  const scratch = mkdtempSync(join(tmpdir(), "look-"));
  try {
    const workbook = await openWorkbook(path, join(scratch, "texts"));
    const tables: { readonly table: string; readonly columns: readonly string[] }[] = [];
    try {
      for (const sheet of workbook.sheets) {
        const option = settings.sheetOptions[sheet.position];
        if (option?.isIgnored === true) continue;
        const table = await sheetTable(path, sheet, option?.linesToSkip ?? settings.linesToSkip, settings.valuesToTrim);
        if (table === null) continue;
        await table.close();
        tables.push({ table: `${connection}_${sheet.position}`, columns: table.header });
      }
    } finally {
      workbook.close();
    }
    const [first] = tables;
    if (first === undefined) throw new SluiceError("SRC_FILE_EMPTY", { file: path }, { place: { file: path } });
    return { source: path, bytes: source.size, modified: new Date(source.modified).toISOString(), columns: first.columns, tables };
  } finally {
    source.close();
    rmSync(scratch, { recursive: true, force: true });
  }
};
