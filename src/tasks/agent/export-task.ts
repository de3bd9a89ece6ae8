import { join } from "node:path";
import { type Configuration, findPackage, type Task } from "../../config/index.js";
import { connectorPackages, type Exporter, type ExportRequest, exportConnection, type MappedTable } from "../../connectors/index.js";
import { SluiceError } from "../../errors/index.js";
import type { SessionGuid } from "../../model/index.js";
import {
  carriedAt,
  cookiesLeftBy,
  countingCookies,
  exportedFile,
  forgetNewCookies,
  newCookiesFolder,
  readManifest,
  waitingCookies,
} from "../../sync/index.js";
import type { AgentTaskKind } from "../task-kind.js";
import type { SettledSessions } from "./agent-link.js";
import { refuse } from "./earlier-files.js";
import { settle } from "./settle.js";

/**
 * Brings the data of one connection into `Temp/ExportOutput`, connectors §2.3: the whole, or what changed since the state that was last applied. Its output is a file written; of an
 * incremental one a changed row (jobs-and-tasks §3.3).
 */
export const exportTask: AgentTaskKind = {
  element: "ExportTask",
  side: "agent",
  summary: "Exports a connection to CSV files.",
  hasDeadline: true,
  refusal: (task, configuration) => {
    const connection = configuration.connections.get(task.connection ?? "");
    if (connection === undefined) return "it names no Connection";
    const { identifier } = connection;
    if (exporterOf(task, configuration) === null && !isIdle(task, configuration)) {
      return `its connection ${identifier} needs exports of the package ${connection.package}, which are not built yet`;
    }
    return null;
  },
  modules: (task, configuration) => exporterOf(task, configuration)?.modules ?? [],
  run: async (context) => {
    const { work, configuration, signal, onProgress, log } = context;
    const { task, jobInstance, taskInstance } = work;
    const { settings, workspace, connections } = configuration;
    const exporter = exporterOf(task, configuration);
    const connection = connections.get(task.connection ?? "");
    if (isIdle(task, configuration)) return { state: "Completed", producedOutput: false, reason: idleReason(connection?.package ?? "") };
    // Refused before otherwise.
    if (exporter === null || connection === undefined) throw new Error(`${task.identifier} has no exporter`);
    const { identifier, connector, transformations } = connection;
    const { workFolder } = settings;
    const settled = await settle(context, connector);
    const mode = modeOf(task, connection.package);
    const start = settled.start?.session ?? null;
    const cookies = mode === "complete" || start === null ? null : cookiesAt(workFolder, identifier, start, settled);
    const areCookiesLost =
      mode === "incremental" && cookies === null && start !== null && cookiesLeftBy(workFolder, connector, start)?.includes(identifier);
    if (areCookiesLost === true) {
      return refuse(context, connector, `because the cookies that session ${start} left for ${identifier} are not in ${workFolder}`);
    }
    forgetNewCookies(workFolder, identifier);
    const tables = tablesOf(configuration, connector, identifier);
    const forgotten = mode === "incremental" && cookies === null ? unprepared(join(settings.tempFolder, "ExportOutput"), tables) : [];
    const request = {
      connection: identifier,
      settings: settings.connections.get(identifier.toLowerCase()) ?? {},
      workspace,
      sourcesRootPaths: settings.sourcesRootPaths,
      outputFolder: join(settings.tempFolder, "ExportOutput"),
      mode,
      forceComplete: task.attributes.InitMode === true,
      cookies,
      since: cookies === null ? null : start,
      newCookies: newCookiesFolder(workFolder, identifier),
      jobInstance,
      taskInstance,
      tables,
      connections: [...connections.keys()],
    };
    try {
      const { counters, files } = await exportConnection(
        { exporter, request, transformations, connections: [...connections.keys()] },
        signal,
        onProgress,
        log,
      );
      const mappingHash = configuration.connectorHash.get(connector) ?? "";
      // Changes that no session brought to an end are reason enough to prepare.
      const isChanged =
        mode === "complete" ||
        counters.written + counters.rejected > 0 ||
        (settled.start !== null && carriedAt(workFolder, connector, settled.start.session, mappingHash) !== null);
      const reason =
        forgotten.length === 0
          ? {}
          : {
              reason: `the changes in ${forgotten.join(", ")} were replaced before a preparation took them: where the source does not say them again, run a complete job`,
            };
      if (reason.reason !== undefined) log("warn", reason.reason);
      return { state: "Completed", producedOutput: files.length > 0 && isChanged, counters: { ...counters }, ...reason };
    } catch (error) {
      forgetNewCookies(workFolder, identifier);
      if (error instanceof SluiceError && error.code === "SYNC_COMPLETE_REQUIRED") {
        return refuse(context, connector, (error.parameters as { readonly reason: string }).reason);
      }
      throw error;
    }
  },
};

/** The cookies of the state that a session prepared now starts at: another one's would leave out what changed between the two and was taken back. */
const cookiesAt = (workFolder: string, connection: string, start: SessionGuid, { head }: SettledSessions): string | null =>
  start === head?.session ? countingCookies(workFolder, connection, start) : waitingCookies(workFolder, connection, start);

/** Former output with changes that no session holds: a preparation failed, or never ran. Without cookies nothing tells the source to say them again. */
const unprepared = (folder: string, tables: readonly MappedTable[]): readonly string[] =>
  [...new Set(tables.map(({ table }) => table))].filter((table) => {
    try {
      const file = exportedFile(folder, table);
      const manifest = file === null ? null : readManifest(file);
      return manifest?.mode === "incremental" && manifest.rows > 0 && manifest.prepared === undefined;
    } catch {
      // A manifest that nobody can read is the preparation's to tell of.
      return false;
    }
  });

/** What the connector's mappings read of a connection. */
const tablesOf = (configuration: Configuration, connector: string, connection: string): readonly MappedTable[] => {
  const { entityTypes = [], associations = [] } = configuration.connectors.get(connector) ?? {};
  return [
    ...entityTypes.map((mapping) => ({ ...mapping, columns: mapping.properties.map(({ column }) => column) })),
    ...associations.map((mapping) => ({ ...mapping, columns: [mapping.column1, mapping.column2] })),
  ]
    .filter((mapping) => mapping.connection === connection)
    .map(({ table, columns }) => ({ table, columns }));
};

/** A generated job exports every connection (jobs-and-tasks §5.2), also one that only writes to its system: nothing is lost when nothing reads what it would bring. */
const isIdle = (task: Task, configuration: Configuration): boolean => {
  const { connector, identifier } = configuration.connections.get(task.connection ?? "") ?? {};
  if (task.scaffolding === undefined || connector === undefined || identifier === undefined) return false;
  return exporterOf(task, configuration) === null && tablesOf(configuration, connector, identifier).length === 0;
};

const idleReason = (name: string): string =>
  `nothing is mapped to what it would export, and exports of the package ${name} are not built yet`;

const exporterOf = (task: Task, configuration: Configuration): Exporter | null => {
  const connection = configuration.connections.get(task.connection ?? "");
  return connectorPackages.get(connection?.package ?? "")?.exporter ?? null;
};

/** Complete where the task says so; else what changed, where the package can tell (connectors §2.3). */
const modeOf = ({ attributes }: Task, packageName: string): ExportRequest["mode"] =>
  attributes.IgnoreCookieFile !== true && attributes.InitMode !== true && findPackage(packageName)?.modes.includes("incremental") === true
    ? "incremental"
    : "complete";
