import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** One process for ever: a pid alone is given again after its process died. */
export interface ProcessIdentity {
  /** Name of the computer or container, for people. Nothing is concluded from it: two of them may share one. */
  readonly host: string;
  readonly pid: number;
  /** `<process table>/<start>`: where the pid counts, and when its process started; see `processStart`. */
  readonly processStart: string;
}

/** What stands where the platform does not tell when a process started. */
const unknownStart = "unknown";
/** Longest wait for the system's process list (ms). */
const listTimeoutMs = 5_000;

const orNull = (read: () => string): string | null => {
  try {
    return read();
  } catch {
    return null;
  }
};

/**
 * Which processes this one can see by their pid. Linux: the boot of the kernel and the pid namespace, which two containers of one host do not share, whatever they call
 * themselves; a restored or cloned machine and the boot before this one are others too. A platform that hides either makes every process a table of its own, so
 * that leases alone decide. Elsewhere there is one table a computer, and its name stands for it.
 */
const readProcessTable = (): string => {
  if (process.platform !== "linux") return hostname().replaceAll("/", "");
  // A /proc of another namespace numbers processes otherwise: nothing that it says of a pid is about ours.
  if (orNull(() => readlinkSync("/proc/self")) !== String(process.pid)) return randomUUID();
  const boot = orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  // `pid:[4026531836]`
  const namespace = orNull(() => /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "");
  return boot === null || boot === "" || namespace === null || namespace === "" ? randomUUID() : `${boot}:${namespace}`;
};

let known: string | null = null;
const processTable = (): string => {
  known ??= readProcessTable();
  return known;
};

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Start in clock ticks since boot (`/proc/<pid>/stat` field 22). */
const linuxStart = (pid: number): string | null => {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // Mounted with hidepid, /proc does not show what others run.
  if (stat === null) return exists(pid) ? unknownStart : null;
  // Field 2 is the program's name in parentheses and may hold blanks and parentheses; what follows the last one is plain.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  // A zombie has run to its end; only its parent has not asked yet.
  if (state === "Z" || state === "X") return null;
  return fields[19] ?? unknownStart;
};

const output = (command: string, parameters: readonly string[]): string | null => {
  const text = orNull(() =>
    execFileSync(command, parameters, { encoding: "utf8", timeout: listTimeoutMs, stdio: ["ignore", "pipe", "ignore"] }).trim(),
  );
  return text === "" ? null : text;
};

const startOf = (pid: number): string | null => {
  if (process.platform === "linux") return linuxStart(pid);
  if (!exists(pid)) return null;
  const asked =
    process.platform === "win32"
      ? output("powershell", ["-NoProfile", "-NonInteractive", "-Command", `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`])
      : output("ps", ["-o", "lstart=", "-p", String(pid)]);
  return asked ?? unknownStart;
};

/**
 * Where and when a process that this one can see started, or null when it does not run. The start is on Linux in clock ticks, on macOS and the BSDs what `ps` says, to the
 * second, on Windows in 100 ns units, by PowerShell; `unknown` where neither answers.
 */
export const processStart = (pid: number): string | null => {
  const start = startOf(pid);
  return start === null ? null : `${processTable()}/${start}`;
};

let own: ProcessIdentity | null = null;

/** This process. Asked of the system once. */
export const thisProcess = (): ProcessIdentity => {
  own ??= { host: hostname(), pid: process.pid, processStart: processStart(process.pid) ?? `${processTable()}/${unknownStart}` };
  return own;
};

const parts = (start: string): readonly [table: string, start: string] => {
  const end = start.indexOf("/");
  return end < 0 ? ["", start] : [start.slice(0, end), start.slice(end + 1)];
};

/**
 * Whether the process that an instance or lock names still runs (design §10). `unknown`: it belongs to a process table that this process does not see (another host, another
 * container, another boot), or the platform does not tell when it started: then its lease decides.
 */
export const lifeOf = ({ pid, processStart: then }: ProcessIdentity): "alive" | "dead" | "unknown" => {
  const self = thisProcess();
  const [table, start] = parts(then);
  if (table !== processTable()) return "unknown";
  const found = pid === self.pid ? self.processStart : processStart(pid);
  if (found === null) return "dead";
  const [, now] = parts(found);
  if (now === unknownStart || start === unknownStart) return "unknown";
  return now === start ? "alive" : "dead";
};
