import { runInWorker } from "../../sync/index.js";
import type { ConnectorPackage, ExportRequest, ExportResult } from "../connector.js";
import { lookAtExcel } from "./look.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./export-worker.ts" : "./export-worker.js", import.meta.url);

/** Package Excel (connectors §4.4). The export runs in a thread of its own. */
export const excelPackage: ConnectorPackage = {
  name: "Excel",
  exporter: {
    modules: [worker],
    export: (request, signal, onProgress) => runInWorker<ExportRequest, ExportResult>(worker, request, { signal, onProgress }),
  },
  viewer: { look: lookAtExcel },
};
