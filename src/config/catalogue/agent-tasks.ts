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
    documentation: "Runs a script.",
    status: "accepted",
    attributes: [string("InputPath", "The script.")],
  },
  InvokeSqlCommandTask: {
    side: "either",
    source: "jobs-and-tasks §2.1",
    documentation: "Runs SQL and writes CSV.",
    status: "accepted",
    attributes: [
      string("SQLCommand", "The command."),
      string("SQLInputFile", "File with the command."),
      string("OutputPath", "File that is written."),
      string("DatabaseIdentifier", "Name in the setting `Databases`."),
      string("Provider", "Database provider."),
      string("ProviderAssemblyQualifiedName", "Provider by its full name; not needed here."),
      string("Encoding", "Encoding of the files."),
      string("IsolationLevel", "Isolation level of the transaction."),
      flag("IsNotAQuery", "The command returns no rows."),
      count("Timeout", "Seconds; set it when over 30."),
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
