import type { Clock, TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import type { CheckStop, RepositoryPlan, SlotChanges } from "../../plan/index.js";
import type { Database, Statement } from "./database.js";
import { transactionTime } from "./sequence.js";

/**
 * Pages of staged rows are read by their row number: by the index of their task instance SQLite would sort all that is left of them for each page. Rows of other
 * instances, few as a rule, are passed over once.
 */
export const inOrderOfId = "NOT INDEXED";

/** Staged rows read at a time: nothing is written through a connection with an open scan (design §6, SQLite). */
const pageSize = 1_000;

/** Above so many new rows, and more than are stored, a second index is built anew instead of being fed in random order. */
const bulkRows = 100_000;

interface ChangeRow {
  readonly resource: number;
  readonly type: number;
  readonly key: string;
  readonly changes: SlotChanges;
}

const eachChange = (
  db: Database,
  task: number,
  command: "insert" | "update" | "delete",
  checkStop: CheckStop,
  visit: (row: ChangeRow) => void,
): void => {
  const page = db.prepare(
    `SELECT Id, ResourceId, Type, Key, Changes FROM UR_ResourceChanges ${inOrderOfId}
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
  deleteResources(db, task, by, now, checkStop);
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

/** Row by row: in one statement SQLite would collect the rows first, since it changes the index that finds them. */
const deleteResources = (db: Database, task: number, by: number, now: string, checkStop: CheckStop): void => {
  const close = db.prepare(`UPDATE UR_Resources SET ValidTo = '${now}', ClosedBy = ${by} WHERE Id = ? AND ValidTo = '${openEnd}'`);
  eachChange(db, task, "delete", checkStop, ({ resource }) => close.run(resource));
  db.exec(`INSERT OR REPLACE INTO UR_RetiredKeys (Type, Key, Id)
    SELECT Type, Key, ResourceId FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND Command = 'delete' ORDER BY Type, Key`);
};

/**
 * Writes the current row of a resource once more, as closed. Only slots that a property of its type was ever given are copied: the others hold nothing, and there are 153.
 */
const closedCopies = (db: Database, by: number, now: string): ((type: number, resource: number) => void) => {
  const copies = new Map<number, Statement>();
  return (type, resource) => {
    let copy = copies.get(type);
    if (copy === undefined) {
      const slots = db.all("SELECT DISTINCT Slot FROM UM_Properties WHERE EntityType = ?", type).map(([slot]) => String(slot));
      const copied = ["Id", "Type", "ValidFrom", "Dirty", "ChangedBy", ...slots].join(", ");
      copy = db.prepare(`INSERT INTO UR_Resources (${copied}, ValidTo, ClosedBy)
        SELECT ${copied}, '${now}', ${by} FROM UR_Resources WHERE Id = ? AND ValidTo = '${openEnd}'`);
      copies.set(type, copy);
    }
    copy.run(resource);
  };
};

/**
 * An update keeps the former row as a closed copy and changes the current one. Where all changed properties have a HistoryPrecision and
 * the version is younger than the smallest of them, the current row is overwritten and no version is made (connectors §2.8).
 * Both at once, row by row: in a pass of their own each would bring all pages that change into the cache again.
 */
const updateResources = (db: Database, plan: RepositoryPlan, task: number, by: number, now: string, checkStop: CheckStop): void => {
  const versionOf = db.prepare(`SELECT ValidFrom FROM UR_Resources WHERE Id = ? AND ValidTo = '${openEnd}'`);
  const isInPlace = (resource: number, type: number, slots: readonly string[]): boolean => {
    const precision = plan.typeByNumber.get(type)?.precision;
    if (precision === undefined || precision.size === 0) return false;
    const minutes = Math.min(...slots.map((slot) => precision.get(slot) ?? 0));
    const from = minutes > 0 ? versionOf.get(resource) : null;
    return from !== null && Date.parse(now) - Date.parse(String(from[0])) < minutes * 60_000;
  };
  const copy = closedCopies(db, by, now);
  eachChange(db, task, "update", checkStop, ({ resource, type, changes }) => {
    const slots = Object.keys(changes);
    const inPlace = isInPlace(resource, type, slots);
    if (!inPlace) copy(type, resource);
    // Slots come from our own staged rows, which staging writes from the compiled configuration only.
    const assignments = slots.map((slot) => `${slot} = ?`);
    if (!inPlace) assignments.push(`ValidFrom = '${now}'`, `ChangedBy = ${by}`);
    db.run(
      `UPDATE UR_Resources SET ${assignments.join(", ")} WHERE Id = ? AND ValidTo = '${openEnd}'`,
      ...slots.map((slot) => changes[slot]?.[1] ?? null),
      resource,
    );
  });
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
  const inserts = `FROM UR_ResourceLinkChanges WHERE TaskInstance = ${task} AND Command = 'insert'`;
  const added = db.count(`SELECT count(*) ${inserts}`);
  if (added === 0) return;
  withoutIndex(db, linksByR2, added, () =>
    db.exec(`INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
      SELECT Mapping, R1_Id, R2_Id, '${now}', '${openEnd}', ${by} ${inserts} ORDER BY Mapping, R1_Id, R2_Id`),
  );
};

const applyClaims = (db: Database, task: number): void => {
  const staged = `FROM UR_LinkKeyChanges c WHERE c.TaskInstance = ${task}`;
  db.exec(`DELETE FROM UR_LinkKeys WHERE (Mapping, Key1, Key2) IN (SELECT c.Mapping, c.Key1, c.Key2 ${staged} AND c.Command = 'remove')`);
  db.exec(`UPDATE UR_LinkKeys SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason ${staged} AND c.Command = 'resolve'
    AND UR_LinkKeys.Mapping = c.Mapping AND UR_LinkKeys.Key1 = c.Key1 AND UR_LinkKeys.Key2 = c.Key2`);
  const added = db.count(`SELECT count(*) ${staged} AND c.Command = 'add'`);
  if (added === 0) return;
  withoutIndex(db, claimsByKey2, added, () =>
    db.exec(`INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
      SELECT c.Mapping, c.Key1, c.Key2, c.R1_After, c.R2_After, c.Reason ${staged} AND c.Command = 'add' ORDER BY c.Mapping, c.Key1, c.Key2`),
  );
};

/** An index that a bulk of rows, which come in the order of their primary key, would feed at random: page after page would leave the cache, changed by a row each. */
interface SecondIndex {
  readonly name: string;
  readonly table: string;
  readonly columns: string;
}
export const claimsByKey2: SecondIndex = { name: "IX_UR_LinkKeys_Key2", table: "UR_LinkKeys", columns: "(Mapping, Key2)" };
export const linksByR2: SecondIndex = {
  name: "IX_UR_ResourceLinks_R2",
  table: "UR_ResourceLinks",
  columns: `(Mapping, R2_Id) WHERE ValidTo = '${openEnd}'`,
};

/** Runs `insert` of `added` rows in key order; a bulk of them with the second index taken away and sorted afterwards. */
export const withoutIndex = <T>(db: Database, { name, table, columns }: SecondIndex, added: number, insert: () => T): T => {
  const isBulk = added > bulkRows && added > db.count(`SELECT count(*) FROM ${table}`);
  if (isBulk) db.exec(`DROP INDEX ${name}`);
  const result = insert();
  if (isBulk) db.exec(`CREATE INDEX ${name} ON ${table} ${columns}`);
  return result;
};

/** Removes the staged or applied rows of a task instance. */
export const dropRows = (db: Database, task: number): void => {
  for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"]) {
    db.run(`DELETE FROM ${table} WHERE TaskInstance = ?`, task);
  }
};
