import fc from "fast-check";
import { Connection } from "tedious";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { inDatabase, type MssqlTarget, mssqlTarget } from "../../../src/store/mssql/connection-string.js";

const signIn = "Database=Sluice;User ID=sluice;Password=secret-1";

const options = (text: string) => mssqlTarget(text).configuration.options ?? {};

/** The sentence of the refusal. */
const refusal = (text: string): string => {
  try {
    mssqlTarget(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    expect(error).toMatchObject({ code: "DB_CONNECTION_STRING", exit: 64 });
    return (error as SluiceError).message;
  }
  throw new Error(`${text} was taken`);
};

/** The driver checks what it is given when a connection is made, and no socket is opened before `connect`. */
const acceptedByDriver = (target: MssqlTarget): void => {
  expect(() => new Connection(target.configuration)).not.toThrow();
};

test("the defaults: encrypted, the certificate checked, 15 s, port 1433, as Sluice", () => {
  const target = mssqlTarget(`Server=db;${signIn}`);
  expect(target).toEqual({
    server: "db",
    database: "Sluice",
    configuration: {
      server: "db",
      authentication: { type: "default", options: { userName: "sluice", password: "secret-1" } },
      options: { database: "Sluice", port: 1433, encrypt: true, trustServerCertificate: false, connectTimeout: 15_000, appName: "Sluice" },
    },
  });
  acceptedByDriver(target);
});

test("everything that is understood reaches the driver", () => {
  const target = mssqlTarget(
    `data source=tcp:db.example.com , 1533;Initial Catalog=Sluice;UID=sluice;PWD=secret-1;Encrypt=Mandatory;Trust Server Certificate=yes;Host Name In Certificate=sql.example.com;` +
      `Connect Timeout=30;Packet Size=16384;MultiSubnetFailover=True;Workstation ID=w1;Current Language=us_english;Application Name=Jobs;Connect Retry Count=5;ConnectRetryInterval=7;` +
      `Persist Security Info=False;MultipleActiveResultSets=True;Pooling=true;Max Pool Size=50;Command Timeout=30;ApplicationIntent=ReadWrite;Integrated Security=false`,
  );
  expect(target.server).toBe("db.example.com:1533");
  expect(target.configuration.options).toEqual({
    database: "Sluice",
    port: 1533,
    encrypt: true,
    trustServerCertificate: true,
    serverName: "sql.example.com",
    connectTimeout: 30_000,
    packetSize: 16_384,
    multiSubnetFailover: true,
    workstationId: "w1",
    language: "us_english",
    appName: "Jobs",
    maxRetriesOnTransientErrors: 5,
    connectionRetryInterval: 7_000,
  });
  acceptedByDriver(target);
});

test.each([
  ["true", true],
  ["yes", true],
  ["Mandatory", true],
  ["false", false],
  ["No", false],
  ["Optional", false],
  ["Strict", "strict"],
])("Encrypt=%s", (word, expected) => {
  expect(options(`Server=db;${signIn};Encrypt=${word}`).encrypt).toBe(expected);
});

test("an address is no name to ask TLS for, but it is what a checked certificate must be for", () => {
  expect(options(`Server=10.1.2.3;${signIn};TrustServerCertificate=true`).serverName).toBe("localhost");
  expect(options(`Server=10.1.2.3;${signIn};TrustServerCertificate=true;HostNameInCertificate=db`).serverName).toBe("db");
  expect(options(`Server=10.1.2.3;${signIn}`).serverName).toBeUndefined();
  expect(options(`Server=10.1.2.3;${signIn};TrustServerCertificate=true;Encrypt=Strict`).serverName).toBeUndefined();
  expect(options(`Server=db;${signIn};TrustServerCertificate=true`).serverName).toBeUndefined();
});

test("Connect Timeout=0 is without end, not at once", () => {
  expect(options(`Server=db;${signIn};Timeout=0`).connectTimeout).toBeGreaterThan(1_000_000_000);
});

test.each([
  ["db", "db", "db", 1433, undefined],
  ["tcp:db,1434", "db:1434", "db", 1434, undefined],
  ["db\\SQL2022", "db\\SQL2022", "db", undefined, "SQL2022"],
  ["db\\SQL2022,1435", "db:1435", "db", 1435, undefined],
  ["db\\SQL2022,1433", "db:1433", "db", 1433, undefined],
  ["(local)", "localhost", "localhost", 1433, undefined],
  [".", "localhost", "localhost", 1433, undefined],
  [".\\SQLEXPRESS", "localhost\\SQLEXPRESS", "localhost", undefined, "SQLEXPRESS"],
  ["[::1],1500", "::1:1500", "::1", 1500, undefined],
  ["[2001:db8::7]", "2001:db8::7", "2001:db8::7", 1433, undefined],
  ["2001:db8::7,1500", "2001:db8::7:1500", "2001:db8::7", 1500, undefined],
  ["10.1.2.3 , 1500", "10.1.2.3:1500", "10.1.2.3", 1500, undefined],
])("Server=%s", (text, shown, host, port, instanceName) => {
  const target = mssqlTarget(`Server=${text};${signIn}`);
  expect([
    target.server,
    target.configuration.server,
    target.configuration.options?.port,
    target.configuration.options?.instanceName,
  ]).toEqual([shown, host, port, instanceName]);
  acceptedByDriver(target);
});

describe("mssql:// addresses", () => {
  test("user and password are percent-decoded, options are those of the ADO form", () => {
    const target = mssqlTarget(
      "mssql://sluice%40x:p%40%2F%3A%3B%22%20%C3%A9@db.example.com:1500/My%20Data?encrypt=strict&App=Jobs&connect timeout=3",
    );
    expect(target.configuration.authentication).toEqual({ type: "default", options: { userName: "sluice@x", password: 'p@/:;" é' } });
    expect(target).toMatchObject({
      server: "db.example.com:1500",
      database: "My Data",
      configuration: { options: { encrypt: "strict", appName: "Jobs", connectTimeout: 3000, port: 1500 } },
    });
    acceptedByDriver(target);
  });

  test("an instance stands before the database, an IPv6 address in brackets", () => {
    expect(mssqlTarget("mssql://u:p@db/SQL2022/Sluice")).toMatchObject({ server: "db\\SQL2022", database: "Sluice" });
    expect(mssqlTarget("MSSQL://u:p@[::1]:1500/Sluice")).toMatchObject({ server: "::1:1500", configuration: { server: "::1" } });
  });

  test.each([
    ["mssql://u:p@db", /Database is missing/],
    ["mssql://db/Sluice", /nobody to sign in as/],
    ["mssql://u:s3cr%et@db/Sluice", /write %25/],
    ["mssql://u:s3cr#et@db/Sluice", /percent-encoded/],
    ["mssql://u:p@db/a/b/c", /more than an instance and a database/],
    ["mssql://u:p@db/Sluice#s3cret", /write %23/],
    ["mssql://u:p@db/Sluice?trustedconnection=true", /Windows account/],
    ["mssql://u:p@db:port/Sluice", /the mssql:\/\/ address is none/],
    ["mssql://", /Server is missing/],
  ])("%s is refused", (text, expected) => {
    expect(refusal(text)).toMatch(expected);
    expect(refusal(text)).not.toMatch(/s3cr/);
  });
});

describe("passwords", () => {
  test.each([
    ['Password="a;b"', "a;b"],
    ["Password='a;b'", "a;b"],
    ['Password="a""b"', 'a"b'],
    ["Password='it''s'", "it's"],
    [`Password="it's"`, "it's"],
    [`Password='"'`, '"'],
    ["Password=a=b==c", "a=b==c"],
    ["Password=a'b\"c", "a'b\"c"],
    ['Password=" blanks "', " blanks "],
    ["Password=  no blanks  ", "no blanks"],
    ["Password={braces}", "{braces}"],
    ["Password=ünï-日本-\u{1f600}", "ünï-日本-\u{1f600}"],
    ["Password=one;;;Pwd=two", "two"],
  ])("%s", (part, password) => {
    for (const text of [`Server=db;Database=d;User ID=u;${part}`, `${part};Server=db;Database=d;User ID=u;`]) {
      expect(mssqlTarget(text).configuration.authentication).toEqual({ type: "default", options: { userName: "u", password } });
    }
  });

  test("any password comes through in quotes and in an address", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (password) => {
        const given = (text: string) => mssqlTarget(text).configuration.authentication?.options;
        expect(given(`Server=db;Password="${password.replaceAll('"', '""')}";Database=d;UID=u`)).toEqual({ userName: "u", password });
        expect(given(`Server=db;Password='${password.replaceAll("'", "''")}';Database=d;UID=u`)).toEqual({ userName: "u", password });
        expect(given(`mssql://u:${encodeURIComponent(password)}@db/d`)).toEqual({ userName: "u", password });
      }),
    );
  });

  test("no piece of one is in a message, however the string is broken", () => {
    const secret = "S3cr3t";
    const pieces = fc.array(fc.constantFrom(secret, ";", "=", '"', "'", " ", "x"), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(pieces, fc.constantFrom("Password=", "Password='", 'PWD="', "Server=db;Password="), (parts, keyword) => {
        const text = `Database=d;User ID=u;${keyword}${secret}${parts.join("")};Server=db,x`;
        expect(refusal(text)).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("ways to sign in", () => {
  const authentication = (text: string) => {
    const target = mssqlTarget(`Server=db;Database=d;${text}`);
    acceptedByDriver(target);
    return target.configuration.authentication;
  };

  test.each([
    ["User ID=CORP\\svc;Password=p", { type: "ntlm", options: { domain: "CORP", userName: "svc", password: "p" } }],
    ["Authentication=NTLM;User ID=CORP\\svc;Password=p", { type: "ntlm", options: { domain: "CORP", userName: "svc", password: "p" } }],
    ["Authentication=SqlPassword;User=u;Password=p", { type: "default", options: { userName: "u", password: "p" } }],
    [
      "Authentication=Active Directory Service Principal;User Id=app;Password=s;Tenant Id=t",
      { type: "azure-active-directory-service-principal-secret", options: { clientId: "app", clientSecret: "s", tenantId: "t" } },
    ],
    [
      "Authentication=ActiveDirectoryPassword;User Id=a@b.c;Password=p;Client Id=c;Tenant Id=t",
      { type: "azure-active-directory-password", options: { userName: "a@b.c", password: "p", clientId: "c", tenantId: "t" } },
    ],
    [
      "Authentication=Active Directory Password;User Id=a@b.c;Password=p;Client Id=c",
      { type: "azure-active-directory-password", options: { userName: "a@b.c", password: "p", clientId: "c", tenantId: "common" } },
    ],
    ["Authentication=Active Directory Managed Identity", { type: "azure-active-directory-msi-vm", options: {} }],
    ["Authentication=Active Directory MSI;User Id=c", { type: "azure-active-directory-msi-vm", options: { clientId: "c" } }],
    ["Authentication=Active Directory Default", { type: "azure-active-directory-default", options: {} }],
    ["Authentication=Active Directory Workload Identity;UID=c", { type: "azure-active-directory-default", options: { clientId: "c" } }],
  ])("%s", (text, expected) => {
    expect(authentication(text)).toEqual(expected);
  });

  test.each([
    [
      "Integrated Security=SSPI",
      /Integrated Security signs in as the Windows account .* give User ID and Password of a SQL Server login, User ID=DOMAIN/,
    ],
    ["Integrated Security=true;User ID=u;Password=p", /Integrated Security/],
    ["Trusted_Connection=yes", /Trusted_Connection signs in as the Windows account/],
    ["Authentication=Active Directory Integrated", /Integrated takes the Windows account/],
    ["Authentication=Active Directory Interactive;UID=u", /asks a person/],
    ["Authentication=Active Directory Device Code Flow", /asks a person/],
    ["Authentication=Kerberos", /the value of Authentication is none that is known/],
    ["Authentication=Active Directory Service Principal;User Id=app;Password=s", /needs Tenant Id/],
    ["Authentication=Active Directory Password;User Id=app;Password=s", /needs Client Id/],
    ["Authentication=NTLM;User ID=u;Password=p", /DOMAIN\\user/],
    ["User ID=u", /Password is missing/],
    ["Password=p", /nobody to sign in as/],
  ])("%s is answered with what works", (text, expected) => {
    expect(refusal(`Server=db;Database=d;${text}`)).toMatch(expected);
  });
});

test.each([
  [`Server=np:\\\\db\\pipe\\sql\\query;${signIn}`, /named pipes.*TCP\/IP/],
  [`Server=\\\\db\\pipe\\sql\\query;${signIn}`, /named pipes/],
  [`Server=(localdb)\\MSSQLLocalDB;${signIn}`, /LocalDB speaks no TCP\/IP.*sqlite:<path>/],
  [`Server=db:1433;${signIn}`, /Server=host,1433/],
  [`Server=db,;${signIn}`, /port of Server/],
  [`Server=db,70000;${signIn}`, /port of Server/],
  [`Server=,1433;${signIn}`, /names no host/],
  [`Server=;${signIn}`, /Server is missing/],
  [signIn, /Server is missing/],
  ["Server=db;User ID=u;Password=p", /Database is missing/],
  [`Server=db;${signIn};Encrypt=maybe`, /the value of Encrypt must be one of true, false/],
  [`Server=db;${signIn};Connect Timeout=soon`, /the value of Connect Timeout must be a whole number/],
  [`Server=db;${signIn};Packet Size=1`, /Packet Size must be a whole number from 512/],
  [`Server=db;${signIn};ApplicationIntent=ReadOnly`, /cannot be written/],
  [`Server=db;${signIn};AttachDbFilename=x.mdf`, /AttachDbFilename/],
  [`Server=db;${signIn};ServerCertificate=x.cer`, /NODE_EXTRA_CA_CERTS/],
  [`Driver={ODBC Driver 18 for SQL Server};Server=db;${signIn}`, /ODBC string/],
  [`Server=db;Pasword=p;${signIn}`, /^[^:]*: Pasword is no keyword/],
  [`Server=db;${signIn};rest`, /the part after Password=… is no keyword=value/],
  [`Server=db;${signIn};half=x`, /the part after Password=… is no keyword that is known.*double quotes/],
  [`Server=db;Database="x;${signIn}`, /the value of Database starts with a quote that is not closed/],
])("%s is refused", (text, expected) => {
  expect(refusal(text)).toMatch(expected);
});

test("another database of the same server", () => {
  const target = mssqlTarget(`Server=db;${signIn}`);
  expect(inDatabase(target, "master")).toEqual({
    ...target,
    database: "master",
    configuration: { ...target.configuration, options: { ...target.configuration.options, database: "master" } },
  });
});

test("a target can be handed to a worker thread", () => {
  const target = mssqlTarget(`Server=db;${signIn}`);
  expect(structuredClone(target)).toEqual(target);
});
