/**
 * SQL Server through its driver for Node, tedious. SLUICE_BENCH_SERVER is the connection string.
 *
 *     node mssql.mjs describe                     product and version, as the server says
 *     node mssql.mjs create NAME | drop NAME      a database
 *     node mssql.mjs load ENTRIES LINKS           bulk load of sorted files into empty tables: what must reach the server in any case
 *     node mssql.mjs resolve                      keys and links between the loaded rows: what complete starts from
 *     node mssql.mjs complete ENTRIES LINKS       sorted files against these tables: bulk load into temporary tables, FULL JOIN, threshold,
 *                                                 UPDATE, INSERT, DELETE in one transaction
 *
 * The last line of stdout: seconds=… and what was counted. Neither history, nor staging, nor claims that wait for their resource are kept.
 */
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import mssql from "mssql";
import { Connection, Request, TYPES } from "tedious";
import { mappedColumns } from "../columns.mjs";

const [operation, ...args] = process.argv.slice(2);

const connect = async () => {
  const { server, port, user, password, database, options } = mssql.ConnectionPool.parseConnectionString(process.env.SLUICE_BENCH_SERVER);
  const connection = new Connection({
    server,
    authentication: { type: "default", options: { userName: user, password } },
    // Statements take as long as they take.
    options: { ...options, port, database, requestTimeout: 0, rowCollectionOnRequestCompletion: false },
  });
  await new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  return connection;
};

const connection = await connect().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

/** Runs a batch; gives its rows as arrays of values. */
const batch = (sql) =>
  new Promise((resolve, reject) => {
    const rows = [];
    const request = new Request(sql, (error) => (error ? reject(error) : resolve(rows)));
    request.on("row", (columns) => rows.push(columns.map(({ value }) => value)));
    connection.execSqlBatch(request);
  });
const count = async (sql) => Number((await batch(sql))[0][0]);

/** Records of a sorted file, the header left out; what is empty is null, as in the product. */
const recordsOf = (file) =>
  createReadStream(file).pipe(parse({ fromLine: 2, cast: (field) => (field === "" ? null : field), relaxColumnCount: false }));

/** Characters of a text column, as the product has them. */
const length = 442;
const text = `nvarchar(${length}) COLLATE Latin1_General_100_BIN2`;

const bulk = (table, columns, file) =>
  new Promise((resolve, reject) => {
    const load = connection.newBulkLoad(table, { keepNulls: true, lockTable: true }, (error, rows) =>
      error ? reject(error) : resolve(rows),
    );
    for (const column of columns) load.addColumn(column, TYPES.NVarChar, { length, nullable: true });
    connection.execBulkLoad(load, recordsOf(file));
  });

const [key, ...others] = mappedColumns;
const linkColumns = ["Key1", "Key2"];
const entryColumns = `${key} ${text} NOT NULL, ${others.map((column) => `${column} ${text}`).join(", ")}`;
const pairColumns = linkColumns.map((column) => `${column} ${text} NOT NULL`).join(", ");
const list = (columns, alias) => columns.map((column) => (alias === undefined ? column : `${alias}.${column}`)).join(", ");
const resolved = (pairs) => `${pairs} p JOIN entry a ON a.${key} = p.Key1 JOIN entry b ON b.${key} = p.Key2`;

const load = async (entries, links) => {
  await batch(`CREATE TABLE entry (Id bigint IDENTITY(1, 1) PRIMARY KEY, ${entryColumns}); CREATE TABLE pair (${pairColumns})`);
  const inserted = await bulk("entry", mappedColumns, entries);
  const linksInserted = await bulk("pair", linkColumns, links);
  return { inserted, linksInserted };
};

const resolve = async () => {
  await batch(`CREATE UNIQUE INDEX entry_key ON entry (${key})`);
  await batch("CREATE TABLE link (R1_Id bigint NOT NULL, R2_Id bigint NOT NULL, PRIMARY KEY (R1_Id, R2_Id))");
  await batch(`INSERT INTO link (R1_Id, R2_Id) SELECT a.Id, b.Id FROM ${resolved("pair")}`);
  await batch("DROP TABLE pair");
  return { linksInserted: await count("SELECT count(*) FROM link") };
};

