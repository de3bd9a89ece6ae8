import { runInWorker } from "../../sync/index.js";
import type { ConnectorPackage, ExportRequest, ExportResult } from "../connector.js";
import { lookAtCsv } from "./look.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./export-worker.ts" : "./export-worker.js", import.meta.url);

/** Package CSV (connectors §4.3). The export runs in a thread of its own. */
export const csvPackage: ConnectorPackage = {
  name: "CSV",
  exporter: {
    modules: [worker],
    export: (request, signal, onProgress) => runInWorker<ExportRequest, ExportResult>(worker, request, { signal, onProgress }),
  },
  viewer: { look: async (request) => lookAtCsv(request) },
};
