export type { Exporter, ExportRequest, ExportResult } from "./connector.js";
export { connectorPackages } from "./registry.js";
