import { relative, resolve } from "node:path";
import type { Configuration, ConnectionSettings } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { Arguments } from "../arguments.js";
import type { Command, Invocation, OptionDefinition } from "../command.js";
import { agentToolOptions, needed, readToolConfiguration, runToolTask, toolNote } from "../tool.js";
import { named } from "../workspace.js";
import { runningExitCodes } from "./exit-codes.js";

const connection: OptionDefinition = { name: "connection-identifier", value: "ID", help: "the connection; always needed" };

/** Of every export. */
const exportOptions: readonly OptionDefinition[] = [
  connection,
  { name: "force-complete", help: "a complete export, of the incremental source where there is no other" },
  { name: "output-path", value: "DIR", help: "accepted where it is the folder that exports go to, ExportOutput below the temp folder" },
];

/** Of exports of files: for this run instead of the connection's settings. */
const fileOptions: readonly OptionDefinition[] = [
  { name: "raw-files-path", value: "PATH", help: "Path: the file of a complete export" },
  { name: "path-incremental", value: "PATH", help: "PathIncremental: the file of an incremental export" },
];

const ignoreCookies: OptionDefinition = { name: "ignore-cookies", help: "a complete export" };

interface ExportTool {
  readonly name: "export" | "export-csv" | "export-excel";
  readonly description: string;
  readonly options: readonly OptionDefinition[];
  /** The switch that asks for a complete export. */
  readonly complete: OptionDefinition;
  /** Short package name that the connection must have; null: any. */
  readonly package: string | null;
  readonly settings: (given: Arguments) => ConnectionSettings;
}

const commandOf = (tool: ExportTool): Command => ({
  definition: {
    name: tool.name,
    description: [tool.description, toolNote],
    arguments: [],
    options: [...exportOptions, tool.complete, ...tool.options, ...agentToolOptions],
    formats: ["text", "json"],
    exitCodes: runningExitCodes,
    example: {
      command: `sluice ${tool.name} --connection-identifier HR_Users --${tool.complete.name} --workspace examples`,
      says: "what it exported is in Temp/ExportOutput",
    },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const identifier = needed(given, tool.name, connection);
    const changed = tool.settings(given);
    const configuration = await readToolConfiguration(invocation);
    const { package: own } = await named(configuration.connections, "connection", identifier);
    if (tool.package !== null && own !== tool.package) {
      const expected = `a connection of the package ${tool.package} (sluice export takes every package)`;
      throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option: `--${connection.name}`, value: `${identifier}, of ${own}`, expected });
    }
    requireOutput(invocation, configuration);
    const task = {
      tool: "export",
      connection: identifier,
      complete: given.has(tool.complete.name),
      forceComplete: given.has("force-complete"),
    } as const;
    return await runToolTask(invocation, withSettings(configuration, identifier, changed), task, false);
  },
});

/** Exports go where prepare looks for them. Throws CMD_OPTION_VALUE_INVALID. */
const requireOutput = ({ arguments: given, cwd }: Invocation, { settings, workspace }: Configuration): void => {
  const value = given.value("output-path");
  if (value === null) return;
  const own = resolve(settings.tempFolder, "ExportOutput");
  if ([resolve(cwd, value), resolve(workspace, value), resolve(settings.tempFolder, value)].some((path) => relative(path, own) === ""))
    return;
  throw new SluiceError("CMD_OPTION_VALUE_INVALID", {
    option: "--output-path",
    value,
    expected: `${own}, or leave it out: TempFolderPath moves it`,
  });
};

/** The configuration with some settings of a connection replaced, whatever the case of their names. */
const withSettings = (configuration: Configuration, identifier: string, changed: ConnectionSettings): Configuration => {
  const names = new Set(Object.keys(changed).map((name) => name.toLowerCase()));
  if (names.size === 0) return configuration;
  const { settings } = configuration;
  const key = identifier.toLowerCase();
  const kept = Object.entries(settings.connections.get(key) ?? {}).filter(([name]) => !names.has(name.toLowerCase()));
  const connections = new Map(settings.connections).set(key, { ...Object.fromEntries(kept), ...changed });
  return { ...configuration, settings: { ...settings, connections } };
};

