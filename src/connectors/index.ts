export { confinedPath, isBelow } from "./confined-path.js";
export type { Exporter, ExportRequest, ExportResult, MappedTable, SourceView } from "./connector.js";
export { connectorPackages } from "./registry.js";
export * from "./sql/index.js";
export { exportConnection } from "./transformation/index.js";
