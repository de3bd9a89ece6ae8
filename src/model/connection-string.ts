/** What Sluice understands of a connection string for SQL Server. */
export type ConnectionKeyword =
  | "server"
  | "database"
  | "userId"
  | "password"
  | "authentication"
  | "clientId"
  | "tenantId"
  | "encrypt"
  | "trustServerCertificate"
  | "hostNameInCertificate"
  | "connectTimeout"
  | "connectRetryCount"
  | "connectRetryInterval"
  | "packetSize"
  | "multiSubnetFailover"
  | "workstationId"
  | "language"
  | "applicationIntent"
  | "applicationName";

export type ConnectionStringReading =
  | { readonly values: ReadonlyMap<ConnectionKeyword, string>; readonly problem: null }
  /** What is wrong and what to write instead. Never holds a value of the string, which may be a piece of a password. */
  | { readonly values: null; readonly problem: string };

class Problem extends Error {}

const fail = (problem: string): never => {
  throw new Problem(problem);
};

/** Spellings as ADO.NET has them, without case, blanks and underscores. `Client Id` and `Tenant Id` are those of the mssql package. */
const spellings: Readonly<Record<string, ConnectionKeyword>> = {
  server: "server",
  datasource: "server",
  addr: "server",
  address: "server",
  networkaddress: "server",
  database: "database",
  initialcatalog: "database",
  userid: "userId",
  user: "userId",
  uid: "userId",
  username: "userId",
  password: "password",
  pwd: "password",
  authentication: "authentication",
  clientid: "clientId",
  tenantid: "tenantId",
  encrypt: "encrypt",
  trustservercertificate: "trustServerCertificate",
  hostnameincertificate: "hostNameInCertificate",
  connecttimeout: "connectTimeout",
  connectiontimeout: "connectTimeout",
  timeout: "connectTimeout",
  connectretrycount: "connectRetryCount",
  connectretryinterval: "connectRetryInterval",
  packetsize: "packetSize",
  multisubnetfailover: "multiSubnetFailover",
  workstationid: "workstationId",
  wsid: "workstationId",
  language: "language",
  currentlanguage: "language",
  applicationname: "applicationName",
  app: "applicationName",
  applicationintent: "applicationIntent",
};

/** Keywords of ADO.NET that say nothing to Sluice, which has its own pool, time limits and one result at a time. Strings of other programs carry them. */
const withoutEffect: ReadonlySet<string> = new Set(
  (
    "asynchronousprocessing async connectionlifetime loadbalancetimeout enlist failoverpartner failoverpartnerspn serverspn maxpoolsize minpoolsize pooling " +
    "poolblockingperiod multipleactiveresultsets mars networklibrary network net persistsecurityinfo replication transactionbinding typesystemversion " +
    "transparentnetworkipresolution columnencryptionsetting attestationprotocol enclaveattestationurl commandtimeout ipaddresspreference"
  ).split(" "),
);

const otherSignIns =
  "give User ID and Password of a SQL Server login, User ID=DOMAIN\\user with Password (NTLM), or Authentication=Active Directory Service Principal, Managed Identity or Default";

/** Keywords that ask for what cannot be done, each with what to do instead. */
const refused: Readonly<Record<string, (value: string) => string | null>> = {
  integratedsecurity: (value) => refuseSspi("Integrated Security", value),
  trustedconnection: (value) => refuseSspi("Trusted_Connection", value),
  attachdbfilename: () => "AttachDbFilename is not supported: attach the file on the server and name it by Database",
  extendedproperties: () => "Extended Properties is not supported: attach the file on the server and name it by Database",
  initialfilename: () => "Initial File Name is not supported: attach the file on the server and name it by Database",
  userinstance: (value) => (isYes(value) ? "User Instance is not supported: name the server that runs as a service" : null),
  contextconnection: (value) => (isYes(value) ? "Context Connection works inside SQL Server only: name the Server" : null),
  servercertificate: () =>
    "ServerCertificate is not supported: name the file of the certificate authority by the environment variable NODE_EXTRA_CA_CERTS",
  driver: () => "this is an ODBC string: write Server=…;Database=…;User ID=…;Password=… without Driver",
  dsn: () => "this is an ODBC string: write Server=…;Database=…;User ID=…;Password=… without DSN",
  provider: () => "this is an OLE DB string: write Server=…;Database=…;User ID=…;Password=… without Provider",
};

