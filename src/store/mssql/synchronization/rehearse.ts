import { isoTime, type TaskInstanceId, taskInstanceId } from "../../../model/index.js";
import {
  emptyFilesOf,
  navigationIds,
  PropertyNames,
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
import { dropRows } from "./apply.js";
import { headOf, moveHead } from "./chain.js";
import type { Value } from "./database.js";
import { requireEmpty } from "./initial-load.js";
import { planRepository } from "./repository-plan.js";
import { applyGated, blockedResult, gateSession, type Result } from "./session-application.js";
import type { ComparisonContext } from "./session-comparison.js";
import { keysOf, writeStagedLines } from "./staged-lines.js";
import type { SynchronizationContext } from "./synchronize.js";

/** Owns what a rehearsal stages: instances count from 1. */
const rehearsing = taskInstanceId(0);

const notReached = ({ session: { connector } }: RehearseRequest): RehearsedSession => ({
  connector,
  state: "NotReached",
  counters: { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0, orphans: 0 },
  thresholds: [],
  message: null,
  notes: [],
  changes: [],
});

/**
 * Tries sessions one after the other, each on what the former would leave, in one transaction that is undone (design §7.9). Of the record of jobs nothing is read or
 * written. An Initial session is staged as a complete one, so that its changes can be shown.
 */
export const rehearse = async (context: SynchronizationContext, requests: readonly RehearseRequest[]): Promise<RehearsedSession[]> =>
  context.db.rehearsal(async () => {
    const sessions: RehearsedSession[] = [];
    let isReached = true;
    for (const request of requests) {
      const session: RehearsedSession = isReached ? await rehearseSession(context, request) : notReached(request);
      sessions.push(session);
      isReached = isReached && (session.state === "Passed" || request.planFile !== undefined);
    }
    return sessions;
  });

const rehearseSession = async (context: SynchronizationContext, request: RehearseRequest): Promise<RehearsedSession> => {
  const { db, clock } = context;
  const { session, folder, model, mappingHash, force } = request;
  const { connector, mode } = session;
  const comparison: ComparisonContext = { ...context, plan: await planRepository(db, model), session, folder };
  if (mode === "Incremental") requireChain({ connector, session: session.guid, mappingHash }, undefined, await headOf(db, connector));
  if (mode === "Initial") await requireEmpty(comparison);
  const gated = await gateSession(comparison, { task: rehearsing, mappingHash, force });
  const { notes, thresholds, message } = gated;
  const changes = await changesOf(comparison, rehearsing);
  const planned = await plannedSession(comparison, request);
  const applyForNow = async (): Promise<Result> => {
    const result = await applyGated(comparison, gated, rehearsing, clock);
    await dropRows(db, rehearsing);
    await moveHead(db, isoTime(clock), { connector, session: session.guid, mode, task: rehearsing, mappingHash });
    return result;
  };
  if (message !== null) {
    const { counters } = await blockedResult(comparison, gated, rehearsing);
    if (request.planFile !== undefined) await applyForNow();
    return { connector, state: "Blocked", counters, thresholds, message, notes, changes, ...planned };
  }
  const { counters } = await applyForNow();
  // An Initial session has no thresholds.
  return { connector, state: "Passed", counters, thresholds: mode === "Initial" ? [] : thresholds, message, notes, changes, ...planned };
};

/** Writes what is staged to the file that a plan is made of, where one is asked for. */
const plannedSession = async (
  { db, plan, session }: ComparisonContext,
  { planFile, mappingHash, model }: RehearseRequest,
): Promise<{ readonly planned?: PlannedSession }> => {
  if (planFile === undefined) return {};
  const lines = await writeStagedLines(db, plan, new PropertyNames(model), rehearsing, planFile);
  const head = (await headOf(db, session.connector))?.session ?? null;
  return { planned: { head, mappingHash, emptyMappings: [...emptyFilesOf(session)], lines } };
};

/** The first staged rows of each scope. */
const changesOf = async ({ db, plan }: ComparisonContext, task: TaskInstanceId): Promise<RehearsedChange[]> => {
  const first = (columns: string, table: string): Promise<Value[][]> =>
    db.all(`SELECT TOP (${rehearsedChanges}) ${columns} FROM ${table} WHERE TaskInstance = ${task} ORDER BY Id`);
  const rows = await first("Type, Command, [Key], Changes", "UR_ResourceChanges");
  const resources = rows.map(
    ([type, command, key, changes]): StagedResource => ({
      type: Number(type),
      command: command as StagedResource["command"],
      key: String(key),
      changes: JSON.parse(String(changes)) as SlotChanges,
    }),
  );
  const keys = await keysOf(db, plan, navigationIds(plan, resources), task);
  const links = await first("Mapping, Command, Key1, Key2", "UR_ResourceLinkChanges");
  return [
    ...resources.map((row) => rehearsedResource(plan, row, keys)),
    ...links.map(([mapping, command, key1, key2]) =>
      rehearsedLink(plan, command as StagedResource["command"], Number(mapping), String(key1), String(key2)),
    ),
  ];
};
