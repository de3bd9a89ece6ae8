import { isoTime, taskInstanceId } from "../../../model/index.js";
import { blockMessage } from "../../../sync/index.js";
import {
  emptyFilesOf,
  enforced,
  navigationIds,
  PropertyNames,
  type RepositoryPlan,
  rehearsedLink,
  rehearsedResource,
  requireChain,
  type SlotChanges,
  type StagedResource,
} from "../../plan/index.js";
import {
  type PlannedSession,
  type RehearsedChange,
  type RehearsedSession,
  type RehearseRequest,
  rehearsedChanges,
} from "../../synchronization.js";
import { applyStaged, dropRows } from "./apply.js";
import type { Database } from "./database.js";
import { requireEmpty } from "./initial-load.js";
import { extendLeases } from "./lease.js";
import { planRepository } from "./repository-plan.js";
import type { ComparisonContext } from "./session-comparison.js";
import { stageSession } from "./session-staging.js";
import { countOrphans } from "./staged-counts.js";
import { keysOf, writeStagedLines } from "./staged-lines.js";
import { explainBlock } from "./stands-out.js";
import { headOf, moveHead, type SynchronizationContext } from "./synchronize.js";

/** Owner of what a rehearsal stages: no task instance has it. */
const nobody = taskInstanceId(0);

const nothing = { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0, orphans: 0 };

/**
 * Tries sessions one after the other, each on what the former would leave, in one transaction that is rolled back; design §7.9. Nothing of the record of jobs is asked, and
 * nothing stays. Throws as `synchronize` does.
 */
export const rehearse = (context: SynchronizationContext, requests: readonly RehearseRequest[]): readonly RehearsedSession[] => {
  const { db, clock } = context;
  const begunAt = clock.now();
  const sessions = db.rehearsal(() => {
    let isReached = true;
    return requests.map((request): RehearsedSession => {
      const { connector } = request.session;
      if (!isReached) return { connector, state: "NotReached", counters: nothing, thresholds: [], message: null, notes: [], changes: [] };
      const session = rehearseOne(context, request);
      isReached = session.state === "Passed" || request.planFile !== undefined;
      return session;
    });
  });
  // While the writer was held nobody could give a sign of life.
  db.transaction(() => extendLeases(db, clock, begunAt));
  return sessions;
};

const rehearseOne = (tools: SynchronizationContext, request: RehearseRequest): RehearsedSession => {
  const { db, checkStop, onProgress } = tools;
  const { session, folder, mappingHash, force } = request;
  const { connector, mode } = session;
  const plan = planRepository(db, request.model);
  const comparison: ComparisonContext = { db, plan, session, folder, checkStop, onProgress };
  if (mode === "Incremental") requireChain({ connector, session: session.guid, mappingHash }, undefined, headOf(db, connector));
  // An empty connector is compared with its files instead of being loaded: only what is staged can be shown.
  if (mode === "Initial") requireEmpty(comparison);
  const { counters, thresholds, populations, notes } = stageSession(comparison, mappingHash, nobody);
  const changes = firstChanges(db, plan);
  const planned = plannedSession(db, plan, request);
  const block = blockMessage(enforced(thresholds, force || mode === "Initial"));
  if (block !== null) {
    const message = explainBlock(db, plan, block, populations, nobody);
    const orphans = countOrphans(db, plan, connector, nobody);
    if (request.planFile !== undefined) applyForNow(tools, plan, request);
    return { connector, state: "Blocked", counters: { ...counters, orphans }, thresholds, message, notes, changes, ...planned };
  }
  applyForNow(tools, plan, request);
  const orphans = countOrphans(db, plan, connector, null);
  const shown = mode === "Initial" ? [] : thresholds;
  return { connector, state: "Passed", counters: { ...counters, orphans }, thresholds: shown, message: null, notes, changes, ...planned };
};

/** What the next request is tried on. */
const applyForNow = (
  { db, clock, checkStop, onProgress }: SynchronizationContext,
  plan: RepositoryPlan,
  { session, mappingHash }: RehearseRequest,
): void => {
  onProgress({ step: "applying, to be undone", rows: 0 });
  applyStaged(db, plan, nobody, nobody, clock, checkStop);
  dropRows(db, nobody);
  moveHead(db, isoTime(clock), session, nobody, mappingHash);
};

/** Writes what is staged to the file that a plan is made of, where one is asked for. */
const plannedSession = (db: Database, plan: RepositoryPlan, request: RehearseRequest): { readonly planned?: PlannedSession } => {
  const { session, planFile, mappingHash, model } = request;
  if (planFile === undefined) return {};
  const lines = writeStagedLines(db, plan, new PropertyNames(model), nobody, planFile);
  const head = headOf(db, session.connector)?.session ?? null;
  return { planned: { head, mappingHash, emptyMappings: [...emptyFilesOf(session)], lines } };
};

const command = (value: unknown): RehearsedChange["command"] => value as RehearsedChange["command"];

/** The first staged resources and links, in the order in which they were staged. */
const firstChanges = (db: Database, plan: RepositoryPlan): RehearsedChange[] => {
  const resources = db
    .all(`SELECT Command, Type, Key, Changes FROM UR_ResourceChanges WHERE TaskInstance = ${nobody} ORDER BY Id LIMIT ${rehearsedChanges}`)
    .map(
      ([name, type, key, changes]): StagedResource => ({
        command: command(name),
        type: Number(type),
        key: String(key),
        changes: JSON.parse(String(changes)) as SlotChanges,
      }),
    );
  const keys = keysOf(db, plan, navigationIds(plan, resources), nobody);
  const links = db.all(
    `SELECT Command, Mapping, Key1, Key2 FROM UR_ResourceLinkChanges WHERE TaskInstance = ${nobody} ORDER BY Id LIMIT ${rehearsedChanges}`,
  );
  return [
    ...resources.map((row) => rehearsedResource(plan, row, keys)),
    ...links.map(([name, mapping, key1, key2]) => rehearsedLink(plan, command(name), Number(mapping), String(key1), String(key2))),
  ];
};
