import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { CopyProgress, CopyReport } from "../../store/copy/index.js";
import type { Command, Invocation } from "../command.js";
import { databaseNamed } from "../database-named.js";
import { hintLines } from "../hint.js";
import { formatCount, formatDuration, formatNoun, table } from "../terminal/index.js";
import { readSettings, readWorkspace } from "../workspace.js";
import { fault, locked, unreachable, wrongCall } from "./exit-codes.js";

type DatabaseSetting = Configuration["settings"]["database"];

/** Time between two words about a table that takes long (ms). */
const progressEveryMs = 10_000;

/**
 * `sluice database copy`. With `--json` one document:
 *
 *     {"format":1,"from":"/srv/identity/Work/sluice.db","to":"db1:1433/sluice","dryRun":false,"rows":12345,"indexes":4,
 *      "tables":[{"table":"UM_EntityTypes","rows":5,"checksum":"<32 hexadecimal digits>"}]}
 */
export const databaseCopy: Command = {
  definition: {
    name: "database copy",
    description: [
      "Moves an embedded repository to SQL Server: resources, links, history, staged changes, sessions, job instances and decisions, every number kept, so that the next run goes on there as if nothing had happened. The target must be empty and made by sluice database migrate.",
      "The source is only read, and held while it is: no job may run on it. The target gets everything in one transaction, after rows and checksums of every table were compared; a copy that is stopped or dies leaves it empty. One of --from and --to may be left out: it is then the database of the workspace.",
    ],
    arguments: [],
    options: [
      { name: "from", value: "STRING", help: "the embedded database, sqlite:<path>; default: the database of the workspace" },
      {
        name: "to",
        value: "STRING",
        help: "the database on SQL Server, as ConnectionString names it; default: the database of the workspace",
      },
      { name: "dry-run", help: "reads and checks everything, and writes nothing" },
    ],
    formats: ["text", "json"],
    exitCodes: [
      [0, "copied, or with --dry-run: it can be"],
      [1, "stopped by Ctrl-C; the target is empty"],
      wrongCall,
      unreachable,
      fault,
      locked,
    ],
    example: {
      command: "sluice database copy --from sqlite:Work/sluice.db",
      says: "copies it to the database that appsettings.json now names",
    },
  },
  run: async (invocation) => {
    const { arguments: given, out, clock } = invocation;
    const { from, to, isToGiven } = await databasesOf(invocation);
    const isDryRun = given.has("dry-run");
    const { copyRepository } = await import("../../store/copy/index.js");
    const interruption = new AbortController();
    const interrupt = (): void => interruption.abort();
    invocation.signals.on("SIGINT", interrupt);
    invocation.signals.on("SIGTERM", interrupt);
    const began = clock.now();
    try {
      const report = await copyRepository({ from, to, isDryRun, signal: interruption.signal, onProgress: progressTo(invocation) });
      if (given.isJson) {
        const { tables, rows, indexes } = report;
        await out.write(`${JSON.stringify({ format: 1, from: report.from, to: report.to, dryRun: isDryRun, rows, indexes, tables })}\n`);
      } else {
        await out.lines([
          ...tablesOf(invocation, report),
          "",
          ...(isDryRun ? dryLines(report) : doneLines(invocation, report, { isToGiven, took: clock.now() - began })),
        ]);
      }
      return 0;
    } finally {
      invocation.signals.off("SIGINT", interrupt);
      invocation.signals.off("SIGTERM", interrupt);
    }
  },
};

interface Databases {
  readonly from: DatabaseSetting;
  readonly to: DatabaseSetting;
  readonly isToGiven: boolean;
}

/** What is left out is the workspace's own. Secrets of the options are masked from here on, as those of the settings are. */
const databasesOf = async (invocation: Invocation): Promise<Databases> => {
  const { arguments: given, cwd, out, err } = invocation;
  const named = (option: "from" | "to") => {
    const value = given.value(option);
    return value === null ? null : databaseNamed(`--${option}`, value, cwd);
  };
  const [from, to] = [named("from"), named("to")];
  if (from === null && to === null)
    throw new SluiceError("CMD_OPTION_NEEDED", { command: "database copy", options: ["--to STRING", "--from sqlite:<path>"] });
  const needsWorkspace = from === null || to === null;
  const settings = needsWorkspace ? (await readSettings(invocation)).settings : (await readWorkspace(invocation)).settings;
  const secrets = [...(settings?.secrets ?? []), ...(from?.secrets ?? []), ...(to?.secrets ?? [])];
  out.mask(secrets);
  err.mask(secrets);
  const own = settings?.database;
  const [source, target] = [from?.database ?? own, to?.database ?? own];
  if (source === undefined || target === undefined) throw new Error("the settings name no database");
  return { from: source, to: target, isToGiven: to !== null };
};

const steps: Readonly<Record<CopyProgress["step"], string>> = {
  reading: "reading",
  copying: "copying",
  indexing: "making the indexes",
  verifying: "comparing",
};

/** One line for each step of each table, and one now and then while it lasts. */
const progressTo = ({ arguments: given, out, err, clock }: Invocation): ((progress: CopyProgress) => void) => {
  const output = given.isJson ? err : out;
  let told = 0;
  let last = "";
  return ({ step, table: name, rows, of }) => {
    const now = clock.now();
    const text = name === null ? steps[step] : `${steps[step]} ${name}`;
    // Empty tables are not worth a line.
    if (name !== null && of === 0) return;
    if (text === last && (now - told < progressEveryMs || rows === of)) return;
    told = now;
    const count = name === null ? "" : rows === 0 ? `: ${formatNoun(of, "row")}` : `: ${formatCount(rows)} of ${formatNoun(of, "row")}`;
    output.draw(`${new Date(now).toISOString().slice(11, 19)} ${text}${count}\n`);
    last = text;
  };
};

const tablesOf = ({ style, out }: Invocation, report: CopyReport): string[] => [
  "",
  ...table(
    [
      { title: "Table", value: (each) => each.table },
      { title: "Rows", value: (each) => formatCount(each.rows), align: "right" },
      { title: "Checksum", value: (each) => each.checksum },
    ],
    report.tables.filter(({ rows }) => rows > 0),
    { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) },
  ),
];

const countText = ({ rows, tables, from, to }: CopyReport): string =>
  `${formatNoun(rows, "row")} of ${formatNoun(tables.length, "table")} from ${from} to ${to}`;

const dryLines = (report: CopyReport): string[] => [`${countText(report)} can be copied; nothing was written`];

const doneLines = (
  invocation: Invocation,
  report: CopyReport,
  { isToGiven, took }: { readonly isToGiven: boolean; readonly took: number },
): string[] => {
  const settings = isToGiven
    ? [
        '  Name the new database in appsettings.json: "ConnectionString": "<what --to said>",',
        "  or in the environment: SLUICE__ConnectionString, SLUICE__ConnectionString__FILE.",
      ]
    : [];
  return [
    invocation.style.good(`copied ${countText(report)} in ${formatDuration(took)}; counts and checksums are equal`),
    "",
    ...settings,
    "  Keep the Work folder where it is: prepared files and baselines belong to the copy as they did to the source.",
    `  Move ${report.from} away, so that no job runs on it any more; it is your backup of this moment.`,
    "",
    ...hintLines(invocation, [
      ["doctor", "looks at the new database"],
      ["database views", "makes the zz_ views there"],
    ]),
  ];
};
