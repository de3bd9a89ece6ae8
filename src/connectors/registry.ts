import type { ConnectorPackage } from "./connector.js";
import { csvPackage } from "./csv/index.js";
import { excelPackage } from "./excel/index.js";
import { powershellSyncPackage } from "./powershell-sync/index.js";
import { sqlPackages } from "./sql/index.js";

/** The packages that are built, by short documented name. A package that is not here can be configured but not run. */
export const connectorPackages: ReadonlyMap<string, ConnectorPackage> = new Map(
  [csvPackage, excelPackage, powershellSyncPackage, ...sqlPackages].map((entry) => [entry.name, entry]),
);
