import type { Configuration, Connector } from "../config/index.js";
import type { ConnectorStatus, Store } from "../store/index.js";
import { repositoryModelOf } from "./repository.js";

/** A connector as `sluice connectors` shows it. */
export interface ConnectorLine {
  readonly connector: Connector;
  /** By the configuration (`IsDeactivated`), by a person (`sluice connector deactivate`), or not. */
  readonly state: "active" | "deactivated";
  /** Who or what switched it off, and why. */
  readonly because: string | null;
  readonly status: ConnectorStatus;
  readonly next: NextIncremental | null;
}

/** What the next incremental run of a connector would do; null where no job has one. */
export interface NextIncremental {
  /** Type of its preparation. */
  readonly type: string;
  /** Why a complete run has to come first, as the end of a sentence; null: it goes on from the head. */
  readonly completeRequired: string | null;
}

const stateOf = (
  connector: Connector,
  { deactivation }: Pick<ConnectorStatus, "deactivation">,
): Pick<ConnectorLine, "state" | "because"> => {
  if (connector.isDeactivated) return { state: "deactivated", because: `IsDeactivated in ${connector.place.file}:${connector.place.line}` };
  if (deactivation === null) return { state: "active", because: null };
  const { at, by, reason } = deactivation;
  return { state: "deactivated", because: `by ${by} on ${at.slice(0, 10)}${reason === null ? "" : `: ${reason}`}` };
};

/** Reads what is known of a connector: its row, its chain, and whether its baseline is where the next incremental run looks for it. */
export const connectorLine = async (configuration: Configuration, store: Store | null, connector: Connector): Promise<ConnectorLine> => {
  const status =
    (await store?.reading.connectorStatus(repositoryModelOf(configuration), connector.connector)) ?? nothingKnown(connector.connector);
  return { connector, ...stateOf(connector, status), status, next: await nextOf(configuration, connector, status) };
};

/** Of a connector in a workspace without a database. */
export const nothingKnown = (connector: string): ConnectorStatus => ({
  connector,
  head: null,
  completeRequired: null,
  deactivation: null,
  blocked: [],
  sessions: [],
  entityTypes: [],
  associations: [],
});

const nextOf = async (configuration: Configuration, { connector }: Connector, status: ConnectorStatus): Promise<NextIncremental | null> => {
  const prepare = [...configuration.jobs.values()]
    .flatMap(({ steps }) => steps)
    .find(({ task }) => task.connector === connector && task.attributes.SynchronizationMode === "Incremental");
  if (prepare === undefined) return null;
  const type = String(prepare.task.attributes.Type ?? "None");
  const { head } = status;
  if (head === null) return { type, completeRequired: "nothing was loaded yet" };
  if (status.completeRequired !== null) return { type, completeRequired: status.completeRequired };
  const mappingHash = configuration.connectorHash.get(connector) ?? "";
  if (head.mappingHash !== mappingHash)
    return { type, completeRequired: "its mappings or entity types were changed since the last synchronization" };
  if (type !== "None") return { type, completeRequired: null };
  const { baselineAt } = await import("../sync/index.js");
  const { sessionGuid } = await import("../model/index.js");
  const found = baselineAt(configuration.settings.workFolder, connector, sessionGuid(head.session), mappingHash);
  return { type, completeRequired: "missing" in found ? found.missing : null };
};
