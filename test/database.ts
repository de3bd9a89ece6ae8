import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Knex } from "knex";
import { afterAll, afterEach, describe, vi } from "vitest";
import { migrate } from "../src/store/schema/migrations.js";
import { openSqlite } from "../src/store/sqlite/open.js";
import type { DatabaseSetting } from "../src/store/store.js";
import { temporaryFolder } from "./temporary-folder.js";

export type DatabaseKind = "SQLite" | "SQL Server";

/** ADO connection string of a server on which tests make databases of their own; without it all that needs one is skipped, and counted. */
export const testServer: string | null = process.env.SLUICE_TEST_MSSQL || null;

/** A server answers slower than a file, a new connection's first statements most of all (ms). */
const serverTimeoutMs = 300_000;
if (testServer !== null) vi.setConfig({ hookTimeout: serverTimeoutMs });

/** Time limit of a test (ms) that SQLite needs longer for than most. */
export const testTimeoutOn = (kind: DatabaseKind, onSqlite: number): number =>
  kind === "SQLite" ? onSqlite : Math.max(5 * onSqlite, serverTimeoutMs);

/** Loaded where there is a server: without one no test waits for its driver. */
const mssql = async () => {
  const [{ mssqlTarget }, { connectMssql, databaseName }, { mssqlSchema }] = await Promise.all([
    import("../src/store/mssql/connection-string.js"),
    import("../src/store/mssql/open.js"),
    import("../src/store/mssql/schema.js"),
  ]);
  return {
    schema: mssqlSchema,
    connect: (connectionString: string): Knex => connectMssql(mssqlTarget(connectionString)),
    titleOf: (connectionString: string): string => `SQL Server ${databaseName(mssqlTarget(connectionString))}`,
  };
};

/** Runs a suite on SQL Server, where there is a server; its tests are skipped, and counted, where there is none. */
export const onServer = (suite: () => void): void => {
  describe.skipIf(testServer === null)("on SQL Server", { timeout: serverTimeoutMs }, suite);
};

/** Runs a suite on SQLite, and once more on SQL Server. */
export const onEachDatabase = (suite: (kind: DatabaseKind) => void): void => {
  describe("on SQLite", () => suite("SQLite"));
  onServer(() => suite("SQL Server"));
};

/** A repository without rows, brought up to date. */
export interface TestDatabase {
  readonly kind: DatabaseKind;
  /** The file's path, or the database's name on its server. */
  readonly name: string;
  /** As the first line of a run names it. */
  readonly title: string;
  readonly setting: DatabaseSetting;
  /** As `ConnectionString` of `appsettings.json` names it. */
  readonly connectionString: string;
  /** A connection of the test's own, which it need not close. */
  knex(): Promise<Knex>;
  /** Gives the database back before its time, for tests that need many one after the other. */
  close(): Promise<void>;
}

/** A database on the server, and the connection to it that tests share, one after the other. */
interface ServerDatabase {
  readonly name: string;
  readonly knex: Knex;
}
/** Databases that no test uses now, and all that this file made. Making one takes a second, emptying one far less. */
const free: ServerDatabase[] = [];
const connected: ServerDatabase[] = [];
const made: string[] = [];
/** What goes away with its test. */
const ofTheTest: TestDatabase[] = [];

afterEach(async () => {
  for (const database of ofTheTest.splice(0)) await database.close();
});

afterAll(async () => {
  for (const { knex } of connected.splice(0)) await knex.destroy();
  if (made.length === 0) return;
  const server = (await mssql()).connect(inDatabase("master"));
  for (const name of made) {
    // Whoever still holds a connection, a killed child for one, must not keep the database.
    const statements = [`ALTER DATABASE [${name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`, `DROP DATABASE [${name}]`];
    for (const statement of statements) await server.raw(statement).catch(() => undefined);
  }
  await server.destroy();
});

