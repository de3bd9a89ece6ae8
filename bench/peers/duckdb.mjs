/**
 * DuckDB in this process, one thread: what a preparation does, as set-based SQL.
 *
 *     node duckdb.mjs MODULE FILE SEPARATOR OUT    MODULE: path of @duckdb/node-api
 *
 * The last line of stdout: seconds=… and what was counted.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { columns, mappedColumns } from "../columns.mjs";

const [module, file, separator, out] = process.argv.slice(2);
const { DuckDBInstance } = await import(pathToFileURL(module).href);
mkdirSync(out, { recursive: true });

const mapped = mappedColumns.map((column) => `"${column}"`).join(",");
const types = columns.map((column) => `'${column}': 'VARCHAR'`).join(", ");
// An empty field stays '': no value of the data is the text that stands for null here.
const source = `read_csv('${file}', delim='${separator}', header=true, quote='"', escape='"', auto_detect=false, nullstr='\u0001', columns={${types}})`;
const csv = `(format csv, delimiter '${separator}', header true)`;
/** A row whose neighbour above has its key is a duplicate: lag over () goes in the order of the table. */
const beside = "(select *, lag(dn) over () as former from sorted)";

const start = performance.now();
const instance = await DuckDBInstance.create(":memory:", { threads: "1", memory_limit: "1GB" });
const connection = await instance.connect();
await connection.run(`set temp_directory='${join(out, "spill")}'`);
const countOf = async (query) => (await connection.runAndReadAll(`select count(*) from ${query}`)).getRows()[0][0];
await connection.run(`create temp table raw as select row_number() over () as n, ${mapped} from ${source}`);
await connection.run(`create temp table sorted as select ${mapped} from raw where dn <> '' order by dn, n`);
await connection.run(`copy (select ${mapped} from ${beside} where dn is distinct from former) to '${join(out, "sorted.csv")}' ${csv}`);
await connection.run(`copy (select ${mapped} from ${beside} where dn = former) to '${join(out, "duplicates.csv")}' ${csv}`);
await connection.run(`copy (select ${mapped} from raw where dn = '') to '${join(out, "nullpk.csv")}' ${csv}`);
const written = await countOf(`${beside} where dn is distinct from former`);
const duplicates = await countOf(`${beside} where dn = former`);
const nullKeys = await countOf("raw where dn = ''");
connection.closeSync();
instance.closeSync();
const seconds = (performance.now() - start) / 1000;
console.log(`seconds=${seconds.toFixed(3)} written=${written} nullKeys=${nullKeys} duplicates=${duplicates}`);
