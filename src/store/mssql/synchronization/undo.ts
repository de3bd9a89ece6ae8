import { openEnd } from "../../open-end.js";
import {
  type LinkPlan,
  type LinkSide,
  navigationPairs,
  ownNavigations,
  type RepositoryPlan,
  requireSameMappings,
  type SlotChanges,
  slotChanges,
  type TypePlan,
  undoNotes,
} from "../../plan/index.js";
import type { SynchronizeOutcome, UndoRehearsal, UndoRequest } from "../../synchronization.js";
import { equal } from "../equality.js";
import { type ChangeSetStage, runChangeSet, type StagedChangeSet } from "./change-set.js";
import type { BulkColumn, Database, Value } from "./database.js";
import { copyMoved, findSide, into, prepareWanted, stageLinks, untouched } from "./link-resolution.js";
import { claimRenamed, withdrawRenamed } from "./renamed-claims.js";
import { stored } from "./session-comparison.js";
import type { StagedRow } from "./staging.js";
import type { SynchronizationContext } from "./synchronize.js";
import { clearTemporary, columnTypes, createTemporary } from "./temporary-tables.js";
import { collectUndone, requireHistory, UndoConflicts } from "./undone-history.js";

/** Resources turned back at a time: each with two versions. */
const pageSize = 2_500;

/**
 * Turns back what a task instance applied, from the history (design §6): resources get the values of the version before, those that it made are closed, those that it closed come back
 * under their Ids. What its own source said of links is turned back with them; links of other connectors follow from what their sources say now. Threshold-guarded as any
 * synchronization. Throws SYNC_UNDO_HISTORY where the history does not hold all of it, SYNC_UNDO_CONFLICT where later runs changed the same rows, SYNC_CONNECTOR_BLOCKED.
 */
export const undo = (context: SynchronizationContext, request: UndoRequest): Promise<SynchronizeOutcome> =>
  runChangeSet(context, request, (at) => stageUndo(at, request));

/** Where an undo is staged. */
type UndoStage = Pick<ChangeSetStage, "context" | "plan" | "staging">;

/** Stages what turns a task instance back, under the task instance that undoes it. Throws as `undo` does. */
export const stageUndo = async (at: UndoStage, request: UndoRehearsal & Pick<UndoRequest, "taskInstance">): Promise<StagedChangeSet> => {
  const { context, plan, staging } = at;
  const { db, checkStop, onProgress } = context;
  const { undone, connector, taskInstance } = request;
  const session = await db.get(
    "SELECT MappingHash FROM UJ_SynchronizationSessions WHERE SynchronizeTask = ? AND State = 'applied'",
    undone,
  );
  requireSameMappings(request, session === null ? undefined : text(session[0]));
  onProgress({ step: "reading the history", rows: 0 });
  await collectUndone(db, undone);
  checkStop("reading the history");
  await requireHistory(db, plan, undone);
  const conflicts = new UndoConflicts(db, plan);
  await conflicts.look();
  conflicts.refuse(undone);
  onProgress({ step: "staging the changes back", rows: 0 });
  await createTemporary(db, "#UndonePair", [
    "Mapping int NOT NULL",
    "Wanted int NOT NULL",
    "R1_Id bigint NOT NULL",
    "R2_Id bigint NOT NULL",
  ]);
  for (const type of plan.types.values()) await stageResources(at, conflicts, connector, type);
  const own = plan.links.filter((link) => link.connector === connector);
  for (const link of own) {
    if (link.isLinkRow) await addLinkPairs(db, link);
    checkStop("resolving links");
    const renamed = await withdrawRenamed(db, link);
    await touchPairs(at, link, conflicts);
    if (renamed > 0) await claimRenamed(db, link);
    await touchLaterClaims(db, link);
  }
  conflicts.refuse(undone);
  onProgress({ step: "resolving links", rows: 0 });
  const navigations = await stageLinks(db, plan, connector, staging, taskInstance, "changes");
  const notes = await notesOf(at, taskInstance);
  for (const table of ["#Undone", "#UndoneLink", "#UndonePair"]) await clearTemporary(db, table);
  return { navigations, emptyMappings: new Set(), isInitial: false, notes, decision: "undo", planHash: null };
};

const text = (value: Value | undefined): string | null => (value === null || value === undefined ? null : String(value));

