import type { ClientConfig } from "pg";
import { badConnectionString, type Keywords, readKeywords, wholeNumber } from "../keywords.js";
import type { SqlAccess } from "../session.js";
import { authorities, type TlsMode, tlsMode } from "../tls.js";

type Keyword =
  | "host"
  | "port"
  | "database"
  | "user"
  | "password"
  | "tls"
  | "authority"
  | "trust"
  | "connectTimeout"
  | "applicationName"
  | "searchPath";

/** Npgsql's keywords and those of libpq's addresses. */
const keywords: Keywords<Keyword> = {
  schemes: ["postgres", "postgresql"],
  known: {
    host: "host server datasource",
    port: "port",
    database: "database db dbname initialcatalog",
    user: "username userid user uid",
    password: "password pwd psw",
    tls: "sslmode ssl",
    authority: "rootcertificate sslrootcert",
    trust: "trustservercertificate",
    connectTimeout: "timeout connecttimeout connectiontimeout",
    applicationName: "applicationname",
    searchPath: "searchpath",
  },
  withoutEffect:
    "pooling minpoolsize maxpoolsize minimumpoolsize maximumpoolsize connectionlifetime connectionidlelifetime connectionpruninglifetime connectionpruninginterval commandtimeout " +
    "internalcommandtimeout cancellationtimeout keepalive tcpkeepalive tcpkeepalivetime tcpkeepaliveinterval keepalives includeerrordetail includeerrordetails encoding clientencoding timezone " +
    "persistsecurityinfo enlist maxautoprepare autoprepareminusages noresetonclose readbuffersize writebuffersize socketreceivebuffersize socketsendbuffersize loadtablecomposites " +
    "arraynullabilitymode logparameters servercompatibilitymode converttodatetime converinfinitydatetime channelbinding targetsessionattrs loadbalancehosts hostrecheckseconds " +
    "fallbackapplicationname checkcertificaterevocation options gssencmode krbsrvname",
  refused: {
    integratedsecurity: "Integrated Security signs in as the account of the process, which this driver cannot: give Username and Password",
    trustedconnection: "Trusted_Connection signs in as the account of the process, which this driver cannot: give Username and Password",
  },
};

/** A database as its connection string names it. */
export interface PostgresTarget {
  /** `host:port`. */
  readonly server: string;
  readonly tls: TlsMode;
  /** For the driver; without TLS. */
  readonly configuration: ClientConfig;
  /** What `tls` adds to it. */
  readonly secure: NonNullable<Exclude<ClientConfig["ssl"], boolean>>;
  readonly searchPath: string | null;
}

/** PostgreSQL's own port. */
const standardPort = 5432;
/** How long a server is waited for where the string does not say (s): as Npgsql. */
const connectSeconds = 15;

/** @throws SRC_SQL_CONNECTION_STRING */
export const postgresTarget = ({ source, connectionString, workspace }: SqlAccess): PostgresTarget => {
  const values = readKeywords(source, connectionString, keywords);
  const host = values.get("host") ?? badConnectionString(source, "Host is missing");
  const user = values.get("user") ?? badConnectionString(source, "Username is missing");
  const port = wholeNumber(source, "Port", values.get("port"), [1, 65_535]) ?? standardPort;
  const seconds = wholeNumber(source, "Timeout", values.get("connectTimeout"), [0, 86_400]) ?? connectSeconds;
  const isTrusted = /^(true|yes|1)$/i.test(values.get("trust") ?? "");
  const mode = tlsMode(source, "SSL Mode", values.get("tls"));
  const ca = authorities(source, "Root Certificate", values.get("authority"), workspace);
  const isChecked = (mode === "verifyCa" || mode === "verifyFull") && !isTrusted;
  const password = values.get("password");
  return {
    server: host.startsWith("/") ? host : `${host}:${port}`,
    tls: host.startsWith("/") ? "disabled" : mode,
    configuration: {
      host,
      port,
      user,
      database: values.get("database") ?? user,
      ...(password === undefined ? {} : { password }),
      connectionTimeoutMillis: seconds * 1000,
      application_name: values.get("applicationName") ?? "Sluice",
      keepAlive: true,
    },
    secure: {
      rejectUnauthorized: isChecked,
      ...(mode === "verifyFull" ? {} : { checkServerIdentity: () => undefined }),
      ...(ca === undefined ? {} : { ca }),
    },
    searchPath: values.get("searchPath") ?? null,
  };
};
