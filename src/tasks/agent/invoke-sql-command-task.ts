import { basename, dirname, isAbsolute, join } from "node:path";
import type { Configuration, Task } from "../../config/index.js";
import {
  confinedPath,
  type Dbms,
  dbmsNamed,
  dbmsOfConnectionString,
  isBelow,
  isolationLevel,
  isolationLevels,
  readStatement,
  runSqlInWorker,
  type SqlWork,
} from "../../connectors/index.js";
import { SluiceError } from "../../errors/index.js";
import { isoTime } from "../../model/index.js";
import type { AgentTaskKind } from "../task-kind.js";

/** "Set when over 30 s" (jobs-and-tasks §2.1). */
const standardSeconds = 30;

/** Folders below the work folder that hold Sluice's own state: a command must not write into a baseline or a session. */
const ownFolders = ["Collect", "Synchronization", "ExportCookies", "ProvisioningOrders"];

/**
 * Runs SQL and writes its rows to a CSV file, whole or not at all, or runs a command that gives none (jobs-and-tasks §2.1). The database is the one that `DatabaseIdentifier` names in the setting
 * `Databases`. Without it, on the server side, it is the repository, and only read: `Databases` is a setting of agents, so that on the server nothing else can be meant, and what Sluice keeps there
 * is changed by Sluice alone (design §7.11). A query reads only, as an export does; `IsNotAQuery` runs in one transaction that is committed.
 */
export const invokeSqlCommandTask: AgentTaskKind = {
  element: "InvokeSqlCommandTask",
  side: "agent",
  summary: "Runs SQL and writes its rows to a CSV file.",
  hasDeadline: true,
  refusal: (task, configuration) => {
    const { DatabaseIdentifier: database, Provider: provider, IsolationLevel: level } = task.attributes;
    const { inputFile, outputPath } = pathsOf(task, configuration);
    const command = text(task.attributes.SQLCommand);
    if (command === null && inputFile === null) return "it names neither SQLCommand nor SQLInputFile";
    if (command !== null && inputFile !== null) return "it names both SQLCommand and SQLInputFile, and runs one";
    if (outputPath === null && !isCommand(task)) return 'it names no OutputPath; a command that gives no rows has IsNotAQuery="true"';
    if (text(provider) !== null && dbmsNamed(String(provider)) === null) {
      return `its Provider ${provider} is none that is known: SQLServer, PostgreSQL, MySQL or SQLite`;
    }
    if (isolationLevel(text(level) ?? "") === undefined) return `its IsolationLevel ${level} is none of ${isolationLevels.join(", ")}`;
    if (text(database) !== null) {
      return configuration.settings.databases.has(String(database).toLowerCase())
        ? null
        : `its DatabaseIdentifier ${database} is not among the setting Databases of appsettings.agent.json`;
    }
    if (task.side === "agent") return "it names no DatabaseIdentifier, a name in the setting Databases of appsettings.agent.json";
    return isCommand(task)
      ? "it names no DatabaseIdentifier, and Sluice's own database is only read: name one in the setting Databases"
      : null;
  },
  run: async ({ work: { task, jobInstance, taskInstance }, configuration, clock, signal, onProgress, log }) => {
    const { workspace, settings } = configuration;
    const { inputFile, outputPath } = pathsOf(task, configuration);
    const { identifier } = task;
    const encoding = text(task.attributes.Encoding);
    if (encoding !== null && !/^utf-?8$/i.test(encoding))
      log("warn", `Encoding ${encoding} of ${identifier} has no effect; files are always UTF-8`);
    const command =
      inputFile === null
        ? String(task.attributes.SQLCommand)
        : readStatement(confinedPath(`SQLInputFile of ${identifier}`, inputFile, workspace, [workspace, ...settings.sourcesRootPaths]));
    const seconds = Number(task.attributes.Timeout ?? 0);
    const output = isCommand(task) || outputPath === null ? null : outputOf(identifier, outputPath, configuration);
    const isExported = output !== null && dirname(output) === exportOutput(configuration);
    const { dbms, connectionString } = databaseOf(task, configuration);
    const request: SqlWork = {
      access: {
        source: `task ${identifier}`,
        dbms,
        connectionString,
        workspace,
        folders: text(task.attributes.DatabaseIdentifier) === null ? [] : settings.sourcesRootPaths,
        isolation: isolationLevel(text(task.attributes.IsolationLevel) ?? "") ?? null,
        mode: isCommand(task) ? "write" : "read",
      },
      statements: [output === null ? { kind: "command", text: command } : { kind: "query", text: command, output }],
      timeoutSeconds: seconds === 0 ? standardSeconds : seconds,
      manifest: isExported ? { jobInstance, taskInstance, startedAt: isoTime(clock) } : null,
      step: `running ${identifier}`,
    };
    const { rows } = await runSqlInWorker(request, { signal, onProgress });
    // It ran to its end (jobs-and-tasks §3.3).
    return { state: "Completed", producedOutput: true, ...(output === null ? {} : { counters: { read: rows, written: rows } }) };
  },
};

