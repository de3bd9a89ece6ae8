import { isoTime, type TaskInstanceId, taskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import { navigationIds, rehearsedLink, rehearsedResource, requireChain, type SlotChanges, type StagedResource } from "../../plan/index.js";
import { type RehearsedChange, type RehearsedSession, type RehearseRequest, rehearsedChanges } from "../../synchronization.js";
import { dropRows } from "./apply.js";
import { headOf, moveHead } from "./chain.js";
import type { Database, Value } from "./database.js";
import { requireEmpty } from "./initial-load.js";
import { planRepository, type RepositoryPlan } from "./repository-plan.js";
import { applyGated, blockedResult, gateSession } from "./session-application.js";
import type { ComparisonContext } from "./session-comparison.js";
import type { SynchronizationContext } from "./synchronize.js";
import { clearTemporary, createTemporary } from "./temporary-tables.js";

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
    for (const request of requests) {
      const isStopped = sessions.at(-1)?.state === "Blocked" || sessions.at(-1)?.state === "NotReached";
      sessions.push(isStopped ? notReached(request) : await rehearseSession(context, request));
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
  if (message !== null) {
    const { counters } = await blockedResult(comparison, gated, rehearsing);
    return { connector, state: "Blocked", counters, thresholds, message, notes, changes };
  }
  const { counters } = await applyGated(comparison, gated, rehearsing, clock);
  await dropRows(db, rehearsing);
  await moveHead(db, isoTime(clock), { connector, session: session.guid, mode, task: rehearsing, mappingHash });
  // An Initial session has no thresholds.
  return { connector, state: "Passed", counters, thresholds: mode === "Initial" ? [] : thresholds, message, notes, changes };
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

/** The mapping keys of resources, stored or staged, by Id. */
const keysOf = async (db: Database, plan: RepositoryPlan, ids: ReadonlySet<number>, task: TaskInstanceId): Promise<Map<number, string>> => {
  const keys = new Map<number, string>();
  if (ids.size === 0) return keys;
  await createTemporary(db, "#Named", ["Id bigint NOT NULL PRIMARY KEY"]);
  await db.bulk(
    "#Named",
    [{ name: "Id", type: "integer", required: true }],
    [...ids].map((id) => [id]),
  );
  const take = ([id, key]: Value[]): void => void keys.set(Number(id), String(key));
  await db.each(
    `SELECT c.ResourceId, c.[Key] FROM #Named n JOIN UR_ResourceChanges c ON c.ResourceId = n.Id WHERE c.TaskInstance = ${task}`,
    take,
  );
  for (const { number, slots } of plan.types.values()) {
    const [keySlot] = slots;
    if (keySlot === undefined) continue;
    await db.each(
      `SELECT r.Id, r.${keySlot} FROM #Named n JOIN UR_Resources r ON r.Id = n.Id WHERE r.ValidTo = '${openEnd}' AND r.Type = ${number}`,
      take,
    );
  }
  await clearTemporary(db, "#Named");
  return keys;
};
