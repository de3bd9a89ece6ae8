import type { Configuration, Task } from "../config/index.js";
import type { SynchronizationMode, SynchronizationType } from "../model/index.js";

/** What a documented tool runs (jobs-and-tasks §4.2): one task that no configuration has. */
export type ToolTask =
  | { readonly tool: "export"; readonly connection: string; readonly complete: boolean; readonly forceComplete: boolean }
  | {
      readonly tool: "prepare-synchronization";
      readonly connector: string;
      readonly mode: SynchronizationMode;
      readonly type: SynchronizationType;
      /** Below the work folder; `Collect` where null. */
      readonly workingDirectory: string | null;
      /** Below the temp folder; `ExportOutput` where null. */
      readonly sourcesDirectory: string | null;
    }
  | { readonly tool: "synchronize"; readonly connector: string; readonly type: SynchronizationType };

/**
 * The name of a tool's task and of its instances: the command line that would run it. A blocked instance is resumed by its rows alone, and the name tells what it ran.
 */
export const toolTaskName = (task: ToolTask): string => {
  const option = (name: string, value: string | null): string[] => (value === null ? [] : [`--${name}`, value]);
  const flag = (name: string, isOn: boolean): string[] => (isOn ? [`--${name}`] : []);
  switch (task.tool) {
    case "export":
      return [
        task.tool,
        ...option("connection-identifier", task.connection),
        ...flag("ignore-cookies", task.complete),
        ...flag("force-complete", task.forceComplete),
      ].join(" ");
    case "prepare-synchronization":
      return [
        task.tool,
        ...option("connector", task.connector),
        ...option("synchronization-mode", task.mode),
        ...option("type", task.type),
        ...option("working-directory", task.workingDirectory),
        ...option("sources-directory", task.sourcesDirectory),
      ].join(" ");
    case "synchronize":
      return [task.tool, ...option("connector", task.connector), ...option("type", task.type)].join(" ");
  }
};

/** Whether a name is a tool's command line, whatever the configuration has. */
export const isToolTaskName = (name: string): boolean => {
  const task = parsed(name);
  return task !== null && toolTaskName(task) === name;
};

/** A tool's task by its name; null for any other name, and where the configuration has not got what it works on. */
export const toolTaskNamed = (name: string, configuration: Configuration): Task | null => {
  const task = parsed(name);
  if (task === null || toolTaskName(task) !== name) return null;
  if (task.tool === "export") {
    const connection = configuration.connections.get(task.connection);
    return connection === undefined
      ? null
      : taskOf(name, "ExportTask", connection.connector, connection.identifier, {
          IgnoreCookieFile: task.complete,
          InitMode: task.forceComplete,
        });
  }
  if (!configuration.connectors.has(task.connector)) return null;
  if (task.tool === "synchronize") {
    const attributes = { Type: task.type, DoNotDeleteChanges: false, ForceSynchronization: false, Orphans: false };
    return taskOf(name, "SynchronizeTask", task.connector, null, attributes);
  }
  return taskOf(name, "PrepareSynchronizationTask", task.connector, null, {
    SynchronizationMode: task.mode,
    Type: task.type,
    ColumnName: null,
    WorkingDirectory: task.workingDirectory,
    SourcesDirectory: task.sourcesDirectory,
  });
};

/** Words of a name by option; a switch has the value "". */
const parsed = (name: string): ToolTask | null => {
  const [tool, ...words] = name.split(" ");
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const option = words[i] ?? "";
    if (!option.startsWith("--")) return null;
    const hasValue = words[i + 1]?.startsWith("--") === false;
    options.set(option.slice(2), hasValue ? (words[++i] ?? "") : "");
  }
  const connector = options.get("connector") ?? "";
  const type = (options.get("type") ?? "None") as SynchronizationType;
  switch (tool) {
    case "export":
      return {
        tool,
        connection: options.get("connection-identifier") ?? "",
        complete: options.has("ignore-cookies"),
        forceComplete: options.has("force-complete"),
      };
    case "prepare-synchronization":
      return {
        tool,
        connector,
        mode: (options.get("synchronization-mode") ?? "Complete") as SynchronizationMode,
        type,
        workingDirectory: options.get("working-directory") ?? null,
        sourcesDirectory: options.get("sources-directory") ?? null,
      };
    case "synchronize":
      return { tool, connector, type };
    default:
      return null;
  }
};

const taskOf = (name: string, type: string, connector: string | null, connection: string | null, attributes: Task["attributes"]): Task => ({
  identifier: name,
  isGeneratedIdentifier: true,
  type,
  displayName: name,
  displayNames: {},
  side: type === "SynchronizeTask" ? "server" : "agent",
  agent: null,
  openIdClient: null,
  connector,
  connection,
  continueOnError: false,
  attributes,
  entityTypes: [],
  resourceTypes: [],
  parents: [],
  place: { file: "", line: 0, column: 0 },
});
