/** Starts what is measured: each in a process of its own, all of them on one CPU. */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../dist/cli/sluice.js", import.meta.url));
const peak = new URL("./peak.mjs", import.meta.url).href;
/** Bytes of output: a report of a run has some kilobytes. */
const largestOutput = 2 ** 24;

/** Settings in the environment would lead the product elsewhere: they do not reach it. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toUpperCase().startsWith("SLUICE__")));

/** Whether a program can be started. */
export const isInstalled = (name, ...args) => spawnSync(name, args, { stdio: "ignore" }).status === 0;

/** Takes a CPU's number; undefined = the last one, or none where `taskset` is not installed. */
export const createProcesses = (cpu) => {
  const canPin = process.platform === "linux" && isInstalled("taskset", "--version");
  const pin = canPin ? (cpu ?? availableParallelism() - 1) : null;

  const start = (command, args, extra = {}) => {
    const [file, list] = pin === null ? [command, args] : ["taskset", ["-c", String(pin), command, ...args]];
    const { status, stdout, stderr, error } = spawnSync(file, list, {
      encoding: "utf8",
      maxBuffer: largestOutput,
      env: { ...environment, ...extra },
    });
    if (error !== undefined) throw error;
    return { status, stdout, stderr };
  };

  /** Runs the product; `ends` is the exit code that is right, `extra` are settings in its environment. */
  const sluice = (args, { ends = 0, extra = {} } = {}) => {
    const { status, stdout, stderr } = start(process.execPath, ["--import", peak, program, ...args], extra);
    if (status !== ends)
      throw new Error(`sluice ${args.join(" ")} ended with ${status}: ${(stdout + stderr).replace(/\npeak=.*/, "").trim()}`);
    return { stdout, peakMiB: Number(/peak=(\d+)/.exec(stderr)?.[1]) / 1024 };
  };

  return {
    pin,
    /** Wall time of a whole command, in seconds. */
    time: (args, how) => {
      const from = performance.now();
      const { peakMiB } = sluice(args, how);
      return { seconds: (performance.now() - from) / 1000, peakMiB };
    },
    /**
     * Runs a job of one task. Gives its counters, the seconds from the task's start to the job's end (a synchronization's commit and
     * checkpoint come after the moment that is recorded as the task's end), and the peak memory of the whole process.
     */
    run: (workspace, job, how) => {
      const { stdout, peakMiB } = sluice(["run", job, "-w", workspace, "--json"], how);
      const { jobInstance, endedAt, tasks } = JSON.parse(stdout);
      const [{ startedAt, counters }] = tasks;
      return { seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000, peakMiB, counters, jobInstance };
    },
    /** Lets a blocked instance go on. Seconds of the whole command: its task started when it was blocked. */
    resume: (workspace, jobInstance, how) => {
      const from = performance.now();
      const { stdout, peakMiB } = sluice(["resume", String(jobInstance), "-w", workspace, "--json"], how);
      const seconds = (performance.now() - from) / 1000;
      return { seconds, peakMiB, counters: JSON.parse(stdout).tasks[0].counters };
    },
    /** What a helper of the benchmark prints. */
    answer: (command, args, extra) => {
      const { status, stdout, stderr } = start(command, args, extra);
      if (status !== 0) throw new Error((stdout + stderr).trim());
      return stdout.trim();
    },
    /** Runs a yardstick; the last line it prints is `name=number …`, `seconds` among them. */
    yardstick: (command, args, extra) => {
      const { status, stdout, stderr } = start(command, args, extra);
      if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
      const line = stdout.trimEnd().split("\n").at(-1) ?? "";
      const { seconds, ...counters } = Object.fromEntries(line.split(" ").map((pair) => [pair.split("=")[0], Number(pair.split("=")[1])]));
      return { seconds, counters };
    },
  };
};
