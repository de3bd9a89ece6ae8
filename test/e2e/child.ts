import { spawn } from "node:child_process";
import { resolve } from "node:path";

/** Built before all tests. */
export const program = resolve("dist/cli/sluice.js");

/** Writes the most memory that this process ever had, in KiB, to descriptor 3. VmHWM, since maxRSS counts what the parent had when it forked. */
const measuring = `import { readFileSync, writeSync } from "node:fs";
process.on("exit", () => {
  let kib = process.resourceUsage().maxRSS;
  try { kib = Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]); } catch {}
  writeSync(3, String(kib));
});`;

export interface ChildOptions {
  readonly cwd?: string;
  /** Called with each whole line of standard output as it arrives, numbered from 1. */
  readonly onLine?: (line: string, number: number, child: ChildRun) => void;
  /** Instead of Node: a program and its first arguments, to which Node's are added. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ChildEnd {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  /** Most memory it had (KiB); null where it was killed. */
  readonly peakKib: number | null;
}

export interface ChildRun {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the built program in a process of its own. */
export const runChild = (argv: readonly string[], options: ChildOptions): ChildRun => {
  const node = [process.execPath, "--import", `data:text/javascript,${encodeURIComponent(measuring)}`, program, ...argv];
  const [command = process.execPath, ...rest] = [...(options.through ?? []), ...node];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const texts = { out: "", err: "", peak: "" };
  let begun = "";
  let number = 0;
  const ended = new Promise<ChildEnd>((resolvePromise, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolvePromise({ code, signal, out: texts.out, err: texts.err, peakKib: texts.peak === "" ? null : Number(texts.peak) }),
    );
  });
  const run: ChildRun = {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    texts.out += text;
    const lines = (begun + text).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) options.onLine?.(line, ++number, run);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    texts.err += text;
  });
  const peak = child.stdio[3];
  if (peak !== null && peak !== undefined && "setEncoding" in peak) {
    peak.setEncoding("utf8").on("data", (text: string) => {
      texts.peak += text;
    });
  }
  return run;
};
