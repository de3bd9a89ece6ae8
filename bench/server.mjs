/** A server of databases that the benchmark may make databases on: what `--database` names. */
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./peers/mssql.mjs", import.meta.url));

/** An ADO connection string, of which only the database is another. */
const inDatabase = (connectionString, name) =>
  `${connectionString.replace(/;?\s*\b(?:Database|Initial Catalog)\s*=[^;]*/gi, "").replace(/^;|;$/g, "")};Database=${name}`;

/**
 * Takes the connection string of `--database`, or undefined, and what starts a script. `missing` says why nothing runs on a server, or is null.
 * Connection strings hold a password: they reach processes in the environment, never as an argument or in a file.
 */
export const createServer = (connectionString, processes) => {
  const made = new Set();
  const environment = (name) => ({ SLUICE_BENCH_SERVER: inDatabase(connectionString, name) });
  const answer = (...args) => processes.answer(process.execPath, [script, ...args], environment("master"));
  return {
    missing: connectionString === undefined ? "no --database" : null,
    /** Product and version, in the server's own words. */
    describe: () => answer("describe"),
    /** A name that this run alone uses; what is made under it goes away at the end. */
    name: (name) => {
      const own = `sluice_bench_${process.pid}_${name}`;
      made.add(own);
      return own;
    },
    /** An empty database of a peer. */
    create: (name) => answer("create", name),
    /** Drops a database, if it is there. */
    drop: (name) => {
      answer("drop", name);
      made.delete(name);
    },
    dropAll: () => {
      for (const name of made) answer("drop", name);
    },
    /** The setting that leads the product to a database. */
    setting: (name) => ({ SLUICE__ConnectionString: inDatabase(connectionString, name) }),
    /** Runs an operation of the peer in a database. */
    peer: (name, ...args) => processes.yardstick(process.execPath, [script, ...args], environment(name)),
  };
};
