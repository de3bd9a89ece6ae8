import { allSlots, type Clock, type TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import type { CheckStop, RepositoryPlan, SlotChanges } from "../../plan/index.js";
import type { Database } from "./database.js";
import { transactionTime } from "./sequence.js";

/** Staged rows read at a time: nothing is written through a connection with an open scan (design §6, SQLite). */
const pageSize = 1_000;

/** Above so many new claims, and more than are stored, the second index is built anew instead of being fed in random order. */
const bulkClaims = 100_000;

interface ChangeRow {
  readonly resource: number;
  readonly type: number;
  readonly key: string;
  readonly changes: SlotChanges;
}

const eachChange = (
  db: Database,
  task: number,
  command: "insert" | "update",
  checkStop: CheckStop,
  visit: (row: ChangeRow) => void,
): void => {
  const page = db.prepare(
    `SELECT Id, ResourceId, Type, Key, Changes FROM UR_ResourceChanges
     WHERE TaskInstance = ${task} AND Command = '${command}' AND Id > ? ORDER BY Id LIMIT ${pageSize}`,
  );
  for (let after = 0; ; ) {
    checkStop("applying");
    const rows = page.all(after);
    for (const [, resource, type, key, changes] of rows) {
      visit({ resource: Number(resource), type: Number(type), key: String(key), changes: JSON.parse(String(changes)) as SlotChanges });
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last[0]);
  }
};

/**
 * Applies the staged rows of one task instance; design §6, §7.1, §8. Runs inside the caller's transaction, once all of them are known to
 * fit. `task` owns the rows, `by` is the instance that versions and links name as the one that opened or closed them.
 * Gives the number of changes applied.
 */
export const applyStaged = (
  db: Database,
  plan: RepositoryPlan,
  task: TaskInstanceId,
  by: TaskInstanceId,
  clock: Clock,
  checkStop: CheckStop,
): number => {
  const now = transactionTime(db, clock);
  const changes =
    db.count("SELECT count(*) FROM UR_ResourceChanges WHERE TaskInstance = ?", task) +
    db.count("SELECT count(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ?", task);
  // A look between two long statements, and a last one before the caller commits: until then a stop leaves nothing.
  const next = (): void => checkStop("applying");
  next();
  deleteResources(db, task, by, now);
  next();
  updateResources(db, plan, task, by, now, checkStop);
  insertResources(db, task, by, now, checkStop);
  next();
  applyLinks(db, task, by, now);
  next();
  applyClaims(db, task);
  next();
  for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"]) {
    db.run(`UPDATE ${table} SET State = 'applied' WHERE TaskInstance = ?`, task);
  }
  return changes;
};

const deleteResources = (db: Database, task: number, by: number, now: string): void => {
  const deleted = `FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND Command = 'delete'`;
  db.exec(
    `UPDATE UR_Resources SET ValidTo = '${now}', ClosedBy = ${by} WHERE ValidTo = '${openEnd}' AND Id IN (SELECT ResourceId ${deleted})`,
  );
  db.exec(`INSERT OR REPLACE INTO UR_RetiredKeys (Type, Key, Id) SELECT Type, Key, ResourceId ${deleted} ORDER BY Type, Key`);
};

/** Columns that make up a version, but for those that the closed copy sets. */
const copied = ["Id", "Type", "ValidFrom", "Dirty", "ChangedBy", ...allSlots].join(", ");

/**
 * An update keeps the former row as a closed copy and changes the current one. Where all changed properties have a HistoryPrecision and
 * the version is younger than the smallest of them, the current row is overwritten and no version is made (connectors §2.8).
 */
const updateResources = (db: Database, plan: RepositoryPlan, task: number, by: number, now: string, checkStop: CheckStop): void => {
  db.exec("DROP TABLE IF EXISTS temp.InPlace");
  db.exec("CREATE TEMP TABLE InPlace (Id INTEGER PRIMARY KEY)");
  if ([...plan.types.values()].some((type) => type.precision.size > 0)) {
    const mark = db.prepare("INSERT INTO temp.InPlace (Id) VALUES (?)");
    const versionOf = db.prepare(`SELECT ValidFrom FROM UR_Resources WHERE Id = ? AND ValidTo = '${openEnd}'`);
    eachChange(db, task, "update", checkStop, ({ resource, type, changes }) => {
      const precision = plan.typeByNumber.get(type)?.precision;
      const minutes = Math.min(...Object.keys(changes).map((slot) => precision?.get(slot) ?? 0));
      const from = minutes > 0 ? versionOf.get(resource) : null;
      if (from !== null && Date.parse(now) - Date.parse(String(from[0])) < minutes * 60_000) mark.run(resource);
    });
  }
  db.exec(`INSERT INTO UR_Resources (${copied}, ValidTo, ClosedBy)
    SELECT ${copied}, '${now}', ${by} FROM UR_Resources WHERE ValidTo = '${openEnd}' AND Id IN (
      SELECT ResourceId FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND Command = 'update' AND ResourceId NOT IN (SELECT Id FROM temp.InPlace))`);
  eachChange(db, task, "update", checkStop, ({ resource, changes }) => {
    const slots = Object.keys(changes);
    // Slots come from our own staged rows, which staging writes from the compiled configuration only.
    db.run(
      `UPDATE UR_Resources SET ${slots.map((slot) => `${slot} = ?`).join(", ")} WHERE Id = ? AND ValidTo = '${openEnd}'`,
      ...slots.map((slot) => changes[slot]?.[1] ?? null),
      resource,
    );
  });
  db.exec(`UPDATE UR_Resources SET ValidFrom = '${now}', ChangedBy = ${by} WHERE ValidTo = '${openEnd}' AND Id IN (
    SELECT ResourceId FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND Command = 'update' AND ResourceId NOT IN (SELECT Id FROM temp.InPlace))`);
};