const pairColumns: readonly BulkColumn[] = [
  { name: "Mapping", type: "int", required: true },
  { name: "Wanted", type: "int", required: true },
  { name: "R1_Id", type: "integer", required: true },
  { name: "R2_Id", type: "integer", required: true },
];

/**
 * Stages each resource of a type as it was before, and notes in `#UndonePair` the pairs of navigations that the own source said: `Wanted` 1 comes back, 0 goes.
 */
const stageResources = async (
  { context, plan, staging }: UndoStage,
  conflicts: UndoConflicts,
  connector: string,
  type: TypePlan,
): Promise<void> => {
  const { db, checkStop } = context;
  const own = ownNavigations(plan, connector, type);
  const slots = [...type.slots, ...own.map(({ slot }) => slot)];
  const columns = ["b", "a"].flatMap((alias) => slots.map((slot) => stored(slot, alias)));
  // Versions by Id and end alone: with their type named too, an index over the rows of a type could be walked for each of them.
  const page = `SELECT TOP (${pageSize}) u.Id, u.BeforeEnd, u.AfterEnd, a.ValidFrom, ${columns.join(", ")} FROM #Undone u
    LEFT JOIN UR_Resources b ON b.Id = u.Id AND b.ValidTo = u.BeforeEnd LEFT JOIN UR_Resources a ON a.Id = u.Id AND a.ValidTo = u.AfterEnd
    WHERE u.Type = ${type.number} AND u.Id > ? ORDER BY u.Id`;
  for (let last = 0; ; ) {
    checkStop("staging the changes back");
    const rows = await db.all(page, last);
    const staged: StagedRow[] = [];
    const pairs: Value[][] = [];
    for (const [id, beforeEnd, afterEnd, version, ...values] of rows) {
      last = Number(id);
      const versions = [values.slice(0, slots.length), values.slice(slots.length)].map((found) => found.map(text));
      const [was = [], is = []] = versions;
      const before = beforeEnd === null ? null : was.slice(0, type.slots.length);
      const after = afterEnd === null ? null : is.slice(0, type.slots.length);
      const changes = slotChanges(type, after, before);
      const command = after === null ? "insert" : before === null ? "delete" : "update";
      if (command !== "update" || Object.keys(changes).length > 0) {
        staged.push({ command, type, key: (before ?? after)?.[0] ?? "", resource: last, version: text(version), changes, causedBy: null });
      }
      own.forEach((navigation, index) => {
        const [from, to] = [was, is].map((found) => found[type.slots.length + index] ?? null);
        pairs.push(...navigationPairs(navigation, last, idOf(from), idOf(to)).map((pair) => [...pair]));
      });
    }
    await requireFormerIds({ db, staging, conflicts }, type, staged);
    await staging.stage(staged);
    if (pairs.length > 0) await db.bulk("#UndonePair", pairColumns, pairs);
    if (rows.length < pageSize) return;
  }
};

const idOf = (value: string | null | undefined): number | null => (value === null || value === undefined ? null : Number(value));

/** What comes back gets its former Id, unless its key is another resource's by now. */
const requireFormerIds = async (
  { db, staging, conflicts }: Pick<ChangeSetStage, "staging"> & { readonly db: Database; readonly conflicts: UndoConflicts },
  type: TypePlan,
  staged: readonly StagedRow[],
): Promise<void> => {
  const back = staged.filter(({ command }) => command === "insert");
  if (back.length === 0) return;
  const ids = await staging.idsFor(
    type,
    back.map(({ key }) => key),
  );
  back.forEach(({ key, resource }, index) => {
    if (ids[index] !== resource) conflicts.add(`the key ${key} of ${type.identifier} is another resource's since`);
  });
  await clearTemporary(db, "#Known");
};

const addLinkPairs = async (db: Database, { number }: LinkPlan): Promise<void> => {
  await db.run(
    `INSERT INTO #UndonePair (Mapping, Wanted, R1_Id, R2_Id) SELECT Mapping, 1 - Opened, R1_Id, R2_Id FROM #UndoneLink WHERE Mapping = ${number}`,
  );
};

const keyMoved = ({ type, slot }: LinkSide, added: 0 | 1): string =>
  `k.Type = ${type.number} AND k.Slot = '${slot}' AND k.Added = ${added}`;

/** The tables that say which keys of a side's resources go and come. */
const movedTables = [
  { n: 1, gone: "#Gone1", come: "#Come1" },
  { n: 2, gone: "#Gone2", come: "#Come2" },
] as const;

