/** The programs that run beside the product, and what to do where one is missing. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mappedColumns } from "./columns.mjs";
import { isInstalled } from "./processes.mjs";

const shellScript = fileURLToPath(new URL("./peers/shell.sh", import.meta.url));
const sqliteScript = fileURLToPath(new URL("./peers/sqlite.sh", import.meta.url));
const duckdbScript = fileURLToPath(new URL("./peers/duckdb.mjs", import.meta.url));

/** Path of DuckDB's package or null: in the folder that SLUICE_BENCH_PEERS names, else in the project's own node_modules. */
const findDuckdb = () => {
  const folder = process.env.SLUICE_BENCH_PEERS ?? fileURLToPath(new URL("..", import.meta.url));
  try {
    return createRequire(join(folder, "package.json")).resolve("@duckdb/node-api");
  } catch {
    return null;
  }
};

/** Peers by name: `missing` is null, or what would install it; every operation gives seconds and counters. */
export const createPeers = ({ yardstick }) => {
  const hasShell = ["sort", "comm", "perl", "awk"].every((name) => isInstalled(name, name === "awk" ? "BEGIN {}" : "--version"));
  const duckdb = findDuckdb();
  const shell = (operation) => (file, out) => yardstick("bash", [shellScript, operation, file, out]);
  const sqlite = (operation) => (file, database) =>
    yardstick("bash", [sqliteScript, operation, file, database], { COLUMNS_OF_ENTRY: mappedColumns.join(",") });
  return {
    shell: {
      missing: hasShell && isInstalled("bash", "--version") ? null : "bash, GNU sort, comm, perl or awk not installed",
      copy: shell("copy"),
      sort: shell("sort"),
      members: shell("members"),
      cleanse: shell("cleanse"),
      delta: shell("delta"),
    },
    sqlite3: {
      missing: isInstalled("sqlite3", "--version") ? null : "the sqlite3 shell is not installed (apt-get install sqlite3)",
      load: sqlite("load"),
      complete: sqlite("complete"),
    },
    duckdb: {
      missing: duckdb === null ? "@duckdb/node-api not installed (npm i --no-save @duckdb/node-api)" : null,
      prepare: (file, separator, out) => yardstick(process.execPath, [duckdbScript, duckdb, file, separator, out]),
    },
  };
};
