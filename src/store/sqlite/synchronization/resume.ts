import { SluiceError } from "../../../errors/index.js";
import {
  isoTime,
  type SessionManifest,
  type SynchronizationMode,
  type SynchronizeCounters,
  sessionGuid,
  type TaskInstanceId,
  type ThresholdResult,
} from "../../../model/index.js";
import type { RepositoryPlan } from "../../plan/index.js";
import type { ResumeRequest, SynchronizeOutcome } from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import type { Database, Value } from "./database.js";
import { ensureKeyIndexes } from "./key-index.js";
import { extendLeases } from "./lease.js";
import { prepareTouched, stageLinks, touchUnresolved } from "./link-resolution.js";
import { planRepository } from "./repository-plan.js";
import { findConflicts } from "./staged-conflicts.js";
import { countOrphans } from "./staged-counts.js";
import { Staging } from "./staging.js";
import { headOf, moveHead, requireComplete, requireRunning, type SynchronizationContext } from "./synchronize.js";
import { listUnresolved } from "./unresolved-report.js";

/**
 * Applies exactly the staged set of a blocked task instance, without its sources and without thresholds (design §8; jobs-and-tasks §3.5).
 * Throws SYNC_NOTHING_STAGED when the set is gone, SYNC_CONFLICT when it no longer fits; then nothing is written.
 */
export const resumeStaged = (context: SynchronizationContext, request: ResumeRequest): SynchronizeOutcome => {
  const { db, clock } = context;
  return db.transaction((): SynchronizeOutcome => {
    const begunAt = clock.now();
    requireRunning(db, request);
    const row = db.get("SELECT State, Session, Counters, Thresholds, Connector FROM UJ_TaskInstances WHERE Id = ?", request.blocked);
    const [state, session, countersText, thresholdsText, connector] = row ?? [];
    // A cancel that died after it dropped the rows leaves the task Blocked: its session says that nothing is staged any more.
    const announced = db.get("SELECT State, Mode, Sequence, StartsAt FROM UJ_SynchronizationSessions WHERE Guid = ?", session ?? null);
    if (state !== "Blocked" || announced?.[0] !== "blocked")
      throw new SluiceError("SYNC_NOTHING_STAGED", { taskInstance: request.blocked });
    const plan = planRepository(db, request.model);
    for (const type of plan.types.values()) ensureKeyIndexes(db, type);
    const name = String(connector);
    const guid = sessionGuid(String(session));
    const mode = String(announced[1]) as SynchronizationMode;
    requireHead(db, { connector: name, guid, mode }, Number(announced[2]), announced[3] ?? null);
    context.onProgress({ step: "checking the staged changes", rows: 0 });
    const { count, conflicts } = findConflicts(db, plan, request.blocked);
    if (count > 0) throw new SluiceError("SYNC_CONFLICT", { count, conflicts });
    context.onProgress({ step: "applying", rows: 0 });
    const applied = applyStaged(db, plan, request.blocked, request.taskInstance, clock, context.checkStop);
    const healed = healWaiting(context, plan, name, request.taskInstance);
    if (!request.keepChanges) for (const task of [request.blocked, request.taskInstance]) dropRows(db, task);
    const at = isoTime(clock);
    db.run(
      "UPDATE UJ_SynchronizationSessions SET State = 'applied', SynchronizeTask = ?, ChangedAt = ? WHERE Guid = ?",
      request.taskInstance,
      at,
      guid,
    );
    moveHead(db, at, { connector: name, guid, mode }, request.taskInstance, request.mappingHash);
    if (request.completeRequired !== undefined) requireComplete(db, name, request.completeRequired);
    const staged = JSON.parse(String(countersText)) as SynchronizeCounters;
    const counters: SynchronizeCounters = {
      ...staged,
      updated: staged.updated + healed.updated,
      linksInserted: staged.linksInserted + healed.linksInserted,
      orphans: countOrphans(db, plan, name, null),
    };
    const thresholds = JSON.parse(String(thresholdsText)) as ThresholdResult[];
    db.run("UPDATE UJ_TaskInstances SET State = 'Completed', ProducedOutput = 1, EndDate = ? WHERE Id = ?", at, request.blocked);
    db.run(
      "UPDATE UJ_TaskInstances SET State = 'Completed', ProducedOutput = 1, Counters = ?, EndDate = ? WHERE Id = ?",
      JSON.stringify(counters),
      at,
      request.taskInstance,
    );
    const message = listUnresolved(context, request, name, request.orphans);
    extendLeases(db, clock, begunAt);
    return { state: "Applied", counters, thresholds, message, changed: applied > 0, replaced: [], notes: [] };
  });
};

/**
 * Refuses a staged set when a later session of its connector was applied meanwhile: head and repository would no longer agree, since the set writes over no more than what it
 * staged (design §7.4). `startsAt`: where a staged incremental session starts. Throws SYNC_CHAIN_MOVED.
 */
const requireHead = (
  db: Database,
  { connector, guid, mode }: Pick<SessionManifest, "connector" | "guid" | "mode">,
  sequence: number,
  startsAt: Value,
): void => {
  const head = headOf(db, connector)?.session ?? null;
  const isLater = db.count("SELECT Sequence FROM UJ_SynchronizationSessions WHERE Guid = ?", head) > sequence;
  if (!isLater && (mode !== "Incremental" || startsAt === head)) return;
  throw new SluiceError("SYNC_CHAIN_MOVED", { connector, session: guid, startsAt: startsAt === null ? null : String(startsAt), head });
};

/**
 * What the staged set could not know: a resource that another connector brought while it waited, and links that others said meanwhile of resources which it
 * brings (design §6: an unresolved link becomes one in the run that brings the resource). No stored link is touched, so nobody's decision is overruled.
 */
const healWaiting = (
  { db, clock, checkStop }: SynchronizationContext,
  plan: RepositoryPlan,
  connector: string,
  task: TaskInstanceId,
): { readonly updated: number; readonly linksInserted: number } => {
  const staging = new Staging(db, task);
  prepareTouched(db);
  for (const link of plan.links) touchUnresolved(db, link);
  stageLinks(db, plan, connector, staging, task);
  const updated = db.count("SELECT count(*) FROM UR_ResourceChanges WHERE TaskInstance = ?", task);
  const linksInserted = db.count("SELECT count(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ?", task);
  applyStaged(db, plan, task, task, clock, checkStop);
  return { updated, linksInserted };
};
