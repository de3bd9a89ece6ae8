import { createRequire } from "node:module";
import { isIP } from "node:net";
import type { ConnectionAuthentication, ConnectionConfiguration } from "tedious";
import type { ConnectionKeyword } from "../model/index.js";

/** A database on a server, as a connection string names it. Plain data: it is handed to worker threads. */
export interface SqlServerTarget {
  /** `server`, `server:port` or `server\instance`: what messages call it. */
  readonly server: string;
  /** Empty where the string names none: the login's own. */
  readonly database: string;
  /** For the driver: signs in to the database. */
  readonly configuration: ConnectionConfiguration;
}

/** What the mssql package makes of a connection string, as far as it is taken from there. It drops or misreads the rest. */
interface ParsedByMssql {
  readonly server: string;
  readonly port: number;
  readonly user?: string;
  readonly domain?: string;
  readonly connectionTimeout?: number;
  readonly options: {
    readonly instanceName?: string;
    readonly packetSize?: number;
    readonly multiSubnetFailover?: boolean;
    readonly workstationId?: string;
    readonly language?: string;
    readonly trustServerCertificate?: boolean;
    readonly connectionRetryInterval?: number;
  };
}

const require = createRequire(import.meta.url);

/** Loaded at the first use: a workspace on SQLite never waits for the driver of a server. */
const parseByMssql = (text: string): ParsedByMssql => {
  const { ConnectionPool } = require("mssql") as { ConnectionPool: { parseConnectionString(text: string): ParsedByMssql } };
  return ConnectionPool.parseConnectionString(text);
};

/** Keywords that the mssql package reads rightly, under the one name of each that it knows. */
const readByMssql: readonly (readonly [keyword: ConnectionKeyword, name: string])[] = [
  ["server", "data source"],
  ["userId", "user id"],
  ["connectTimeout", "connection timeout"],
  ["connectRetryInterval", "connectretryinterval"],
  ["packetSize", "packet size"],
  ["multiSubnetFailover", "multisubnetfailover"],
  ["workstationId", "workstation id"],
  ["language", "current language"],
  ["trustServerCertificate", "trustservercertificate"],
];

/** How long to wait for a connection where the string does not say (ms): as ADO.NET. */
const connectTimeoutMs = 15_000;
/** `Connect Timeout=0` waits without end; Node's timers hold 31 bits. */
const endlessMs = 2 ** 31 - 1;

const compact = (text: string): string => text.toLowerCase().replace(/\s/g, "");

const encryptions: Readonly<Record<string, boolean | "strict">> = { false: false, no: false, optional: false, strict: "strict" };

/** The ways to sign in on the driver's names. In ADO.NET's strings `User ID` and `Password` are the id and the secret of an application as well. */
const authenticationOf = (
  values: ReadonlyMap<ConnectionKeyword, string>,
  { user = "", domain }: ParsedByMssql,
): ConnectionAuthentication => {
  const userName = values.get("userId") ?? "";
  const password = values.get("password") ?? "";
  const clientId = values.get("clientId") ?? (userName === "" ? undefined : userName);
  switch (compact(values.get("authentication") ?? "")) {
    case "activedirectorypassword":
      return {
        type: "azure-active-directory-password",
        options: { userName, password, clientId: values.get("clientId") ?? "", tenantId: values.get("tenantId") ?? "common" },
      };
    case "activedirectoryserviceprincipal":
      return {
        type: "azure-active-directory-service-principal-secret",
        options: { clientId: userName, clientSecret: password, tenantId: values.get("tenantId") ?? "" },
      };
    case "activedirectorymanagedidentity":
    case "activedirectorymsi":
      return { type: "azure-active-directory-msi-vm", options: clientId === undefined ? {} : { clientId } };
    case "activedirectorydefault":
    case "activedirectoryworkloadidentity":
      return { type: "azure-active-directory-default", options: clientId === undefined ? {} : { clientId } };
    default:
      if (domain !== undefined) return { type: "ntlm", options: { userName: user, password, domain } };
      return { type: "default", options: { userName, password } };
  }
};

/**
 * What the keywords of a connection string for SQL Server name, as `readConnectionString` gives them checked. Encrypted unless the string says otherwise, the certificate
 * checked unless it says otherwise, 15 s to connect, as `Sluice`.
 */
export const sqlServerTarget = (values: ReadonlyMap<ConnectionKeyword, string>): SqlServerTarget => {
  const parsed = parseByMssql(
    readByMssql
      .flatMap(([keyword, name]) => {
        const value = values.get(keyword);
        return value === undefined ? [] : [`${name}="${value.replaceAll('"', '""')}"`];
      })
      .join(";"),
  );
  const host = parsed.server.replace(/^\[(.*)\]$/, "$1");
  const port = /,\s*(\d+)\s*$/.exec(values.get("server") ?? "")?.[1];
  const { instanceName } = parsed.options;
  const byInstance = port === undefined && instanceName !== undefined;
  const { packetSize, multiSubnetFailover, workstationId, language, trustServerCertificate, connectionRetryInterval } = parsed.options;
  const retries = values.get("connectRetryCount");
  const encrypt = encryptions[compact(values.get("encrypt") ?? "")] ?? true;
  // Where nobody checks it any name will do: Node warns of an address in its place. `Strict` always checks.
  const isUnchecked = trustServerCertificate === true && encrypt !== "strict";
  const serverName = values.get("hostNameInCertificate") ?? (isUnchecked && isIP(host) !== 0 ? "localhost" : undefined);
  return {
    server: byInstance ? `${host}\\${instanceName}` : port === undefined ? host : `${host}:${port}`,
    database: values.get("database") ?? "",
    configuration: {
      server: host,
      authentication: authenticationOf(values, parsed),
      options: {
        ...(values.has("database") ? { database: values.get("database") ?? "" } : {}),
        ...(byInstance ? { instanceName } : { port: parsed.port }),
        encrypt,
        trustServerCertificate: trustServerCertificate ?? false,
        connectTimeout: parsed.connectionTimeout === 0 ? endlessMs : (parsed.connectionTimeout ?? connectTimeoutMs),
        appName: values.get("applicationName") ?? "Sluice",
        ...(serverName === undefined ? {} : { serverName }),
        ...(compact(values.get("applicationIntent") ?? "") === "readonly" ? { readOnlyIntent: true } : {}),
        ...(packetSize === undefined ? {} : { packetSize }),
        ...(multiSubnetFailover === undefined ? {} : { multiSubnetFailover }),
        ...(workstationId === undefined ? {} : { workstationId }),
        ...(language === undefined ? {} : { language }),
        ...(retries === undefined ? {} : { maxRetriesOnTransientErrors: Number(retries) }),
        ...(connectionRetryInterval === undefined ? {} : { connectionRetryInterval }),
      },
    },
  };
};