/** Ways to sign in, by the value of `Authentication` without blanks. Null: supported. */
const authentications: Readonly<Record<string, string | null>> = {
  sqlpassword: null,
  ntlm: null,
  activedirectorypassword: null,
  activedirectoryserviceprincipal: null,
  activedirectorymanagedidentity: null,
  activedirectorymsi: null,
  activedirectorydefault: null,
  activedirectoryworkloadidentity: null,
  activedirectoryintegrated: `Authentication=Active Directory Integrated takes the Windows account of the process, which this driver cannot: ${otherSignIns}`,
  activedirectoryinteractive: `Authentication=Active Directory Interactive asks a person, and a job has none: ${otherSignIns}`,
  activedirectorydevicecodeflow: `Authentication=Active Directory Device Code Flow asks a person, and a job has none: ${otherSignIns}`,
};

const compact = (text: string): string => text.toLowerCase().replace(/[\s_]/g, "");

const isYes = (value: string): boolean => ["true", "yes", "sspi"].includes(compact(value));

const refuseSspi = (keyword: string, value: string): string | null =>
  isYes(value) ? `${keyword} signs in as the Windows account of the process, which this driver cannot: ${otherSignIns}` : null;

const oneOf =
  (...words: string[]) =>
  (value: string): string | null =>
    words.includes(compact(value)) ? null : `one of ${words.join(", ")}`;

const wholeNumber =
  (from: number, to: number) =>
  (value: string): string | null =>
    /^\d{1,10}$/.test(value) && Number(value) >= from && Number(value) <= to ? null : `a whole number from ${from} to ${to}`;

const yesOrNo = oneOf("true", "false", "yes", "no");

/** What a value must be; gives the expectation that it misses. */
const expectations: Partial<Record<ConnectionKeyword, (value: string) => string | null>> = {
  encrypt: oneOf("true", "false", "yes", "no", "mandatory", "optional", "strict"),
  trustServerCertificate: yesOrNo,
  multiSubnetFailover: yesOrNo,
  // Seconds; 0 is without end, and a timer holds 31 bits of milliseconds.
  connectTimeout: wholeNumber(0, 2_147_483),
  connectRetryCount: wholeNumber(0, 255),
  connectRetryInterval: wholeNumber(1, 60),
  packetSize: wholeNumber(512, 32_768),
  applicationIntent: oneOf("readonly", "readwrite"),
};

/** `name` as a person knows it: `userId` is `User ID`. */
const shown: Partial<Record<ConnectionKeyword, string>> = { userId: "User ID", clientId: "Client Id", tenantId: "Tenant Id" };
const shownName = (keyword: ConnectionKeyword): string => shown[keyword] ?? keyword.replace(/^./, (first) => first.toUpperCase());

/**
 * Splits `keyword=value;…` as ADO.NET does: blanks around keyword and value go; a value may stand in "…" or '…', a quote inside written twice; `==` in a keyword
 * is one `=`; empty parts are skipped. One part at a time, so that a part which cannot be read is named by one that was checked before.
 */
