import { spawn } from "node:child_process";
import { resolve } from "node:path";

/** Built before all tests. */
const program = resolve("dist/cli/sluice.js");

/** `sluice scheduler` in a process of its own; what it says goes to stderr. */
export class ServiceChild {
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  said = "";
  readonly #child: ReturnType<typeof spawn>;
  readonly #looks = new Set<() => void>();

  constructor(workspace: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [program, "scheduler", "-w", workspace], {
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
      for (const look of this.#looks) look();
    });
    this.ended = new Promise((resolveEnd) => {
      this.#child.on("close", (code, signal) => {
        resolveEnd({ code, signal });
        for (const look of this.#looks) look();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the first line that has this in it, of those after so many characters; rejects when the process ends without. */
  line(pattern: RegExp, after = 0): Promise<string> {
    return new Promise((resolveLine, reject) => {
      const look = (): void => {
        const found = this.said
          .slice(after)
          .split("\n")
          .find((line) => pattern.test(line));
        const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
        if (found === undefined && !isOver) return;
        this.#looks.delete(look);
        if (found === undefined) reject(new Error(`it ended without ${pattern}:\n${this.said}`));
        else resolveLine(found);
      };
      this.#looks.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
