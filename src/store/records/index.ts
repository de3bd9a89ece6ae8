export type { AbortedInstance } from "./dead-runner.js";
export type { Decision } from "./decision.js";
export type { JobInstance, LeftOutReason, StoredPlan, StoredTask, Trigger } from "./job-instance.js";
export { type HeldInstance, type InstanceChange, JobRecords, type NewInstance } from "./job-records.js";
export { connectorLock, instanceLock, jobLock, type LockHolder, lockHolders, lockName, rootTaskLock } from "./lock.js";
export { LockRecords } from "./lock-records.js";
export { isAlive, type ProcessIdentity, processStart, thisProcess } from "./process-identity.js";
export { type Announcement, type Session, SessionRecords } from "./session-records.js";
export type { NewTask, TaskChange, TaskInstance } from "./task-instance.js";
