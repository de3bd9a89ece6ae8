import { basename, join } from "node:path";
import { SluiceError } from "../../errors/index.js";
import { runInWorker } from "../../sync/index.js";
import type { Exporter, ExportRequest } from "../connector.js";
import { removeOutputOf } from "../output-files.js";
import type { Dbms } from "./dbms.js";
import { type SqlSettings, sqlSettings } from "./settings.js";
import type { SqlOutcome, SqlStatement, SqlWork } from "./work.js";

const worker = new URL(import.meta.url.endsWith(".ts") ? "./run-worker.ts" : "./run-worker.js", import.meta.url);

/** Does what is asked of a database in a thread of its own, so that neither rows nor a driver that never waits stop this one. */
export const runSqlInWorker = (
  work: SqlWork,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: { step: string; rows: number }) => void },
): Promise<SqlOutcome> => runInWorker<SqlWork, SqlOutcome>(worker, work, options);

/** What an export of a connection asks of its database. @throws SRC_SQL_NOTHING */
export const exportWork = (request: ExportRequest, settings: SqlSettings): SqlWork => {
  const { connection, workspace, sourcesRootPaths, outputFolder, jobInstance, taskInstance } = request;
  const { connectionString, dbms, isolation, command, timeoutSeconds } = settings;
  const statements: readonly SqlStatement[] =
    command === null ? tableStatements(request) : [{ kind: "query", text: command, output: join(outputFolder, `${connection}.csv`) }];
  if (statements.length === 0) throw new SluiceError("SRC_SQL_NOTHING", { connection });
  return {
    access: {
      source: `connection ${connection}`,
      dbms,
      connectionString,
      workspace,
      folders: sourcesRootPaths,
      isolation,
      mode: "read",
    },
    statements,
    timeoutSeconds,
    manifest: { jobInstance, taskInstance, startedAt: new Date().toISOString() },
    step: `exporting ${connection}`,
  };
};

/** One for each ConnectionTable `<Connection>_<table>`, with the columns that all mappings of it read (connectors §4.5). */
const tableStatements = ({ connection, tables = [], outputFolder }: ExportRequest): readonly SqlStatement[] => {
  const prefix = `${connection}_`.toLowerCase();
  const columns = new Map<string, Set<string>>();
  for (const { table, columns: own } of tables) {
    if (!table.toLowerCase().startsWith(prefix) || table.length === prefix.length) continue;
    const known = columns.get(table) ?? new Set();
    for (const column of own) known.add(column);
    columns.set(table, known);
  }
  return [...columns].map(([table, own]) => ({
    kind: "table",
    table: table.slice(prefix.length),
    columns: [...own],
    output: join(outputFolder, `${table}.csv`),
  }));
};

/** @param dbms of the package; null: the connection string tells it */
export const sqlExporter = (dbms: Dbms | null): Exporter => ({
  modules: [worker],
  export: async (request, signal, onProgress, log) => {
    // Also that of tables which are no longer asked for, and of an export that now fails over its settings.
    removeOutputOf(request.connection, request.connections ?? [], request.outputFolder);
    const settings = sqlSettings(request, dbms);
    for (const note of settings.notes) log?.("warn", note);
    const { rows, files } = await runSqlInWorker(exportWork(request, settings), { signal, onProgress });
    return { counters: { read: rows, written: rows, rejected: 0 }, files: files.map((file) => basename(file)) };
  },
});
