import { SluiceError } from "../../../errors/index.js";
import {
  isoTime,
  type SynchronizationMode,
  type SynchronizeCounters,
  type TaskInstanceId,
  type ThresholdResult,
} from "../../../model/index.js";
import type { ResumeRequest, SynchronizeOutcome } from "../../synchronization.js";
import { applyStaged, settleRows } from "./apply.js";
import { moveHead, requireComplete, requireHead } from "./chain.js";
import { ensureKeyIndexes } from "./key-index.js";
import { prepareTouched, stageLinks, touchUnresolved } from "./link-resolution.js";
import { planRepository, type RepositoryPlan } from "./repository-plan.js";
import { findConflicts } from "./staged-conflicts.js";
import { countOrphans } from "./staged-counts.js";
import { Staging } from "./staging.js";
import { requireRunning, type SynchronizationContext, takeFence } from "./synchronize.js";
import { listUnresolved } from "./unresolved-report.js";

/**
 * Applies exactly the staged set of a blocked task instance, without its sources and without thresholds (design §8; jobs-and-tasks §3.5).
 * Throws SYNC_NOTHING_STAGED when the set is gone, SYNC_CONFLICT when it no longer fits; then nothing is written.
 */
export const resumeStaged = async (context: SynchronizationContext, request: ResumeRequest): Promise<SynchronizeOutcome> => {
  const { db } = context;
  return await db.transaction(() => apply(context, request));
};

const apply = async (context: SynchronizationContext, request: ResumeRequest): Promise<SynchronizeOutcome> => {
  const { db, clock } = context;
  const { blocked, taskInstance: task } = request;
  await requireRunning(db, request);
  const row = await db.get("SELECT State, Session, Counters, Thresholds, Connector FROM UJ_TaskInstances WHERE Id = ?", blocked);
  const [state, session, countersText, thresholdsText, connectorText] = row ?? [];
  const guid = String(session);
  // A cancel that died after it dropped the rows leaves the task Blocked: its session says that nothing is staged any more.
  const [sessionState, modeText, sequence, startsAt] =
    (await db.get("SELECT State, Mode, Sequence, StartsAt FROM UJ_SynchronizationSessions WHERE Guid = ?", guid)) ?? [];
  if (state !== "Blocked" || sessionState !== "blocked") throw new SluiceError("SYNC_NOTHING_STAGED", { taskInstance: blocked });
  const plan = await planRepository(db, request.model);
  const connector = String(connectorText);
  const mode = modeText as SynchronizationMode;
  await requireHead(db, connector, { guid, mode, sequence: Number(sequence), startsAt: startsAt === null ? null : String(startsAt) });
  context.onProgress({ step: "checking the staged changes", rows: 0 });
  const { count, conflicts } = await findConflicts(db, plan, blocked);
  if (count > 0) throw new SluiceError("SYNC_CONFLICT", { count, conflicts });
  context.onProgress({ step: "applying", rows: 0 });
  const applied = await applyStaged(db, plan, blocked, task, clock, context.checkStop);
  for (const type of plan.types.values()) await ensureKeyIndexes(db, type);
  const healed = await healWaiting(context, plan, connector, task);
  for (const owner of [blocked, task]) await settleRows(db, owner, request.keepChanges);
  const staged = JSON.parse(String(countersText)) as SynchronizeCounters;
  const counters: SynchronizeCounters = {
    ...staged,
    updated: staged.updated + healed.updated,
    linksInserted: staged.linksInserted + healed.linksInserted,
    orphans: await countOrphans(db, plan, connector, null),
  };
  const thresholds = JSON.parse(String(thresholdsText)) as ThresholdResult[];
  const at = isoTime(clock);
  await moveHead(db, at, {
    connector,
    session: guid,
    mode,
    task,
    mappingHash: request.mappingHash,
  });
  if (request.completeRequired !== undefined) await requireComplete(db, connector, request.completeRequired);
  const message = await listUnresolved(context, request, connector, request.orphans);
  // Of the records of jobs nothing was written until here: those of others went on meanwhile.
  context.checkStop("recording the end");
  await takeFence(db, request.jobInstance, request.fence);
  await requireRunning(db, request);
  await db.run(
    "UPDATE UJ_SynchronizationSessions SET State = 'applied', SynchronizeTask = ?, ChangedAt = ? WHERE Guid = ?",
    task,
    at,
    guid,
  );
  await db.run("UPDATE UJ_TaskInstances SET State = 'Completed', ProducedOutput = 1, EndDate = ? WHERE Id = ?", at, blocked);
  await db.run(
    "UPDATE UJ_TaskInstances SET State = 'Completed', ProducedOutput = 1, Counters = ?, EndDate = ? WHERE Id = ?",
    JSON.stringify(counters),
    at,
    task,
  );
  return { state: "Applied", counters, thresholds, message, changed: applied > 0, replaced: [], notes: [] };
};

/**
 * What the staged set could not know: a resource that another connector brought while it waited, and links that others said meanwhile of resources which it
 * brings (design §6: an unresolved link becomes one in the run that brings the resource). No stored link is touched, so nobody's decision is overruled.
 */
const healWaiting = async (
  { db, clock, checkStop }: SynchronizationContext,
  plan: RepositoryPlan,
  connector: string,
  task: TaskInstanceId,
): Promise<{ readonly updated: number; readonly linksInserted: number }> => {
  const staging = await Staging.open(db, task);
  await prepareTouched(db);
  for (const link of plan.links) await touchUnresolved(db, link);
  await stageLinks(db, plan, connector, staging, task);
  const updated = await db.count("SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = ?", task);
  const linksInserted = await db.count("SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ?", task);
  await applyStaged(db, plan, task, task, clock, checkStop);
  return { updated, linksInserted };
};
