import { openEnd } from "../../open-end.js";
import type { Database, Value } from "./database.js";
import { currentRows } from "./key-index.js";
import type { LinkPlan, LinkSide, RepositoryPlan, TypePlan } from "./repository-plan.js";
import type { SlotChanges } from "./staging.js";

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
  for (const column of ["R1_After", "R2_After"]) {
    add(
      db.all(
        `SELECT c.Key1, c.Key2 FROM UR_LinkKeyChanges c WHERE c.TaskInstance = ? AND c.${column} IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = c.${column} AND r.ValidTo = '${openEnd}')
           AND NOT EXISTS (SELECT 1 FROM UR_ResourceChanges s WHERE s.TaskInstance = c.TaskInstance AND s.ResourceId = c.${column} AND s.Command = 'insert')`,
        task,
      ),
      ([key1, key2]) => `the link ${key1} – ${key2} names a resource that went meanwhile`,
    );
  }
  for (const link of plan.links) {
    add(
      newClaims(db, link, link.side1, 1, task),
      ([key1, key2]) => `the link ${key1} – ${key2} came meanwhile to a resource that is to be deleted`,
    );
    add(
      newClaims(db, link, link.side2, 2, task),
      ([key1, key2]) => `the link ${key1} – ${key2} came meanwhile to a resource that is to be deleted`,
    );
  }
  return { count, conflicts: count > conflicts.length ? [...conflicts, `and ${count - conflicts.length} more`] : conflicts };
};

/** Rows whose version moved since they were compared, and in which a staged `before` no longer holds: key and slot. */
const movedValues = (db: Database, type: TypePlan, task: number): Value[][] => {
  const found: Value[][] = [];
  // An overwrite in place (HistoryPrecision) keeps the version: such types are looked at row by row.
  const moved = type.precision.size > 0 ? "" : "AND r.ValidFrom IS NOT c.Version";
  const page = db.prepare(
    `SELECT c.Id, c.ResourceId, c.Key, c.Changes FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'
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

/** Claims that name a resource which is to be deleted, and that the staged set does not know. */
const newClaims = (db: Database, link: LinkPlan, side: LinkSide, n: 1 | 2, task: number): Value[][] =>
  db.all(
    `SELECT l.Key1, l.Key2 FROM UR_ResourceChanges c CROSS JOIN UR_LinkKeys l
       ON l.Mapping = ${link.number} AND l.Key${n} = json_extract(c.Changes, '$.${side.slot}[0]') AND l.R${n}_Id = c.ResourceId
     WHERE c.TaskInstance = ? AND c.Command = 'delete' AND c.Type = ${side.type.number} AND NOT EXISTS (
       SELECT 1 FROM UR_LinkKeyChanges k WHERE k.TaskInstance = c.TaskInstance AND k.Mapping = l.Mapping AND k.Key1 = l.Key1 AND k.Key2 = l.Key2)`,
    task,
  );
