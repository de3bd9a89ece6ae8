import { join } from "node:path";
import type { Configuration, Task } from "../../config/index.js";
import { connectorPackages, type Exporter } from "../../connectors/index.js";
import { connectionSetting, isYes } from "../connection-setting.js";
import type { AgentTaskKind } from "../task-kind.js";

/** Brings the data of one connection into `Temp/ExportOutput`, connectors §2.3. */
export const exportTask: AgentTaskKind = {
  element: "ExportTask",
  side: "agent",
  summary: "Exports a connection to CSV files.",
  hasDeadline: true,
  refusal: (task, configuration) => {
    const connection = configuration.connections.get(task.connection ?? "");
    if (connection === undefined) return "it names no Connection";
    const { identifier } = connection;
    if (exporterOf(task, configuration) === null) {
      return `its connection ${identifier} needs exports of the package ${connection.package}, which are not built yet`;
    }
    if (connection.hasTransformations === true) return `the Transformations of ${identifier} are not built yet`;
    if (isIncremental(task, configuration)) {
      return `PathIncremental of ${identifier} needs incremental jobs, which are not built yet (IgnoreCookieFile="true" exports Path)`;
    }
    return isYes(connectionSetting(configuration, identifier, "IsFileNameRegex"))
      ? `IsFileNameRegex of ${identifier} needs file names by pattern, which are not built yet (name the file in Path)`
      : null;
  },
  run: async ({ work, configuration, signal, onProgress }) => {
    const { task, jobInstance, taskInstance } = work;
    const { settings, workspace } = configuration;
    const exporter = exporterOf(task, configuration);
    const { connection } = task;
    // Refused before otherwise.
    if (exporter === null || connection === null) throw new Error(`${task.identifier} has no exporter`);
    const request = {
      connection,
      settings: settings.connections.get(connection.toLowerCase()) ?? {},
      workspace,
      sourcesRootPaths: settings.sourcesRootPaths,
      outputFolder: join(settings.tempFolder, "ExportOutput"),
      jobInstance,
      taskInstance,
    };
    const { counters, files } = await exporter.export(request, signal, onProgress);
    return { state: "Completed", producedOutput: files.length > 0, counters: { ...counters } };
  },
};

const exporterOf = (task: Task, configuration: Configuration): Exporter | null => {
  const connection = configuration.connections.get(task.connection ?? "");
  return connectorPackages.get(connection?.package ?? "")?.exporter ?? null;
};

/** Without IgnoreCookieFile or InitMode, a connection with a path for changes exports those (connectors §2.3, §4.3). */
const isIncremental = (task: Task, configuration: Configuration): boolean =>
  task.attributes.IgnoreCookieFile !== true &&
  task.attributes.InitMode !== true &&
  connectionSetting(configuration, task.connection ?? "", "PathIncremental") !== null;
