/** One key of `Connections.<connection>` (connectors §4). */
export interface PackageSetting {
  readonly name: string;
  /** list: an array, or one value that stands for an array of one. */
  readonly type: "string" | "boolean" | "integer" | "number" | "list" | "object" | "enum";
  readonly values?: readonly string[];
  readonly documentation: string;
  /** null says something other than nothing does. */
  readonly isNullable?: true;
}

export interface PackageDefinition {
  /** Short name: `CSV`. The documented one is `Usercube.CSV@0000001`. */
  readonly name: string;
  readonly system: string;
  /** Modes its export knows; none: it exports nothing. */
  readonly modes: readonly ("complete" | "incremental")[];
  /**
   * Files of an export: `single` writes `<connection>.csv`; `several` writes `<connection>_<table>.csv`, of which `tables` are the ones
   * that are known without asking the system.
   */
  readonly output: "single" | "several" | "none";
  readonly tables: readonly string[];
  readonly settings: readonly PackageSetting[];
  readonly canFulfill: boolean;
}

const setting = (name: string, type: PackageSetting["type"], documentation: string, values?: readonly string[]): PackageSetting => ({
  name,
  type,
  documentation,
  ...(values === undefined ? {} : { values }),
});

/** Settings of which only the name and the kind of value matter yet: `Timeout:integer` or `Server`. */
const named = (...names: readonly string[]): readonly PackageSetting[] =>
  names.map((text) => {
    const [name = "", type = "string"] = text.split(":");
    return setting(name, type as PackageSetting["type"], "");
  });

const definition = (
  name: string,
  system: string,
  modes: PackageDefinition["modes"],
  output: PackageDefinition["output"],
  settings: readonly PackageSetting[],
  options: Partial<Pick<PackageDefinition, "tables" | "canFulfill">> = {},
): PackageDefinition => ({ name, system, modes, output, settings, tables: [], canFulfill: false, ...options });

const complete = ["complete"] as const;
const both = ["complete", "incremental"] as const;
const writes = { canFulfill: true };

const files: readonly PackageSetting[] = [
  setting("Path", "string", "File of a complete export."),
  setting("PathIncremental", "string", "File of an incremental export."),
  setting("IsFileNameRegex", "boolean", "The file name is a regular expression; the match created last is read."),
];

/** Ours (design §5). */
const onRowError = setting(
  "OnRowError",
  "enum",
  "What a row gets that cannot be read: the task stops, or the row is set aside and counted.",
  ["Stop", "SetAside"],
);

/** connectors §4.3. */
const csv: readonly PackageSetting[] = [
  ...files,
  setting("Separator", "string", "Character between fields; `,` when absent."),
  setting("Encoding", "string", "Encoding of the file; UTF-8 when absent."),
  setting("NumberOfLinesToSkip", "integer", "Lines before the header."),
  setting("ValuesToTrim", "list", "Texts cut from both ends of headers and values, one after the other."),
  onRowError,
];

const login = ["Server", "Login", "Password"] as const;
const ldap = named(
  "Servers:list",
  "Tables:list",
  "SizeLimit:integer",
  "TimeLimit:integer",
  "TimeOut:integer",
  "AsAdLds:boolean",
  "IsLdapPasswordReset:boolean",
);
/** connectors §4.5. */
const sql: readonly PackageSetting[] = [
  setting("ConnectionString", "string", "The database: ADO.NET's form or an address."),
  setting("SqlCommand", "string", "One statement whose rows become `<connection>.csv`."),
  setting("SqlFile", "string", "File with that statement, where SqlCommand is absent."),
  setting("Timeout", "integer", "Seconds that a statement may take; as long as the task when absent."),
  setting("CsvEncoding", "string", "Has no effect: exported files are UTF-8."),
  {
    ...setting("IsolationLevel", "string", "ReadUncommitted when absent, the server's own when null."),
    isNullable: true,
  },
  setting("ProviderClassFullName", "string", "Has no effect but that package SQL takes the kind of database from it."),
  setting("ProviderDllName", "string", "Has no effect."),
];
const scim = named(
  ...login,
  "ApplicationId",
  "ApplicationKey",
  "OAuthToken",
  "OAuth2Url",
  "PageSize:integer",
  "Filter",
  "ScimSyntax",
  "ServiceSupportBulk:boolean",
  "BulkMaxOperation:integer",
);
const script = named("PowerShellScriptPath", "Options:object");

