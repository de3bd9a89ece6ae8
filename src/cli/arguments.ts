import { parseArgs } from "node:util";
import { SluiceError } from "../errors/index.js";
import type { CommandDefinition, OptionDefinition } from "./command.js";

/** What every command takes besides its own options. */
export const commonOptions = (formats: readonly string[]): readonly OptionDefinition[] => [
  { name: "workspace", short: "w", value: "DIR", help: "the workspace; default: the current directory" },
  ...(formats.length > 1
    ? [{ name: "format", value: formats.join("|"), values: formats, help: `how the answer is printed; default: ${formats[0]}` }]
    : []),
  ...(formats.includes("json") ? [{ name: "json", help: "the same as --format json: one JSON document on stdout" }] : []),
  {
    name: "log-level",
    value: "LEVEL",
    values: ["Trace", "Verbose", "Debug", "Information", "Warning", "Error", "Critical", "Fatal"],
    help: "what is logged: Verbose (or Trace), Debug, Information, Warning, Error, Fatal (or Critical); Debug also shows where a failure arose",
  },
  { name: "help", short: "h", help: "shows this help" },
];

/** The parsed arguments of one command, checked against its definition. */
export class Arguments {
  #positionals: ReadonlyMap<string, string>;
  #options: ReadonlyMap<string, readonly string[]>;
  readonly format: string;

  constructor(positionals: ReadonlyMap<string, string>, options: ReadonlyMap<string, readonly string[]>, format: string) {
    this.#positionals = positionals;
    this.#options = options;
    this.format = format;
  }

  get isJson(): boolean {
    return this.format === "json";
  }

  /** A mandatory argument. */
  argument(name: string): string {
    const value = this.#positionals.get(name);
    if (value === undefined) throw new Error(`the command does not define ${name}`);
    return value;
  }

  optional(name: string): string | null {
    return this.#positionals.get(name) ?? null;
  }

  /** A mandatory argument that is a job instance's number. Throws CMD_ARGUMENT_INVALID. */
  instance(name: string): number {
    const value = this.argument(name);
    const number = instanceNumber(value);
    if (number === null)
      throw new SluiceError("CMD_ARGUMENT_INVALID", { argument: name, value, expected: "the number of a job instance, such as 12" });
    return number;
  }

  /** The value of an option that is a job instance's number; null when absent. Throws CMD_OPTION_VALUE_INVALID. */
  instanceOption(name: string): number | null {
    const value = this.value(name);
    if (value === null) return null;
    const number = instanceNumber(value);
    if (number === null)
      throw new SluiceError("CMD_OPTION_VALUE_INVALID", {
        option: `--${name}`,
        value,
        expected: "the number of a job instance, such as 12",
      });
    return number;
  }

  has(name: string): boolean {
    return this.#options.has(name);
  }

  value(name: string): string | null {
    return this.#options.get(name)?.[0] ?? null;
  }

  values(name: string): readonly string[] {
    return this.#options.get(name) ?? [];
  }
}

/** Numbers of the store are positive and exact: nothing beyond 2^53 passes. */
const instanceNumber = (text: string): number | null => {
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : null;
};

/** `sluice run JOB [options]`. */
export const usageOf = (definition: CommandDefinition): string => {
  const positionals = definition.arguments.map((each) => (each.optional === true ? `[${each.name}]` : each.name));
  return ["sluice", definition.name, ...positionals, "[options]"].join(" ");
};

/**
 * Parses what stands after the command's name. Gives `help` when help was asked for, whatever else is there.
 * Throws CMD_* for options and arguments that the command does not define, each with the nearest name.
 */
