/** A database management system that is read. */
export type Dbms = "SQLServer" | "PostgreSQL" | "MySQL" | "SQLite";

/** What isolation levels are called (connectors §4.5). */
export const isolationLevels = ["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable", "Snapshot"] as const;
export type IsolationLevel = (typeof isolationLevels)[number];

/** As `IsolationLevel` is written, ignoring case; null: the server's own. Undefined: there is no such level. */
export const isolationLevel = (text: string): IsolationLevel | null | undefined => {
  if (/^(unspecified|)$/i.test(text.trim())) return null;
  return isolationLevels.find((level) => level.toLowerCase() === text.trim().toLowerCase());
};

/** Names under which a DBMS is known: packages, .NET's providers, short names. In lower case, without `Usercube.` and `@…`. */
const names: readonly (readonly [Dbms, RegExp])[] = [
  ["SQLServer", /^(sql\.)?(mssql|sqlserver|sql server)$|system\.data\.sqlclient|microsoft\.data\.sqlclient|^sqlclient/],
  ["PostgreSQL", /^(sql\.)?(postgresql|postgres)$|npgsql/],
  ["MySQL", /^(sql\.)?(mysql|mariadb)$|mysql\.data|mysqlconnector|mysqlclient/],
  ["SQLite", /^(sql\.)?sqlite$|system\.data\.sqlite|microsoft\.data\.sqlite/],
];

/** The DBMS that a package or a provider of .NET stands for; null for one that is not known. */
export const dbmsNamed = (name: string): Dbms | null => {
  const lower = name.trim().toLowerCase();
  return names.find(([, pattern]) => pattern.test(lower))?.[0] ?? null;
};

/**
 * The DBMS that a connection string alone is for: by the beginning of an address, by a keyword that only one has, or by a file. SQL Server
 * where nothing else is recognised, as the generic package has it.
 */
export const dbmsOfConnectionString = (text: string): Dbms => {
  if (/^\s*sqlite:/i.test(text)) return "SQLite";
  if (/^\s*(postgres|postgresql):\/\//i.test(text)) return "PostgreSQL";
  if (/^\s*(mysql|mariadb):\/\//i.test(text)) return "MySQL";
  if (/^\s*mssql:\/\//i.test(text)) return "SQLServer";
  if (/(^|;)\s*host\s*=/i.test(text)) return "PostgreSQL";
  if (/(^|;)\s*filename\s*=/i.test(text) || isFile(text) || isFile(/(?:^|;)\s*data source\s*=\s*"?([^;"]*)/i.exec(text)?.[1] ?? ""))
    return "SQLite";
  return "SQLServer";
};

const isFile = (text: string): boolean => !/[;=]/.test(text) && /\.(db3?|sqlite3?)\s*$/i.test(text);

/** What a DBMS without a driver needs, and what to use instead. */
export const withoutDriver: Readonly<Record<string, { readonly dbms: string; readonly instead: string }>> = {
  "sql.odbc": {
    dbms: "a database over ODBC",
    instead:
      "there is no ODBC driver in Sluice; use SQL.SQLServer, SQL.PostgreSQL, SQL.MySQL or SQL with an sqlite: file where the database behind is one of these, else a script (package PowershellSync) that calls the ODBC tool of the system",
  },
  "sql.oracle": {
    dbms: "Oracle Database",
    instead:
      "its driver is no part of Sluice; have sqlplus (SET MARKUP CSV ON) or SQLcl write CSV in a script (package PowershellSync, or an InvokeExpressionTask before a CSV connection)",
  },
  "sql.sapase": {
    dbms: "SAP ASE",
    instead:
      "its driver is no part of Sluice; have isql or bcp write CSV in a script (package PowershellSync, or an InvokeExpressionTask before a CSV connection)",
  },
};
