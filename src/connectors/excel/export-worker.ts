import type { WorkerMain } from "../../sync/index.js";
import type { ExportRequest, ExportResult } from "../connector.js";
import { exportExcel } from "./export.js";

const main: WorkerMain<ExportRequest, ExportResult> = exportExcel;
export default main;
