import iconv from "iconv-lite";
import type { ConnectionSettings } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";

/** Settings of a CSV connection, checked (connectors §4.3; OnRowError: design §5). */
export interface CsvSettings {
  /** As configured. */
  readonly path: string;
  /** One ASCII character. */
  readonly separator: string;
  /** As configured; `UTF-8` by default. */
  readonly encoding: string;
  readonly linesToSkip: number;
  readonly valuesToTrim: readonly string[];
  readonly onRowError: "Stop" | "SetAside";
}

/** Reads the settings; keys ignore case. @throws SRC_PATH_MISSING, SRC_SETTING_INVALID, SRC_SETTING_NOT_BUILT, SRC_ENCODING_UNKNOWN */
export const csvSettings = (connection: string, settings: ConnectionSettings): CsvSettings => {
  const byName = new Map(Object.entries(settings).map(([key, value]) => [key.toLowerCase(), value]));
  const invalid = (setting: string, value: unknown, expected: string): SluiceError =>
    new SluiceError("SRC_SETTING_INVALID", { connection, setting, value: JSON.stringify(value) ?? "nothing", expected });
  const of = (setting: string): unknown => byName.get(setting.toLowerCase()) ?? null;

  const text = (setting: string, absent: string): string => {
    const value = of(setting);
    if (value === null) return absent;
    if (typeof value !== "string") throw invalid(setting, value, "a text");
    return value;
  };

  if (isTrue(of("IsFileNameRegex"))) {
    throw new SluiceError("SRC_SETTING_NOT_BUILT", { connection, setting: "IsFileNameRegex", instead: "name the file in Path" });
  }
  const path = text("Path", "");
  if (path.trim() === "") throw new SluiceError("SRC_PATH_MISSING", { connection });

  const given = text("Separator", ",");
  const separator = given === "\\t" ? "\t" : given;
  if (!/^[\t\x20-\x7e]$/.test(separator) || separator === '"') {
    throw invalid("Separator", given, 'one ASCII character other than the quote, or "\\t"');
  }

  const encoding = text("Encoding", "UTF-8").trim();
  if (!isKnownEncoding(encoding)) throw new SluiceError("SRC_ENCODING_UNKNOWN", { connection, encoding });

  const skipped = of("NumberOfLinesToSkip") ?? 0;
  const linesToSkip = typeof skipped === "string" && /^\d+$/.test(skipped) ? Number(skipped) : skipped;
  if (typeof linesToSkip !== "number" || !Number.isInteger(linesToSkip) || linesToSkip < 0) {
    throw invalid("NumberOfLinesToSkip", skipped, "a whole number from 0 on");
  }

  const trimmed = of("ValuesToTrim") ?? [];
  const isTexts = Array.isArray(trimmed) && trimmed.every((value) => typeof value === "string" && value !== "");
  if (!isTexts) throw invalid("ValuesToTrim", trimmed, 'a list of characters, such as ["$", "%"]');

  const onRowError = ["Stop", "SetAside"].find((name) => name.toLowerCase() === text("OnRowError", "Stop").toLowerCase());
  if (onRowError === undefined) throw invalid("OnRowError", of("OnRowError"), "Stop or SetAside");

  return { path, separator, encoding, linesToSkip, valuesToTrim: trimmed as string[], onRowError: onRowError as CsvSettings["onRowError"] };
};

const isTrue = (value: unknown): boolean => value === true || value === 1 || (typeof value === "string" && /^(true|1)$/i.test(value));

const isKnownEncoding = (name: string): boolean => {
  if (iconv.encodingExists(name)) return true;
  try {
    new TextDecoder(name);
    return true;
  } catch {
    return false;
  }
};
