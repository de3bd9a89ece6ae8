/**
 * Measures the product beside its yardsticks: rows per second, peak memory, ratios. See README.md.
 *
 *     npm run bench -- [--rows N[,N]] [--case NAME[,NAME]] [--repeat N] [--pin CPU] [--data FOLDER]
 *                      [--database CONNECTION] [--write] [--strict]
 *
 * Ends with 1 when a result is wrong (counts other than the generated data holds), with --strict also when a bar is missed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sizedCases, startCase } from "./cases.mjs";
import { measure } from "./measurement.mjs";
import { createPeers } from "./peers.mjs";
import { createProcesses } from "./processes.mjs";
import { describeMachine, writeResults } from "./results.mjs";
import { createServer } from "./server.mjs";
import { summaryOf, tableOf } from "./table.mjs";

const fail = (code, message) => {
  console.error(message);
  process.exit(code);
};

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        rows: { type: "string", multiple: true, default: ["100000,1000000"] },
        case: { type: "string", multiple: true, default: [] },
        repeat: { type: "string" },
        pin: { type: "string" },
        data: { type: "string", default: join(tmpdir(), "sluice-bench") },
        database: { type: "string" },
        write: { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail(64, error.message);
  }
};

const number = (name, text, least) => {
  const value = Number(text);
  return Number.isInteger(value) && value >= least ? value : fail(64, `--${name} takes a whole number from ${least}, not ${text}`);
};

const options = readOptions();
const parts = (texts) => texts.flatMap((text) => text.split(","));
/** Fewer rows hold no duplicate and no row without a key; more would repeat a key. */
const sizes = parts(options.rows).map((text) => number("rows", text, 2_000));
const asked = parts(options.case);
/** What runs without --case: everything, or with --database what is measured there. */
const isChosen = ({ name, needs }) => (asked.length > 0 ? asked.includes(name) : options.database === undefined || needs === "server");
const unknown = asked.find((name) => ![startCase, ...sizedCases].some((known) => known.name === name));
if (unknown !== undefined) fail(64, `--case ${unknown}: there are ${[startCase, ...sizedCases].map(({ name }) => name).join(", ")}`);
const repeatOf = (rows) => (options.repeat === undefined ? (rows < 1_000_000 ? 5 : 3) : number("repeat", options.repeat, 1));
if (!existsSync(fileURLToPath(new URL("../dist/cli/sluice.js", import.meta.url)))) {
  fail(70, "dist/cli/sluice.js is missing: run `npm run build` first.");
}

const processes = createProcesses(options.pin === undefined ? undefined : number("pin", options.pin, 0));
const server = createServer(options.database, processes);
const peers = { ...createPeers(processes), server };
const wrong = [];

/** The folder of generated files; made once and kept for the next run. */
const data = (kind, rows) => {
  const folder = join(options.data, `${kind}-${rows}`);
  const expected = join(folder, "expected.json");
  if (!existsSync(expected)) {
    const generator = fileURLToPath(new URL("./data.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [generator, kind, String(rows), folder], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
  return { folder, expected: JSON.parse(readFileSync(expected, "utf8")) };
};

const benchOf = (rows, scratch) => {
  const made = new Map();
  return {
    rows,
    scratch,
    data,
    peers,
    server,
    run: processes.run,
    resume: processes.resume,
    time: processes.time,
    yardstick: processes.yardstick,
    /** Why a peer cannot run, or null: what is named here; the product's other cases and the server's driver are always there. */
    missing: (peer) => peers[peer.split(":")[0]]?.missing ?? null,
    /** Makes something once for all cases of a size. */
    once: (name, make) => {
      if (!made.has(name)) made.set(name, { value: make() });
      return made.get(name).value;
    },
    check: (what, found, expected) => {
      for (const [name, value] of Object.entries(expected)) {
        if (found[name] !== value) wrong.push(`${rows} rows, ${what}: ${name} is ${found[name]}, expected ${value}`);
      }
    },
  };
};

const results = [];
/** Cases that could not run. */
const skipped = [];
const scratch = join(options.data, `scratch-${process.pid}`);
const runCases = (cases, rows, repeat) => {
  const chosen = cases.filter(isChosen);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const bench = benchOf(rows, scratch);
  for (const each of chosen) {
    const missing = each.needs === undefined ? null : bench.missing(each.needs);
    if (missing !== null) {
      skipped.push({ peer: each.needs, missing });
      continue;
    }
    process.stderr.write(`${each.name}, ${rows === 0 ? "" : `${rows} rows, `}${repeat} times … `);
    const from = performance.now();
    try {
      results.push(measure(each, bench, rows, repeat));
    } catch (error) {
      wrong.push(`${each.name}: ${error.message}`);
    }
    process.stderr.write(`${((performance.now() - from) / 1000).toFixed(0)} s\n`);
  }
};

const machine = describeMachine(processes.pin);
console.log(machine);
const describeServer = () => {
  try {
    return server.missing === null ? server.describe() : null;
  } catch (error) {
    return fail(69, `--database: ${error.message}`);
  }
};
const product = describeServer();
if (product !== null) console.log(product);
try {
  runCases([startCase], 0, options.repeat === undefined ? startCase.repeat : repeatOf(0));
  for (const rows of sizes) {
    runCases(sizedCases, rows, repeatOf(rows));
    server.dropAll();
  }
} finally {
  server.dropAll();
  rmSync(scratch, { recursive: true, force: true });
}
const isOnServer = ({ name }) => name.startsWith("server-");
/** One table for the embedded database, one for the server. */
const tables = [
  { section: "embedded", measured: results.filter((result) => !isOnServer(result)), on: machine },
  { section: "server", measured: results.filter(isOnServer), on: `${product}\n\n${machine}` },
].filter(({ measured }) => measured.length > 0);
for (const { measured } of tables) console.log(`\n${tableOf(measured)}\n`);
for (const line of wrong) console.log(`WRONG: ${line}`);
// Times of wrong results are not kept.
if (options.write && wrong.length === 0) {
  for (const { section, measured, on } of tables) writeResults(section, on, tableOf(measured), summaryOf(measured, 0, []));
}
console.log(summaryOf(results, wrong.length, skipped));
const isMissed = results.some(({ judgements }) => judgements.some(({ verdict }) => verdict === "missed"));
process.exitCode = wrong.length > 0 || (options.strict && isMissed) ? 1 : 0;