/** A command on more than so many percent of a table stops the transaction. */
const limitPercent = 20;

const complete = async (entries, links) => {
  await batch(`CREATE TABLE #entry (${entryColumns}, PRIMARY KEY (${key})); CREATE TABLE #pair (${pairColumns})`);
  await bulk("#entry", mappedColumns, entries);
  await bulk("#pair", linkColumns, links);
  await batch("BEGIN TRANSACTION");
  const differs = others.map(
    (column) =>
      `a.${column} <> b.${column} OR (a.${column} IS NULL AND b.${column} IS NOT NULL) OR (a.${column} IS NOT NULL AND b.${column} IS NULL)`,
  );
  await batch(`SELECT CASE WHEN a.Id IS NULL THEN 'insert' WHEN b.${key} IS NULL THEN 'delete' ELSE 'update' END AS Command, a.Id, ${list(mappedColumns, "b")}
    INTO #change FROM entry a FULL JOIN #entry b ON a.${key} = b.${key}
    WHERE a.Id IS NULL OR b.${key} IS NULL OR ${differs.join(" OR ")}`);
  const counted = new Map(await batch("SELECT Command, count(*) FROM #change GROUP BY Command"));
  const [inserted, updated, deleted] = ["insert", "update", "delete"].map((command) => Number(counted.get(command) ?? 0));
  const all = await count("SELECT count(*) FROM entry");
  if (Math.max(inserted, updated, deleted) * 100 > all * limitPercent) throw new Error(`more than ${limitPercent} % would change`);
  const before = await count("SELECT count(*) FROM link");
  await batch("DELETE FROM entry WHERE Id IN (SELECT Id FROM #change WHERE Command = 'delete')");
  await batch(`UPDATE entry SET ${others.map((column) => `${column} = c.${column}`).join(", ")}
    FROM entry JOIN #change c ON c.Id = entry.Id WHERE c.Command = 'update'`);
  await batch(`INSERT INTO entry (${list(mappedColumns)}) SELECT ${list(mappedColumns)} FROM #change WHERE Command = 'insert'`);
  await batch(`SELECT a.Id AS R1_Id, b.Id AS R2_Id INTO #link FROM ${resolved("#pair")}`);
  await batch("CREATE UNIQUE INDEX link_ids ON #link (R1_Id, R2_Id)");
  await batch("DELETE FROM link WHERE NOT EXISTS (SELECT 1 FROM #link n WHERE n.R1_Id = link.R1_Id AND n.R2_Id = link.R2_Id)");
  const kept = await count("SELECT count(*) FROM link");
  await batch(`INSERT INTO link (R1_Id, R2_Id) SELECT n.R1_Id, n.R2_Id FROM #link n
    WHERE NOT EXISTS (SELECT 1 FROM link l WHERE l.R1_Id = n.R1_Id AND l.R2_Id = n.R2_Id)`);
  const after = await count("SELECT count(*) FROM link");
  await batch("COMMIT");
  return { inserted, updated, deleted, linksInserted: after - kept, linksDeleted: before - kept };
};

const measured = { load, resolve, complete };

const version = `SELECT @@VERSION, CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(SERVERPROPERTY('Edition') AS nvarchar(128))`;

const administration = {
  describe: async () => {
    const [[product, number, edition]] = await batch(version);
    return `${product.split("\n")[0].trim()}; ${edition} ${number}`;
  },
  create: (name) => batch(`CREATE DATABASE [${name}]`),
  drop: async (name) => {
    if ((await count(`SELECT count(*) FROM sys.databases WHERE name = N'${name}'`)) === 0) return;
    // A run that failed may have left a session; not every server knows the statement that ends it.
    await batch(`ALTER DATABASE [${name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`).catch(() => undefined);
    await batch(`DROP DATABASE [${name}]`);
  },
};

try {
  if (operation in measured) {
    const start = performance.now();
    const counters = await measured[operation](...args);
    const seconds = (performance.now() - start) / 1000;
    console.log([`seconds=${seconds.toFixed(3)}`, ...Object.entries(counters).map(([name, value]) => `${name}=${value}`)].join(" "));
  } else {
    const said = await administration[operation](...args);
    if (typeof said === "string") console.log(said);
  }
} finally {
  connection.close();
}
