import { openEnd } from "../../open-end.js";
import {
  type LinkPlan,
  navigationPairs,
  type OwnNavigation,
  ownNavigations,
  type RepositoryPlan,
  requireSameMappings,
  type TypePlan,
  undoNotes,
} from "../../plan/index.js";
import type { SynchronizeOutcome, UndoRehearsal, UndoRequest } from "../../synchronization.js";
import { type ChangeSetStage, runChangeSet, type StagedChangeSet } from "./change-set.js";
import { claimIndex } from "./claim-index.js";
import type { Database, Statement, Value } from "./database.js";
import { candidates, stageLinks } from "./link-resolution.js";
import { touchClaim } from "./planned-changes.js";
import { claimRenamed, prepareRenamedClaims, withdrawRenamed } from "./renamed-claims.js";
import type { SynchronizationContext } from "./synchronize.js";
import { collectUndone, requireHistory, UndoConflicts } from "./undone-history.js";

/** Rows read at a time: nothing is written through a connection with an open scan. */
const pageSize = 500;

/**
 * Turns back what a task instance applied, from the history (design §6): resources get the values of the version before, those that it made are closed, those that it closed come back
 * under their Ids. What its own source said of links is turned back with them; links of other connectors follow from what their sources say now. Threshold-guarded as any
 * synchronization. Throws SYNC_UNDO_HISTORY where the history does not hold all of it, SYNC_UNDO_CONFLICT where later runs changed the same rows, SYNC_CONNECTOR_BLOCKED.
 */
export const undo = (context: SynchronizationContext, request: UndoRequest): SynchronizeOutcome =>
  runChangeSet(context, request, (at) => stageUndo(at, request));

/** Where an undo is staged. */
type UndoStage = Pick<ChangeSetStage, "context" | "plan" | "staging">;

/** Stages what turns a task instance back, under the task instance that undoes it. Throws as `undo` does. */
export const stageUndo = (at: UndoStage, request: UndoRehearsal & Pick<UndoRequest, "taskInstance">): StagedChangeSet => {
  const { context, plan, staging } = at;
  const { db, checkStop, onProgress } = context;
  const { undone, connector, taskInstance } = request;
  const session = db.get("SELECT MappingHash FROM UJ_SynchronizationSessions WHERE SynchronizeTask = ? AND State = 'applied'", undone);
  requireSameMappings(request, session === null ? undefined : text(session[0]));
  onProgress({ step: "reading the history", rows: 0 });
  collectUndone(db, undone);
  checkStop("reading the history");
  requireHistory(db, plan, undone);
  const conflicts = new UndoConflicts(db, plan);
  conflicts.look();
  conflicts.refuse(undone);
  onProgress({ step: "staging the changes back", rows: 0 });
  prepareUndonePairs(db);
  stageResources(at, conflicts, connector);
  const own = plan.links.filter((link) => link.connector === connector);
  for (const link of own) if (link.isLinkRow) addLinkPairs(db, link);
  prepareRenamedClaims(db);
  for (const link of own) {
    withdrawRenamed(db, link);
    touchPairs(at, link, conflicts);
    claimRenamed(db, link);
    touchLaterClaims(db, link);
  }
  conflicts.refuse(undone);
  checkStop("resolving links");
  onProgress({ step: "resolving links", rows: 0 });
  const navigations = stageLinks(db, plan, connector, staging, taskInstance, "keys");
  return { navigations, emptyMappings: new Set(), isInitial: false, notes: notesOf(at, taskInstance), decision: "undo", planHash: null };
};

/** Pairs that mappings of the own connector said: `Wanted` 1 comes back, 0 goes. */
const prepareUndonePairs = (db: Database): void => {
  db.exec("DROP TABLE IF EXISTS temp.UndonePair");
  db.exec(
    "CREATE TEMP TABLE UndonePair (Mapping INTEGER, Wanted INTEGER, R1_Id INTEGER, R2_Id INTEGER, PRIMARY KEY (Mapping, Wanted, R1_Id, R2_Id)) WITHOUT ROWID",
  );
};

const text = (value: Value | undefined): string | null => (value === null || value === undefined ? null : String(value));

/** A type with what is read of its rows: mapped slots, then those of navigations that the own connector's mappings fill. */
interface UndoneType {
  readonly type: TypePlan;
  readonly own: readonly OwnNavigation[];
  readonly row: Statement;
}