/** The test server's connection string with another database. */
const inDatabase = (name: string): string =>
  `${(testServer ?? "").replace(/;?\s*(Database|Initial Catalog)\s*=[^;]*/gi, "")};Database=${name}`;

/** A name that no other run uses, for a database that a test makes by itself; dropped at the end of the file. */
export const unusedDatabase = (): { readonly name: string; readonly connectionString: string } => {
  const name = `sluice_test_${process.pid}_${randomUUID().slice(0, 8)}`;
  made.push(name);
  return { name, connectionString: inDatabase(name) };
};

/** The last database that is being made: tests that run at once make theirs one after the other, since not every server makes two at a time. */
let making: Promise<unknown> = Promise.resolve();
const createDatabase = (): Promise<ServerDatabase> => {
  const next = making.then(makeDatabase);
  making = next.catch(() => undefined);
  return next;
};

/** Makes a database and its tables. */
const makeDatabase = async (): Promise<ServerDatabase> => {
  const { name, connectionString } = unusedDatabase();
  const { connect, schema } = await mssql();
  const server = connect(inDatabase("master"));
  try {
    await server.raw(`CREATE DATABASE [${name}]`);
  } finally {
    await server.destroy();
  }
  const database = { name, knex: connect(connectionString) };
  connected.push(database);
  await migrate(database.knex, schema, name, "2026-01-01T00:00:00.000Z");
  await isAltered(database.knex);
  return database;
};

/** References between tables; a table that others refer to cannot be truncated. They are read once a file: all databases have the same. */
interface Reference {
  readonly Name: string;
  readonly Table: string;
  readonly Column: string;
  readonly Referred: string;
}
let references: readonly Reference[] | null = null;
const referencesIn = async (knex: Knex): Promise<readonly Reference[]> => {
  references ??= (await knex.raw(
    `SELECT f.name AS [Name], OBJECT_NAME(f.parent_object_id) AS [Table], COL_NAME(c.parent_object_id, c.parent_column_id) AS [Column],
       OBJECT_NAME(f.referenced_object_id) AS [Referred]
     FROM sys.foreign_keys f JOIN sys.foreign_key_columns c ON c.constraint_object_id = f.object_id`,
  )) as Reference[];
  return references;
};

/** What a former test may have left besides rows: a table, view or index of its own. Indexes of keys may stay, since every load makes those it needs. */
const isAltered = async (knex: Knex): Promise<boolean> => {
  const counts = (await knex.raw(
    `SELECT COUNT(*) AS [Count] FROM sys.objects WHERE type IN ('U', 'V') UNION ALL
     SELECT COUNT(*) FROM sys.indexes WHERE name IS NOT NULL AND LOWER(LEFT(name, 16)) <> 'ix_ur_resources_'`,
  )) as { Count: number }[];
  const found = counts.map(({ Count }) => Number(Count)).join();
  unaltered ??= found;
  return found !== unaltered;
};
let unaltered: string | null = null;

/** Takes all rows out; identities start at 1 again, as a test that counts instances from 1 expects. */
const empty = async (knex: Knex): Promise<void> => {
  const fixed = ["um_migrations", "um_sequences"];
  const tables = ((await knex.raw("SELECT name AS [Name] FROM sys.tables")) as { Name: string }[])
    .map(({ Name }) => Name)
    .filter((name) => !fixed.includes(name.toLowerCase()));
  const all = await referencesIn(knex);
  await knex.raw(
    [
      ...all.map(({ Table, Name }) => `ALTER TABLE [${Table}] DROP CONSTRAINT [${Name}]`),
      ...tables.map((name) => `TRUNCATE TABLE [${name}]`),
      ...all.map(
        ({ Table, Name, Column, Referred }) =>
          `ALTER TABLE [${Table}] ADD CONSTRAINT [${Name}] FOREIGN KEY ([${Column}]) REFERENCES [${Referred}] ([Id])`,
      ),
      "UPDATE UM_Sequences SET Value = 0",
    ].join(";\n"),
  );
};

