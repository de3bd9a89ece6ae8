import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SluiceError } from "../errors/index.js";
import type { Clock } from "../model/index.js";
import { asksForJson, parseArguments } from "./arguments.js";
import type { Invocation, Signals } from "./command.js";
import { reportFailure } from "./failure.js";
import { commandHelp, groupHelp, programHelp } from "./help.js";
import { type ProgramEntry, program } from "./program.js";
import { Output, type OutputStream, styleFor } from "./terminal/index.js";

/** The world as a run of the program sees it: the process in the program, objects of their own in tests. */
export interface World {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute: what relative paths of the command line start at. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Absent: the run cannot be interrupted. */
  readonly signals?: Signals;
}

const noSignals: Signals = { on: () => undefined, off: () => undefined };

/**
 * The whole command line, design §4: takes what stands after the program's name, gives the exit code. Never throws and never
 * ends the process: what goes wrong is printed (as JSON on stdout where JSON was asked for, else on stderr).
 */
export const main = async (argv: readonly string[], world: World): Promise<number> => {
  const out = new Output(world.stdout);
  const err = new Output(world.stderr);
  try {
    return await dispatch(argv, world, out, err);
  } catch (error) {
    const report = (isJson: boolean): Promise<number> =>
      reportFailure(error, { out, err, style: styleFor(err.isTerminal, world.env), isJson, isDebug: asksForDebug(argv) });
    try {
      return await report(asksForJson(argv) && !out.isBroken);
    } catch {
      // Neither output takes the sentence; the code still tells.
      return 70;
    }
  }
};

const dispatch = async (argv: readonly string[], world: World, out: Output, err: Output): Promise<number> => {
  const style = styleFor(out.isTerminal, world.env);
  const [name] = argv;
  if (name === "--version") {
    await out.lines([await version()]);
    return 0;
  }
  if (name === undefined || name === "--help" || name === "-h" || (name === "help" && argv.length === 1)) {
    const lines = programHelp(program, name === undefined ? styleFor(err.isTerminal, world.env) : style, out.columns);
    await (name === undefined ? err : out).lines(lines);
    return name === undefined ? 64 : 0;
  }
  // `sluice help run` is what many try first.
  const words = name === "help" ? argv.slice(1) : argv;
  const entry = program.find((each) => each.name.split(" ").every((word, index) => word === words[index]));
  if (entry === undefined) {
    const [group = "", member] = words;
    const members = program.filter((each) => each.name.startsWith(`${group} `));
    if (members.length === 0) throw await unknownCommand(group, program);
    if (member !== undefined && !member.startsWith("-")) throw await unknownCommand(`${group} ${member}`, members);
    const isAsked = name === "help" || member === "--help" || member === "-h";
    await (isAsked ? out : err).lines(groupHelp(group, members, isAsked ? style : styleFor(err.isTerminal, world.env), out.columns));
    return isAsked ? 0 : 64;
  }
  const command = await entry.load();
  const parsed = name === "help" ? "help" : await parseArguments(command.definition, words.slice(entry.name.split(" ").length));
  if (parsed === "help") {
    await out.lines(commandHelp(command.definition, style, out.columns));
    return 0;
  }
  const invocation: Invocation = {
    arguments: parsed,
    out,
    err,
    style,
    errStyle: styleFor(err.isTerminal, world.env),
    env: world.env,
    cwd: world.cwd,
    workspace: resolve(world.cwd, parsed.value("workspace") ?? "."),
    clock: world.clock,
    signals: world.signals ?? noSignals,
  };
  return await command.run(invocation);
};

const unknownCommand = async (command: string, among: readonly ProgramEntry[]): Promise<SluiceError<"CMD_UNKNOWN_COMMAND">> => {
  const { nearestName } = await import("../config/index.js");
  const nearest = nearestName(
    command,
    among.map((entry) => entry.name),
  );
  return new SluiceError("CMD_UNKNOWN_COMMAND", { command, nearest });
};

/** The version stands in package.json alone, two folders up both in `src` and in `dist`. */
const version = async (): Promise<string> => {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
};

const asksForDebug = (argv: readonly string[]): boolean =>
  argv.some((argument, index) => {
    const value = argument.startsWith("--log-level=")
      ? argument.slice("--log-level=".length)
      : argv[index - 1] === "--log-level"
        ? argument
        : "";
    return /^(debug|trace|verbose)$/i.test(value);
  });
