import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** One process for ever: a pid alone is given again after its process died. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in a form that only this platform compares: see `processStart`. */
  readonly processStart: string;
}

/** What stands where the platform does not tell when a process started. */
const unknownStart = "unknown";
/** Longest wait for the system's process list (ms). */
const listTimeoutMs = 5_000;

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

/** Boot id and start in clock ticks since boot (`/proc/<pid>/stat` field 22): the same ticks after a reboot are another process. */
const linuxStart = (pid: number): string | null => {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // Field 2 is the program's name in parentheses and may hold blanks and parentheses; what follows the last one is plain.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  // A zombie has run to its end; only its parent has not asked yet.
  if (state === "Z" || state === "X") return null;
  const boot = readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
  return `${boot}:${fields[19] ?? ""}`;
};

const output = (command: string, parameters: readonly string[]): string | null => {
  try {
    const text = execFileSync(command, parameters, {
      encoding: "utf8",
      timeout: listTimeoutMs,
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
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

/**
 * When a process of this host started, or null when it does not run. Linux: boot id and clock ticks. macOS and the BSDs: what `ps` says, to
 * the second. Windows: the start in 100 ns units, by PowerShell. Where neither answers, `unknown`: then the pid alone decides, and an
 * instance whose runner's pid was given to another process stays InProgress until that one ends.
 */
export const processStart = (pid: number): string | null => {
  if (process.platform === "linux") return linuxStart(pid);
  if (!exists(pid)) return null;
  const asked =
    process.platform === "win32"
      ? output("powershell", ["-NoProfile", "-NonInteractive", "-Command", `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`])
      : output("ps", ["-o", "lstart=", "-p", String(pid)]);
  return asked ?? unknownStart;
};

let own: ProcessIdentity | null = null;

/** This process. Asked of the system once. */
export const thisProcess = (): ProcessIdentity => {
  own ??= { host: hostname(), pid: process.pid, processStart: processStart(process.pid) ?? unknownStart };
  return own;
};

/**
 * Whether the process that an instance or lock names still runs (design §10). Only processes of this host are judged: one of another host
 * counts as alive, since nothing here can tell.
 */
export const isAlive = ({ host, pid, processStart: start }: ProcessIdentity): boolean => {
  const self = thisProcess();
  if (host !== self.host) return true;
  if (pid === self.pid) return start === self.processStart;
  const now = processStart(pid);
  return now !== null && (now === start || now === unknownStart || start === unknownStart);
};