function* splitAdo(text: string): Generator<readonly [keyword: string, value: string]> {
  let before: string | undefined;
  let at = 0;
  while (at < text.length) {
    const blank = /[\s;]*/y;
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
    if (at >= text.length) return;
    const key = /((?:[^=;]|==)+)=(?!=)\s*/y;
    key.lastIndex = at;
    const found = key.exec(text);
    if (found === null) return fail(`${placeAfter(before)} is no keyword=value: a value that holds ; must stand in double quotes`);
    at = key.lastIndex;
    const keyword = (found[1] ?? "").trim().replaceAll("==", "=");
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      const quoted = quote === '"' ? /"((?:[^"]|"")*)"\s*(;|$)/y : /'((?:[^']|'')*)'\s*(;|$)/y;
      quoted.lastIndex = at;
      const value = quoted.exec(text);
      if (value === null) {
        return fail(
          `the value of ${nameOf(keyword, before)} starts with a quote that is not closed before ; or the end: write a quote inside twice`,
        );
      }
      at = quoted.lastIndex;
      yield [keyword, (value[1] ?? "").replaceAll(quote + quote, quote)];
    } else {
      const end = text.indexOf(";", at);
      const stop = end < 0 ? text.length : end;
      yield [keyword, text.slice(at, stop).trim()];
      at = stop;
    }
    before = keyword;
  }
}

const placeAfter = (before: string | undefined): string => (before === undefined ? "the first part" : `the part after ${before}=…`);

/** What follows a password may be a piece of it: such a keyword is told by its place and not named. */
const nameOf = (keyword: string, before: string | undefined): string =>
  before !== undefined && spellings[compact(before)] === "password" ? `the part after ${before}=…` : keyword;

/** `mssql://user:password@host:port/database?keyword=value`: user, password and names percent-decoded; `/instance/database` names an instance. */
const splitUrl = (text: string): readonly (readonly [keyword: string, value: string])[] => {
  const decode = (part: string, what: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      return fail(`a % in the ${what} of the address is not followed by two hexadecimal digits: write %25 for %`);
    }
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return fail(
      "the mssql:// address is none: write mssql://user:password@host:1433/database, with / ? # @ : % in user and password percent-encoded",
    );
  }
  const segments = url.pathname
    .split("/")
    .slice(1)
    .filter((segment) => segment !== "");
  if (segments.length > 2) fail("the mssql:// address has more than an instance and a database after the host");
  const instance = segments.length === 2 ? `\\${decode(segments[0] ?? "", "instance")}` : "";
  const pairs: [string, string][] = [
    ["Server", `${decode(url.hostname, "host")}${instance}${url.port === "" ? "" : `,${url.port}`}`],
    ["Database", decode(segments.at(-1) ?? "", "database")],
  ];
  if (url.username !== "") pairs.push(["User ID", decode(url.username, "user")]);
  if (url.password !== "") pairs.push(["Password", decode(url.password, "password")]);
  if (url.hash !== "") fail("the mssql:// address holds a #: write %23 for it in user and password");
  return [...pairs, ...url.searchParams];
};

const checkServer = (server: string): void => {
  const forms = "write host, host,port or host\\instance";
  if (/^(np|lpc|admin):|^\\\\/i.test(server))
    fail(`named pipes, shared memory and the administrator's connection are not supported: ${forms} (TCP/IP)`);
  if (/^\(localdb\)/i.test(server)) fail(`LocalDB speaks no TCP/IP: ${forms} of a server, or sqlite:<path> for a database without one`);
  const [, host = "", port] = /^(?:tcp:)?([^,]*)(?:,(.*))?$/i.exec(server) ?? [];
  if (port !== undefined && wholeNumber(1, 65_535)(port.trim()) !== null) fail("the port of Server is none: write host,1433");
  const name = host.split("\\")[0]?.trim() ?? "";
  if (name === "") fail(`Server names no host: ${forms}`);
  if (/^[^:[\]]+:\d+$/.test(name)) fail("a port follows a comma: write Server=host,1433");
  if (/[\s;/]/.test(name)) fail(`Server is no name of a host: ${forms}`);
};

