import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { BoundedOutput } from "./bounded-output.js";
import { LineSplitter } from "./line-splitter.js";
import { forgetGroup, signalGroup, watchGroup } from "./process-group.js";

/** A program to run; no shell reads any of it. */
export interface Command {
  /** Absolute path, or a name that is looked up on PATH. */
  readonly file: string;
  readonly parameters: readonly string[];
  /** Absolute: where it starts. */
  readonly folder: string;
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Windows: the parameters are passed on as they are written, quotes included. */
  readonly isVerbatim?: boolean;
  /** What it finds on its standard input; absent: nothing. */
  readonly input?: string;
}

export interface CommandOptions {
  /** Aborted: the command and all it started are ended. */
  readonly signal: AbortSignal;
  /** Lines of both its outputs in the order in which they came, without line ends; of a flood the first and the last. */
  readonly onLine: (line: string) => void;
  /** How long after being asked to end (SIGTERM) it is killed (ms). */
  readonly graceMs?: number;
}

/** How a command came to its end. */
export interface CommandEnd {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  /** Null where it ended by itself. */
  readonly signal: string | null;
  /** It was ended by us. */
  readonly isStopped: boolean;
  /** The last lines that it wrote. */
  readonly lastLines: readonly string[];
}

type Started = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** Well below the 30 s after which the runner gives up a task that was told to end (ms). */
const standardGraceMs = 5_000;
/** How long after its end output is waited for that a process outside the group keeps open (ms). */
const drainMs = 1_000;
/** Lines that an error message may quote from. */
const lastLines = 10;

/**
 * Runs a program in a process group of its own and gives how it ended; an exit code is no error here. When the program has ended, whatever
 * it left running in its group is ended too, so that neither its output nor the task waits for it.
 * @throws the system's error where it cannot be started (ENOENT, EACCES)
 */
export const runCommand = (command: Command, options: CommandOptions): Promise<CommandEnd> =>
  new Promise((resolve, reject) => {
    if (options.signal.aborted) {
      resolve({ exitCode: null, signal: null, isStopped: true, lastLines: [] });
      return;
    }
    const child = spawn(command.file, [...command.parameters], {
      cwd: command.folder,
      env: { ...command.environment },
      stdio: [command.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      shell: false,
      detached: process.platform !== "win32",
      windowsHide: true,
      windowsVerbatimArguments: command.isVerbatim === true,
    }) as Started;
    child.once("error", (error) => {
      // After a start it can only be a signal that did not arrive.
      if (child.pid === undefined) reject(error);
    });
    // A program that ends without reading its input is fine.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(command.input);
    if (child.pid !== undefined) follow(child, child.pid, options, resolve);
  });

const follow = (
  child: Started,
  pid: number,
  { signal, onLine, graceMs = standardGraceMs }: CommandOptions,
  resolve: (end: CommandEnd) => void,
): void => {
  const output = new BoundedOutput(onLine, lastLines);
  const splitters = [child.stdout, child.stderr].map((stream) => {
    const splitter = new LineSplitter((line) => output.add(line));
    stream.on("data", (bytes: Buffer) => splitter.write(bytes));
    // A pipe that breaks ends the stream; how the command ended says its exit.
    stream.on("error", () => undefined);
    return splitter;
  });
  watchGroup(pid);
  let isStopped = false;
  let killer: NodeJS.Timeout | null = null;
  let drain: NodeJS.Timeout | null = null;
  const stop = (): void => {
    isStopped = true;
    signalGroup(pid, "SIGTERM");
    killer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  child.once("exit", () => {
    signal.removeEventListener("abort", stop);
    if (killer !== null) clearTimeout(killer);
    // The group lives as long as one of it does; its number is nobody else's until then.
    if (process.platform !== "win32") signalGroup(pid, "SIGTERM");
    drain = setTimeout(() => {
      if (process.platform !== "win32") signalGroup(pid, "SIGKILL");
      child.stdin?.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    }, drainMs);
  });
  child.once("close", (exitCode, endedBy) => {
    if (drain !== null) clearTimeout(drain);
    if (process.platform !== "win32") signalGroup(pid, "SIGKILL");
    forgetGroup(pid);
    for (const splitter of splitters) splitter.end();
    output.end();
    resolve({ exitCode, signal: endedBy, isStopped, lastLines: output.lastLines });
  });
};
