/** The programs that run beside the product, and what to do where one is missing. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mappedColumns } from "./columns.mjs";
import { isInstalled } from "./processes.mjs";

const script = (name) => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));

/** Path of DuckDB's package: from a folder named by SLUICE_BENCH_PEERS, or from the project's own node_modules. */
const findDuckdb = () => {
  for (const folder of [process.env.SLUICE_BENCH_PEERS, fileURLToPath(new URL("..", import.meta.url))]) {
    if (folder === undefined) continue;
    try {
      return createRequire(join(folder, "package.json")).resolve("@duckdb/node-api");
    } catch {
      // Not in this folder.
    }
  }
  return null;
};

/** Peers by name: `missing` is null, or what would install it; every operation gives seconds and counters. */
export const createPeers = ({ yardstick }) => {
  const hasShell = ["sort", "perl", "awk"].every((name) => isInstalled(name, name === "awk" ? "BEGIN {}" : "--version"));
  const duckdb = findDuckdb();
  const shell = (operation) => (file, out) => yardstick("bash", [script("shell.sh"), operation, file, out]);
  const sqlite = (operation) => (file, database) =>
    yardstick("bash", [script("sqlite.sh"), operation, file, database], { COLUMNS_OF_ENTRY: mappedColumns.join(",") });
  return {
    shell: {
      missing: hasShell && isInstalled("bash", "--version") ? null : "bash, GNU sort, perl or awk not installed",
      copy: shell("copy"),
      sort: shell("sort"),
      members: shell("members"),
    },
    sqlite3: {
      missing: isInstalled("sqlite3", "--version") ? null : "the sqlite3 shell is not installed (apt-get install sqlite3)",
      load: sqlite("load"),
      complete: sqlite("complete"),
    },
    duckdb: {
      missing: duckdb === null ? "@duckdb/node-api not installed (npm i --no-save @duckdb/node-api)" : null,
      prepare: (file, separator, out) => yardstick(process.execPath, [script("duckdb.mjs"), duckdb, file, separator, out]),
    },
  };
};
