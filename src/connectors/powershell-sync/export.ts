import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { OnProgress } from "../../model/index.js";
import { runScript } from "../../process/index.js";
import { commandColumn, FileSource, RecordReader } from "../../sync/index.js";
import type { ExportLog, ExportRequest, ExportResult } from "../connector.js";
import { csvPackage } from "../csv/index.js";
import { isOutputOf, removeOutputOf } from "../output-files.js";
import { SettingReader } from "../source-file/index.js";

/**
 * Runs the script of a connection, which writes `<Connection>_<table>.csv` (connectors §4.10), and brings what it wrote into canonical form
 * with a manifest. Former output goes first; a failure leaves none. The script has failed when its exit code is not 0, or when it wrote no file.
 * A PowerShell script finds `$OutputPath` and `$IsIncremental`; any program finds them in its environment, with the paths of the cookie that
 * counts (empty where there is none) and of the one to write.
 * @throws SRC_SETTING_INVALID, SRC_FILE_MISSING, SRC_POWERSHELL_MISSING, SRC_SCRIPT_…, SRC_… and DATA_… of the files that it wrote
 */
export const exportByScript = async (
  request: ExportRequest,
  signal: AbortSignal,
  onProgress: OnProgress,
  log: ExportLog = () => {},
): Promise<ExportResult> => {
  const { connection, connections = [], outputFolder } = request;
  mkdirSync(outputFolder, { recursive: true });
  const raw = join(outputFolder, `.${connection}.script`);
  const removeOutput = (): void => {
    removeOutputOf(connection, connections, outputFolder);
    rmSync(raw, { recursive: true, force: true });
  };
  removeOutput();
  try {
    const script = scriptPath(request);
    requireCookie(request);
    onProgress({ step: `running ${basename(script)}`, rows: 0 });
    await runScript(
      {
        path: script,
        environment: environmentOf(request),
        variables: [
          { name: "OutputPath", from: "SLUICE_OUTPUT_PATH", type: "text" },
          { name: "IsIncremental", from: "SLUICE_IS_INCREMENTAL", type: "boolean" },
        ],
      },
      { signal, onLine: (line) => log("info", line) },
    );
    return await takeFiles(request, { raw, script }, signal, onProgress);
  } catch (error) {
    removeOutput();
    throw error;
  } finally {
    rmSync(raw, { recursive: true, force: true });
  }
};

const scriptPath = ({ connection, settings, workspace }: ExportRequest): string => {
  const reader = new SettingReader(connection, settings);
  const path = reader.text("PowerShellScriptPath") ?? "";
  if (path.trim() === "") throw reader.invalid("PowerShellScriptPath", null, "the path of a script");
  return resolve(workspace, path);
};

/** A script that keeps a cookie cannot tell what changed without the one of the head (design §7.4); one that never wrote a cookie does not need one. */
const requireCookie = ({ connection, mode, cookies, newCookies }: ExportRequest): void => {
  const isKept = existsSync(join(newCookies, "..", "..", cookieOf(connection)));
  if (mode === "complete" || cookies !== null || !isKept) return;
  const reason = `because the cookie of ${connection} does not belong to what was applied last`;
  throw new SluiceError("SYNC_COMPLETE_REQUIRED", { connector: connection, reason });
};

const cookieOf = (connection: string): string => `${connection}_cookie.bin`;

const environmentOf = (request: ExportRequest): Readonly<Record<string, string>> => {
  const { connection, outputFolder, workspace, mode, cookies, newCookies, jobInstance, taskInstance } = request;
  const outputPath = join(outputFolder, `${connection}_`);
  const isIncremental = String(mode === "incremental");
  const cookie = cookieOf(connection);
  const former = cookies === null ? null : join(cookies, cookie);
  mkdirSync(newCookies, { recursive: true });
  return {
    OutputPath: outputPath,
    IsIncremental: isIncremental,
    SLUICE_OUTPUT_PATH: outputPath,
    SLUICE_IS_INCREMENTAL: isIncremental,
    SLUICE_COOKIE: former !== null && existsSync(former) ? former : "",
    SLUICE_NEW_COOKIE: join(newCookies, cookie),
    SLUICE_WORKSPACE: workspace,
    SLUICE_CONNECTION: connection,
    SLUICE_JOB_INSTANCE: String(jobInstance),
    SLUICE_TASK_INSTANCE: String(taskInstance),
  };
};

interface Wrote {
  /** Absolute: where its files are kept while they are read. */
  readonly raw: string;
  readonly script: string;
}

/** What the script wrote is read as any CSV file: whatever its line ends and quoting, it ends up in canonical form, or is an error by file and line. */
const takeFiles = async (
  request: ExportRequest,
  { raw, script }: Wrote,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<ExportResult> => {
  const { connection, connections = [], outputFolder } = request;
  const names = readdirSync(outputFolder)
    .filter((name) => /\.csv$/i.test(name) && isOutputOf(connection, connections, name))
    .sort();
  if (names.length === 0) {
    throw new SluiceError(
      "SRC_SCRIPT_NO_FILE",
      { script, files: join(outputFolder, `${connection}_<table>.csv`) },
      { place: { file: script } },
    );
  }
  mkdirSync(raw);
  for (const name of names) renameSync(join(outputFolder, name), join(raw, name));
  const counters = { read: 0, written: 0, rejected: 0 };
  for (const name of names) {
    const path = join(raw, name);
    // The mode goes into the manifest, so that changes are never taken for the whole.
    const mode = request.mode === "incremental" && hasCommands(path) ? ("incremental" as const) : ("complete" as const);
    const settings = { Path: path, PathIncremental: path };
    const of = { ...request, connection: name.replace(/\.csv$/i, ""), settings, mode, sourcesRootPaths: [] };
    const result = await csvPackage.exporter?.export(of, signal, onProgress);
    counters.read += result?.counters.read ?? 0;
    counters.written += result?.counters.written ?? 0;
  }
  return { counters, files: names };
};

/** Asked for changes, a script writes rows with commands, or the whole: the header tells which. What is wrong with the file its export says. */
const hasCommands = (path: string): boolean => {
  const source = new FileSource(path, path);
  try {
    return new RecordReader(source, { delimiter: ",", file: path }).header().some((name) => name.toLowerCase() === commandColumn);
  } catch {
    return false;
  } finally {
    source.close();
  }
};
