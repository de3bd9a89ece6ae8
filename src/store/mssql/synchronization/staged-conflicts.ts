import type { Slot } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import type { RepositoryPlan, SlotChanges, TypePlan } from "../../plan/index.js";
import { differs, equal, numberDiffers } from "../equality.js";
import { changedSlots } from "./apply.js";
import type { Database, Value } from "./database.js";
import { currentRows } from "./key-index.js";
import { prepareTouched, resolveTouched, touchByKeys } from "./link-resolution.js";
import { restoreKeyMoved } from "./staging.js";

/** Conflicts listed by name; the rest is counted. */
const listed = 20;

/** Staged rows read at a time. */
const pageSize = 5_000;

export interface Conflicts {
  readonly count: number;
  readonly conflicts: readonly string[];
}

/** What was found of one kind: how many, and the first of them. */
interface Found {
  readonly count: number;
  readonly rows: readonly Value[][];
}

/** Runs a query from its `FROM` on: the first rows in `order`, and the number of all of them where there are more. */
const find = async (db: Database, columns: string, from: string, order: string): Promise<Found> => {
  const rows = await db.all(`SELECT TOP (${listed}) ${columns} ${from} ORDER BY ${order}`);
  return { rows, count: rows.length < listed ? rows.length : await db.count(`SELECT COUNT(*) ${from}`) };
};

/**
 * Holds the staged set of a task instance against the repository as it is now (design §8, resume): a `before` that no longer holds, a resource or link
 * that came or went since. Nothing is written.
 */
export const findConflicts = async (db: Database, plan: RepositoryPlan, task: number): Promise<Conflicts> => {
  const conflicts: string[] = [];
  let count = 0;
  const add = (found: Found, text: (row: Value[]) => string): void => {
    count += found.count;
    for (const row of found.rows) if (conflicts.length < listed) conflicts.push(text(row));
  };
  const staged = `c.TaskInstance = ${task}`;
  for (const type of plan.types.values()) {
    const [keySlot] = type.slots;
    const ofType = `FROM UR_ResourceChanges c WHERE ${staged} AND c.Type = ${type.number}`;
    if (keySlot !== undefined) {
      const came = `EXISTS (SELECT 1 FROM UR_Resources r WHERE ${currentRows(type, "r.")} AND ${equal(`r.${keySlot}`, "c.[Key]")})
        OR EXISTS (SELECT 1 FROM UR_RetiredKeys k WHERE k.Type = c.Type AND ${equal("k.[Key]", "c.[Key]")} AND k.Id <> c.ResourceId)`;
      add(
        await find(db, "c.[Key]", `${ofType} AND c.Command = 'insert' AND (${came})`, "c.Id"),
        ([key]) => `${type.identifier} ${key} was to be inserted and came meanwhile`,
      );
    }
    add(
      await find(
        db,
        "c.[Key]",
        `${ofType} AND c.Command <> 'insert' AND NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = c.ResourceId AND r.ValidTo = '${openEnd}')`,
        "c.Id",
      ),
      ([key]) => `${type.identifier} ${key} went meanwhile`,
    );
    add(await movedValues(db, type, task), ([key, slot]) => `${type.identifier} ${key}: ${slot} is no longer what it was when compared`);
  }
  const open = `EXISTS (SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = c.Mapping AND l.R1_Id = c.R1_Id AND l.R2_Id = c.R2_Id AND l.ValidTo = '${openEnd}')`;
  add(
    await find(
      db,
      "c.Key1, c.Key2, c.Command",
      `FROM UR_ResourceLinkChanges c WHERE ${staged} AND ((c.Command = 'delete' AND NOT ${open}) OR (c.Command <> 'delete' AND ${open}))`,
      "c.Id",
    ),
    ([key1, key2, command]) =>
      `the link ${key1} – ${key2} was to be ${command === "delete" ? "deleted and went" : "inserted and came"} meanwhile`,
  );
  add(
    await find(
      db,
      "c.Key1, c.Key2",
      `FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND ${equal("l.Key1", "c.Key1")} AND ${equal("l.Key2", "c.Key2")}
       WHERE ${staged} AND ((c.Command = 'add' AND l.Mapping IS NOT NULL) OR (c.Command <> 'add' AND l.Mapping IS NULL)
         OR ${numberDiffers("l.R1_Id", "c.R1_Before")} OR ${numberDiffers("l.R2_Id", "c.R2_Before")})`,
      "c.Id",
    ),
    ([key1, key2]) => `what the source said of ${key1} – ${key2} changed meanwhile`,
  );
  add(await movedLinks(db, plan, task), ([key1, key2, isNew]) =>
    Number(isNew) === 1
      ? `the link ${key1} – ${key2} came meanwhile to a resource that is to be deleted or to lose this key`
      : `the link ${key1} – ${key2} names another resource by now, or none`,
  );
  return { count, conflicts: count > conflicts.length ? [...conflicts, `and ${count - conflicts.length} more`] : conflicts };
};

