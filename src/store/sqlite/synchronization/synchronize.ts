import { SluiceError } from "../../../errors/index.js";
import {
  type Clock,
  isoTime,
  type JobInstanceId,
  jobInstanceId,
  type OnProgress,
  type SessionManifest,
  type SynchronizeCounters,
} from "../../../model/index.js";
import { blockMessage } from "../../../sync/index.js";
import { type CheckStop, enforced, type Head, requireChain } from "../../plan/index.js";
import type { SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import type { Database } from "./database.js";
import { loadInitially } from "./initial-load.js";
import { extendLeases } from "./lease.js";
import { planRepository } from "./repository-plan.js";
import type { ComparisonContext } from "./session-comparison.js";
import { stageSession } from "./session-staging.js";
import { countOrphans } from "./staged-counts.js";
import { explainBlock } from "./stands-out.js";
import { listUnresolved } from "./unresolved-report.js";

export interface SynchronizationContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly checkStop: CheckStop;
  readonly onProgress: OnProgress;
}

/** Refuses to write for an instance that another runner holds by now (design §10). */
export const requireFence = (db: Database, jobInstance: JobInstanceId, fence: number): void => {
  const row = db.get("SELECT Fence FROM UJ_JobInstances WHERE Id = ?", jobInstance);
  if (row === null || Number(row[0]) !== fence) throw new SluiceError("SYNC_FENCE_STALE", { jobInstance });
};

/** Refuses to write for a task that its runner has given up: it ended too late (design §10). Nobody writes between this and the commit. */
export const requireRunning = (
  db: Database,
  { jobInstance, taskInstance, fence }: Pick<SynchronizeRequest, "jobInstance" | "taskInstance" | "fence">,
): void => {
  requireFence(db, jobInstance, fence);
  const row = db.get("SELECT State FROM UJ_TaskInstances WHERE Id = ? AND JobInstance = ?", taskInstance, jobInstance);
  if (row?.[0] !== "InProgress") throw new SluiceError("SYNC_FENCE_STALE", { jobInstance });
};

/**
 * One synchronization, connectors §2.6, design §7.1 and §8: stage all differences, check the thresholds, apply. All of it is one transaction, in which the session,
 * the head of the chain and the task instance's end are written too: a run that dies leaves nothing. The unresolved links are listed before the commit: afterwards nobody would.
 */
export const synchronize = (context: SynchronizationContext, request: SynchronizeRequest): SynchronizeOutcome => {
  const { db, clock } = context;
  return db.transaction(() => {
    const begunAt = clock.now();
    requireRunning(db, request);
    requireSession(db, request);
    const plan = planRepository(db, request.model);
    // Only a run of the whole replaces what a person has not decided on yet (design §6).
    const replaced = request.session.mode === "Incremental" ? [] : replaceBlocked(db, clock, request);
    const comparison: ComparisonContext = { ...context, plan, session: request.session, folder: request.folder };
    const isInitial = request.session.mode === "Initial" && !repeatsInitial(db, request);
    const result = isInitial ? initial(comparison, request, clock) : compared(comparison, request, clock);
    recordEnd(db, clock, request, result);
    const message =
      result.state === "Applied" ? listUnresolved(context, request, request.session.connector, request.orphans) : result.message;
    extendLeases(db, clock, begunAt);
    return { ...result, message, replaced };
  });
};

export type Result = Omit<SynchronizeOutcome, "replaced">;

const initial = (comparison: ComparisonContext, request: SynchronizeRequest, clock: Clock): Result => {
  const { inserted, updated, linksInserted, orphans } = loadInitially(comparison, request.taskInstance, clock);
  const counters: SynchronizeCounters = { inserted, updated, deleted: 0, linksInserted, linksDeleted: 0, orphans };
  if (!request.keepChanges) dropRows(comparison.db, request.taskInstance);
  return { state: "Applied", counters, thresholds: [], message: null, changed: inserted + updated + linksInserted > 0, notes: [] };
};

const compared = (comparison: ComparisonContext, request: SynchronizeRequest, clock: Clock): Result => {
  const { db, plan, session } = comparison;
  const task = request.taskInstance;
  const { counters, thresholds, populations, notes } = stageSession(comparison, request.mappingHash, task);
  const block = blockMessage(enforced(thresholds, request.force || session.mode === "Initial"));
  if (block !== null) {
    const message = explainBlock(db, plan, block, populations, task);
    const orphans = countOrphans(db, plan, session.connector, task);
    return { state: "Blocked", counters: { ...counters, orphans }, thresholds, message, changed: false, notes };
  }
  comparison.onProgress({ step: "applying", rows: 0 });
  const applied = applyStaged(db, plan, task, task, clock, comparison.checkStop);
  if (!request.keepChanges) dropRows(db, task);
  const orphans = countOrphans(db, plan, session.connector, null);
  return { state: "Applied", counters: { ...counters, orphans }, thresholds, message: null, changed: applied > 0, notes };
};

/**
 * An initialization job that died, or failed, after this connector had been loaded is run again: what it loaded itself is compared with the files as a complete
 * run would, so that twice is as once (design §7.1). Anything else that a connector holds is refused.
 */
const repeatsInitial = (db: Database, request: SynchronizeRequest): boolean =>
  db.get(
    `SELECT 1 FROM UM_ConnectorHeads h
     JOIN UJ_SynchronizationSessions s ON s.Guid = h.Session AND s.Mode = 'Initial'
     JOIN UJ_TaskInstances t ON t.Id = h.TaskInstance JOIN UJ_JobInstances former ON former.Id = t.JobInstance
     JOIN UJ_JobInstances now ON now.Id = ? AND now.Job = former.Job
     WHERE h.Connector = ? AND former.Id <> now.Id AND former.State IN ('Aborted', 'Errored', 'Cancelled')`,
    request.jobInstance,
    request.session.connector,
  ) !== null;

