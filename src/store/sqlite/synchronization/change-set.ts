import { SluiceError } from "../../../errors/index.js";
import { isoTime, type SynchronizeCounters } from "../../../model/index.js";
import { blockMessage, evaluateThresholds } from "../../../sync/index.js";
import { enforced, type NavigationCounts, type RepositoryPlan } from "../../plan/index.js";
import type { ChangeSetRequest, SynchronizeOutcome } from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import { ensureKeyIndexes } from "./key-index.js";
import { extendLeases } from "./lease.js";
import { prepareTouched } from "./link-resolution.js";
import { planRepository } from "./repository-plan.js";
import { keepNumber, lastNumber } from "./sequence.js";
import { countOrphans, countStaged } from "./staged-counts.js";
import { Staging } from "./staging.js";
import { explainBlock } from "./stands-out.js";
import { headOf, type Result, recordEnd, requireComplete, requireRunning, type SynchronizationContext } from "./synchronize.js";
import { listUnresolved } from "./unresolved-report.js";

/** Where a set of changes is staged: a transaction that holds the writer, with the temporary tables of staging made. */
export interface ChangeSetStage {
  readonly context: SynchronizationContext;
  readonly request: ChangeSetRequest;
  readonly plan: RepositoryPlan;
  readonly staging: Staging;
}

/** What was staged. */
export interface StagedChangeSet {
  readonly navigations: NavigationCounts;
  /** Mappings whose complete file had no rows (design §7.5). */
  readonly emptyMappings: ReadonlySet<string>;
  /** Thresholds are shown and not enforced: an initialization. */
  readonly isInitial: boolean;
  readonly notes: readonly string[];
  readonly decision: "apply" | "undo";
  /** SHA-256 of the plan. */
  readonly planHash: string | null;
}

/**
 * A synchronization whose changes come from a plan or from the history: staged by `stage`, counted, held against the thresholds, applied or left staged, as with a session of files
 * (design §7.1, §8), in one transaction. It gets a session of its own, so that it can be blocked, resumed, cancelled and replaced like any other, and that the chain moves (§7.4): no
 * files hold the state it makes, so the connector's next run has to be a complete one. Sessions that wait to be synchronized are cancelled: they say what the source held before.
 */
export const runChangeSet = (
  context: SynchronizationContext,
  request: ChangeSetRequest,
  stage: (at: ChangeSetStage) => StagedChangeSet,
): SynchronizeOutcome => {
  const { db, clock } = context;
  const { connector, session, taskInstance: task } = request;
  const mappings = request.model.connectors.find((one) => one.connector === connector);
  return db.transaction((): SynchronizeOutcome => {
    const begunAt = clock.now();
    requireRunning(db, request);
    requireUnblocked(context, request);
    const plan = planRepository(db, request.model);
    for (const type of plan.types.values()) ensureKeyIndexes(db, type);
    if (mappings === undefined) throw new SluiceError("SYNC_SESSION_STATE", { session, state: `of an unknown connector ${connector}` });
    announce(context, request);
    prepareTouched(db);
    const staging = new Staging(db, task);
    const { navigations, emptyMappings, isInitial, notes, ...decided } = stage({ context, request, plan, staging });
    recordDecision(context, request, decided);
    staging.keepIds();
    const { counters, scopes, populations } = countStaged(db, plan, mappings, navigations, emptyMappings, task);
    const thresholds = evaluateThresholds(scopes, populations);
    const block = blockMessage(enforced(thresholds, request.force || isInitial));
    const result: Result =
      block === null
        ? applied(context, request, plan, { counters, thresholds, notes })
        : {
            state: "Blocked",
            counters: { ...counters, orphans: countOrphans(db, plan, connector, task) },
            thresholds,
            // What stands out tells of a source's files, and an undo reads none.
            message: decided.decision === "undo" ? block : explainBlock(db, plan, block, populations, task),
            changed: false,
            notes,
          };
    recordEnd(db, clock, { ...request, session: { connector, guid: session, mode: "Incremental" } }, result);
    if (result.state === "Applied") requireComplete(db, connector, request.completeRequired);
    const message = result.state === "Applied" ? listUnresolved(context, request, connector, false) : result.message;
    extendLeases(db, clock, begunAt);
    return { ...result, message, replaced: [] };
  });
};

const applied = (
  { db, clock, checkStop, onProgress }: SynchronizationContext,
  { connector, taskInstance: task, keepChanges }: ChangeSetRequest,
  plan: RepositoryPlan,
  staged: Pick<Result, "thresholds" | "notes"> & { readonly counters: Omit<SynchronizeCounters, "orphans"> },
): Result => {
  onProgress({ step: "applying", rows: 0 });
  const changes = applyStaged(db, plan, task, task, clock, checkStop);
  if (!keepChanges) dropRows(db, task);
  const counters = { ...staged.counters, orphans: countOrphans(db, plan, connector, null) };
  return { state: "Applied", ...staged, counters, message: null, changed: changes > 0 };
};

/** What a person has not decided on yet is never overtaken: its `before` would no longer hold. Throws SYNC_CONNECTOR_BLOCKED. */
const requireUnblocked = ({ db }: SynchronizationContext, { connector }: ChangeSetRequest): void => {
  const blocked = db.get(
    "SELECT JobInstance FROM UJ_TaskInstances WHERE Connector = ? AND State = 'Blocked' AND Type = 'SynchronizeTask' ORDER BY Id LIMIT 1",
    connector,
  );
  if (blocked !== null) throw new SluiceError("SYNC_CONNECTOR_BLOCKED", { connector, jobInstance: Number(blocked[0]) });
};

/** Who had it done and why stands with the instance; what it was, here. */
const recordDecision = (
  { db, clock }: SynchronizationContext,
  { jobInstance, taskInstance }: ChangeSetRequest,
  { decision, planHash }: Pick<StagedChangeSet, "decision" | "planHash">,
): void => {
  db.run(
    `INSERT INTO UJ_Decisions (JobInstance, TaskInstance, Decision, TakenBy, Host, TakenAt, Reason, SetHash)
     SELECT Id, ?, ?, StartedBy, Host, ?, Reason, ? FROM UJ_JobInstances WHERE Id = ?`,
    taskInstance,
    decision,
    isoTime(clock),
    planHash,
    jobInstance,
  );
};

const announce = ({ db, clock }: SynchronizationContext, request: ChangeSetRequest): void => {
  const { connector, session, taskInstance, mappingHash } = request;
  const at = isoTime(clock);
  db.run(
    "UPDATE UJ_SynchronizationSessions SET State = 'cancelled', ChangedAt = ? WHERE Connector = ? AND State IN ('open', 'ready')",
    at,
    connector,
  );
  const sequence = lastNumber(db, "session") + 1;
  keepNumber(db, "session", sequence);
  // Of no type, and starting at the head: what a resume asks of a session with changes.
  db.run(
    `INSERT INTO UJ_SynchronizationSessions (Guid, Sequence, Connector, Mode, Type, State, StartsAt, SynchronizeTask, MappingHash, CreatedAt, ChangedAt)
     VALUES (?, ?, ?, 'Incremental', 'None', 'processing', ?, ?, ?, ?, ?)`,
    session,
    sequence,
    connector,
    headOf(db, connector)?.session ?? null,
    taskInstance,
    mappingHash,
    at,
    at,
  );
};