/** Stages each resource as it was before, and notes the navigations that the own source said. */
const stageResources = ({ context, plan, staging }: UndoStage, conflicts: UndoConflicts, connector: string): void => {
  const { db, checkStop } = context;
  const types = new Map<number, UndoneType>();
  const typeOf = (number: number): UndoneType => {
    const known = types.get(number);
    if (known !== undefined) return known;
    const type = plan.typeByNumber.get(number);
    if (type === undefined) throw new Error(`entity type ${number} is in no configuration any more`);
    const own = ownNavigations(plan, connector, type);
    const slots = [...type.slots, ...own.map(({ slot }) => slot)];
    const row = db.prepare(`SELECT ${["Id", "ValidFrom", ...slots].join(", ")} FROM UR_Resources WHERE Id = ? AND ValidTo = ?`);
    const made = { type, own, row };
    types.set(number, made);
    return made;
  };
  const pair = db.prepare("INSERT OR IGNORE INTO temp.UndonePair (Mapping, Wanted, R1_Id, R2_Id) VALUES (?, ?, ?, ?)");
  const page = db.prepare(`SELECT Id, Type, BeforeEnd, AfterEnd FROM temp.Undone WHERE Id > ? ORDER BY Id LIMIT ${pageSize}`);
  for (let last = 0; ; ) {
    checkStop("staging the changes back");
    const rows = page.all(last);
    for (const [id, number, beforeEnd, afterEnd] of rows) {
      last = Number(id);
      const { type, own, row } = typeOf(Number(number));
      const before = beforeEnd == null ? null : row.get(last, beforeEnd);
      const after = afterEnd == null ? null : row.get(last, afterEnd);
      const valuesOf = (found: Value[] | null) => found?.slice(2, 2 + type.slots.length).map(text) ?? null;
      const [from, to] = [valuesOf(after), valuesOf(before)];
      const current = [last, String(after?.[1] ?? "")] as const;
      if (from !== null && to !== null) staging.stageUpdate(type, to, from, current);
      else if (from !== null) staging.stageDelete(type, from, current);
      else if (to !== null) {
        const key = to[0] ?? "";
        if (staging.idFor(type, key) === last) staging.stageInsert(type, to);
        else conflicts.add(`the key ${key} of ${type.identifier} is another resource's since`);
      }
      for (const [index, navigation] of own.entries()) {
        const [was = null, is = null] = [before, after].map((found) => {
          const target = found?.[2 + type.slots.length + index] ?? null;
          return target === null ? null : Number(target);
        });
        for (const undonePair of navigationPairs(navigation, last, was, is)) pair.run(...undonePair);
      }
    }
    if (rows.length === 0) return;
  }
};

const addLinkPairs = (db: Database, { number }: LinkPlan): void =>
  db.exec(
    `INSERT OR IGNORE INTO temp.UndonePair (Mapping, Wanted, R1_Id, R2_Id) SELECT Mapping, 1 - Opened, R1_Id, R2_Id FROM temp.UndoneLink WHERE Mapping = ${number}`,
  );

/**
 * Takes away the claims that the pairs which go rest on, by the keys that their resources have now; adds those that the pairs which come back need, by the keys that they will have, unless
 * another connector says so.
 */
const touchPairs = ({ context, plan, staging }: UndoStage, link: LinkPlan, conflicts: UndoConflicts): void => {
  const { db } = context;
  const touch = touchClaim(db);
  const current = ([1, 2] as const).map((n) => {
    const { slot, type } = n === 1 ? link.side1 : link.side2;
    return db.prepare(`SELECT ${slot} FROM UR_Resources WHERE Id = ? AND Type = ${type.number} AND ValidTo = '${openEnd}'`);
  });
  const keyNow = (n: 1 | 2, id: number): string | null => text(current[n - 1]?.get(id)?.[0]);
  const keyThen = (n: 1 | 2, id: number): string | null => {
    const { slot } = n === 1 ? link.side1 : link.side2;
    const staged = staging.rowOf(id);
    if (staged?.command === "delete") return null;
    const change = staged?.changes[slot];
    return change === undefined ? keyNow(n, id) : text(change[1]);
  };
  const others = plan.links
    .filter(({ number, mapping }) => number !== link.number && mapping.identifier === link.mapping.identifier)
    .map(({ number }) => number)
    .join(", ");
  // SQLite takes an empty list too.
  const isSaid = db.prepare(`SELECT 1 FROM UR_LinkKeys WHERE Mapping IN (${others}) AND Key1 = ? AND Key2 = ?`);
  const page = db.prepare(
    `SELECT R1_Id, R2_Id FROM temp.UndonePair WHERE Mapping = ${link.number} AND Wanted = ? AND (R1_Id, R2_Id) > (?, ?) ORDER BY R1_Id, R2_Id LIMIT ${pageSize}`,
  );
  for (const wanted of [0, 1] as const) {
    for (let after: [number, number] = [0, 0]; ; ) {
      const rows = page.all(wanted, ...after);
      for (const [r1, r2] of rows) {
        after = [Number(r1), Number(r2)];
        const keys = wanted === 0 ? [keyNow(1, after[0]), keyNow(2, after[1])] : [keyThen(1, after[0]), keyThen(2, after[1])];
        const [key1 = null, key2 = null] = keys;
        if (key1 === null || key2 === null) {
          if (wanted === 1)
            conflicts.add(`${conflicts.linkName(link.number, ...after)} cannot come back: one of its resources went or lost its key since`);
        } else if (wanted === 0) touch.run(link.number, key1, key2, 0);
        else if (isSaid.get(key1, key2) === null) touch.run(link.number, key1, key2, 1);
      }
      if (rows.length === 0) break;
    }
  }
};

