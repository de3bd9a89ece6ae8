/**
 * What `npm start` runs: the example from nothing. Loads day 1 into an empty repository, then brings it to day 2, and says what is there.
 * It removes and writes in `examples/Work`, `examples/Temp` and `examples/Sources` only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { copyDay, workspace } from "./day.mjs";

const root = dirname(workspace);
const program = join(root, "dist", "cli", "sluice.js");
/** As a person types it in the project's folder. */
const command = "node dist/cli/sluice.js";
/** Bytes that a summary query may print: room for many times the example's largest answer (3,735 links, 400 kB). */
const largestAnswer = 64 * 1024 * 1024;

/** Settings in the environment would lead the example elsewhere, to a database that is not its own: they do not reach it. */
const overrides = Object.keys(process.env).filter((name) => name.toUpperCase().startsWith("SLUICE__"));
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !overrides.includes(name)));

const say = (text) => console.log(`\n── ${text}`);
const count = (number) => number.toLocaleString("en-US");

/** Runs a command of Sluice on this workspace as a person would, in the terminal; a bad end is the end of this program too. */
const sluice = (...args) => {
  console.log(`\n$ ${command} ${args.join(" ")} -w examples`);
  const { status, error } = spawnSync(process.execPath, [program, ...args, "-w", "examples"], {
    cwd: root,
    stdio: "inherit",
    env: environment,
  });
  if (error !== undefined) throw error;
  if (status !== 0) {
    say(`That ended with exit code ${status}; the lines above say why.`);
    process.exit(status ?? 1);
  }
};

/** The rows that a reading command prints as CSV. */
const rows = (...args) => {
  const { status, stdout, error } = spawnSync(process.execPath, [program, ...args, "-w", "examples", "--format", "csv"], {
    cwd: root,
    env: environment,
    encoding: "utf8",
    maxBuffer: largestAnswer,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
  return parse(stdout, { columns: true });
};

if (!existsSync(program)) {
  console.error("dist/cli/sluice.js is missing: run `npm run build` first.");
  process.exit(70);
}

say("Start afresh: remove examples/Work, examples/Temp and examples/Sources.");
if (overrides.length > 0) console.log(`Not used here: ${overrides.join(", ")}.`);
for (const folder of ["Work", "Temp", "Sources"]) rmSync(join(workspace, folder), { recursive: true, force: true, maxRetries: 10 });

say("Day 1: the exports of HR and of the Active Directory arrive; the initialization job loads them into an empty repository.");
await copyDay(1);
sluice("run", "Job_Initialize");

say("Day 2: people have come, moved and gone; the nightly jobs compare the new exports with the repository and load what differs.");
await copyDay(2);
sluice("run", "Job_HR_Synchronize");
sluice("run", "Job_AD_Synchronize");

say("What the repository holds now:");
const entries = rows("resources", "AD_Entry");
const accounts = entries.filter(({ objectClass }) => objectClass === "user");
const numbers = new Set(accounts.map(({ employeeID }) => employeeID));
const users = rows("resources", "Directory_User");
const without = users.filter(({ EmployeeId }) => !numbers.has(EmployeeId));
console.log(`
  ${count(users.length)} users in ${count(rows("resources", "Directory_Organization").length)} organizations, from HR
  ${count(accounts.length)} accounts and ${count(entries.length - accounts.length)} groups with ${count(rows("links", "AD_Members").length)} members, from the AD
  ${count(without.length)} users have no account`);

say("Try next:");
console.log(`
  The jobs that ran:                  ${command} status -w examples
  One person:                         ${command} show Directory_User 000007 -w examples
  The tasks of a whole job:           ${command} plan Job_AD_Complete -w examples

Then break something. On day 3 the AD's file arrives cut off:

  Copy the files of day 3:            npm run day -- 3
  Run the job; it blocks, says why:   ${command} run Job_AD_Synchronize -w examples
  What it would have done:            ${command} changes 4 -w examples
  Drop that:                          ${command} cancel 4 -w examples
  Or load it all the same:            ${command} resume 4 -w examples

4 is the number of the blocked job instance, if you run nothing else before; the run prints it.
`);
