import { count, enumeration, flag, path, string } from "./definition.js";
import { batch, connection, connector, limitedTo, modes, resourceTypes, type TaskShape, type } from "./task-shape.js";

/** jobs-and-tasks §2.1. */
export const agentTasks: Readonly<Record<string, TaskShape>> = {
  ExportTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Exports a connection to CSV files.",
    attributes: [
      connection,
      limitedTo,
      flag("IgnoreCookieFile", "Full export, whatever was exported before."),
      flag("InitMode", "Export of the initialization job: full even where only an incremental path is set."),
    ],
  },
  PrepareSynchronizationTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Cleanses exported files, computes changes and hands them to the server.",
    attributes: [
      connector({ required: true }),
      enumeration("SynchronizationMode", modes, "Mode; with Type Changes Incremental is meant where it is absent.", { required: true }),
      type,
      string("ColumnName", "Header of the command column of a file with changes."),
      path("WorkingDirectory", "Folder of the cleansed files below the work folder."),
    ],
  },
  FulfillTask: {
    side: "either",
    source: "jobs-and-tasks §2.1",
    documentation: "Fetches provisioning orders and writes to the managed system.",
    status: "accepted",
    attributes: [
      connector(),
      connection,
      batch("BatchSize"),
      flag("Dirty", "Marks what it writes to internal resources as changed."),
      flag("IgnoreHistorization", "Internal resources are written without history."),
    ],
    children: [resourceTypes],
  },
  InvokeExpressionTask: {
    side: "either",
    source: "jobs-and-tasks §2.1",
    documentation: "Runs a script: a `.ps1` by PowerShell, anything else by itself.",
    attributes: [string("InputPath", "The script, within the workspace.")],
  },
  InvokeSqlCommandTask: {
    side: "either",
    source: "jobs-and-tasks §2.1",
    documentation: "Runs SQL and writes its rows to a CSV file.",
    attributes: [
      string("SQLCommand", "The command; this or SQLInputFile."),
      string("SQLInputFile", "File with the command, within the workspace or SourcesRootPaths."),
      string("OutputPath", "CSV file that is written, below the temp or work folder; a bare name lies in `ExportOutput`."),
      string("DatabaseIdentifier", "Name in the setting `Databases`; without it, on the server, the repository, read only."),
      string(
        "Provider",
        "SQLServer, PostgreSQL, MySQL or SQLite, or a provider of .NET; the connection string tells it where it is absent.",
      ),
      string("ProviderAssemblyQualifiedName", "Provider by its full name, where Provider is absent."),
      string("Encoding", "Has no effect: files are UTF-8."),
      string("IsolationLevel", "Isolation level of the transaction; the server's own when absent."),
      flag("IsNotAQuery", "The command returns no rows; it may write."),
      count("Timeout", "Seconds that it may take; 0 is 30."),
    ],
  },
  InvokeApiTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Calls an address of the server.",
    status: "accepted",
    attributes: [
      string("ApiUrl", "Relative address.", { required: true }),
      enumeration("HttpCommand", ["Get=", "Put=", "Post=", "Delete="], "Method.", { required: true }),
      string("Body", "Body, or path of a JSON file."),
    ],
  },
  InvokeAspectsTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Calls a specific address of the server.",
    status: "accepted",
    attributes: [string("OutputPath", "File that is written.")],
  },
  ActivityInstanceActorTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Recomputes the actors of workflows.",
    status: "accepted",
  },
  CreateDatabaseViewsTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Makes a view for each entity type anew.",
  },
  RefreshSchemaTask: {
    side: "agent",
    source: "jobs-and-tasks §2.1",
    documentation: "Reads again what a connector's connections can export.",
    status: "accepted",
    attributes: [connector(), connection],
  },
};
