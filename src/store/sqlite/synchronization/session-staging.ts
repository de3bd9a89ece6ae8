import { SluiceError } from "../../../errors/index.js";
import type { SynchronizeCounters, TaskInstanceId, ThresholdResult } from "../../../model/index.js";
import { evaluateThresholds, type Population } from "../../../sync/index.js";
import { deltaFileOf, emptyFilesOf, MissingResources, ownSidesOf, sortedFileOf } from "../../plan/index.js";
import { ensureKeyIndexes } from "./key-index.js";
import { prepareOwnKeys } from "./link-commands.js";
import { type LinkScope, prepareTouched, stageLinks } from "./link-resolution.js";
import { rowsSetAside } from "./rows-set-aside.js";
import { stageCommands, touchByCommands } from "./session-commands.js";
import { type ComparisonContext, compareLinks, compareResources } from "./session-comparison.js";
import { countStaged } from "./staged-counts.js";
import { Staging } from "./staging.js";

/** What a session would change: staged, counted, not applied. */
export interface StagedSession {
  readonly counters: Omit<SynchronizeCounters, "orphans">;
  readonly thresholds: readonly ThresholdResult[];
  /** What the population guard looked at. */
  readonly populations: readonly Population[];
  readonly notes: readonly string[];
}

/** Compares whole files with what is stored; connectors §2.6. */
const stageComplete = (comparison: ComparisonContext, staging: Staging): readonly string[] => {
  const { db, plan, session, folder } = comparison;
  const aside = rowsSetAside(db, session, folder);
  for (const type of plan.types.values()) {
    if (type.connector !== session.connector) continue;
    compareResources(comparison, sortedFileOf(session, "entityType", type.identifier), type, staging, aside);
  }
  for (const link of plan.links) {
    if (link.connector !== session.connector) continue;
    compareLinks(comparison, sortedFileOf(session, "association", link.mapping.identifier), link, aside);
  }
  return [];
};

/** Does what the commands say; connectors §2.4. Rows set aside are not among them. */
const stageIncremental = (comparison: ComparisonContext, staging: Staging): readonly string[] => {
  const { db, plan, session } = comparison;
  const missing = new MissingResources();
  const ownSides = session.type === "None" ? [] : ownSidesOf(plan, session.connector);
  prepareOwnKeys(db);
  for (const type of plan.types.values()) {
    if (type.connector !== session.connector) continue;
    const sides = ownSides.filter((side) => side.type === type);
    stageCommands(comparison, deltaFileOf(session, "entityType", type.identifier), type, staging, sides, missing);
  }
  for (const link of plan.links) {
    if (link.connector !== session.connector) continue;
    const sides = ownSides.filter((side) => side.link === link);
    touchByCommands(comparison, deltaFileOf(session, "association", link.mapping.identifier), link, sides);
  }
  return missing.notes();
};

/**
 * Stages all that a session changes under a task instance, and holds the counts against the thresholds; connectors §2.6, design §8. Runs inside the caller's transaction.
 * Takes the hash of the configuration's mappings: other ones than those of the head have all links of a complete session resolved anew.
 */
export const stageSession = (comparison: ComparisonContext, mappingHash: string, task: TaskInstanceId): StagedSession => {
  const { db, plan, session } = comparison;
  const connector = plan.connectors.get(session.connector);
  if (connector === undefined)
    throw new SluiceError("SYNC_SESSION_STATE", { session: session.guid, state: `of an unknown connector ${session.connector}` });
  const staging = new Staging(db, task);
  prepareTouched(db);
  for (const type of plan.types.values()) ensureKeyIndexes(db, type);
  const isIncremental = session.mode === "Incremental";
  const notes = (isIncremental ? stageIncremental : stageComplete)(comparison, staging);
  comparison.onProgress({ step: "resolving links", rows: 0 });
  const loadedWith = db.get("SELECT MappingHash FROM UM_ConnectorHeads WHERE Connector = ?", session.connector)?.[0];
  const isRebuilt = loadedWith !== undefined && loadedWith !== mappingHash;
  const scope: LinkScope = isIncremental ? "keys" : isRebuilt ? "all" : "unresolved";
  const navigations = stageLinks(db, plan, session.connector, staging, task, scope);
  staging.keepIds();
  const { counters, scopes, populations } = countStaged(db, plan, connector, navigations, emptyFilesOf(session), task);
  return { counters, thresholds: evaluateThresholds(scopes, populations), populations, notes };
};
