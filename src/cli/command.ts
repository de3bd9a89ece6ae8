import type { Clock } from "../model/index.js";
import type { Arguments } from "./arguments.js";
import type { Output, Style } from "./terminal/index.js";

/** One option of a command; every option has a long name. */
export interface OptionDefinition {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help (`ID`); absent: a switch. */
  readonly value?: string;
  /** Allowed values, where there are few; compared ignoring case. */
  readonly values?: readonly string[];
  readonly repeatable?: boolean;
  /** A switch that scripts of the documented tools may follow by a number, which means nothing here (jobs-and-tasks §4.1). */
  readonly ignoresNumber?: boolean;
  /** One sentence for the help. */
  readonly help: string;
}

interface ArgumentDefinition {
  /** As in the usage: `JOB`, `N`. */
  readonly name: string;
  readonly optional?: boolean;
  readonly help: string;
}

/** Everything that a command is to a person: parsing and help come from it. */
export interface CommandDefinition {
  readonly name: string;
  /** One or two paragraphs: what it does, what it touches. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentDefinition[];
  readonly options: readonly OptionDefinition[];
  /** Values of --format, the default first; `json` is also --json. */
  readonly formats: readonly [string, ...string[]];
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
  readonly example: { readonly command: string; readonly says: string };
}

/** What a command gets: its arguments and the world, handed in. */
export interface Invocation {
  readonly arguments: Arguments;
  readonly out: Output;
  readonly err: Output;
  /** Colours of stdout and stderr. */
  readonly style: Style;
  readonly errStyle: Style;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute: what paths of the command line start at. */
  readonly cwd: string;
  /** Absolute. */
  readonly workspace: string;
  readonly clock: Clock;
  readonly signals: Signals;
}

/** Ctrl-C and its like; `process` in the program, an emitter in tests. */
export interface Signals {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

export interface Command {
  readonly definition: CommandDefinition;
  /** Gives the exit code (design §4). Throws SluiceError for what a person can mend. */
  run(invocation: Invocation): Promise<number>;
}
