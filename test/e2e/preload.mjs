// Loaded into a child before the program: sends the process itself signals at exact places, and says how much memory it took.
import fs, { readFileSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

/** `[{"line":3}|{"text":"… started"}|{"rename":2}, "signal":"SIGKILL"]`, each once. Lines and renames are counted from 1. */
const acts = JSON.parse(process.env.SLUICE_E2E_ACTS ?? "[]");
const signal = (act) => {
  acts.splice(acts.indexOf(act), 1);
  process.kill(process.pid, act.signal);
};

if (isMainThread) {
  const write = process.stdout.write.bind(process.stdout);
  let lines = 0;
  process.stdout.write = (text, ...rest) => {
    const written = write(text, ...rest);
    for (const line of String(text).split("\n").slice(0, -1)) {
      lines++;
      const act = acts.find((each) => each.line === lines || (each.text !== undefined && line.includes(each.text)));
      if (act !== undefined) signal(act);
    }
    return written;
  };
  process.on("exit", () => {
    // maxRSS counts what the parent had when it forked; VmHWM does not.
    const status = fs.existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
    const [, peak] = /VmHWM:\s*(\d+)/.exec(status) ?? [];
    try {
      writeSync(3, String(peak ?? process.resourceUsage().maxRSS));
    } catch {
      // Nobody listens.
    }
  });
}

const byRename = acts.filter((act) => act.rename !== undefined);
if (byRename.length > 0) {
  // One count for all threads of the process: a file that grows by a byte.
  const counter = process.env.SLUICE_E2E_COUNTER;
  const rename = fs.renameSync;
  fs.renameSync = (...names) => {
    fs.appendFileSync(counter, "x");
    const count = fs.statSync(counter).size;
    const act = byRename.find((each) => each.rename === count);
    if (act !== undefined) process.kill(process.pid, act.signal);
    return rename(...names);
  };
  syncBuiltinESMExports();
}
