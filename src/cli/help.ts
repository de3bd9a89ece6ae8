import { commonOptions, usageOf } from "./arguments.js";
import type { CommandDefinition, OptionDefinition } from "./command.js";
import type { ProgramEntry } from "./program.js";
import { padTo, type Style, widthOf, wrap } from "./terminal/index.js";

/** Help is no wider than this many columns even on a wide terminal: longer lines read badly. */
const readable = 100;

const widthFor = (columns: number | undefined): number => Math.min(columns ?? readable, readable);

/** Two columns, the second wrapped under itself. */
const list = (pairs: readonly (readonly [string, string])[], width: number): string[] => {
  const first = Math.max(...pairs.map(([name]) => widthOf(name))) + 4;
  return pairs.flatMap(([name, text]) => {
    const [head = "", ...rest] = wrap(text, Math.max(20, width - first));
    return [`  ${padTo(name, first - 2)}${head}`, ...rest.map((line) => " ".repeat(first) + line)];
  });
};

const spelling = (option: OptionDefinition): string =>
  `${option.short === undefined ? "" : `-${option.short}, `}--${option.name}${option.value === undefined ? "" : ` ${option.value}`}`;

/** The help of the whole program. */
export const programHelp = (entries: readonly ProgramEntry[], style: Style, columns: number | undefined): string[] => {
  const width = widthFor(columns);
  return [
    ...wrap(
      "Sluice runs jobs that synchronize identities, and stops at the gate when a job would change more than its thresholds allow. A person looks at the staged changes, then resumes the job or cancels it.",
      width,
    ),
    "",
    `${style.bold("Usage:")} sluice <command> [options]`,
    "",
    style.bold("Commands"),
    ...list(
      entries.map((entry) => [entry.name, entry.summary] as const),
      width,
    ),
    "",
    style.bold("Options of the program"),
    ...list(
      [
        ["-h, --help", "shows this help; sluice <command> --help shows that of a command"],
        ["--version", "shows the version"],
      ],
      width,
    ),
    "",
    style.bold("Example"),
    "  sluice validate --workspace examples",
    "",
  ];
};

/** The help of a group of commands, such as `database`. */
export const groupHelp = (group: string, members: readonly ProgramEntry[], style: Style, columns: number | undefined): string[] => [
  `${style.bold("Usage:")} sluice ${group} <command> [options]`,
  "",
  style.bold("Commands"),
  ...list(
    members.map((entry) => [entry.name, entry.summary] as const),
    widthFor(columns),
  ),
  "",
];

/** The help of one command: what it does, arguments, options, exit codes, an example. */
export const commandHelp = (definition: CommandDefinition, style: Style, columns: number | undefined): string[] => {
  const width = widthFor(columns);
  const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ["", style.bold(title), ...lines]);
  return [
    `${style.bold("Usage:")} ${usageOf(definition)}`,
    ...definition.description.flatMap((paragraph) => ["", ...wrap(paragraph, width)]),
    ...section(
      "Arguments",
      definition.arguments.length === 0
        ? []
        : list(
            definition.arguments.map((argument) => [argument.name, argument.help] as const),
            width,
          ),
    ),
    ...section(
      "Options",
      list(
        [...definition.options, ...commonOptions(definition.formats)].map((option) => [spelling(option), option.help] as const),
        width,
      ),
    ),
    ...section(
      "Exit codes",
      list(
        definition.exitCodes.map(([code, meaning]) => [String(code), meaning] as const),
        width,
      ),
    ),
    ...section("Example", [`  ${definition.example.command}`, ...wrap(definition.example.says, width - 4).map((line) => `    ${line}`)]),
    "",
  ];
};
