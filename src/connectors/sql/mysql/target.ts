import type { ConnectionOptions, SslOptions } from "mysql2";
import { badConnectionString, type Keywords, readKeywords, wholeNumber } from "../keywords.js";
import type { SqlAccess } from "../session.js";
import { authorities, type TlsMode, tlsMode } from "../tls.js";

type Keyword = "host" | "port" | "socket" | "database" | "user" | "password" | "tls" | "authority" | "connectTimeout";

/** Keywords of MySqlConnector and Connector/NET, and of addresses. */
const keywords: Keywords<Keyword> = {
  schemes: ["mysql", "mariadb"],
  known: {
    host: "host server datasource address addr networkaddress",
    port: "port",
    socket: "socket socketpath unixsocket",
    database: "database initialcatalog",
    user: "userid uid username user",
    password: "password pwd",
    tls: "sslmode ssl usessl",
    authority: "sslca cacertificatefile cacertfile",
    connectTimeout: "connectiontimeout connecttimeout",
  },
  withoutEffect:
    "pooling minimumpoolsize maximumpoolsize minpoolsize maxpoolsize connectionlifetime connectionreset connectionidletimeout defaultcommandtimeout commandtimeout cancellationtimeout " +
    "charset characterset allowpublickeyretrieval allowzerodatetime convertzerodatetime treattinyasboolean treatblobsasutf8 oldguids guidformat datetimekind allowuservariables allowbatch " +
    "allowloadlocalinfile persistsecurityinfo usecompression usecompressprotocol compress keepalive useaffectedrows ignoreprepare ignorecommandtransaction autoenlist usexatransactions " +
    "interactivesession servercidentifier pipelining sqlservermode respectbinaryflags functionsreturnstring usedefaultcommandtimeoutforef protocol connectionprotocol applicationname tlsversion loadbalance checkparameters logging",
  refused: {
    integratedsecurity: "Integrated Security signs in as the account of the process, which this driver cannot: give User ID and Password",
  },
};

/** A database as its connection string names it. */
export interface MysqlTarget {
  /** `host:port`, or the path of a socket. */
  readonly server: string;
  readonly tls: TlsMode;
  readonly configuration: ConnectionOptions;
  readonly secure: SslOptions;
}

const standardPort = 3306;
/** As MySqlConnector (s). */
const connectSeconds = 15;

/** @throws SRC_SQL_CONNECTION_STRING */
export const mysqlTarget = ({ source, connectionString, workspace }: SqlAccess): MysqlTarget => {
  const values = readKeywords(source, connectionString, keywords);
  const socket = values.get("socket");
  const host = values.get("host") ?? (socket === undefined ? badConnectionString(source, "Server is missing") : "localhost");
  const user = values.get("user") ?? badConnectionString(source, "User ID is missing");
  const port = wholeNumber(source, "Port", values.get("port"), [1, 65_535]) ?? standardPort;
  const seconds = wholeNumber(source, "Connection Timeout", values.get("connectTimeout"), [0, 86_400]) ?? connectSeconds;
  const mode = tlsMode(source, "SslMode", values.get("tls"));
  const ca = authorities(source, "SslCa", values.get("authority"), workspace);
  const database = values.get("database");
  const password = values.get("password");
  return {
    server: socket ?? `${host}:${port}`,
    tls: socket === undefined ? mode : "disabled",
    configuration: {
      ...(socket === undefined ? { host, port } : { socketPath: socket }),
      user,
      ...(password === undefined ? {} : { password }),
      ...(database === undefined ? {} : { database }),
      connectTimeout: seconds * 1000,
      charset: "utf8mb4",
    },
    secure: {
      rejectUnauthorized: mode === "verifyCa" || mode === "verifyFull",
      verifyIdentity: mode === "verifyFull",
      ...(ca === undefined ? {} : { ca }),
    },
  };
};
