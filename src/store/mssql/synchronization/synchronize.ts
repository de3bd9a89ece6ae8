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
import type { CheckStop } from "../../plan/index.js";
import type { SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import { dropRows, settleRows } from "./apply.js";
import { moveHead, requireStart } from "./chain.js";
import type { Database } from "./database.js";
import { loadInitially } from "./initial-load.js";
import { ensureKeyIndexes } from "./key-index.js";
import { planRepository } from "./repository-plan.js";
import { applyGated, blockedResult, gateSession, type Result } from "./session-application.js";
import type { ComparisonContext } from "./session-comparison.js";
import { listUnresolved } from "./unresolved-report.js";

export interface SynchronizationContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly checkStop: CheckStop;
  readonly onProgress: OnProgress;
}

/**
 * One synchronization, connectors §2.6, design §7.1 and §8: stage all differences, check the thresholds, apply. All of it is one transaction, in which the session,
 * the head of the chain and the task instance's end are written too: a run that dies leaves nothing. The records of jobs come last, so that whoever writes
 * them meanwhile (progress, heartbeats, other jobs) never waits for the work.
 */
export const synchronize = async (context: SynchronizationContext, request: SynchronizeRequest): Promise<SynchronizeOutcome> => {
  const { db, clock } = context;
  return await db.transaction(async () => {
    await requireRunning(db, request);
    await requireSession(db, request);
    const { connector, guid, mode } = request.session;
    if (mode === "Incremental") await requireStart(db, connector, guid, request.mappingHash);
    const plan = await planRepository(db, request.model);
    const comparison: ComparisonContext = { ...context, plan, session: request.session, folder: request.folder };
    const isInitial = mode === "Initial" && !(await repeatsInitial(db, request));
    const result = isInitial ? await initial(comparison, request, clock) : await gated(comparison, request, clock);
    const message = result.state === "Applied" ? await listUnresolved(context, request, connector, request.orphans) : result.message;
    context.checkStop("recording the end");
    await takeFence(db, request.jobInstance, request.fence);
    await requireRunning(db, request);
    await requireSession(db, request);
    const replaced = mode === "Incremental" ? [] : await replaceBlocked(db, clock, request);
    await recordEnd(db, clock, request, result);
    return { ...result, message, replaced };
  });
};

const initial = async (comparison: ComparisonContext, request: SynchronizeRequest, clock: Clock): Promise<Result> => {
  const { inserted, updated, linksInserted, orphans } = await loadInitially(comparison, request.taskInstance, clock);
  const counters: SynchronizeCounters = { inserted, updated, deleted: 0, linksInserted, linksDeleted: 0, orphans };
  await settleRows(comparison.db, request.taskInstance, request.keepChanges);
  return { state: "Applied", counters, thresholds: [], message: null, changed: inserted + updated + linksInserted > 0, notes: [] };
};

const gated = async (comparison: ComparisonContext, request: SynchronizeRequest, clock: Clock): Promise<Result> => {
  const { db, plan } = comparison;
  const { taskInstance: task, mappingHash, force } = request;
  const session = await gateSession(comparison, { task, mappingHash, force });
  if (session.message !== null) return blockedResult(comparison, session, task);
  const result = await applyGated(comparison, session, task, clock);
  await settleRows(db, task, request.keepChanges);
  for (const type of plan.types.values()) await ensureKeyIndexes(db, type);
  return result;
};

/**
 * An initialization job that died, or failed, after this connector had been loaded is run again: what it loaded itself is compared with the files as a complete
 * run would, so that twice is as once (design §7.1). Anything else that a connector holds is refused.
 */
const repeatsInitial = async (db: Database, request: SynchronizeRequest): Promise<boolean> =>
  (await db.get(
    `SELECT 1 AS One FROM UM_ConnectorHeads h
     JOIN UJ_SynchronizationSessions s ON s.Guid = h.Session AND s.Mode = 'Initial'
     JOIN UJ_TaskInstances t ON t.Id = h.TaskInstance JOIN UJ_JobInstances former ON former.Id = t.JobInstance
     JOIN UJ_JobInstances mine ON mine.Id = ? AND mine.Job = former.Job
     WHERE h.Connector = ? AND former.Id <> mine.Id AND former.State IN ('Aborted', 'Errored', 'Cancelled')`,
    request.jobInstance,
    request.session.connector,
  )) !== null;

const requireSession = async (db: Database, request: SynchronizeRequest): Promise<void> => {
  const row = await db.get("SELECT State FROM UJ_SynchronizationSessions WHERE Guid = ?", request.session.guid);
  const state = row === null ? "unknown" : String(row[0]);
  if (state !== "ready" && state !== "processing") throw new SluiceError("SYNC_SESSION_STATE", { session: request.session.guid, state });
};

/**
 * A complete or initial run replaces what is staged of its connector, in the transaction that stages its own (design §8): the rows go, the blocked
 * task instance and, when nothing else of it is blocked, its job instance end Cancelled.
 */
