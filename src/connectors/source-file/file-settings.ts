import type { ConnectionSettings } from "../../config/index.js";
import { SettingReader } from "./setting-reader.js";

export type OnRowError = "Stop" | "SetAside";

/** What CSV and Excel connections have in common, checked (connectors §4.3, §4.4; OnRowError: design §5). */
export interface FileSettings {
  /** As configured; null where it is not given. */
  readonly path: string | null;
  readonly pathIncremental: string | null;
  readonly isFileNameRegex: boolean;
  readonly linesToSkip: number;
  readonly valuesToTrim: readonly string[];
  readonly onRowError: OnRowError;
}

/** @throws SRC_SETTING_INVALID */
export const fileSettings = (reader: SettingReader): FileSettings => {
  const path = (setting: string): string | null => {
    const text = reader.text(setting);
    return text === null || text.trim() === "" ? null : text;
  };
  const trimmed = reader.value("ValuesToTrim") ?? [];
  const isTexts = Array.isArray(trimmed) && trimmed.every((value) => typeof value === "string" && value !== "");
  if (!isTexts) throw reader.invalid("ValuesToTrim", trimmed, 'a list of characters, such as ["$", "%"]');
  return {
    path: path("Path"),
    pathIncremental: path("PathIncremental"),
    isFileNameRegex: reader.boolean("IsFileNameRegex"),
    linesToSkip: reader.count("NumberOfLinesToSkip"),
    valuesToTrim: trimmed as string[],
    onRowError: onRowErrorOf(reader),
  };
};

/** Of any connection. @throws SRC_SETTING_INVALID */
export const onRowError = (connection: string, settings: ConnectionSettings): OnRowError =>
  onRowErrorOf(new SettingReader(connection, settings));

const onRowErrorOf = (reader: SettingReader): OnRowError => {
  const given = reader.text("OnRowError") ?? "Stop";
  const known = (["Stop", "SetAside"] as const).find((name) => name.toLowerCase() === given.toLowerCase());
  if (known === undefined) throw reader.invalid("OnRowError", given, "Stop or SetAside");
  return known;
};
