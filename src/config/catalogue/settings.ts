/** One key of the settings files, levels joined by `.`; `*` stands for any name. */
export interface SettingDefinition {
  readonly key: string;
  readonly type: "string" | "boolean" | "integer" | "list" | "object" | "any";
  readonly documentation: string;
  readonly default: string | number | boolean | null;
  readonly status: "used" | "accepted";
}

const used = (
  key: string,
  type: SettingDefinition["type"],
  documentation: string,
  standard: SettingDefinition["default"] = null,
): SettingDefinition => ({
  key,
  type,
  documentation,
  default: standard,
  status: "used",
});
const accepted = (key: string, type: SettingDefinition["type"], documentation: string): SettingDefinition => ({
  key,
  type,
  documentation,
  default: null,
  status: "accepted",
});

/** connectors §5, design §3. Both files are read as one; every key is optional. */
export const settingDefinitions: readonly SettingDefinition[] = [
  used(
    "ConnectionString",
    "string",
    "Database: `sqlite:<path>`, an ADO connection string or an `mssql://` address. Absent: SQLite at `Work/sluice.db`.",
  ),
  used("WorkFolderPath", "string", "Folder of what must outlive a run, from the workspace.", "Work"),
  used("TempFolderPath", "string", "Folder of what may be emptied, from the workspace.", "Temp"),
  used("Jobs.MaxTaskBatchSize", "integer", "Tasks of a level that run at the same time.", 5),
  used("Scheduler.MaxLockWatchTime", "integer", "Seconds to wait for a lock; 0 for ever, negative not at all.", 1800),
  used("Scheduler.Enabled", "boolean", "Whether scheduled jobs start by themselves.", true),
  used("Scheduler.MissedRuns", "string", "What becomes of runs that fell due while no scheduler ran: None, One or All of them.", "One"),
  used("Scheduler.Overlap", "string", "What becomes of a run that falls due while its job runs: Skip, or Queue one.", "Skip"),
  used("Scheduler.Jobs.*.MissedRuns", "string", "The same for one job, by its identifier."),
  used("Scheduler.Jobs.*.Overlap", "string", "The same for one job, by its identifier."),
  used("Scheduler.GraceTime", "integer", "Seconds that running tasks have to end when the program is asked to stop.", 60),
  used("TaskTimeoutSupplement", "integer", "Minutes added to the 30 that a task may take.", 0),
  used("SourcesRootPaths", "list", "Folders that sources must lie in; none: anywhere."),
  used("Connections.*.*", "any", "Settings of a connection, by its identifier."),
  used("OpenId.OpenIdClients.*", "string", "Secret of a client, by its identifier."),
  accepted("OpenId.AgentIdentifier", "string", "Which Agent element this is."),
  accepted("OpenId.DefaultOpenIdClient", "string", "Client that jobs use."),
  accepted("ApplicationUri", "string", "Address of the server."),
  accepted("JobLaunchTimeout", "integer", "Milliseconds within which a started job must run."),
  used("Databases.*", "string", "Connection string for InvokeSqlCommandTask, by name."),
  used("InvokeSqlCommands.*.SQLInputFile", "string", "Replaces the input file of that task."),
  used("InvokeSqlCommands.*.OutputPath", "string", "Replaces the output file of that task."),
  accepted("TaskAgentConfiguration.HttpClientTimeoutSupplement", "integer", "Minutes on top of 30."),
  accepted("TaskAgentConfiguration.HttpClientAdditionalTimeout", "integer", "Other spelling of HttpClientTimeoutSupplement."),
  accepted("ConnectionStringGovernor", "string", "Connection string that tasks and jobs use when it is set."),
  accepted("AzureCredentials.ClientId", "string", "Application for the database."),
  accepted("AzureCredentials.AADTenantId", "string", "Its tenant."),
  accepted("AzureCredentials.ClientSecret", "string", "Its secret."),
  accepted("AzureCredentials.EncryptionCertificate", "object", "Its certificate."),
  accepted("Agents.*.Uri", "string", "Address of an agent, by its identifier."),
  accepted("OpenIdClients.*.HashedSecret", "string", "Hashed secret of a client, by its identifier."),
  accepted("NotUseAgent", "boolean", "The server runs agent-side tasks itself."),
  accepted("License", "string", "Not needed here."),
  accepted("EncryptionCertificate", "object", "Certificate for encrypted settings."),
  accepted("IdentityServer", "object", "Certificate of the server's tokens."),
  accepted("Authentication", "object", "How people log in."),
  accepted("Logging", "object", "Levels of log lines."),
  accepted("Serilog", "object", "Levels and targets of log lines."),
  accepted("Cors", "object", "Addresses that may call the API."),
  accepted("AllowedHosts", "any", "Host names that are answered."),
  accepted("Kestrel", "object", "Addresses that are listened on."),
  accepted("MailSettings", "object", "How mails are sent."),
  accepted("Mails", "object", "How mails are sent."),
];