export const parseArguments = async (definition: CommandDefinition, argv: readonly string[]): Promise<Arguments | "help"> => {
  const options = [...definition.options, ...commonOptions(definition.formats)];
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      options.map((option) => [
        option.name,
        {
          type: option.value === undefined ? ("boolean" as const) : ("string" as const),
          ...(option.short === undefined ? {} : { short: option.short }),
        },
      ]),
    ),
  });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) return "help";
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  let last: OptionDefinition | undefined;
  for (const token of tokens) {
    if (token.kind === "positional" && !(last?.ignoresNumber === true && isWhole(token.value))) positionals.push(token.value);
    last = undefined;
    if (token.kind !== "option") continue;
    const option = options.find((each) => each.name === token.name);
    if (option === undefined) throw await unknownOption(definition, token.rawName, options);
    last = option;
    const value = checkedValue(option, token.rawName, token.value, token.inlineValue === true);
    const earlier = given.get(option.name);
    if (earlier === undefined) given.set(option.name, [value]);
    else if (option.repeatable === true) earlier.push(value);
    else if (option.value !== undefined) throw new SluiceError("CMD_OPTION_REPEATED", { option: token.rawName });
  }
  return new Arguments(nameArguments(definition, positionals), given, formatOf(definition, given));
};

const isWhole = (text: string): boolean => /^-?\d{1,19}$/.test(text);

/** The checked value of an option as given; a switch has the value "". */
const checkedValue = (option: OptionDefinition, rawName: string, value: string | undefined, isInline: boolean): string => {
  if (option.value === undefined) {
    if (value !== undefined && !(option.ignoresNumber === true && isWhole(value)))
      throw new SluiceError("CMD_OPTION_VALUE_UNEXPECTED", { option: rawName, value });
    return "";
  }
  // `--reason --force`: the next option is no value. One that does begin with a dash is given as --reason=-x.
  if (value === undefined || (!isInline && value.length > 1 && value.startsWith("-")))
    throw new SluiceError("CMD_OPTION_VALUE_MISSING", { option: rawName, value: option.value });
  if (option.values === undefined) return value;
  const allowed = option.values.find((each) => each.toLowerCase() === value.toLowerCase());
  if (allowed === undefined)
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option: rawName, value, expected: option.values.join(", ") });
  return allowed;
};

const unknownOption = async (
  definition: CommandDefinition,
  rawName: string,
  options: readonly OptionDefinition[],
): Promise<SluiceError<"CMD_UNKNOWN_OPTION">> => {
  // Loaded here only: a command line without a mistake does not pay for it.
  const { nearestName } = await import("../config/index.js");
  const nearest = rawName.startsWith("--")
    ? nearestName(
        rawName.slice(2),
        options.map((option) => option.name),
      )
    : null;
  return new SluiceError("CMD_UNKNOWN_OPTION", {
    command: definition.name,
    option: rawName,
    nearest: nearest === null ? null : `--${nearest}`,
  });
};

const nameArguments = (definition: CommandDefinition, positionals: readonly string[]): Map<string, string> => {
  const usage = usageOf(definition);
  const extra = positionals[definition.arguments.length];
  if (extra !== undefined) throw new SluiceError("CMD_ARGUMENT_UNEXPECTED", { value: extra, usage });
  const named = new Map<string, string>();
  definition.arguments.forEach((argument, index) => {
    const value = positionals[index];
    if (value !== undefined) named.set(argument.name, value);
    else if (argument.optional !== true) throw new SluiceError("CMD_ARGUMENT_MISSING", { argument: argument.name, usage });
  });
  return named;
};

const formatOf = (definition: CommandDefinition, given: ReadonlyMap<string, readonly string[]>): string => {
  const format = given.get("format")?.[0];
  if (!given.has("json")) return format ?? definition.formats[0];
  if (format !== undefined && format !== "json")
    throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: "--json", second: `--format ${format}` });
  return "json";
};

/** Whether a failure is to be printed as JSON, found without parsing, since parsing itself may be what failed. */
export const asksForJson = (argv: readonly string[]): boolean => {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.some((argument, index) => {
    if (argument === "--json") return true;
    const value = argument.startsWith("--format=")
      ? argument.slice("--format=".length)
      : argument === "--format"
        ? options[index + 1]
        : undefined;
    return value?.toLowerCase() === "json";
  });
};