const given = (values: Readonly<Record<string, unknown>>): ConnectionSettings =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== false));

const paths = (options: Arguments): Readonly<Record<string, unknown>> => ({
  Path: options.value("raw-files-path"),
  PathIncremental: options.value("path-incremental"),
});

/** `sluice export`: an ExportTask of any package, jobs-and-tasks §4.2. */
export const exportAny = commandOf({
  name: "export",
  description:
    "Exports a connection into Temp/ExportOutput, as an ExportTask does: one task with an instance, locks and a record of its own.",
  options: [],
  complete: ignoreCookies,
  package: null,
  settings: () => ({}),
});

/** `sluice export-csv`: Usercube-Export-Csv, jobs-and-tasks §4.2. */
export const exportCsv = commandOf({
  name: "export-csv",
  description: "Exports a connection of the package CSV into Temp/ExportOutput, as an ExportTask does.",
  options: [
    ...fileOptions,
    { name: "regex", help: "IsFileNameRegex: the path's file name is a pattern, the newest match is read" },
    { name: "separator", value: "CHARACTER", help: "Separator of the file" },
  ],
  complete: ignoreCookies,
  package: "CSV",
  settings: (options) => given({ ...paths(options), IsFileNameRegex: options.has("regex"), Separator: options.value("separator") }),
});

/** A list as the tools take it: `true,false` or `true false`. */
const listOf = (options: Arguments, name: string): readonly string[] =>
  (options.value(name) ?? "").split(/[,;\s]+/).filter((part) => part !== "");

/** `--sheets-ignored` and `--lines-to-skip`, each by the position of the sheet, as SheetOptions (connectors §4.4). Throws CMD_OPTION_VALUE_INVALID. */
const sheetOptions = (options: Arguments): unknown => {
  const ignored = listOf(options, "sheets-ignored");
  const lines = listOf(options, "lines-to-skip");
  const bad = (option: string, value: string, expected: string): never => {
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option, value, expected });
  };
  for (const value of ignored)
    if (!/^(true|false|0|1)$/i.test(value)) bad("--sheets-ignored", value, "true or false for each sheet, such as false,true");
  for (const value of lines) if (!/^\d{1,9}$/.test(value)) bad("--lines-to-skip", value, "a number for each sheet, such as 0,2");
  const count = Math.max(ignored.length, lines.length);
  if (count === 0) return null;
  return Array.from({ length: count }, (_, sheet) => ({
    SheetIgnored: /^(true|1)$/i.test(ignored[sheet] ?? ""),
    NumberOfLinesToSkip: Number(lines[sheet] ?? 0),
  }));
};

/** `sluice export-excel`: Usercube-Export-Excel, jobs-and-tasks §4.2. */
export const exportExcel = commandOf({
  name: "export-excel",
  description: "Exports a connection of the package Excel into Temp/ExportOutput, one file a sheet, as an ExportTask does.",
  options: [
    ...fileOptions,
    { name: "is-regex", help: "IsFileNameRegex: the path's file name is a pattern, the newest match is read" },
    { name: "lines-to-skip", value: "LIST", help: "lines before the header of each sheet, by its position, such as 0,2" },
    { name: "sheets-ignored", value: "LIST", help: "true for each sheet to leave out, by its position, such as false,true" },
    { name: "values-to-trim", value: "LIST", help: "ValuesToTrim: characters cut from both ends of values, such as $,%" },
  ],
  complete: { name: "not-incremental", help: "a complete export" },
  package: "Excel",
  settings: (options) => {
    const trimmed = (options.value("values-to-trim") ?? "").split(",").filter((part) => part !== "");
    return given({
      ...paths(options),
      IsFileNameRegex: options.has("is-regex"),
      SheetOptions: sheetOptions(options),
      ValuesToTrim: trimmed.length === 0 ? null : trimmed,
    });
  },
});
