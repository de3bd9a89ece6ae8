import type { MigrationOutcome } from "../../store/index.js";
import type { Command, Invocation } from "../command.js";
import { hintedCommand } from "../hint.js";
import { formatNoun } from "../terminal/index.js";
import { readSettings } from "../workspace.js";
import { fault, locked, unreachable, wrongCall } from "./exit-codes.js";

/**
 * `sluice database migrate`. With `--json` one document:
 *
 *     {"format":1,"dryRun":false,"database":"db1/sluice","created":false,"migrations":["002-leases"],"statements":[],"copy":null,"notes":[]}
 */
export const databaseMigrate: Command = {
  definition: {
    name: "database migrate",
    description: [
      "Makes the tables of Sluice in the database of the workspace, or brings them up to date: all missing migrations in one transaction, under a lock, so that it is done wholly or not at all. On SQL Server only this command does so; run it when Sluice was installed or renewed, with a login that may change tables. An embedded database (SQLite) also migrates by itself at every start; one that holds data is first copied beside, as sluice.db.before-<migration>.",
      "With --dry-run the statements are printed as they would run, ready for an administrator to read or to run by hand, and nothing is changed. With --create a missing database is made on the server, and its row versions are turned on (READ_COMMITTED_SNAPSHOT, ALLOW_SNAPSHOT_ISOLATION), as far as the login may.",
    ],
    arguments: [],
    options: [
      { name: "dry-run", help: "prints the statements and changes nothing" },
      { name: "create", help: "makes the database where it is missing and sets its isolation; SQL Server only, a file is always made" },
    ],
    formats: ["text", "json"],
    exitCodes: [[0, "up to date, or with --dry-run: the statements were printed"], wrongCall, unreachable, fault, locked],
    example: { command: "sluice database migrate --dry-run", says: "the SQL that would bring the database up to date" },
  },
  run: async (invocation) => {
    const { arguments: given, out, err, errStyle } = invocation;
    const dryRun = given.has("dry-run");
    const { settings } = await readSettings(invocation);
    const { databaseTool } = await import("../../store/index.js");
    const tool = await databaseTool(settings.database);
    const outcome = await tool.migrate({ dryRun, create: given.has("create") });
    if (given.isJson) {
      await out.write(`${JSON.stringify({ format: 1, dryRun, ...outcome })}\n`);
      return 0;
    }
    if (dryRun) await out.lines(scriptOf(outcome));
    else await out.lines(linesOf(invocation, outcome));
    await err.lines(outcome.notes.map((note) => errStyle.warning(note)));
    return 0;
  },
};

/** SQL that can be run as it is: words stand in comments. */
const scriptOf = ({ database, created, migrations, statements }: MigrationOutcome): string[] => [
  `-- ${database.replace(/\s+/g, " ")}`,
  migrations.length === 0 ? "-- is up to date" : `-- ${created ? "is missing and would be made; " : ""}missing: ${migrations.join(", ")}`,
  ...statements.map((statement) => `${statement};`),
];

const linesOf = (invocation: Invocation, { database, created, migrations, copy }: MigrationOutcome): string[] => [
  ...(created ? [`made the database ${database}`] : []),
  migrations.length === 0
    ? `${database} is up to date`
    : invocation.style.good(`${database} is up to date now: ${formatNoun(migrations.length, "migration")} done (${migrations.join(", ")})`),
  ...(copy === null ? [] : [`as it was before it is kept as ${copy}: remove it when you no longer need it`]),
  ...(migrations.length === 0 ? [] : [`${hintedCommand(invocation, "database status")} shows it`]),
];
