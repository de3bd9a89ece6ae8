export type { JobAttempt, TaskAttempt } from "./attempt.js";
export { ConnectorRecords, type Deactivation } from "./connector-records.js";
export { findDatabaseHolders } from "./database-holder.js";
export type { AbortedInstance } from "./dead-runner.js";
export type { JobInstance, LeftOutReason, StoredPlan, Trigger } from "./job-instance.js";
export { type HeldInstance, type InstanceChange, JobRecords, type NewInstance } from "./job-records.js";
export { heartbeatMs, leaseMs } from "./lease.js";
export type { LeftWork } from "./left-work.js";
export { connectorLock, instanceLock, jobLock, type LockHolder, lockName, rootTaskLock } from "./lock.js";
export { LockRecords } from "./lock-records.js";
export { lifeOf, type ProcessIdentity, processStart, thisProcess } from "./process-identity.js";
export {
  type ScheduleAlarm,
  type ScheduleDecision,
  ScheduleRecords,
  type StoredSchedule,
  startWithinMs,
} from "./schedule-records.js";
export type { DecidedRun, RunClaim, ScheduledRun, ScheduledRunState } from "./scheduled-run.js";
export type { SchedulerRecord } from "./scheduler-record.js";
export { type Session, SessionRecords } from "./session-records.js";
export type { FencedTask } from "./task-fence.js";
export type { NewTask, TaskChange, TaskInstance } from "./task-instance.js";
