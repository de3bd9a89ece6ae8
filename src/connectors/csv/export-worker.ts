import type { WorkerMain } from "../../sync/index.js";
import type { ExportRequest, ExportResult } from "../connector.js";
import { exportCsv } from "./export.js";

const main: WorkerMain<ExportRequest, ExportResult> = exportCsv;
export default main;
