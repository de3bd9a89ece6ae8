import type { ConnectorPackage } from "./connector.js";
import { csvPackage } from "./csv/index.js";

/** The packages that are built, by short documented name. A package that is not here can be configured but not run. */
export const connectorPackages: ReadonlyMap<string, ConnectorPackage> = new Map([csvPackage].map((entry) => [entry.name, entry]));
