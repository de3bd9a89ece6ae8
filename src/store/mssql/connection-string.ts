import { SluiceError } from "../../errors/index.js";
import { readConnectionString } from "../../model/index.js";
import { type SqlServerTarget, sqlServerTarget } from "../../sqlserver/index.js";

export type MssqlTarget = SqlServerTarget;

/**
 * What a connection string for SQL Server names (design §3): ADO.NET's form or an `mssql://` address. Encrypted unless the string says otherwise, the certificate
 * checked unless it says otherwise, 15 s to connect, as `Sluice`. Throws DB_CONNECTION_STRING with what to write instead; no value of the string is in its message.
 */
export const mssqlTarget = (connectionString: string): MssqlTarget => {
  const { values, problem } = readConnectionString(connectionString);
  if (values === null) throw new SluiceError("DB_CONNECTION_STRING", { problem });
  return sqlServerTarget(values);
};

/** The same server and sign-in, another database: `master` to make one, a database of a test's own. */
export const inDatabase = ({ server, configuration }: MssqlTarget, database: string): MssqlTarget => ({
  server,
  database,
  configuration: { ...configuration, options: { ...configuration.options, database } },
});