const checkSignIn = (values: ReadonlyMap<ConnectionKeyword, string>): void => {
  const has = (keyword: ConnectionKeyword): boolean => (values.get(keyword) ?? "") !== "";
  const need = (...keywords: ConnectionKeyword[]): void => {
    for (const keyword of keywords) {
      if (!has(keyword)) fail(`Authentication=${values.get("authentication") ?? ""} needs ${shownName(keyword)}`);
    }
  };
  const way = compact(values.get("authentication") ?? "");
  if (way === "" || way === "sqlpassword" || way === "ntlm") {
    if (!has("userId")) fail(`nobody to sign in as: ${otherSignIns}`);
    if (!has("password")) fail("Password is missing: the one of the User ID");
    if (way === "ntlm" && !/^[^\\]+\\[^\\]+$/.test(values.get("userId") ?? "")) fail("Authentication=NTLM needs User ID=DOMAIN\\user");
  } else if (way === "activedirectorypassword") {
    need("userId", "password", "clientId");
  } else if (way === "activedirectoryserviceprincipal") {
    need("userId", "password", "tenantId");
  }
};

/**
 * Reads a connection string for SQL Server, ADO.NET's form or an `mssql://` address, and checks all that can be known without a server. Takes the text, gives each
 * keyword that Sluice understands with its value, or the first problem. Of a keyword given twice the last counts, as in ADO.NET. A repository is written to and has its own
 * database; a source may name none (the login's own) and may be a copy that is only read.
 */
export const readConnectionString = (text: string, purpose: "repository" | "source" = "repository"): ConnectionStringReading => {
  try {
    const values = new Map<ConnectionKeyword, string>();
    let before: string | undefined;
    for (const [keyword, value] of /^mssql:\/\//i.test(text) ? splitUrl(text) : splitAdo(text)) {
      const problem = refused[compact(keyword)]?.(value) ?? null;
      if (problem !== null) fail(problem);
      const known = spellings[compact(keyword)];
      if (known !== undefined) {
        const expected = value === "" ? null : (expectations[known]?.(value) ?? null);
        if (expected !== null) fail(`the value of ${keyword} must be ${expected}`);
        values.set(known, value);
      } else if (!withoutEffect.has(compact(keyword)) && refused[compact(keyword)] === undefined) {
        fail(
          `${nameOf(keyword, before)} is no keyword that is known: correct it or leave it out; a value that holds ; must stand in double quotes`,
        );
      }
      before = keyword;
    }
    const way = values.get("authentication") ?? "";
    const answer = way === "" ? null : authentications[compact(way)];
    if (answer === undefined)
      fail(
        "the value of Authentication is none that is known: Sql Password, NTLM, Active Directory Service Principal, Managed Identity, Default or Password",
      );
    if (answer !== null && answer !== undefined) fail(answer);
    if ((values.get("server") ?? "") === "") fail("Server is missing");
    checkServer(values.get("server") ?? "");
    if (purpose === "repository") {
      if (compact(values.get("applicationIntent") ?? "") === "readonly") {
        fail("ApplicationIntent=ReadOnly leads to a copy that cannot be written: leave it out");
      }
      if ((values.get("database") ?? "") === "") fail("Database is missing: name the database that holds Sluice's tables");
    }
    checkSignIn(values);
    for (const [keyword, value] of values) if (value === "") values.delete(keyword);
    return { values, problem: null };
  } catch (error) {
    if (error instanceof Problem) return { values: null, problem: error.message };
    throw error;
  }
};

/** Splits a connection string in ADO.NET's form into its keywords and values, whatever they mean. Gives the first problem where it has not that form. */
export const splitConnectionString = (
  text: string,
):
  | { readonly pairs: readonly (readonly [keyword: string, value: string])[]; readonly problem: null }
  | { readonly pairs: null; readonly problem: string } => {
  try {
    return { pairs: [...splitAdo(text)], problem: null };
  } catch (error) {
    if (error instanceof Problem) return { pairs: null, problem: error.message };
    throw error;
  }
};