/** Fills `#Pair` (R1_Id, R2_Id, Key1, Key2), made anew, with a mapping's pairs that come back or go, by the keys that their resources will have or have now; null: none. */
const keyPairs = async (db: Database, link: LinkPlan, wanted: 0 | 1): Promise<void> => {
  await createTemporary(db, "#Pair", [
    "R1_Id bigint NOT NULL",
    "R2_Id bigint NOT NULL",
    `Key1 ${columnTypes.key} NULL`,
    `Key2 ${columnTypes.key} NULL`,
  ]);
  const keys: string[] = [];
  const joins: string[] = [];
  for (const { n, gone, come } of movedTables) {
    const side = n === 1 ? link.side1 : link.side2;
    const now = `CASE WHEN r${n}.Type = ${side.type.number} THEN r${n}.${side.slot} END`;
    joins.push(`LEFT JOIN UR_Resources r${n} ON r${n}.Id = p.R${n}_Id AND r${n}.ValidTo = '${openEnd}'`);
    if (wanted === 1) {
      await copyMoved(db, gone, keyMoved(side, 0));
      await copyMoved(db, come, keyMoved(side, 1));
      joins.push(`LEFT JOIN ${gone} g${n} ON g${n}.Id = p.R${n}_Id LEFT JOIN ${come} c${n} ON c${n}.Id = p.R${n}_Id`);
    }
    keys.push(wanted === 0 ? now : `CASE WHEN c${n}.Id IS NOT NULL THEN c${n}.[Key] WHEN g${n}.Id IS NULL THEN ${now} END`);
  }
  await db.run(
    `INSERT INTO #Pair (R1_Id, R2_Id, Key1, Key2) SELECT p.R1_Id, p.R2_Id, ${keys.join(", ")}
     FROM (SELECT DISTINCT R1_Id, R2_Id FROM #UndonePair WHERE Mapping = ${link.number} AND Wanted = ${wanted}) p ${joins.join(" ")}`,
  );
};

/**
 * Takes away the claims that the pairs which go rest on, by the keys that their resources have now; adds those that the pairs which come back need, by the keys that they will have, unless
 * another connector says so.
 */
const touchPairs = async ({ context, plan }: UndoStage, link: LinkPlan, conflicts: UndoConflicts): Promise<void> => {
  const { db } = context;
  const others = plan.links
    .filter(({ number, mapping }) => number !== link.number && mapping.identifier === link.mapping.identifier)
    .map(({ number }) => number);
  const sameKeys = (alias: string): string => `${equal(`${alias}.Key1`, "p.Key1")} AND ${equal(`${alias}.Key2`, "p.Key2")}`;
  const isUnsaid =
    others.length === 0
      ? ""
      : ` AND NOT EXISTS (SELECT 1 FROM UR_LinkKeys o WHERE o.Mapping IN (${others.join(", ")}) AND ${sameKeys("o")})`;
  const add = (wanted: 0 | 1, condition: string): Promise<number> =>
    db.run(
      `${into} SELECT ${link.number}, p.Key1, p.Key2, CASE WHEN l.Mapping IS NULL THEN 0 ELSE 1 END, ${wanted}, 1, l.R1_Id, l.R2_Id
       FROM (SELECT p.Key1, p.Key2 FROM #Pair p WHERE p.Key1 IS NOT NULL AND p.Key2 IS NOT NULL
         GROUP BY p.Key1, DATALENGTH(p.Key1), p.Key2, DATALENGTH(p.Key2)) p
       LEFT JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${sameKeys("l")}
       WHERE NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = ${link.number} AND ${sameKeys("t")})${condition}`,
    );
  await keyPairs(db, link, 0);
  await add(0, "");
  await keyPairs(db, link, 1);
  await conflicts.find(
    "p.R1_Id, p.R2_Id",
    "FROM #Pair p WHERE p.Key1 IS NULL OR p.Key2 IS NULL",
    "p.R1_Id, p.R2_Id",
    async ([r1, r2]) =>
      `${await conflicts.linkName(link.number, r1, r2)} cannot come back: one of its resources went or lost its key since`,
  );
  // What goes under one pair of keys and comes back under it stays.
  await db.run(
    `UPDATE t SET Wanted = 1 FROM #Touched t JOIN #Pair p ON ${sameKeys("t")} WHERE t.Mapping = ${link.number} AND t.Wanted = 0${isUnsaid}`,
  );
  await add(1, isUnsaid);
  for (const table of ["#Pair", ...movedTables.flatMap(({ gone, come }) => [gone, come])]) await clearTemporary(db, table);
};