/** A navigation kept in a C column comes back as text. */
const text = (value: Value | undefined): string | null => (value === null || value === undefined ? null : String(value));

/** Rows whose version moved since they were compared, and in which a staged `before` no longer holds: key and slot. */
const movedValues = async (db: Database, type: TypePlan, task: number): Promise<Found> => {
  const found: Value[][] = [];
  let count = 0;
  // An overwrite in place (HistoryPrecision) keeps the version: such types are looked at row by row.
  const moved = type.precision.size > 0 ? "" : `AND ${differs("r.ValidFrom", "c.Version")}`;
  const from = `FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'
    WHERE c.TaskInstance = ${task} AND c.Command <> 'insert' AND c.Type = ${type.number} ${moved} AND c.Id > ?`;
  for (let after = 0; ; ) {
    const rows = await db.all(`SELECT TOP (${pageSize}) c.Id, c.[Key], c.Changes ${from} ORDER BY c.Id`, after);
    const last = Number(rows.at(-1)?.[0] ?? 0);
    if (last === 0) return { count, rows: found };
    const staged = rows.map(([id, key, json]) => ({ id: Number(id), key: key ?? null, changes: JSON.parse(String(json)) as SlotChanges }));
    const slots = changedSlots(staged);
    const current = await currentValues(db, `${from} AND c.Id <= ${last}`, slots, after);
    for (const { id, key, changes } of staged) {
      const values = current.get(id);
      const slot = slots.find((name, index) => {
        const change = changes[name];
        return change !== undefined && text(values?.[index]) !== text(change[0]);
      });
      if (slot === undefined) continue;
      count++;
      if (found.length < listed) found.push([key, slot]);
    }
    after = last;
  }
};

/** The slots of a page's current rows, by the Id of the staged row. */
const currentValues = async (db: Database, from: string, slots: readonly Slot[], after: number): Promise<Map<number, Value[]>> => {
  const rows = slots.length === 0 ? [] : await db.all(`SELECT c.Id, ${slots.map((slot) => `r.${slot}`).join(", ")} ${from}`, after);
  return new Map(rows.map(([id, ...values]) => [Number(id), values]));
};

/**
 * Links that the staged set makes, or that are there and that it leaves alone, whose keys would name other resources once it is applied: another connector
 * moved a look-up key since, or said a link of a resource that is to go or to be renamed. `Before1` and `Before2` of #Touched hold what is expected here.
 * Gives both keys, and 1 where the link came since and its resource is to go.
 */
const movedLinks = async (db: Database, plan: RepositoryPlan, task: number): Promise<Found> => {
  await restoreKeyMoved(db, plan, task);
  await prepareTouched(db);
  await db.run(
    `INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
     SELECT Mapping, Key1, Key2, CASE WHEN Command = 'add' THEN 0 ELSE 1 END, CASE WHEN Command = 'remove' THEN 0 ELSE 1 END, 1, R1_After, R2_After
     FROM UR_LinkKeyChanges WHERE TaskInstance = ${task}`,
  );
  await touchByKeys(db, plan);
  for (const link of plan.links) await resolveTouched(db, link);
  return find(
    db,
    "Key1, Key2, CASE WHEN FromFile = 0 AND (After1 IS NULL OR After2 IS NULL) THEN 1 ELSE 0 END",
    `FROM #Touched WHERE Wanted = 1 AND Before1 IS NOT NULL AND Before2 IS NOT NULL
       AND (${numberDiffers("Before1", "After1")} OR ${numberDiffers("Before2", "After2")})`,
    "Mapping, Key1, Key2",
  );
};
