/** Loaded before the program that is measured: says at its end, on stderr, how much memory it had at most. */
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/**
 * KiB. On Linux not from `resourceUsage()`: its maximum starts with that of the process which started this one.
 */
const peak = () => {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
};

if (isMainThread) process.on("exit", () => process.stderr.write(`\npeak=${peak()}\n`));
