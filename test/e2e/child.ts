import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Built before all tests. */
const program = resolve("dist/cli/sluice.js");
const preload = pathToFileURL(resolve("test/e2e/preload.mjs")).href;

/** How often a process that stopped itself is told to go on (ms). */
const letGoEveryMs = 50;

/** A signal that the child sends itself at an exact place: behind a line of its output, or in front of a rename of a file. */
export type Act = ({ readonly line: number } | { readonly text: string } | { readonly rename: number }) & {
  readonly signal: NodeJS.Signals;
};

export interface ChildOptions {
  readonly cwd?: string;
  readonly acts?: readonly Act[];
  /** Called with each whole line of standard output. */
  readonly onLine?: (line: string) => void;
  /** A program with arguments that gets Node's command line as further ones. */
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
  /** Resolves when a line with this text was printed; rejects when the child ends without. */
  printed(text: string): Promise<void>;
  /** Lets a process that stopped itself go on; again and again until it ends, since it may be about to stop. */
  letGo(): void;
}

/** Starts the built program in a process of its own. */
export const runChild = (argv: readonly string[], options: ChildOptions): ChildRun => {
  const { acts = [], onLine = () => undefined } = options;
  const counters = mkdtempSync(join(tmpdir(), "sluice-e2e-count-"));
  const [command = "", ...rest] = [...(options.through ?? []), process.execPath, "--import", preload, program, ...argv];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: {
      ...process.env,
      NO_COLOR: "1",
      SLUICE_E2E_ACTS: JSON.stringify(acts),
      SLUICE_E2E_COUNTER: join(counters, "renames"),
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const texts = { out: "", err: "", peak: "" };
  const awaited: { readonly text: string; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let begun = "";
  const ended = new Promise<ChildEnd>((resolveEnd, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      rmSync(counters, { recursive: true, force: true });
      for (const { text, reject: fail } of awaited.splice(0)) fail(new Error(`the child ended without ${text}:\n${texts.out}${texts.err}`));
      resolveEnd({ code, signal, out: texts.out, err: texts.err, peakKib: texts.peak === "" ? null : Number(texts.peak) });
    });
  });
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    texts.out += text;
    const lines = (begun + text).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) {
      onLine(line);
      for (const each of awaited.filter((one) => line.includes(one.text))) each.resolve();
    }
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
  return {
    pid: child.pid ?? 0,
    ended,
    printed: (text) =>
      texts.out.includes(text)
        ? Promise.resolve()
        : new Promise((resolveLine, reject) => awaited.push({ text, resolve: resolveLine, reject })),
    letGo: () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGCONT");
      const again = setInterval(() => child.kill("SIGCONT"), letGoEveryMs);
      child.on("close", () => clearInterval(again));
    },
  };
};
