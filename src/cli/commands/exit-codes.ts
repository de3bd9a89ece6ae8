/** Exit codes that several commands share (design §4). */
type ExitCode = readonly [code: number, meaning: string];

const answered: ExitCode = [0, "the answer was found"];
export const wrongCall: ExitCode = [64, "wrong arguments, invalid configuration, or an instance that is not in the right state"];
export const unreachable: ExitCode = [69, "the database cannot be reached"];
export const fault: ExitCode = [70, "a fault of Sluice itself"];
export const locked: ExitCode = [75, "not started, because something holds a lock: try again later"];

/** Of a command that only reads the repository. */
export const readingExitCodes: readonly ExitCode[] = [answered, wrongCall, unreachable, fault];

/** Of a command that changes the database without running a job. */
export const changingExitCodes: readonly ExitCode[] = [[0, "done, or with --dry-run: shown"], wrongCall, unreachable, fault, locked];

/** Of a command that runs tasks. */
export const runningExitCodes: readonly ExitCode[] = [
  [0, "Completed"],
  [1, "Errored"],
  [2, "Blocked: thresholds were exceeded, nothing of that synchronization was applied"],
  [3, "Warning (0 with --accept warning)"],
  [4, "Cancelled"],
  [5, "Aborted"],
  wrongCall,
  unreachable,
  fault,
  locked,
];