/**
 * Claims of the own source that name nobody now and would name somebody again: before, with these resources there, they would have been links. They were said by the run that is undone, or
 * later, and go with it; the complete run that has to follow brings back what the source still says.
 */
const touchLaterClaims = (db: Database, { number, side1, side2 }: LinkPlan): void => {
  for (const [n, side, index] of [
    [1, side1, ""],
    [2, side2, claimIndex.key2],
  ] as const) {
    db.exec(`INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
      SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM temp.KeyMoved k CROSS JOIN UR_LinkKeys l ${index} ON l.Mapping = ${number} AND l.Key${n} = k.Key
      WHERE k.Type = ${side.type.number} AND k.Slot = '${side.slot}' AND k.Added = 1 AND l.Reason IS NOT NULL
        AND EXISTS (${candidates(side1, "l.Key1")}) AND EXISTS (${candidates(side2, "l.Key2")})
      ON CONFLICT DO NOTHING`);
  }
};

/** What is not exactly as it was: links follow from what sources say, and others may have said something since. */
const notesOf = ({ context, plan }: UndoStage, task: number): readonly string[] => {
  const { db } = context;
  db.exec("DROP TABLE IF EXISTS temp.StagedLink");
  db.exec(
    "CREATE TEMP TABLE StagedLink (Mapping INTEGER, R1_Id INTEGER, R2_Id INTEGER, Opened INTEGER, PRIMARY KEY (Mapping, R1_Id, R2_Id, Opened)) WITHOUT ROWID",
  );
  // A link that is staged to go was opened, one that is staged to come was closed.
  db.exec(
    `INSERT OR IGNORE INTO temp.StagedLink SELECT Mapping, R1_Id, R2_Id, Command = 'delete' FROM UR_ResourceLinkChanges WHERE TaskInstance = ${task}`,
  );
  const without = (a: string, b: string): number =>
    db.count(
      `SELECT count(*) FROM temp.${a} a WHERE NOT EXISTS (
         SELECT 1 FROM temp.${b} b WHERE b.Mapping = a.Mapping AND b.R1_Id = a.R1_Id AND b.R2_Id = a.R2_Id AND b.Opened = a.Opened)`,
    );
  const [left, more] = [without("UndoneLink", "StagedLink"), without("StagedLink", "UndoneLink")];
  return undoNotes(left, more, differingNavigations(db, plan, task));
};

/** Navigations of resources which were there before and after that will not be what they were before. */
const differingNavigations = (db: Database, plan: RepositoryPlan, task: number): number => {
  let differing = 0;
  for (const type of plan.types.values()) {
    for (const slot of type.navigationSlots) {
      // The staged row says what becomes of it; without one it stays as it is.
      differing += db.count(
        `SELECT count(*) FROM temp.Undone u JOIN UR_Resources b ON b.Id = u.Id AND b.ValidTo = u.BeforeEnd
         LEFT JOIN UR_Resources a ON a.Id = u.Id AND a.ValidTo = u.AfterEnd
         LEFT JOIN UR_ResourceChanges c ON c.TaskInstance = ${task} AND c.ResourceId = u.Id
         WHERE u.Type = ${type.number} AND CAST(b.${slot} AS TEXT) IS NOT CAST(CASE WHEN json_type(c.Changes, '$.${slot}') IS NULL THEN a.${slot}
           ELSE json_extract(c.Changes, '$.${slot}[1]') END AS TEXT)`,
      );
    }
  }
  return differing;
};