/**
 * Claims of the own source that name nobody now and would name somebody again: before, with these resources there, they would have been links. They were said by the run that is undone, or
 * later, and go with it; the complete run that has to follow brings back what the source still says.
 */
const touchLaterClaims = async (db: Database, link: LinkPlan): Promise<void> => {
  for (const n of [1, 2] as const) {
    await copyMoved(db, "#Back", keyMoved(n === 1 ? link.side1 : link.side2, 1));
    await prepareWanted(db);
    const found = await db.run(
      `INSERT INTO #Wanted (T, Key1, Key2) SELECT ROW_NUMBER() OVER (ORDER BY l.Key1, l.Key2), l.Key1, l.Key2 FROM UR_LinkKeys l
       WHERE l.Mapping = ${link.number} AND l.Reason IS NOT NULL AND EXISTS (SELECT 1 FROM #Back k WHERE ${equal("k.[Key]", `l.Key${n}`)}) AND ${untouched(link)}`,
    );
    await clearTemporary(db, "#Back");
    if (found === 0) continue;
    await findSide(db, link, 1);
    await findSide(db, link, 2);
    await db.run(
      `${into} SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Wanted w
       JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${equal("l.Key1", "w.Key1")} AND ${equal("l.Key2", "w.Key2")}
       WHERE EXISTS (SELECT 1 FROM #Found1 x WHERE x.T = w.T) AND EXISTS (SELECT 1 FROM #Found2 x WHERE x.T = w.T)`,
    );
    for (const table of ["#Wanted", "#Found1", "#Found2"]) await clearTemporary(db, table);
  }
};

/** What is not exactly as it was. */
const notesOf = async ({ context, plan }: UndoStage, task: number): Promise<readonly string[]> => {
  const { db } = context;
  // A link that is staged to go was opened, one that is staged to come was closed.
  const staged = `SELECT c.Mapping, c.R1_Id, c.R2_Id, CASE c.Command WHEN 'delete' THEN 1 ELSE 0 END AS Opened FROM UR_ResourceLinkChanges c WHERE c.TaskInstance = ${task}`;
  const without = (a: string, b: string): Promise<number> =>
    db.count(
      `SELECT COUNT(*) FROM (SELECT DISTINCT Mapping, R1_Id, R2_Id, Opened FROM ${a}) a WHERE NOT EXISTS (
         SELECT 1 FROM ${b} b WHERE b.Mapping = a.Mapping AND b.R1_Id = a.R1_Id AND b.R2_Id = a.R2_Id AND b.Opened = a.Opened)`,
    );
  const left = await without("#UndoneLink", `(${staged})`);
  const more = await without(`(${staged}) s`, "#UndoneLink");
  return undoNotes(left, more, await differingNavigations(db, plan, task));
};

/** Navigations of resources which were there before and after that will not be what they were before. */
const differingNavigations = async (db: Database, plan: RepositoryPlan, task: number): Promise<number> => {
  let differing = 0;
  for (const type of plan.types.values()) {
    const slots = [...type.navigationSlots];
    if (slots.length === 0) continue;
    // The staged row says what becomes of it; without one it stays as it is.
    await db.each(
      `SELECT c.Changes, ${["b", "a"].flatMap((alias) => slots.map((slot) => `${alias}.${slot}`)).join(", ")} FROM #Undone u
       JOIN UR_Resources b ON b.Id = u.Id AND b.ValidTo = u.BeforeEnd LEFT JOIN UR_Resources a ON a.Id = u.Id AND a.ValidTo = u.AfterEnd
       LEFT JOIN UR_ResourceChanges c ON c.TaskInstance = ${task} AND c.ResourceId = u.Id WHERE u.Type = ${type.number}`,
      ([changesText, ...values]) => {
        const changes = changesText === null ? {} : (JSON.parse(String(changesText)) as SlotChanges);
        slots.forEach((slot, index) => {
          const change = changes[slot];
          const after = change === undefined ? values[slots.length + index] : change[1];
          if (text(values[index]) !== text(after)) differing++;
        });
      },
    );
  }
  return differing;
};
