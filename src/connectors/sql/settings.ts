import { readFileSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import { confinedPath } from "../confined-path.js";
import type { ExportRequest } from "../connector.js";
import { SettingReader } from "../source-file/index.js";
import { type Dbms, dbmsNamed, dbmsOfConnectionString, type IsolationLevel, isolationLevel, isolationLevels } from "./dbms.js";

/** Settings of an SQL connection, checked (connectors §4.5). */
export interface SqlSettings {
  readonly connectionString: string;
  readonly dbms: Dbms;
  /** Of SqlCommand or SqlFile; null: the mapped tables are exported. */
  readonly command: string | null;
  /** Null: as long as the task. */
  readonly timeoutSeconds: number | null;
  readonly isolation: IsolationLevel | null;
  /** What is accepted and has no effect, for the log. */
  readonly notes: readonly string[];
}

/**
 * Reads the settings; keys ignore case.
 * @param dbms of the package; null: the connection string and the provider tell it
 * @throws SRC_SETTING_INVALID, SRC_PATH_OUTSIDE, SRC_FILE_MISSING, SRC_FILE_UNREADABLE
 */
export const sqlSettings = (
  { connection, settings, workspace, sourcesRootPaths }: Pick<ExportRequest, "connection" | "settings" | "workspace" | "sourcesRootPaths">,
  dbms: Dbms | null,
): SqlSettings => {
  const reader = new SettingReader(connection, settings);
  const connectionString = reader.text("ConnectionString") ?? "";
  if (connectionString.trim() === "") throw reader.invalid("ConnectionString", null, "the connection string of a database");
  const provider = reader.text("ProviderClassFullName");
  const notes: string[] = [];
  if (provider !== null || reader.text("ProviderDllName") !== null) {
    notes.push(`${connection}: ProviderClassFullName and ProviderDllName load nothing here; Sluice has its own drivers`);
  }
  const encoding = reader.text("CsvEncoding");
  if (encoding !== null && !/^(utf-?8)?$/i.test(encoding.trim())) {
    notes.push(`${connection}: CsvEncoding ${encoding} has no effect; exported files are always UTF-8`);
  }
  const seconds = reader.count("Timeout");
  return {
    connectionString,
    dbms: dbms ?? (isAddress(connectionString) ? null : dbmsNamed(provider ?? "")) ?? dbmsOfConnectionString(connectionString),
    command: commandOf(reader, connection, workspace, sourcesRootPaths),
    timeoutSeconds: seconds === 0 ? null : seconds,
    isolation: isolationOf(reader, settings),
    notes,
  };
};

/** `postgres://…` says by itself what it is for. */
const isAddress = (text: string): boolean => /^\s*(sqlite:|[a-z]+:\/\/)/i.test(text);

const commandOf = (reader: SettingReader, connection: string, workspace: string, roots: readonly string[]): string | null => {
  const command = reader.text("SqlCommand");
  if (command !== null && command.trim() !== "") return command;
  const file = reader.text("SqlFile");
  if (file === null || file.trim() === "") return null;
  return readStatement(confinedPath(`SqlFile of connection ${connection}`, file, workspace, [workspace, ...roots]));
};

/** The text of a file with SQL: UTF-8, or UTF-16 by its byte order mark, as tools of Windows write it. @throws SRC_FILE_MISSING, SRC_FILE_UNREADABLE, SRC_FILE_EMPTY */
export const readStatement = (file: string): string => {
  const place = { file };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (reason === "ENOENT") throw new SluiceError("SRC_FILE_MISSING", { file }, { place, cause });
    throw new SluiceError("SRC_FILE_UNREADABLE", { file, reason }, { place, cause });
  }
  const mark = bytes.subarray(0, 2).toString("hex");
  const label = mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8";
  let text: string;
  try {
    text = new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError("SRC_FILE_UNREADABLE", { file, reason: "it is no UTF-8 text" }, { place, cause });
  }
  if (text.trim() === "") throw new SluiceError("SRC_FILE_EMPTY", { file }, { place });
  return text;
};

const isolationOf = (reader: SettingReader, settings: ExportRequest["settings"]): IsolationLevel | null => {
  const key = Object.keys(settings).find((name) => name.toLowerCase() === "isolationlevel");
  // Given as null it means the server's own; not given, the documented default.
  if (key === undefined) return "ReadUncommitted";
  const level = isolationLevel(reader.text("IsolationLevel") ?? "");
  if (level === undefined) throw reader.invalid("IsolationLevel", settings[key], `null or one of ${isolationLevels.join(", ")}`);
  return level;
};
