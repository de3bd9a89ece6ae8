import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const program = resolve("dist/cli/sluice.js");
const preload = pathToFileURL(resolve("test/faults/preload.mjs")).href;
const lineBytes = 200;

/** Longest time a command may take (ms): nothing of this size takes a tenth of it. */
const patienceMs = 120_000;

/**
 * Runs the built program in a process of its own, in `workspace`, with a fault at one of its writes.
 * @param fault `act`: "kill" | "ENOSPC" | "EACCES" | "touch" | "clock" | "stop"; `at`: which write, from 1, null only counts; `phase`: "before" | "torn" | "after" it;
 *   of "touch" the `file`, of "clock" `backMs`. `onStop` is called once the process stopped itself, with its id.
 * @returns exit code, signal, what it printed, and the lines of the trace: every write it came to
 */
export const runWithFault = async (workspace, argv, fault = { act: "kill", at: null, phase: "before" }, onStop = null) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-fault-"));
  const trace = join(folder, "trace");
  try {
    const child = spawn(process.execPath, ["--import", preload, program, ...argv], {
      cwd: workspace,
      env: { ...process.env, NO_COLOR: "1", SLUICE_FAULT: JSON.stringify({ ...fault, trace, workspace }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    child.stderr.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    const ended = new Promise((settle, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => settle({ code, signal }));
    });
    if (onStop !== null) await stopped(child, ended).then((isStopped) => (isStopped ? onStop() : undefined));
    if (onStop !== null && child.exitCode === null) child.kill("SIGCONT");
    const { code, signal } = await ended;
    clearTimeout(timer);
    return { code, signal, text, trace: linesOf(trace) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const linesOf = (trace) => {
  if (!existsSync(trace)) return [];
  const text = readFileSync(trace);
  return Array.from({ length: Math.floor(text.length / lineBytes) }, (_, n) =>
    text.toString("utf8", n * lineBytes, (n + 1) * lineBytes).trim(),
  );
};

/** Waits until a process stopped itself, as the system tells; false where it ended instead. */
const stopped = async (child, ended) => {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    try {
      const [, state] = /^\d+ \(.*\) (\w)/s.exec(readFileSync(`/proc/${child.pid}/stat`, "utf8")) ?? [];
      if (state === "T") return true;
    } catch {
      return false;
    }
    await new Promise((settle) => setTimeout(settle, 10));
  }
  return false;
};
