import { SluiceError } from "../../../errors/index.js";
import { type Clock, isoTime, type JobInstanceId, jobInstanceId, type OnProgress, type SynchronizeCounters } from "../../../model/index.js";
import { blockMessage, evaluateThresholds } from "../../../sync/index.js";
import { type CheckStop, emptyFilesOf, enforced, type RepositoryPlan, sortedFileOf } from "../../plan/index.js";
import type { SynchronizeOutcome, SynchronizeRequest } from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import type { Database } from "./database.js";
import { loadInitially } from "./initial-load.js";
import { ensureKeyIndexes } from "./key-index.js";
import { extendLeases } from "./lease.js";
import { prepareTouched, stageLinks } from "./link-resolution.js";
import { planRepository } from "./repository-plan.js";
import { rowsSetAside } from "./rows-set-aside.js";
import { type ComparisonContext, compareLinks, compareResources } from "./session-comparison.js";
import { countOrphans, countStaged } from "./staged-counts.js";
import { Staging } from "./staging.js";
import { writeUnresolved } from "./unresolved-report.js";

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
 * the head of the chain and the task instance's end are written too: a run that dies leaves nothing.
 */
export const synchronize = (context: SynchronizationContext, request: SynchronizeRequest): SynchronizeOutcome => {
  const { db, clock } = context;
  const outcome = db.transaction(() => {
    const begunAt = clock.now();
    requireRunning(db, request);
    requireSession(db, request);
    const plan = planRepository(db, request.model);
    const replaced = replaceBlocked(db, clock, request);
    const comparison: ComparisonContext = { ...context, plan, session: request.session, folder: request.folder };
    const isInitial = request.session.mode === "Initial" && !repeatsInitial(db, request);
    const result = isInitial ? initial(comparison, request, clock) : complete(comparison, request, plan, clock);
    recordEnd(db, clock, request, result);
    extendLeases(db, clock, begunAt);
    return { ...result, replaced };
  });
  const connector = request.model.connectors.find((one) => one.connector === request.session.connector);
  if (outcome.state === "Blocked" || connector === undefined) return outcome;
  context.onProgress({ step: "listing unresolved links", rows: 0 });
  return { ...outcome, message: writeUnresolved(db, request.folder, connector, request.orphans) };
};

type Result = Omit<SynchronizeOutcome, "replaced">;

const initial = (comparison: ComparisonContext, request: SynchronizeRequest, clock: Clock): Result => {
  const { inserted, updated, linksInserted, orphans } = loadInitially(comparison, request.taskInstance, clock);
  const counters: SynchronizeCounters = { inserted, updated, deleted: 0, linksInserted, linksDeleted: 0, orphans };
  if (!request.keepChanges) dropRows(comparison.db, request.taskInstance);
  return { state: "Applied", counters, thresholds: [], message: null, changed: inserted + updated + linksInserted > 0 };
};

const complete = (comparison: ComparisonContext, request: SynchronizeRequest, plan: RepositoryPlan, clock: Clock): Result => {
  const { db, session, folder } = comparison;
  const task = request.taskInstance;
  const connector = plan.connectors.get(session.connector);
  if (connector === undefined)
    throw new SluiceError("SYNC_SESSION_STATE", { session: session.guid, state: `of an unknown connector ${session.connector}` });

  const staging = new Staging(db, task);
  prepareTouched(db);
  const aside = rowsSetAside(db, session, folder);
  for (const type of plan.types.values()) {
    ensureKeyIndexes(db, type);
    const file = type.connector === session.connector ? sortedFileOf(session, "entityType", type.identifier) : null;
    if (file !== null) compareResources(comparison, file, type, staging, aside);
  }
  for (const link of plan.links) {
    const file = link.connector === session.connector ? sortedFileOf(session, "association", link.mapping.identifier) : null;
    if (file !== null) compareLinks(comparison, file, link, aside);
  }
  comparison.onProgress({ step: "resolving links", rows: 0 });
  const loadedWith = db.get("SELECT MappingHash FROM UM_ConnectorHeads WHERE Connector = ?", session.connector)?.[0];
  const rebuild = loadedWith !== undefined && loadedWith !== request.mappingHash;
  const navigations = stageLinks(db, plan, session.connector, staging, task, rebuild);
  staging.keepIds();
  const { counters, scopes, populations } = countStaged(db, plan, connector, navigations, emptyFilesOf(session), task);
  const thresholds = evaluateThresholds(scopes, populations);

  const message = blockMessage(enforced(thresholds, request.force || request.session.mode === "Initial"));
  if (message !== null) {
    return {
      state: "Blocked",
      counters: { ...counters, orphans: countOrphans(db, plan, session.connector, task) },
      thresholds,
      message,
      changed: false,
    };
  }
  comparison.onProgress({ step: "applying", rows: 0 });
  const applied = applyStaged(db, plan, task, task, clock, comparison.checkStop);
  if (!request.keepChanges) dropRows(db, task);
  return {
    state: "Applied",
    counters: { ...counters, orphans: countOrphans(db, plan, session.connector, null) },
    thresholds,
    message: null,
    changed: applied > 0,
  };
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
  const row = db.get("SELECT State FROM UJ_SynchronizationSessions WHERE Guid = ?", request.session.guid);
  const state = row === null ? "unknown" : String(row[0]);
  if (state !== "ready" && state !== "processing") throw new SluiceError("SYNC_SESSION_STATE", { session: request.session.guid, state });
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

const recordEnd = (db: Database, clock: Clock, request: SynchronizeRequest, result: Result): void => {
  const at = isoTime(clock);
  const isApplied = result.state === "Applied";
  db.run(
    "UPDATE UJ_SynchronizationSessions SET State = ?, SynchronizeTask = ?, ChangedAt = ? WHERE Guid = ?",
    isApplied ? "applied" : "blocked",
    request.taskInstance,
    at,
    request.session.guid,
  );
  if (isApplied) moveHead(db, at, request.session.connector, request.session.guid, request.taskInstance, request.mappingHash);
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

/** The chain (design §7.4): the repository's state of a connector is now this session's. */
export const moveHead = (db: Database, at: string, connector: string, session: string, task: number, mappingHash: string): void => {
  db.run(
    `INSERT INTO UM_ConnectorHeads (Connector, Session, AppliedAt, TaskInstance, MappingHash) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (Connector) DO UPDATE SET Session = excluded.Session, AppliedAt = excluded.AppliedAt,
       TaskInstance = excluded.TaskInstance, MappingHash = excluded.MappingHash`,
    connector,
    session,
    at,
    task,
    mappingHash,
  );
};
