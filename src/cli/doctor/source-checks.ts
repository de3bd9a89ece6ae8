import type { Configuration, Connection } from "../../config/index.js";
import { formatBytes, formatNoun, formatTime } from "../terminal/index.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";
import { failureFinding } from "./failure-finding.js";

/** Each connection: its settings, its source, and whether the source has the columns that mappings name. Gives the bytes of all sources, too. */
export const sourceFindings = async (
  configuration: Configuration,
): Promise<{ readonly findings: readonly DoctorFinding[]; readonly bytes: number }> => {
  const findings: DoctorFinding[] = [];
  let bytes = 0;
  for (const connection of configuration.connections.values()) {
    const { finding, size } = await lookAt(connection, configuration);
    findings.push(finding);
    bytes += size;
  }
  if (findings.length === 0) findings.push(ok("sources", "the configuration has no connections"));
  return { findings, bytes };
};

const lookAt = async (
  connection: Connection,
  configuration: Configuration,
): Promise<{ readonly finding: DoctorFinding; readonly size: number }> => {
  const { identifier, deactivation } = connection;
  const check = `sources.${identifier}`;
  if (deactivation === "Export" || configuration.connectors.get(connection.connector)?.isDeactivated === true) {
    return { finding: ok(check, "deactivated: it is not read"), size: 0 };
  }
  // Loaded here: a configuration without connections needs no connector.
  const { connectorPackages } = await import("../../connectors/index.js");
  const viewer = connectorPackages.get(connection.package)?.viewer;
  if (viewer === undefined) {
    const todo = "leave its tasks out of the jobs that you run; a later version has the package";
    return { finding: warning(check, `the package ${connection.package} is not built yet: its tasks are refused`, todo), size: 0 };
  }
  try {
    const { settings, workspace } = configuration;
    const view = await viewer.look({
      connection: identifier,
      settings: settings.connections.get(identifier.toLowerCase()) ?? {},
      workspace,
      sourcesRootPaths: settings.sourcesRootPaths,
    });
    const missing = columnsMappedFrom(configuration, identifier).filter((column) => !view.columns.includes(column));
    if (missing.length > 0) {
      const todo = "correct the file, its Separator or NumberOfLinesToSkip, or the mapping: upper and lower case count";
      return { finding: bad(check, `${view.source} lacks columns that mappings name: ${missing.join(", ")}`, todo), size: view.bytes };
    }
    const saw = `${view.source}, ${formatBytes(view.bytes)}, ${formatNoun(view.columns.length, "column")}, of ${formatTime(view.modified)}`;
    return { finding: ok(check, saw), size: view.bytes };
  } catch (error) {
    return { finding: failureFinding(check, error), size: 0 };
  }
};

/** Columns that the mappings of a connector take from the file of a connection, each once. */
const columnsMappedFrom = (configuration: Configuration, connection: string): readonly string[] => {
  const columns = new Set<string>();
  for (const { entityTypes, associations } of configuration.connectors.values()) {
    for (const mapping of entityTypes) {
      if (mapping.connection === connection && mapping.table === connection)
        for (const { column } of mapping.properties) columns.add(column);
    }
    for (const mapping of associations) {
      if (mapping.connection === connection && mapping.table === connection) columns.add(mapping.column1).add(mapping.column2);
    }
  }
  return [...columns];
};
