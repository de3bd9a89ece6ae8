import type { ConnectionSettings } from "../../config/index.js";
import { type FileSettings, fileSettings, SettingReader } from "../source-file/index.js";

/** Of one sheet (connectors §4.4). */
export interface SheetOption {
  readonly isIgnored: boolean;
  readonly linesToSkip: number;
}

/** Settings of an Excel connection, checked (connectors §4.4). */
export interface ExcelSettings extends FileSettings {
  /** By position of the sheet; sheets behind its end have none. */
  readonly sheetOptions: readonly SheetOption[];
}

/** Reads the settings; keys ignore case. A sheet without NumberOfLinesToSkip has that of the connection. @throws SRC_SETTING_INVALID */
export const excelSettings = (connection: string, settings: ConnectionSettings): ExcelSettings => {
  const reader = new SettingReader(connection, settings);
  const common = fileSettings(reader);
  const given = reader.value("SheetOptions") ?? [];
  const expected = 'a list by position of the sheet, such as [{"SheetIgnored": true}, {"SheetIgnored": false, "NumberOfLinesToSkip": 1}]';
  if (!Array.isArray(given)) throw reader.invalid("SheetOptions", given, expected);
  const sheetOptions = given.map((option: unknown, position): SheetOption => {
    if (typeof option !== "object" || option === null || Array.isArray(option)) throw reader.invalid("SheetOptions", option, expected);
    const known = ["sheetignored", "numberoflinestoskip"];
    const unknown = Object.keys(option).find((key) => !known.includes(key.toLowerCase()));
    if (unknown !== undefined)
      throw reader.invalid(`SheetOptions[${position}]`, unknown, "the keys SheetIgnored and NumberOfLinesToSkip only");
    const own = new SettingReader(connection, option as ConnectionSettings);
    const linesToSkip = own.value("NumberOfLinesToSkip") === null ? common.linesToSkip : own.count("NumberOfLinesToSkip");
    return { isIgnored: own.boolean("SheetIgnored"), linesToSkip };
  });
  return { ...common, sheetOptions };
};
