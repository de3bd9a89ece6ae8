import type { Configuration, Connection } from "../../config/index.js";
import type { SourceView } from "../../connectors/index.js";
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
    const missing = [...columnsMappedFrom(configuration, identifier)].flatMap(([table, columns]) =>
      missingFrom(connection, view, table, columns),
    );
    if (missing.length > 0) {
      const todo = "correct the file, its Separator, NumberOfLinesToSkip or SheetOptions, or the mapping: upper and lower case count";
      return { finding: bad(check, `${view.source} lacks ${missing.join("; ")}`, todo), size: view.bytes };
    }
    const columns = view.tables.length === 1 ? formatNoun(view.columns.length, "column") : formatNoun(view.tables.length, "table");
    const saw = `${view.source}, ${formatBytes(view.bytes)}, ${columns}, of ${formatTime(view.modified)}`;
    return { finding: ok(check, saw), size: view.bytes };
  } catch (error) {
    return { finding: failureFinding(check, error), size: 0 };
  }
};

/** Columns that the mappings of all connectors take from the files of a connection, by table, each once. */
const columnsMappedFrom = (configuration: Configuration, connection: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const tables = new Map<string, Set<string>>();
  const take = (mapping: { readonly connection: string; readonly table: string }, columns: readonly string[]): void => {
    if (mapping.connection !== connection) return;
    const known = tables.get(mapping.table) ?? new Set();
    for (const column of columns) known.add(column);
    tables.set(mapping.table, known);
  };
  for (const { entityTypes, associations } of configuration.connectors.values()) {
    for (const mapping of entityTypes)
      take(
        mapping,
        mapping.properties.map(({ column }) => column),
      );
    for (const mapping of associations) take(mapping, [mapping.column1, mapping.column2]);
  }
  return tables;
};

/** What a table of the source lacks, for a sentence; Transformations may add columns to it (connectors §1.3). */
const missingFrom = ({ transformations }: Connection, view: SourceView, table: string, columns: ReadonlySet<string>): readonly string[] => {
  const seen = view.tables.find((other) => other.table.toLowerCase() === table.toLowerCase());
  if (seen === undefined) return [`the table ${table}, which mappings read`];
  const added = transformations.filter((other) => other.table === seen.table).map(({ column }) => column);
  const missing = [...columns].filter((column) => !seen.columns.includes(column) && !added.includes(column));
  const where = view.tables.length === 1 ? "" : `in ${table} `;
  return missing.length === 0 ? [] : [`${where}columns that mappings name: ${missing.join(", ")}`];
};
