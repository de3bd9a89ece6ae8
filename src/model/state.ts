/** States by name, never by number (design §1); jobs-and-tasks §3.4. */
export const taskStates = [
  "NotStarted",
  "InProgress",
  "Completed",
  "Warning",
  "Errored",
  "Blocked",
  "Skipped",
  "Cancelled",
  "Aborted",
] as const;
export type TaskState = (typeof taskStates)[number];

export const jobStates = ["Waiting", "InProgress", "Completed", "Warning", "Errored", "Blocked", "Cancelled", "Aborted"] as const;
export type JobState = (typeof jobStates)[number];

/** Why a task was skipped (design §4). */
export const skipReasons = ["parentFailed", "parentWithoutOutput", "connectorBlocked", "connectorDeactivated"] as const;
export type SkipReason = (typeof skipReasons)[number];

/** The states in which a task instance is at its end. A Blocked one waits for a decision. */
export const isEnded = (state: TaskState): boolean => state !== "NotStarted" && state !== "InProgress" && state !== "Blocked";

/** The states in which a job instance still runs or waits to run. Blocked does not count as running (design §10). */
export const isRunning = (state: JobState): boolean => state === "Waiting" || state === "InProgress";
