import { FileSource, RecordReader } from "../../sync/index.js";
import type { ExportRequest, SourceView } from "../connector.js";
import { trimText, viewedFile } from "../source-file/index.js";
import { csvSettings } from "./csv-settings.js";
import { DecodedSource, isUtf8Name } from "./decoded-source.js";

/** The file of a connection and the names in its header, read as its export reads them. @throws SRC_… for settings and file, DATA_… for the header */
export const lookAtCsv = (request: Pick<ExportRequest, "connection" | "settings" | "workspace" | "sourcesRootPaths">): SourceView => {
  const settings = csvSettings(request.connection, request.settings);
  const path = viewedFile(request, settings);
  const source = new FileSource(path, path);
  try {
    const bytes = isUtf8Name(settings.encoding) ? source : new DecodedSource(source, settings.encoding);
    const reader = new RecordReader(bytes, { delimiter: settings.separator, file: path, linesToSkip: settings.linesToSkip });
    const columns = reader.header().map((name) => trimText(name, settings.valuesToTrim));
    const tables = [{ table: request.connection, columns }];
    return { source: path, bytes: source.size, modified: new Date(source.modified).toISOString(), columns, tables };
  } finally {
    source.close();
  }
};
