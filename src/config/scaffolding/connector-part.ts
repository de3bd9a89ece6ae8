import { findPackage } from "../catalogue/packages.js";
import { canExport, type SourceConnection } from "../change-source.js";
import type { Connector } from "../configuration.js";
import type { Declared } from "../declared.js";

/** A connector as generated jobs see it (connectors §1.2, jobs-and-tasks §5.1). */
export interface ConnectorPart {
  readonly identifier: string;
  readonly agent: string | null;
  readonly isDeactivated: boolean;
  readonly completeJob: Connector["completeJob"];
  readonly incrementalJob: Connector["incrementalJob"];
  /** Connections that export, in the order of the files; none where nothing is mapped to what they bring. */
  readonly exports: readonly SourceConnection[];
  /** Connections that write to the managed system. */
  readonly fulfils: readonly string[];
  readonly isMapped: boolean;
}

/** Every connector of the workspace, in the order of the files. */
export const connectorParts = (declared: Declared): readonly ConnectorPart[] => {
  const mapped = new Set(
    ["EntityTypeMapping", "EntityAssociationMapping"].flatMap((name) =>
      declared.named(name).map((mapping) => mapping.required("Connector")),
    ),
  );
  const connections = new Map<string, { identifier: string; package: string; deactivation: string | null }[]>();
  for (const [identifier, element] of declared.of("Connection")) {
    const connector = element.required("Connector");
    const connection = { identifier, package: element.required("Package"), deactivation: element.string("DeactivationExportFulfill") };
    const known = connections.get(connector);
    if (known === undefined) connections.set(connector, [connection]);
    else known.push(connection);
  }
  return [...declared.of("Connector")].map(([identifier, element]) => {
    const own = connections.get(identifier) ?? [];
    return {
      identifier,
      agent: element.string("Agent"),
      isDeactivated: element.boolean("IsDeactivated"),
      completeJob: element.required("CompleteJob") as Connector["completeJob"],
      incrementalJob: element.required("IncrementalJob") as Connector["incrementalJob"],
      exports: own.filter((connection) => canExport(connection) && connection.deactivation !== "Export"),
      fulfils: own
        .filter((connection) => findPackage(connection.package)?.canFulfill === true && connection.deactivation !== "Fulfill")
        .map((connection) => connection.identifier),
      isMapped: mapped.has(identifier),
    };
  });
};
