import { allSlots, type Clock, type Slot, type TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import type { CheckStop, RepositoryPlan, SlotChanges } from "../../plan/index.js";
import { equal } from "../equality.js";
import type { BulkColumn, Database, Value } from "./database.js";
import { transactionTime } from "./sequence.js";
import { clearTemporary, createTemporary, slotColumn, slotType } from "./temporary-tables.js";

/** Staged rows read, and sent back in columns, at a time: some 5 MB of JSON, three round trips. */
const pageSize = 5_000;

/** The tables of staged rows. */
const stagedTables = ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges"] as const;

const slots: ReadonlySet<string> = new Set(allSlots);

/** The slots that staged rows change, in the order of the table. Only what is a slot may become part of a statement. */
export const changedSlots = (rows: Iterable<{ readonly changes: SlotChanges }>): Slot[] => {
  const changed = new Set<string>();
  for (const { changes } of rows) for (const slot of Object.keys(changes)) changed.add(slot);
  for (const slot of changed) if (!slots.has(slot)) throw new Error(`a staged row names ${slot}, which is no slot`);
  return allSlots.filter((slot) => changed.has(slot));
};

/** The staged rows of one type and command: in one stretch of Ids, among which others may be. */
interface Stretch {
  readonly type: number;
  readonly first: number;
  readonly last: number;
}

const stretchesOf = async (db: Database, task: number, command: "insert" | "update"): Promise<Stretch[]> => {
  const rows = await db.all(
    `SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND Command = '${command}' GROUP BY Type`,
  );
  return rows
    .map(([type, first, last]) => ({ type: Number(type), first: Number(first), last: Number(last) }))
    .sort((a, b) => a.first - b.first);
};

interface StagedChange {
  readonly resource: number;
  readonly changes: SlotChanges;
  /** When the current version begins; null where it was not asked for. */
  readonly validFrom: string | null;
}

/** Visits the staged rows of a stretch page by page; between two pages nothing is being read. */
const eachPage = async (
  db: Database,
  task: number,
  command: "insert" | "update",
  { type, first, last }: Stretch,
  withVersion: boolean,
  checkStop: CheckStop,
  visit: (rows: readonly StagedChange[]) => Promise<void>,
): Promise<void> => {
  const version = withVersion ? "r.ValidFrom" : "NULL";
  const current = withVersion ? `LEFT JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '${openEnd}'` : "";
  for (let after = first - 1; ; ) {
    checkStop("applying");
    const rows = await db.all(
      `SELECT TOP (${pageSize}) c.Id, c.ResourceId, c.Changes, ${version} FROM UR_ResourceChanges c ${current}
       WHERE c.TaskInstance = ${task} AND c.Command = '${command}' AND c.Type = ${type} AND c.Id > ? AND c.Id <= ${last} ORDER BY c.Id`,
      after,
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    await visit(
      rows.map(([, resource, changes, validFrom]) => ({
        resource: Number(resource),
        changes: JSON.parse(String(changes)) as SlotChanges,
        validFrom: validFrom === null || validFrom === undefined ? null : String(validFrom),
      })),
    );
    if (rows.length < pageSize) return;
    after = Number(end[0]);
  }
};

/**
 * Applies the staged rows of one task instance; design §6, §7.1, §8. Runs inside the caller's transaction, once all of them are known to
 * fit. `task` owns the rows, `by` is the instance that versions and links name as the one that opened or closed them.
 * Gives the number of changes applied; `settleRows` says what becomes of the staged rows.
 */
export const applyStaged = async (
  db: Database,
  plan: RepositoryPlan,
  task: TaskInstanceId,
  by: TaskInstanceId,
  clock: Clock,
  checkStop: CheckStop,
): Promise<number> => {
  const now = await transactionTime(db, clock);
  const changes =
    (await db.count("SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = ?", task)) +
    (await db.count("SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = ?", task));
  // A look between two long statements, and a last one before the caller commits: until then a stop leaves nothing.
  const next = (): void => checkStop("applying");
  next();
  await deleteResources(db, task, by, now);
  next();
  for (const stretch of await stretchesOf(db, task, "update")) await updateResources(db, plan, task, by, now, stretch, checkStop);
  for (const stretch of await stretchesOf(db, task, "insert")) await insertResources(db, task, by, now, stretch, checkStop);
  await forgetRetired(db, task);
  next();
  await applyLinks(db, task, by, now);
  next();
  await applyClaims(db, task);
  next();
  return changes;
};

const deleteResources = async (db: Database, task: number, by: number, now: string): Promise<void> => {
  const deleted = `c.TaskInstance = ${task} AND c.Command = 'delete'`;
  const closed = await db.run(
    `UPDATE r SET ValidTo = '${now}', ClosedBy = ${by} FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
     WHERE ${deleted} AND r.ValidTo = '${openEnd}'`,
  );
  if (closed === 0) return;
  await db.run(
    `DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND ${equal("c.[Key]", "k.[Key]")} WHERE ${deleted}`,
  );
  await db.run(
    `INSERT INTO UR_RetiredKeys (Type, [Key], Id) SELECT c.Type, c.[Key], c.ResourceId FROM UR_ResourceChanges c WHERE ${deleted} ORDER BY c.Type, c.[Key]`,
  );
};

/** Columns that make up a version, but for those that the closed copy sets. */
const copied: readonly string[] = ["Id", "Type", "ValidFrom", "Dirty", "ChangedBy", ...allSlots];

/**
 * An update keeps the former row as a closed copy and changes the current one. Where all changed properties have a HistoryPrecision and
 * the version is younger than the smallest of them, the current row is overwritten and no version is made (connectors §2.8).
 */
const updateResources = async (
  db: Database,
  plan: RepositoryPlan,
  task: number,
  by: number,
  now: string,
  stretch: Stretch,
  checkStop: CheckStop,
): Promise<void> => {
  const type = plan.typeByNumber.get(stretch.type);
  const precision = type?.precision ?? new Map<string, number>();
  // Of one shape for all pages of the type, so that it is emptied between them and not made anew.
  const table = `#Change_${stretch.type}`;
  const known = new Set<string>([...(type?.slots ?? []), ...(type?.navigationSlots ?? [])]);
  const isInPlace = ({ changes, validFrom }: StagedChange): boolean => {
    const minutes = Math.min(...Object.keys(changes).map((slot) => precision.get(slot) ?? 0));
    return minutes > 0 && validFrom !== null && Date.parse(now) - Date.parse(validFrom) < minutes * 60_000;
  };
  await eachPage(db, task, "update", stretch, precision.size > 0, checkStop, async (rows) => {
    const changed = changedSlots(rows);
    // Mask: which of the page's slots a row changes, a digit each: a null may be what a slot is changed to.
    await createTemporary(db, table, [
      "Id bigint NOT NULL PRIMARY KEY",
      "IsInPlace int NOT NULL",
      "Mask varchar(160) NOT NULL",
      ...allSlots.filter((slot) => known.has(slot) || changed.includes(slot)).map((slot) => `${slot} ${slotType(slot)} NULL`),
    ]);
    await db.bulk(table, changeColumns(changed), changeRows(rows, changed, isInPlace));
    const current = `FROM UR_Resources r JOIN ${table} c ON c.Id = r.Id WHERE r.ValidTo = '${openEnd}'`;
    await db.run(
      `INSERT INTO UR_Resources (${copied.join(", ")}, ValidTo, ClosedBy)
       SELECT ${copied.map((column) => `r.${column}`).join(", ")}, '${now}', ${by} ${current} AND c.IsInPlace = 0`,
    );
    const assignments = changed.map(
      (slot, index) => `${slot} = CASE WHEN SUBSTRING(c.Mask, ${index + 1}, 1) = '1' THEN c.${slot} ELSE r.${slot} END`,
    );
    await db.run(
      `UPDATE r SET ${assignments.join(", ")}, ValidFrom = CASE WHEN c.IsInPlace = 0 THEN '${now}' ELSE r.ValidFrom END,
         ChangedBy = CASE WHEN c.IsInPlace = 0 THEN ${by} ELSE r.ChangedBy END ${current}`,
    );
  });
  await clearTemporary(db, table);
};

const changeColumns = (changed: readonly Slot[]): BulkColumn[] => [
  { name: "Id", type: "integer", required: true },
  { name: "IsInPlace", type: "int", required: true },
  { name: "Mask", type: "word", length: 160, required: true },
  ...changed.map((slot) => slotColumn(slot)),
];

const changeRows = function* (
  rows: readonly StagedChange[],
  changed: readonly Slot[],
  isInPlace: (row: StagedChange) => boolean,
): Generator<Value[]> {
  for (const row of rows) {
    const { resource, changes } = row;
    const mask = changed.map((slot) => (changes[slot] === undefined ? "0" : "1")).join("");
    yield [resource, Number(isInPlace(row)), mask, ...changed.map((slot) => changes[slot]?.[1] ?? null)];
  }
};

const insertResources = async (
  db: Database,
  task: number,
  by: number,
  now: string,
  stretch: Stretch,
  checkStop: CheckStop,
): Promise<void> =>
  eachPage(db, task, "insert", stretch, false, checkStop, async (rows) => {
    const changed = changedSlots(rows);
    const values = function* (): Generator<Value[]> {
      for (const { resource, changes } of rows) {
        yield [resource, stretch.type, now, openEnd, by, ...changed.map((slot) => changes[slot]?.[1] ?? null)];
      }
    };
    await db.bulk("UR_Resources", [...versionColumns, ...changed.map((slot) => slotColumn(slot))], values());
  });

/** Columns of a new version that are not slots, for a bulk load: Id, Type, ValidFrom, ValidTo, ChangedBy. */
export const versionColumns: readonly BulkColumn[] = [
  { name: "Id", type: "integer", required: true },
  { name: "Type", type: "int", required: true },
  { name: "ValidFrom", type: "time", required: true },
  { name: "ValidTo", type: "time", required: true },
  { name: "ChangedBy", type: "int" },
];

/** The keys of new resources are theirs again. */
const forgetRetired = async (db: Database, task: number): Promise<void> => {
  await db.run(
    `DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND ${equal("c.[Key]", "k.[Key]")}
     WHERE c.TaskInstance = ${task} AND c.Command = 'insert'`,
  );
};

const applyLinks = async (db: Database, task: number, by: number, now: string): Promise<void> => {
  await db.run(
    `UPDATE l SET ValidTo = '${now}', ClosedBy = ${by} FROM UR_ResourceLinks l
     JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
     WHERE c.TaskInstance = ${task} AND c.Command = 'delete' AND l.ValidTo = '${openEnd}'`,
  );
  await db.run(
    `INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
     SELECT Mapping, R1_Id, R2_Id, '${now}', '${openEnd}', ${by} FROM UR_ResourceLinkChanges
     WHERE TaskInstance = ${task} AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id`,
  );
};

const applyClaims = async (db: Database, task: number): Promise<void> => {
  const stored = `FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND ${equal("c.Key1", "l.Key1")} AND ${equal("c.Key2", "l.Key2")}
    WHERE c.TaskInstance = ${task}`;
  await db.run(`DELETE l ${stored} AND c.Command = 'remove'`);
  await db.run(`UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason ${stored} AND c.Command = 'resolve'`);
  await db.run(
    `INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
     SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
     WHERE TaskInstance = ${task} AND Command = 'add' ORDER BY Mapping, Key1, Key2`,
  );
};

/** Removes the staged or applied rows of a task instance. */
export const dropRows = async (db: Database, task: number): Promise<void> => {
  for (const table of stagedTables) await db.run(`DELETE FROM ${table} WHERE TaskInstance = ?`, task);
};

/** What becomes of rows that were applied: kept as such for SetRecentlyModifiedFlag, or removed. Rows that go are not written once more before. */
export const settleRows = async (db: Database, task: number, keepChanges: boolean): Promise<void> => {
  if (!keepChanges) return dropRows(db, task);
  for (const table of stagedTables) await db.run(`UPDATE ${table} SET State = 'applied' WHERE TaskInstance = ?`, task);
};
