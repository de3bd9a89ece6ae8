import type { ConnectorPackage } from "../connector.js";
import { exportByScript } from "./export.js";

/** Package PowershellSync (connectors §4.10): a script, or any program that keeps to its contract, writes the files. */
export const powershellSyncPackage: ConnectorPackage = { name: "PowershellSync", exporter: { export: exportByScript } };
