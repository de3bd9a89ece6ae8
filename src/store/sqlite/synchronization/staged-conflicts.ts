import { openEnd } from "../../open-end.js";
import { currentRows, type RepositoryPlan, type SlotChanges, type TypePlan } from "../../plan/index.js";
import { inOrderOfId } from "./apply.js";
import type { Database, Value } from "./database.js";
import { prepareTouched, resolveTouched, touchByKeys } from "./link-resolution.js";
import { restoreKeyMoved } from "./staging.js";

/** Conflicts listed by name; the rest is counted. */
const listed = 20;

export interface Conflicts {
  readonly count: number;
  readonly conflicts: readonly string[];
}

/**
 * Holds the staged set of a task instance against the repository as it is now (design §8, resume): a `before` that no longer holds, a resource or link
 * that came or went since. Nothing is written.
 */
export const findConflicts = (db: Database, plan: RepositoryPlan, task: number): Conflicts => {
  const conflicts: string[] = [];
  let count = 0;
  const add = (rows: Value[][], text: (row: Value[]) => string): void => {
    for (const row of rows) {
      count++;
      if (conflicts.length < listed) conflicts.push(text(row));
    }
  };
  for (const type of plan.types.values()) {
    const [keySlot] = type.slots;
    if (keySlot !== undefined) {
      add(
        db.all(
          `SELECT c.Key FROM UR_ResourceChanges c WHERE c.TaskInstance = ? AND c.Command = 'insert' AND c.Type = ${type.number} AND (
             EXISTS (SELECT 1 FROM UR_Resources r WHERE ${currentRows(type, "r.")} AND r.${keySlot} = c.Key)
             OR EXISTS (SELECT 1 FROM UR_RetiredKeys k WHERE k.Type = c.Type AND k.Key = c.Key AND k.Id <> c.ResourceId))`,
          task,
        ),
        ([key]) => `${type.identifier} ${key} was to be inserted and came meanwhile`,
      );
    }
    add(
      db.all(
        `SELECT c.Key FROM UR_ResourceChanges c WHERE c.TaskInstance = ? AND c.Command <> 'insert' AND c.Type = ${type.number}
           AND NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = c.ResourceId AND r.ValidTo = '${openEnd}')`,
        task,
      ),
      ([key]) => `${type.identifier} ${key} went meanwhile`,
    );
    add(movedValues(db, type, task), ([key, slot]) => `${type.identifier} ${key}: ${slot} is no longer what it was when compared`);
  }
  add(
    db.all(
      `SELECT c.Key1, c.Key2, c.Command FROM UR_ResourceLinkChanges c WHERE c.TaskInstance = ? AND (c.Command = 'delete') <> EXISTS (
         SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = c.Mapping AND l.R1_Id = c.R1_Id AND l.R2_Id = c.R2_Id AND l.ValidTo = '${openEnd}')`,
      task,
    ),
    ([key1, key2, command]) =>
      `the link ${key1} – ${key2} was to be ${command === "delete" ? "deleted and went" : "inserted and came"} meanwhile`,
  );
  add(
    db.all(
      `SELECT c.Key1, c.Key2 FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND l.Key1 = c.Key1 AND l.Key2 = c.Key2
       WHERE c.TaskInstance = ? AND ((c.Command = 'add') = (l.Mapping IS NOT NULL) OR l.R1_Id IS NOT c.R1_Before OR l.R2_Id IS NOT c.R2_Before)`,
      task,
    ),
    ([key1, key2]) => `what the source said of ${key1} – ${key2} changed meanwhile`,
  );
  add(movedLinks(db, plan, task), ([key1, key2, isNew]) =>
    isNew === 1
      ? `the link ${key1} – ${key2} came meanwhile to a resource that is to be deleted or to lose this key`
      : `the link ${key1} – ${key2} names another resource by now, or none`,
  );
  return { count, conflicts: count > conflicts.length ? [...conflicts, `and ${count - conflicts.length} more`] : conflicts };
};

/** Rows whose version moved since they were compared, and in which a staged `before` no longer holds: key and slot. */
const movedValues = (db: Database, type: TypePlan, task: number): Value[][] => {
  const found: Value[][] = [];
  // An overwrite in place (HistoryPrecision) keeps the version: such types are looked at row by row.
  const moved = type.precision.size > 0 ? "" : "AND r.ValidFrom IS NOT c.Version";
  const page = db.prepare(
    `SELECT c.Id, c.ResourceId, c.Key, c.Changes FROM UR_ResourceChanges c ${inOrderOfId} CROSS JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'
     WHERE c.TaskInstance = ? AND c.Command <> 'insert' AND c.Type = ${type.number} ${moved} AND c.Id > ? ORDER BY c.Id LIMIT 1000`,
  );
  for (let after: Value = 0; ; ) {
    const rows = page.all(task, after);
    for (const [, id, key, json] of rows) {
      const changes = JSON.parse(String(json)) as SlotChanges;
      const slots = Object.keys(changes);
      const current = db.get(`SELECT ${slots.join(", ")} FROM UR_Resources WHERE Id = ? AND ValidTo = '${openEnd}'`, id ?? null) ?? [];
      // A navigation kept in a C column comes back as text.
      const text = (value: Value | undefined): string | null => (value === null || value === undefined ? null : String(value));
      const slot = slots.find((name, index) => text(current[index]) !== text(changes[name]?.[0]));
      if (slot !== undefined) found.push([key ?? null, slot]);
    }
    const last = rows.at(-1);
    if (last === undefined) return found;
    after = last[0] ?? null;
  }
};

/**
 * Links that the staged set makes, or that are there and that it leaves alone, whose keys would name other resources once it is applied: another connector
 * moved a look-up key since, or said a link of a resource that is to go or to be renamed. `Before1` and `Before2` of Touched hold what is expected here.
 * Gives both keys, and 1 where the link came since and its resource is to go.
 */
const movedLinks = (db: Database, plan: RepositoryPlan, task: number): Value[][] => {
  restoreKeyMoved(db, plan, task);
  prepareTouched(db);
  db.run(
    `INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
     SELECT Mapping, Key1, Key2, Command <> 'add', Command <> 'remove', 1, R1_After, R2_After FROM UR_LinkKeyChanges WHERE TaskInstance = ?`,
    task,
  );
  touchByKeys(db, plan);
  for (const link of plan.links) resolveTouched(db, link);
  return db.all(
    `SELECT Key1, Key2, FromFile = 0 AND (After1 IS NULL OR After2 IS NULL) FROM temp.Touched WHERE Wanted = 1 AND Before1 IS NOT NULL AND Before2 IS NOT NULL
       AND (Before1 IS NOT After1 OR Before2 IS NOT After2) ORDER BY Mapping, Key1, Key2`,
  );
};
