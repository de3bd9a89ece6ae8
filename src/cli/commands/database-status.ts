import type { DatabaseStatus } from "../../store/index.js";
import type { Command, Invocation } from "../command.js";
import { hintedCommand } from "../hint.js";
import { attended } from "../maintenance.js";
import { formatBytes, formatCount, formatNoun, formatTime, printable, table } from "../terminal/index.js";
import { readSettings } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/**
 * `sluice database status`. With `--json` one document:
 *
 *     {"format":1,"exists":true,"kind":"mssql","database":"db1/sluice","version":"…","size":null,"free":null,"isolation":{…}|null,"migrations":{"applied":[…],"missing":[…],"unknown":[…]},
 *      "tables":[{"table":"UR_Resources","rows":12}],"history":{…}|null,"lastSynchronization":{"connector":"HR","appliedAt":"…Z"}|null}
 *
 * Where there is no embedded database yet: `{"format":1,"exists":false,"kind":"sqlite","database":"…"}`.
 */
export const databaseStatus: Command = {
  definition: {
    name: "database status",
    description: [
      "Shows the database of the workspace in whatever state it is: server or file, version, migrations done and missing, size, rows of the main tables, how far back history reaches, the last synchronization; on SQL Server also whether readers wait for writers. Rows are counted one by one, which takes some seconds where there are millions.",
      "Changes nothing: an embedded database that a newer Sluice left behind, or that was never made, is only looked at.",
    ],
    arguments: [],
    options: [],
    formats: ["text", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice database status --workspace examples", says: "what the examples have stored" },
  },
  run: async (invocation) => {
    const { out } = invocation;
    const { settings } = await readSettings(invocation);
    const { databaseTool } = await import("../../store/index.js");
    const { maintenance } = await databaseTool(settings.database);
    if (maintenance === null) {
      const { kind } = settings.database;
      const path = settings.database.kind === "sqlite" ? settings.database.path : "";
      if (invocation.arguments.isJson) await out.write(`${JSON.stringify({ format: 1, exists: false, kind, database: path })}\n`);
      else await out.lines([`there is no database at ${path} yet: the first run of a job makes it`]);
      return 0;
    }
    const status = await attended(invocation, (options) => maintenance.status(options));
    if (invocation.arguments.isJson) await out.write(`${JSON.stringify({ format: 1, exists: true, ...status })}\n`);
    else await out.lines(linesOf(invocation, status));
    return 0;
  },
};

const linesOf = (invocation: Invocation, status: DatabaseStatus): string[] => {
  const { style, out } = invocation;
  const { migrations, isolation, history } = status;
  const last = migrations.applied.at(-1);
  const lines = [
    style.bold(printable(status.database)),
    `  ${status.version}`,
    last === undefined
      ? style.warning(`  no tables yet: ${hintedCommand(invocation, "database migrate")} makes them`)
      : `  ${formatNoun(migrations.applied.length, "migration")}, the last ${last.name} on ${formatTime(last.appliedAt)}`,
    ...(last === undefined || migrations.missing.length === 0
      ? []
      : [style.warning(`  missing: ${migrations.missing.join(", ")}; ${hintedCommand(invocation, "database migrate")} makes up for it`)]),
    ...(migrations.unknown.length === 0
      ? []
      : [style.bad(`  made by a newer Sluice: ${migrations.unknown.join(", ")}; use that version or a newer one`)]),
    ...(status.size === null
      ? []
      : [
          `  ${formatBytes(status.size)}${status.free === null || status.free === 0 ? "" : `, of which ${formatBytes(status.free)} are free`}`,
        ]),
  ];
  if (isolation !== null) {
    lines.push(
      isolation.readCommittedSnapshot
        ? "  READ_COMMITTED_SNAPSHOT is on: readers never wait for a synchronization"
        : style.warning("  READ_COMMITTED_SNAPSHOT is off: readers wait while a synchronization applies, and may deadlock with it"),
      isolation.allowSnapshot
        ? "  ALLOW_SNAPSHOT_ISOLATION is on: long lists show one moment"
        : style.warning("  ALLOW_SNAPSHOT_ISOLATION is off: a long list may show rows of several moments"),
      ...isolation.statements.map((statement) => `    an administrator runs, while nobody else is connected: ${statement}`),
    );
  }
  const applied = status.lastSynchronization;
  if (last !== undefined) {
    lines.push(
      applied === null
        ? "  no connector was synchronized yet"
        : printable(`  last synchronized: connector ${applied.connector}, ${formatTime(applied.appliedAt)}`),
    );
  }
  if (history !== null) {
    const { openResources, closedResources, openLinks, closedLinks, oldest } = history;
    lines.push(
      `  ${formatNoun(openResources, "resource")} with ${formatNoun(closedResources, "former version")}, ${formatNoun(openLinks, "link")} with ${formatCount(closedLinks)} former` +
        (oldest === null ? "" : `; the oldest ended ${formatTime(oldest)}`),
    );
  }
  if (status.tables.length > 0) {
    lines.push(
      "",
      ...table(
        [
          { title: "Table", value: (row) => row.table },
          { title: "Rows", value: (row) => formatCount(row.rows), align: "right" },
        ],
        status.tables,
        { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) },
      ),
    );
  }
  return lines;
};