/** A database that is free and as if new; one that cannot be made so is left to the end of the file. */
const takeDatabase = async (): Promise<ServerDatabase> => {
  for (let database = free.pop(); database !== undefined; database = free.pop()) {
    if (await isAltered(database.knex)) continue;
    await empty(database.knex);
    return database;
  }
  return createDatabase();
};

const sqliteDatabase = async (): Promise<TestDatabase> => {
  const path = join(temporaryFolder("database"), "sluice.db");
  const knex = await openSqlite(path);
  return {
    kind: "SQLite",
    name: path,
    title: `SQLite ${path}`,
    setting: { kind: "sqlite", path },
    connectionString: `sqlite:${path}`,
    knex: async () => knex,
    close: async () => {
      await knex.destroy();
      rmSync(dirname(path), { recursive: true, force: true });
    },
  };
};

const mssqlDatabase = async (): Promise<TestDatabase> => {
  const database = await takeDatabase();
  const { name, knex } = database;
  const connectionString = inDatabase(name);
  let isOpen = true;
  return {
    kind: "SQL Server",
    name,
    title: (await mssql()).titleOf(connectionString),
    setting: { kind: "mssql", connectionString },
    connectionString,
    knex: async () => knex,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      free.push(database);
    },
  };
};

/** An empty repository of its own that stays until it is closed, or to the end of the file. */
export const lastingDatabase = (kind: DatabaseKind): Promise<TestDatabase> => (kind === "SQLite" ? sqliteDatabase() : mssqlDatabase());

/** An empty repository of its own for one test. */
export const freshDatabase = async (kind: DatabaseKind): Promise<TestDatabase> => {
  const database = await lastingDatabase(kind);
  ofTheTest.push(database);
  return database;
};

/** What `appsettings.json` says of the database: nothing for the embedded one in the workspace itself, else a fresh one's connection string. */
export const databaseSettings = async (kind: DatabaseKind): Promise<{ readonly ConnectionString?: string }> =>
  kind === "SQLite" ? {} : { ConnectionString: (await freshDatabase(kind)).connectionString };

/** Gives a table another name. Not every server guesses that it is a table. */
export const renameTable = async (kind: DatabaseKind, knex: Knex, from: string, to: string): Promise<void> => {
  await (kind === "SQLite" ? knex.schema.renameTable(from, to) : knex.raw(`EXEC sp_rename N'${from}', N'${to}', N'OBJECT'`));
};

/** Gives an empty database on the server the rows of another one there, their numbers included. */
export const copyRows = async (from: TestDatabase, to: TestDatabase): Promise<void> => {
  const knex = await to.knex();
  const columns = (await knex.raw(
    `SELECT t.name AS [Table], c.name AS [Column], CAST(c.is_identity AS int) AS [IsIdentity] FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id`,
  )) as { readonly Table: string; readonly Column: string; readonly IsIdentity: number }[];
  const referred = new Set((await referencesIn(knex)).map(({ Referred }) => Referred));
  const names = [...new Set(columns.map(({ Table }) => Table))].sort((a, b) => Number(referred.has(b)) - Number(referred.has(a)));
  const statements = names
    .filter((name) => name.toLowerCase() !== "um_migrations")
    .flatMap((name) => {
      const own = columns.filter(({ Table }) => Table === name);
      const list = own.map(({ Column }) => `[${Column}]`).join(", ");
      const insert = `INSERT INTO [${name}] (${list}) SELECT ${list} FROM [${from.name}].dbo.[${name}]`;
      const isNumbered = own.some(({ IsIdentity }) => Number(IsIdentity) === 1);
      return [
        `DELETE FROM [${name}]`,
        ...(isNumbered ? [`SET IDENTITY_INSERT [${name}] ON`, insert, `SET IDENTITY_INSERT [${name}] OFF`] : [insert]),
      ];
    });
  await knex.raw(statements.join(";\n"));
};