const replaceBlocked = async (db: Database, clock: Clock, request: SynchronizeRequest): Promise<JobInstanceId[]> => {
  const at = isoTime(clock);
  const message = `replaced by instance ${request.jobInstance}`;
  const blocked = await db.all(
    `SELECT Id, JobInstance, Session FROM UJ_TaskInstances
     WHERE Connector = ? AND State = 'Blocked' AND Type = 'SynchronizeTask' AND JobInstance <> ? ORDER BY Id`,
    request.session.connector,
    request.jobInstance,
  );
  const replaced: JobInstanceId[] = [];
  for (const [id, instance, session] of blocked) {
    const task = Number(id);
    const job = Number(instance);
    await dropRows(db, task);
    await db.run("UPDATE UJ_TaskInstances SET State = 'Cancelled', EndDate = ?, Message = ? WHERE Id = ?", at, message, task);
    if (session !== null && session !== undefined) {
      await db.run(
        "UPDATE UJ_SynchronizationSessions SET State = 'cancelled', ChangedAt = ? WHERE Guid = ? AND State = 'blocked'",
        at,
        session,
      );
    }
    await db.run(
      `INSERT INTO UJ_Decisions (JobInstance, TaskInstance, Decision, TakenBy, Host, TakenAt, Reason)
       SELECT ?, ?, 'replaced', StartedBy, Host, ?, ? FROM UJ_JobInstances WHERE Id = ?`,
      job,
      task,
      at,
      message,
      request.jobInstance,
    );
    const others = await db.count("SELECT COUNT(*) FROM UJ_TaskInstances WHERE JobInstance = ? AND State = 'Blocked'", job);
    if (others === 0) {
      await db.run(
        "UPDATE UJ_JobInstances SET State = 'Cancelled', EndDate = ?, Message = ? WHERE Id = ? AND State = 'Blocked'",
        at,
        message,
        job,
      );
    }
    replaced.push(jobInstanceId(job));
  }
  return replaced;
};

/** Writes how the session and the task instance ended, and moves the head where it was applied. Part of the caller's transaction, after `takeFence`. */
export const recordEnd = async (
  db: Database,
  clock: Clock,
  request: Pick<SynchronizeRequest, "taskInstance" | "mappingHash"> & {
    readonly session: Pick<SessionManifest, "connector" | "guid" | "mode">;
  },
  result: Result,
): Promise<void> => {
  const at = isoTime(clock);
  const isApplied = result.state === "Applied";
  const { taskInstance: task, mappingHash } = request;
  const { guid, connector, mode } = request.session;
  await db.run(
    "UPDATE UJ_SynchronizationSessions SET State = ?, SynchronizeTask = ?, ChangedAt = ? WHERE Guid = ?",
    isApplied ? "applied" : "blocked",
    request.taskInstance,
    at,
    guid,
  );
  if (isApplied) await moveHead(db, at, { connector, session: guid, mode, task, mappingHash });
  await db.run(
    "UPDATE UJ_TaskInstances SET State = ?, ProducedOutput = ?, Counters = ?, Thresholds = ?, Message = ?, EndDate = ?, Session = ? WHERE Id = ?",
    isApplied ? "Completed" : "Blocked",
    isApplied ? Number(result.changed) : null,
    JSON.stringify(result.counters),
    JSON.stringify(result.thresholds),
    result.message,
    at,
    guid,
    request.taskInstance,
  );
};

/** Refuses to work for an instance that another runner holds by now (design §10). A look only; `takeFence` holds it. */
export const requireFence = async (db: Database, jobInstance: JobInstanceId, fence: number): Promise<void> => {
  const row = await db.get("SELECT Fence FROM UJ_JobInstances WHERE Id = ?", jobInstance);
  if (row === null || Number(row[0]) !== fence) throw new SluiceError("SYNC_FENCE_STALE", { jobInstance });
};

/** Refuses to work for a task that its runner has given up: it ended too late (design §10). After `takeFence` it holds to the commit. */
export const requireRunning = async (
  db: Database,
  { jobInstance, taskInstance, fence }: Pick<SynchronizeRequest, "jobInstance" | "taskInstance" | "fence">,
): Promise<void> => {
  await requireFence(db, jobInstance, fence);
  const row = await db.get("SELECT State FROM UJ_TaskInstances WHERE Id = ? AND JobInstance = ?", taskInstance, jobInstance);
  if (row?.[0] !== "InProgress") throw new SluiceError("SYNC_FENCE_STALE", { jobInstance });
};

/**
 * To be called once all but the records of jobs (`UJ_*`) is written: from here to the commit nobody else writes them, which therefore must be short. Refuses
 * when another runner took the instance meanwhile. The row of the short transactions comes first, as with all of them: so none waits for another in a ring.
 */
export const takeFence = async (db: Database, jobInstance: JobInstanceId, fence: number): Promise<void> => {
  await db.run("UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence'");
  const held = await db.run("UPDATE UJ_JobInstances SET Fence = Fence WHERE Id = ? AND Fence = ?", jobInstance, fence);
  if (held === 0) throw new SluiceError("SYNC_FENCE_STALE", { jobInstance });
};
