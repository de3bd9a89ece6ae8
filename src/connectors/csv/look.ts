import { statSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import { FileSource, RecordReader } from "../../sync/index.js";
import type { ExportRequest, SourceView } from "../connector.js";
import { csvSettings } from "./csv-settings.js";
import { DecodedSource, isUtf8Name } from "./decoded-source.js";
import { sourcePath } from "./source-path.js";
import { trimText } from "./trim.js";

/** The file of a connection and the names in its header, read as its export reads them. @throws SRC_… for settings and file, DATA_… for the header */
export const lookAtCsv = (request: Pick<ExportRequest, "connection" | "settings" | "workspace" | "sourcesRootPaths">): SourceView => {
  const settings = csvSettings(request.connection, request.settings);
  const path = sourcePath(settings.path, request.workspace, request.sourcesRootPaths);
  // A named pipe would be waited for without end.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new SluiceError("SRC_FILE_UNREADABLE", { file: path, reason: "not a file" }, { place: { file: path } });
  }
  const source = new FileSource(path, path);
  try {
    const bytes = isUtf8Name(settings.encoding) ? source : new DecodedSource(source, settings.encoding);
    const reader = new RecordReader(bytes, { delimiter: settings.separator, file: path, linesToSkip: settings.linesToSkip });
    const columns = reader.header().map((name) => trimText(name, settings.valuesToTrim));
    return { source: path, bytes: source.size, modified: new Date(source.modified).toISOString(), columns };
  } finally {
    source.close();
  }
};
