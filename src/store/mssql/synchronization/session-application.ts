import { SluiceError } from "../../../errors/index.js";
import type { Clock, SynchronizeCounters, TaskInstanceId, ThresholdResult } from "../../../model/index.js";
import { blockMessage, evaluateThresholds } from "../../../sync/index.js";
import { deltaFileOf, emptyFilesOf, enforced, MissingResources, ownSidesOf, sortedFileOf } from "../../plan/index.js";
import type { SynchronizeOutcome } from "../../synchronization.js";
import { applyStaged } from "./apply.js";
import { compareLinkDelta, compareResourceDelta, prepareOwnKeys } from "./delta-comparison.js";
import { prepareTouched, type Reach, stageLinks } from "./link-resolution.js";
import { rowsSetAside } from "./rows-set-aside.js";
import { type ComparisonContext, compareLinks, compareResources } from "./session-comparison.js";
import { countOrphans, countStaged } from "./staged-counts.js";
import { Staging } from "./staging.js";
import { explainBlock } from "./stands-out.js";

/** What became of a session, before anything of it is recorded. */
export type Result = Omit<SynchronizeOutcome, "replaced">;

/** A session that is staged and was held against its thresholds. */
export interface GatedSession {
  readonly counters: Omit<SynchronizeCounters, "orphans">;
  readonly thresholds: readonly ThresholdResult[];
  /** Why it is stopped; null where it may be applied. */
  readonly message: string | null;
  readonly notes: readonly string[];
}

interface GateRequest {
  /** Owns the staged rows. */
  readonly task: TaskInstanceId;
  readonly mappingHash: string;
  readonly force: boolean;
}

/** Stages what the files of a complete or initial session change. */
const compareFiles = async (context: ComparisonContext, staging: Staging): Promise<void> => {
  const { db, plan, session, folder } = context;
  const aside = await rowsSetAside(db, plan, session, folder);
  for (const type of plan.types.values()) {
    if (type.connector !== session.connector) continue;
    await compareResources(context, sortedFileOf(session, "entityType", type.identifier), type, staging, aside);
  }
  for (const link of plan.links) {
    if (link.connector !== session.connector) continue;
    await compareLinks(context, sortedFileOf(session, "association", link.mapping.identifier), link, aside);
  }
};

/**
 * Stages what the deltas of an incremental session change. Gives what is to be said of them. Rows set aside have no command in a delta, so that they need no protection
 * here: it would hold off commands of an earlier session that this one carries on.
 */
const compareDeltas = async (context: ComparisonContext, staging: Staging): Promise<string[]> => {
  const { plan, session } = context;
  const missing = new MissingResources();
  const ownSides = session.type === "None" ? [] : ownSidesOf(plan, session.connector);
  await prepareOwnKeys(context);
  for (const type of plan.types.values()) {
    if (type.connector !== session.connector) continue;
    const sides = ownSides.filter((side) => side.type === type);
    await compareResourceDelta(context, deltaFileOf(session, "entityType", type.identifier), type, staging, sides, missing);
  }
  for (const link of plan.links) {
    if (link.connector !== session.connector) continue;
    const sides = ownSides.filter((side) => side.link === link);
    await compareLinkDelta(context, deltaFileOf(session, "association", link.mapping.identifier), link, sides);
  }
  return missing.notes();
};

const reachOf = async ({ db, session }: ComparisonContext, mappingHash: string): Promise<Reach> => {
  if (session.mode === "Incremental") return "changes";
  const loadedWith = (await db.get("SELECT MappingHash FROM UM_ConnectorHeads WHERE Connector = ?", session.connector))?.[0];
  return loadedWith !== undefined && loadedWith !== mappingHash ? "all" : "unresolved";
};

/** Stages all that a session changes and checks the thresholds (design §7.1, §8). Applies nothing. */
export const gateSession = async (context: ComparisonContext, { task, mappingHash, force }: GateRequest): Promise<GatedSession> => {
  const { db, plan, session } = context;
  const connector = plan.connectors.get(session.connector);
  if (connector === undefined)
    throw new SluiceError("SYNC_SESSION_STATE", { session: session.guid, state: `of an unknown connector ${session.connector}` });

  const staging = await Staging.open(db, task);
  await prepareTouched(db);
  const notes = session.mode === "Incremental" ? await compareDeltas(context, staging) : [];
  if (session.mode !== "Incremental") await compareFiles(context, staging);
  context.onProgress({ step: "resolving links", rows: 0 });
  const navigations = await stageLinks(db, plan, session.connector, staging, task, await reachOf(context, mappingHash));
  await staging.keepIds();
  const { counters, scopes, populations } = await countStaged(db, plan, connector, navigations, emptyFilesOf(session), task);
  const thresholds = evaluateThresholds(scopes, populations);
  const message = blockMessage(enforced(thresholds, force || session.mode === "Initial"));
  const explained = message === null ? null : await explainBlock(db, plan, message, populations, task);
  return { counters, thresholds, message: explained, notes };
};

/** What a session that is stopped by its thresholds leaves: its staged rows, and this. */
export const blockedResult = async (
  { db, plan, session }: ComparisonContext,
  gated: GatedSession,
  task: TaskInstanceId,
): Promise<Result> => {
  const orphans = await countOrphans(db, plan, session.connector, task);
  return { ...gated, state: "Blocked", counters: { ...gated.counters, orphans }, changed: false };
};

/** Applies what was staged and passed its thresholds. What becomes of the staged rows is the caller's. */
export const applyGated = async (
  { db, plan, session, checkStop, onProgress }: ComparisonContext,
  gated: GatedSession,
  task: TaskInstanceId,
  clock: Clock,
): Promise<Result> => {
  onProgress({ step: "applying", rows: 0 });
  const applied = await applyStaged(db, plan, task, task, clock, checkStop);
  const orphans = await countOrphans(db, plan, session.connector, null);
  return { ...gated, state: "Applied", counters: { ...gated.counters, orphans }, changed: applied > 0 };
};
