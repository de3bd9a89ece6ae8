import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("./child-run.mjs", import.meta.url));

/** A process of its own that runs the job `Job` when it is told to; killed at the latest when the test ends. */
export class ChildRun {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  #look: () => void = () => undefined;

  /** `inside`: a command that starts the one that follows it, in another process table for one. */
  constructor(place: { readonly workspace: string; readonly database: object }, inside: readonly string[] = []) {
    const [command = process.execPath, ...parameters] = [...inside, process.execPath, program, JSON.stringify(place)];
    this.process = spawn(command, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.process.stdout === null) throw new Error("no output");
    createInterface({ input: this.process.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#look();
    });
    onTestFinished(() => this.kill());
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  say(line: "run" | "end"): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** The next line that the process says. */
  async next(): Promise<string> {
    while (this.#lines.length === 0) await new Promise<void>((resolve) => (this.#look = resolve));
    return this.#lines.shift() ?? "";
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.process.kill(name);
  }

  /** Kills it as a power cut does, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await gone;
  }
}
