import { spawn } from "node:child_process";

/** Groups that are to go when this process ends before them: a second Ctrl-C ends it at once. */
const running = new Set<number>();
const killAll = (): void => {
  for (const pid of running) signalGroup(pid, "SIGKILL");
};

/** To be called with the leader's id when it has started. */
export const watchGroup = (pid: number): void => {
  if (running.size === 0) process.on("exit", killAll);
  running.add(pid);
};

export const forgetGroup = (pid: number): void => {
  running.delete(pid);
  if (running.size === 0) process.off("exit", killAll);
};

/**
 * Sends a signal to a process that leads a group, and to all that belongs to it. On Windows, which has no groups, `taskkill /T` follows
 * the parents; it can only end them. A group that is gone already is fine.
 */
export const signalGroup = (pid: number, signal: "SIGTERM" | "SIGKILL"): void => {
  if (process.platform === "win32") {
    const killer = spawn("taskkill", ["/PID", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true });
    // Where there is no taskkill nothing better can be done than to end the process itself.
    killer.on("error", () => endAlone(pid));
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
};

const endAlone = (pid: number): void => {
  try {
    process.kill(pid);
  } catch {
    // It is gone.
  }
};
