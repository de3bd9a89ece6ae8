import type { SynchronizationType } from "../model/index.js";
import { findPackage } from "./catalogue/packages.js";
import type { ConnectionSettings } from "./settings.js";

/** A connection whose export a connector is synchronized from. */
export interface SourceConnection {
  readonly identifier: string;
  /** By either name of it. */
  readonly package: string;
}

type Settings = ReadonlyMap<string, ConnectionSettings>;

/**
 * Whether an export of the connection can give changes alone: its package can, and for files an incremental path is set (connectors §2.3).
 * Takes the settings of connections by identifier in lower case.
 */
export const tellsChanges = ({ identifier, package: name }: SourceConnection, settings: Settings): boolean => {
  const known = findPackage(name);
  if (known?.modes.includes("incremental") !== true) return false;
  if (!known.settings.some((setting) => setting.name === "PathIncremental")) return true;
  return settings.get(identifier.toLowerCase())?.PathIncremental !== undefined;
};

const isActiveDirectory = ({ package: name }: SourceConnection): boolean => findPackage(name)?.name === "AD";

/**
 * `Type` of the preparation and the synchronization of a connector (connectors §2.10), by the connections that it is exported from: ActiveDirectory for that system; in incremental mode
 * Changes where every export tells changes. None is right for all others: an incremental preparation compares the whole input with the last one applied.
 */
export const synchronizationType = (
  connections: readonly SourceConnection[],
  settings: Settings,
  mode: "Initial" | "Complete" | "Incremental",
): SynchronizationType => {
  if (connections.some(isActiveDirectory)) return "ActiveDirectory";
  const areChanges = connections.length > 0 && connections.every((connection) => tellsChanges(connection, settings));
  return mode === "Incremental" && areChanges ? "Changes" : "None";
};

/** Whether an export has to be of everything (`IgnoreCookieFile`): in other modes than Incremental always; there where the connection, or another of its connector, cannot tell changes. */
export const needsWholeExport = (
  connection: SourceConnection,
  settings: Settings,
  mode: "Initial" | "Complete" | "Incremental",
  type: SynchronizationType,
): boolean => mode !== "Incremental" || type === "None" || !tellsChanges(connection, settings);

/** Whether the package can export at all. */
export const canExport = ({ package: name }: SourceConnection): boolean => (findPackage(name)?.modes.length ?? 0) > 0;