const requireSession = (db: Database, request: SynchronizeRequest): void => {
  const row = db.get("SELECT State, StartsAt FROM UJ_SynchronizationSessions WHERE Guid = ?", request.session.guid);
  const state = row === null ? "unknown" : String(row[0]);
  if (state !== "ready" && state !== "processing") throw new SluiceError("SYNC_SESSION_STATE", { session: request.session.guid, state });
  const { guid, connector, mode } = request.session;
  if (mode !== "Incremental") return;
  const startsAt = row?.[1] === null || row?.[1] === undefined ? null : String(row[1]);
  requireChain({ connector, session: guid, mappingHash: request.mappingHash }, startsAt, headOf(db, connector));
};

/** Where the repository stands for a connector (design §7.4); null before its first synchronization. */
export const headOf = (db: Database, connector: string): Head | null => {
  const row = db.get("SELECT Session, MappingHash FROM UM_ConnectorHeads WHERE Connector = ?", connector);
  return row === null ? null : { session: String(row[0]), mappingHash: String(row[1]) };
};

/**
 * A complete or initial run replaces what is staged of its connector, in the transaction that stages its own (design §8): the rows go, the blocked
 * task instance and, when nothing else of it is blocked, its job instance end Cancelled.
 */
const replaceBlocked = (db: Database, clock: Clock, request: SynchronizeRequest): JobInstanceId[] => {
  const at = isoTime(clock);
  const message = `replaced by instance ${request.jobInstance}`;
  const blocked = db.all(
    `SELECT Id, JobInstance, Session FROM UJ_TaskInstances
     WHERE Connector = ? AND State = 'Blocked' AND Type = 'SynchronizeTask' AND JobInstance <> ?`,
    request.session.connector,
    request.jobInstance,
  );
  const replaced: JobInstanceId[] = [];
  for (const [id, instance, session] of blocked) {
    const task = Number(id);
    dropRows(db, task);
    db.run("UPDATE UJ_TaskInstances SET State = 'Cancelled', EndDate = ?, Message = ? WHERE Id = ?", at, message, task);
    if (session !== null && session !== undefined) {
      db.run("UPDATE UJ_SynchronizationSessions SET State = 'cancelled', ChangedAt = ? WHERE Guid = ? AND State = 'blocked'", at, session);
    }
    db.run(
      `INSERT INTO UJ_Decisions (JobInstance, TaskInstance, Decision, TakenBy, Host, TakenAt, Reason)
       SELECT ?, ?, 'replaced', StartedBy, Host, ?, ? FROM UJ_JobInstances WHERE Id = ?`,
      instance ?? null,
      task,
      at,
      message,
      request.jobInstance,
    );
    const others = db.count("SELECT count(*) FROM UJ_TaskInstances WHERE JobInstance = ? AND State = 'Blocked'", instance ?? null);
    if (others === 0) {
      db.run(
        "UPDATE UJ_JobInstances SET State = 'Cancelled', EndDate = ?, Message = ? WHERE Id = ? AND State = 'Blocked'",
        at,
        message,
        instance ?? null,
      );
    }
    replaced.push(jobInstanceId(Number(instance)));
  }
  return replaced;
};

/** Writes how the session and the task instance ended, and moves the head where it was applied. Part of the caller's transaction. */
export const recordEnd = (
  db: Database,
  clock: Clock,
  request: Pick<SynchronizeRequest, "taskInstance" | "mappingHash"> & {
    readonly session: Pick<SessionManifest, "connector" | "guid" | "mode">;
  },
  result: Result,
): void => {
  const at = isoTime(clock);
  const isApplied = result.state === "Applied";
  db.run(
    "UPDATE UJ_SynchronizationSessions SET State = ?, SynchronizeTask = ?, ChangedAt = ? WHERE Guid = ?",
    isApplied ? "applied" : "blocked",
    request.taskInstance,
    at,
    request.session.guid,
  );
  if (isApplied) moveHead(db, at, request.session, request.taskInstance, request.mappingHash);
  db.run(
    `UPDATE UJ_TaskInstances SET State = ?, ProducedOutput = ?, Counters = ?, Thresholds = ?, Message = ?, EndDate = ?, Session = ? WHERE Id = ?`,
    isApplied ? "Completed" : "Blocked",
    isApplied ? Number(result.changed) : null,
    JSON.stringify(result.counters),
    JSON.stringify(result.thresholds),
    result.message,
    at,
    request.session.guid,
    request.taskInstance,
  );
};

/**
 * The chain (design §7.4): the repository's state of a connector is now this session's. One with the whole input ends what made incremental runs impossible.
 */
export const moveHead = (
  db: Database,
  at: string,
  { connector, guid, mode }: Pick<SessionManifest, "connector" | "guid" | "mode">,
  task: number,
  mappingHash: string,
): void => {
  db.run(
    `INSERT INTO UM_ConnectorHeads (Connector, Session, AppliedAt, TaskInstance, MappingHash) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (Connector) DO UPDATE SET Session = excluded.Session, AppliedAt = excluded.AppliedAt,
       TaskInstance = excluded.TaskInstance, MappingHash = excluded.MappingHash`,
    connector,
    guid,
    at,
    task,
    mappingHash,
  );
  if (mode !== "Incremental") db.run("UPDATE UM_ConnectorHeads SET CompleteRequired = NULL WHERE Connector = ?", connector);
};

/** Notes why the connector's next run has to be a complete one (design §7.4). */
export const requireComplete = (db: Database, connector: string, reason: string): void => {
  db.run("UPDATE UM_ConnectorHeads SET CompleteRequired = ? WHERE Connector = ?", reason, connector);
};
