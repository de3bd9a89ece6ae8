export type { JobInstance, LeftOutReason, StoredPlan, Trigger } from "./job-instance.js";
export { type HeldInstance, JobRecords } from "./job-records.js";
export { connectorLock, instanceLock, jobLock, type LockHolder, lockName, rootTaskLock } from "./lock.js";
export { LockRecords } from "./lock-records.js";
export { isAlive, type ProcessIdentity, processStart, thisProcess } from "./process-identity.js";
export { type Session, SessionRecords } from "./session-records.js";
export type { NewTask, TaskChange, TaskInstance } from "./task-instance.js";