const text = (value: unknown): string | null => (typeof value === "string" && value.trim() !== "" ? value : null);
const isCommand = (task: Task): boolean => task.attributes.IsNotAQuery === true;

/** The task's two paths, those of the setting `InvokeSqlCommands.<task>` first (jobs-and-tasks §2.1). */
const pathsOf = (task: Task, { settings }: Configuration): { readonly inputFile: string | null; readonly outputPath: string | null } => {
  const own = settings.sqlCommands.get(task.identifier.toLowerCase());
  return {
    inputFile: own?.inputFile ?? text(task.attributes.SQLInputFile),
    outputPath: own?.outputPath ?? text(task.attributes.OutputPath),
  };
};

const databaseOf = (task: Task, { settings }: Configuration): { readonly dbms: Dbms; readonly connectionString: string } => {
  const name = text(task.attributes.DatabaseIdentifier);
  if (name === null) {
    const { database } = settings;
    return database.kind === "sqlite"
      ? { dbms: "SQLite", connectionString: `sqlite:${database.path}` }
      : { dbms: "SQLServer", connectionString: database.connectionString };
  }
  // Refused before otherwise.
  const connectionString = settings.databases.get(name.toLowerCase()) ?? "";
  const provider = text(task.attributes.Provider) ?? text(task.attributes.ProviderAssemblyQualifiedName);
  return { connectionString, dbms: (provider === null ? null : dbmsNamed(provider)) ?? dbmsOfConnectionString(connectionString) };
};

const exportOutput = ({ settings }: Configuration): string => join(settings.tempFolder, "ExportOutput");

/**
 * Where the rows go: a bare name lies in `ExportOutput`, other relative paths start at the workspace; below the temp folder or the work folder, but not in what Sluice keeps there. @throws
 * SRC_PATH_OUTSIDE
 */
const outputOf = (task: string, path: string, configuration: Configuration): string => {
  const { workspace, settings } = configuration;
  const { tempFolder, workFolder } = settings;
  const isBare = !isAbsolute(path) && basename(path) === path;
  const what = `OutputPath of ${task}`;
  const output = confinedPath(what, isBare ? join(exportOutput(configuration), path) : path, workspace, [tempFolder, workFolder]);
  // Some file systems ignore case.
  const isOwn = ownFolders.some((folder) => isBelow(output.toLowerCase(), join(workFolder, folder).toLowerCase()));
  if (isOwn || !/\.csv$/i.test(output)) {
    const folders = `a .csv file below ${tempFolder}, or below ${workFolder} outside of ${ownFolders.join(", ")}`;
    throw new SluiceError("SRC_PATH_OUTSIDE", { what, path: output, folders }, { place: { file: output } });
  }
  return output;
};