/** connectors §4. */
export const packageDefinitions: readonly PackageDefinition[] = [
  definition(
    "AD",
    "Active Directory",
    both,
    "several",
    named(
      "Servers:list",
      "Filter",
      "AuthType",
      "Login",
      "Password",
      "EnableSSL:boolean",
      "NoSigning:boolean",
      "AsAdLds:boolean",
      "RetryDelay:integer",
      "RequestTimeout:integer",
      "ConnectionTimeout:integer",
    ),
    { tables: ["entries"], canFulfill: true },
  ),
  ...["LDAP", "LDAP.Oracle", "LDAP.Apache", "LDAP.RedHat"].map((name) =>
    definition(name, "LDAP directory", complete, "several", ldap, { tables: ["entries"], canFulfill: true }),
  ),
  definition(
    "OpenLDAP",
    "OpenLDAP",
    both,
    "several",
    named(
      "Server",
      "DistinguishedName",
      "Login",
      "Password",
      "Filter",
      "SSL:boolean",
      "Scope",
      "TimeFormat",
      "timeout:integer",
      "WaitingTimeInSeconds:integer",
    ),
    { tables: ["entry"], canFulfill: true },
  ),
  definition(
    "LDIF",
    "LDIF file",
    complete,
    "single",
    named("LDIFFile", "FilterAttribute", "FilterValues", "Attributes:list", "LdifEncoding"),
  ),
  definition("CSV", "CSV file", both, "single", csv),
  definition("CSV.Complete", "CSV file, older name", both, "single", csv),
  definition("Excel", "Excel file", both, "several", [
    ...files,
    setting("NumberOfLinesToSkip", "integer", "Lines before the header."),
    setting("ValuesToTrim", "list", "Texts cut from both ends of headers and values, one after the other."),
    setting("SheetOptions", "list", "By position of the sheet: SheetIgnored, NumberOfLinesToSkip."),
    onRowError,
  ]),
  ...["SQL", "SQL.SQLServer", "SQL.MySQL", "SQL.SQLite", "SQL.ODBC", "SQL.Oracle", "SQL.PostgreSQL", "SQL.SAPAse"].map((name) =>
    definition(name, "SQL database", complete, "several", sql),
  ),
  definition(
    "SQL.SQLServerEntitlements",
    "Logins and roles of SQL Server",
    complete,
    "several",
    named("ConnectionString", "Timeout:integer", "Databases:list"),
    { tables: ["serverPrincipals", "serverRoleMembers", "databasePrincipals", "databaseRoleMembers"] },
  ),
  ...["SCIM", "SCIM.Salesforce", "SCIM.Slack"].map((name) => definition(name, "SCIM service", both, "several", scim, writes)),
  definition("SCIM.CyberArk", "CyberArk by SCIM", complete, "several", scim, { tables: ["privilegedData_Containers"], canFulfill: true }),
  definition(
    "AzureAD",
    "Entra ID",
    both,
    "several",
    named(
      "ApplicationId",
      "ApplicationKey",
      "TenantId",
      "ResponseUri",
      "MicrosoftAuthorityPath",
      "MicrosoftGraphPath",
      "MicrosoftGraphPathApi",
    ),
    { tables: ["directoryobjects"], canFulfill: true },
  ),
  definition(
    "Azure",
    "Azure resources",
    complete,
    "several",
    named("ApplicationId", "ApplicationKey", "TenantId", "SubscriptionId", "ResponseUri", "AzurePath", "AzurePathApi"),
    { tables: ["RoleDefinition", "Resource", "RoleAssignment"] },
  ),
  definition(
    "ServiceNow",
    "ServiceNow",
    both,
    "several",
    named(...login, "ClientId", "ClientSecret", "OAuth2Url", "ResponseSizeLimit:integer", "Filter"),
    writes,
  ),
  definition("SharePoint", "SharePoint", both, "several", named(...login, "Domain", "TimeOut:integer", "Scanlevel", "CsvUrls"), {
    tables: ["Entity", "GroupMember", "Role", "RoleAssignment", "SecurableObject", "SecurableObjectRightInheritance"],
    canFulfill: true,
  }),
  definition(
    "SharedFolder",
    "Shared folders",
    complete,
    "several",
    named(
      "InputDirectories:list",
      "Login",
      "Password",
      "Domain",
      "Interactive:boolean",
      "LevelOfScan:integer",
      "ListOfSIDToAvoid:list",
      "OnlyDirectoryScan:boolean",
    ),
    { tables: ["ACE", "PathInformations", "SID"] },
  ),
  definition(
    "HomeFolder",
    "Home folders",
    complete,
    "single",
    named("InputDirectories:list", "Login", "Password", "Domain", "Interactive:boolean"),
  ),
  definition(
    "SAP.ERP60",
    "SAP ERP 6.0, S/4HANA",
    complete,
    "several",
    named(
      "Server",
      "AseLogin",
      "AsePassword",
      "Instance",
      "Port:integer",
      "Client",
      "Language",
      "IsHana:boolean",
      "BapiLogin",
      "BapiPassword",
    ),
    {
      tables: [
        "users",
        "roles",
        "usersroles",
        "profiles",
        "profilesprofiles",
        "rolesprofiles",
        "usersprofiles",
        "rolesroles",
        "groups",
        "rolestransactions",
      ],
      canFulfill: true,
    },
  ),
  definition("SAP", "SAP NetWeaver", complete, "several", named(...login), {
    tables: ["users", "groups", "roles", "roles_member"],
    canFulfill: true,
  }),
  definition(
    "OData",
    "OData service",
    complete,
    "several",
    named(...login, "BearerToken", "ClientId", "ClientSecret", "AuthenticationUrl"),
  ),
  definition("GoogleWorkspace", "Google Workspace", complete, "several", named("CredentialsFilePath", "User", "PageSize:integer"), {
    tables: ["Users", "Groups", "Members"],
    canFulfill: true,
  }),
  definition("Okta", "Okta", both, "several", named("Server", "ApiKey"), {
    tables: ["users", "groups", "apps", "groupsapps", "groupsusers"],
    canFulfill: true,
  }),
  definition("Workday", "Workday", both, "several", named(...login, "InputFilePath")),
  definition("MicrosoftExchange", "Exchange", both, "several", named("Server", "PowerShellScriptPath"), {
    tables: ["mailboxes", "databases"],
    canFulfill: true,
  }),
  definition("EasyVista", "EasyVista", both, "several", named(...login, "Account", "ExportSettingsOptions:object", "BatchSize:integer"), {
    tables: ["Employees"],
    canFulfill: true,
  }),
  definition("PowershellSync", "Script that exports", both, "several", script),
  definition("RACF", "RACF", complete, "several", named("Path", "Encoding"), {
    tables: ["0100", "0101", "0102", "0120", "0200", "0203", "0500", "0503"],
  }),
  definition("TSS", "Top Secret", complete, "several", named("Path", "Encoding")),
  definition("Custom", "System without a connector; its files come from elsewhere", [], "several", []),
  definition("Powershell", "Script that fulfils", [], "none", script, writes),
  definition("RobotFramework", "Robot Framework script", [], "none", named("RobotFrameworkScriptPath", "Options:object"), writes),
  definition("FulfillToFile", "JSON files", [], "none", named("Path", "OutputPath"), writes),
  definition("FulfillWorkflow", "Workflows", [], "none", named("WorkflowJsonPath"), writes),
  definition("FulfillDatabase", "The repository itself", [], "none", [], writes),
  definition("Manual", "Tickets for people", [], "none", [], writes),
  definition("UpdateManualProvisioningTicket", "Tickets for people that also write", [], "none", [], writes),
  definition("SnowTicket", "Tickets in ServiceNow", [], "none", named(...login, "ClientId", "ClientSecret", "OAuth2Url"), writes),
  definition("EasyVistaTicket", "Tickets in EasyVista", [], "none", named(...login, "Account"), writes),
];

const byName: ReadonlyMap<string, PackageDefinition> = new Map(packageDefinitions.map((entry) => [entry.name.toLowerCase(), entry]));

/** `Usercube.CSV@0000001` → `CSV`; a name that has neither stays as it is (design §3). */
export const shortPackageName = (text: string): string => text.replace(/^Usercube\./i, "").replace(/@\d+$/, "");

/** Takes a package name in its documented or short form, in any case; null for a name that is not documented. */
export const findPackage = (text: string): PackageDefinition | null => byName.get(shortPackageName(text).toLowerCase()) ?? null;