const insertResources = (db: Database, task: number, by: number, now: string, checkStop: CheckStop): void => {
  const forget = db.prepare("DELETE FROM UR_RetiredKeys WHERE Type = ? AND Key = ?");
  const anyRetired = db.get("SELECT 1 FROM UR_RetiredKeys LIMIT 1") !== null;
  eachChange(db, task, "insert", checkStop, ({ resource, type, key, changes }) => {
    const slots = Object.keys(changes);
    db.run(
      `INSERT INTO UR_Resources (Id, Type, ValidFrom, ValidTo, ChangedBy, ${slots.join(", ")}) VALUES (?, ?, ?, '${openEnd}', ?, ${slots.map(() => "?").join(", ")})`,
      resource,
      type,
      now,
      by,
      ...slots.map((slot) => changes[slot]?.[1] ?? null),
    );
    if (anyRetired) forget.run(type, key);
  });
};

const applyLinks = (db: Database, task: number, by: number, now: string): void => {
  db.exec(`UPDATE UR_ResourceLinks SET ValidTo = '${now}', ClosedBy = ${by} FROM UR_ResourceLinkChanges c
    WHERE c.TaskInstance = ${task} AND c.Command = 'delete' AND UR_ResourceLinks.Mapping = c.Mapping
      AND UR_ResourceLinks.R1_Id = c.R1_Id AND UR_ResourceLinks.R2_Id = c.R2_Id AND UR_ResourceLinks.ValidTo = '${openEnd}'`);
  db.exec(`INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
    SELECT Mapping, R1_Id, R2_Id, '${now}', '${openEnd}', ${by} FROM UR_ResourceLinkChanges
    WHERE TaskInstance = ${task} AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id`);
};

const applyClaims = (db: Database, task: number): void => {
  const staged = `FROM UR_LinkKeyChanges c WHERE c.TaskInstance = ${task}`;
  db.exec(`DELETE FROM UR_LinkKeys WHERE (Mapping, Key1, Key2) IN (SELECT c.Mapping, c.Key1, c.Key2 ${staged} AND c.Command = 'remove')`);
  db.exec(`UPDATE UR_LinkKeys SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason ${staged} AND c.Command = 'resolve'
    AND UR_LinkKeys.Mapping = c.Mapping AND UR_LinkKeys.Key1 = c.Key1 AND UR_LinkKeys.Key2 = c.Key2`);
  const added = db.count(`SELECT count(*) ${staged} AND c.Command = 'add'`);
  if (added === 0) return;
  withoutSecondIndex(db, added, () =>
    db.exec(`INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
      SELECT c.Mapping, c.Key1, c.Key2, c.R1_After, c.R2_After, c.Reason ${staged} AND c.Command = 'add' ORDER BY c.Mapping, c.Key1, c.Key2`),
  );
};

/** Runs `insert` of `added` claims in key order; a bulk of them with the index by key 2 taken away and sorted afterwards. */
export const withoutSecondIndex = (db: Database, added: number, insert: () => void): void => {
  const isBulk = added > bulkClaims && added > db.count("SELECT count(*) FROM UR_LinkKeys");
  if (isBulk) db.exec("DROP INDEX IX_UR_LinkKeys_Key2");
  insert();
  if (isBulk) db.exec("CREATE INDEX IX_UR_LinkKeys_Key2 ON UR_LinkKeys (Mapping, Key2)");
};

/** Removes the staged or applied rows of a task instance. */
export const dropRows = (db: Database, task: number): void => {
  for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"]) {
    db.run(`DELETE FROM ${table} WHERE TaskInstance = ?`, task);
  }
};
