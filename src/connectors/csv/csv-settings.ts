import iconv from "iconv-lite";
import type { ConnectionSettings } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { type FileSettings, fileSettings, SettingReader } from "../source-file/index.js";

/** Settings of a CSV connection, checked (connectors §4.3). */
export interface CsvSettings extends FileSettings {
  /** One ASCII character. */
  readonly separator: string;
  /** As configured; `UTF-8` by default. */
  readonly encoding: string;
}

/** Reads the settings; keys ignore case. @throws SRC_SETTING_INVALID, SRC_ENCODING_UNKNOWN */
export const csvSettings = (connection: string, settings: ConnectionSettings): CsvSettings => {
  const reader = new SettingReader(connection, settings);
  const common = fileSettings(reader);

  const given = reader.text("Separator") ?? ",";
  const separator = given === "\\t" ? "\t" : given;
  if (!/^[\t\x20-\x7e]$/.test(separator) || separator === '"') {
    throw reader.invalid("Separator", given, 'one ASCII character other than the quote, or "\\t"');
  }

  const encoding = (reader.text("Encoding") ?? "UTF-8").trim();
  if (!isKnownEncoding(encoding)) throw new SluiceError("SRC_ENCODING_UNKNOWN", { connection, encoding });

  return { ...common, separator, encoding };
};

const isKnownEncoding = (name: string): boolean => {
  if (iconv.encodingExists(name)) return true;
  try {
    new TextDecoder(name);
    return true;
  } catch {
    return false;
  }
};
