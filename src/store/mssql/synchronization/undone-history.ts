import { allSlots, type SynchronizeCounters, type TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import { ConflictList, listedConflicts, notHeld, overwrittenInPlace, type RepositoryPlan, requireHeld } from "../../plan/index.js";
import { numberDiffers, same } from "../equality.js";
import type { Database, Value } from "./database.js";
import { columnTypes, createTemporary, slotLength } from "./temporary-tables.js";

/**
 * Collects what a task instance changed, from the history: `#Undone` one row a resource, with the end of the version before its first change and of the one after its last (null: there
 * is none, it was inserted or deleted), `#UndoneLink` one row a link. Both tables are read once as a whole: versions are not indexed by who made them.
 */
export const collectUndone = async (db: Database, task: TaskInstanceId): Promise<void> => {
  await createTemporary(db, "#Undone", [
    "Id bigint NOT NULL PRIMARY KEY",
    "Type int NOT NULL",
    `BeforeEnd ${columnTypes.time} NULL`,
    `AfterEnd ${columnTypes.time} NULL`,
  ]);
  await createTemporary(db, "#UndoneLink", [
    "Mapping bigint NOT NULL",
    "R1_Id bigint NOT NULL",
    "R2_Id bigint NOT NULL",
    "Opened int NOT NULL",
  ]);
  const isClosed = `r.ClosedBy = ${task} AND (r.ChangedBy IS NULL OR r.ChangedBy <> ${task})`;
  await db.run(
    `INSERT INTO #Undone (Id, Type, AfterEnd) SELECT r.Id, r.Type, r.ValidTo FROM UR_Resources r
     WHERE r.ChangedBy = ${task} AND (r.ClosedBy IS NULL OR r.ClosedBy <> ${task})`,
  );
  await db.run(`UPDATE u SET BeforeEnd = r.ValidTo FROM #Undone u JOIN UR_Resources r ON r.Id = u.Id WHERE ${isClosed}`);
  await db.run(
    `INSERT INTO #Undone (Id, Type, BeforeEnd) SELECT r.Id, r.Type, r.ValidTo FROM UR_Resources r
     WHERE ${isClosed} AND NOT EXISTS (SELECT 1 FROM #Undone u WHERE u.Id = r.Id)`,
  );
  const link = "INSERT INTO #UndoneLink (Mapping, R1_Id, R2_Id, Opened) SELECT DISTINCT Mapping, R1_Id, R2_Id";
  await db.run(`${link}, 1 FROM UR_ResourceLinks WHERE ChangedBy = ${task}`);
  await db.run(`${link}, 0 FROM UR_ResourceLinks WHERE ClosedBy = ${task}`);
};

/**
 * Rows that later runs changed and brought back to what this task instance left are as good as untouched: an undone run is no obstacle to undoing the one before it. Their current row takes
 * the place of the version that was left.
 */
const overlookWhatCameBack = async (db: Database, plan: RepositoryPlan): Promise<void> => {
  for (const { number } of plan.types.values()) {
    const recorded = new Set(
      (await db.all(`SELECT DISTINCT Slot FROM UM_Properties WHERE EntityType = ${number}`)).map(([slot]) => String(slot)),
    );
    const unchanged = allSlots
      .filter((slot) => recorded.has(slot))
      .map((slot) => (slotLength(slot) === null ? `NOT ${numberDiffers(`a.${slot}`, `n.${slot}`)}` : same(`a.${slot}`, `n.${slot}`)));
    await db.run(
      `UPDATE u SET AfterEnd = '${openEnd}' FROM #Undone u JOIN UR_Resources a ON a.Id = u.Id AND a.ValidTo = u.AfterEnd
       JOIN UR_Resources n ON n.Id = u.Id AND n.ValidTo = '${openEnd}'
       WHERE ${[`u.Type = ${number}`, `u.AfterEnd <> '${openEnd}'`, ...unchanged].join(" AND ")}`,
    );
  }
};

/** Versions that a task instance closed and followed by one of its own: what its counter of updates says, where nothing was overwritten in place. */
const updatesOf = (db: Database, task: number): Promise<number> =>
  db.count(
    `SELECT COUNT(*) FROM UR_Resources c JOIN UR_Resources o ON o.Id = c.Id AND o.ValidFrom = c.ValidTo
     WHERE c.ClosedBy = ${task} AND o.ChangedBy = ${task}`,
  );

/**
 * Refuses a task instance of which the history does not hold everything: its counters say how much that was. Missing is what was overwritten in place (HistoryPrecision, connectors §2.8) and
 * what was purged. Throws SYNC_UNDO_HISTORY.
 */
export const requireHistory = async (db: Database, plan: RepositoryPlan, task: TaskInstanceId): Promise<void> => {
  const row = await db.get("SELECT Counters, EndDate FROM UJ_TaskInstances WHERE Id = ?", task);
  if (row?.[0] === null || row?.[0] === undefined) throw notHeld(task, "because its record is gone");
  requireHeld(task, JSON.parse(String(row[0])) as SynchronizeCounters, {
    inserted: await db.count("SELECT COUNT(*) FROM #Undone WHERE BeforeEnd IS NULL"),
    updated: await updatesOf(db, task),
    deleted: await db.count("SELECT COUNT(*) FROM #Undone WHERE AfterEnd IS NULL"),
    linksInserted: await db.count("SELECT COUNT(*) FROM #UndoneLink WHERE Opened = 1"),
    linksDeleted: await db.count("SELECT COUNT(*) FROM #UndoneLink WHERE Opened = 0"),
  });
  const later = await laterInPlace(db, plan, task, String(row[1] ?? ""));
  if (later !== null) throw overwrittenInPlace(task, later);
};

/** A later task instance that may have overwritten versions of this one in place: nothing of that stands in them. */
const laterInPlace = async (db: Database, plan: RepositoryPlan, task: TaskInstanceId, ended: string): Promise<number | null> => {
  const types = (await db.all("SELECT DISTINCT Type FROM #Undone WHERE AfterEnd IS NOT NULL")).map(([type]) => Number(type));
  const minutes = types.flatMap((type) => [...(plan.typeByNumber.get(type)?.precision.values() ?? [])]);
  if (minutes.length === 0 || Number.isNaN(Date.parse(ended))) return null;
  const until = new Date(Date.parse(ended) + Math.max(...minutes) * 60_000).toISOString();
  const later = await db.all(
    `SELECT t.Id, t.Counters FROM UJ_TaskInstances t WHERE t.Type = 'SynchronizeTask' AND t.State = 'Completed' AND t.EndDate >= ? AND (t.StartDate IS NULL OR t.StartDate <= ?) AND t.Id <> ?
       AND NOT EXISTS (SELECT 1 FROM UJ_TaskInstances v WHERE v.ValidationOf = t.Id AND v.State = 'Completed') ORDER BY t.Id`,
    ended,
    until,
    task,
  );
  for (const [id, counters] of later) {
    const updated = counters === null ? 0 : (JSON.parse(String(counters)) as Partial<SynchronizeCounters>).updated;
    if ((updated ?? 0) > (await updatesOf(db, Number(id)))) return Number(id);
  }
  return null;
};

/** What later runs did to the rows of a task instance: with one of them it is not turned back. */
export class UndoConflicts {
  readonly #db: Database;
  readonly #plan: RepositoryPlan;
  readonly #list = new ConflictList();

  constructor(db: Database, plan: RepositoryPlan) {
    this.#db = db;
    this.#plan = plan;
  }

  add(text: string): void {
    this.#list.add([text]);
  }

  /** Adds what a query gives, from its `FROM` on: the first rows in `order` by name, all of them counted. */
  async find(columns: string, from: string, order: string, text: (row: Value[]) => Promise<string>): Promise<void> {
    const rows = await this.#db.all(`SELECT TOP (${listedConflicts}) ${columns} ${from} ORDER BY ${order}`);
    const names: string[] = [];
    for (const row of rows) names.push(await text(row));
    this.#list.add(names, rows.length < listedConflicts ? rows.length : await this.#db.count(`SELECT COUNT(*) ${from}`));
  }

  /** Looks for them in what `collectUndone` found. */
  async look(): Promise<void> {
    await overlookWhatCameBack(this.#db, this.#plan);
    await this.find(
      "u.Type, u.Id, u.AfterEnd, r.ClosedBy",
      `FROM #Undone u JOIN UR_Resources r ON r.Id = u.Id AND r.ValidTo = u.AfterEnd WHERE u.AfterEnd <> '${openEnd}'`,
      "u.Id",
      async ([type, id, end, by]) => `${await this.#name(type, id, end)} was changed${await this.#instance(by)}`,
    );
    await this.find(
      "u.Type, u.Id, u.BeforeEnd, r.ChangedBy",
      `FROM #Undone u JOIN UR_Resources r ON r.Id = u.Id AND r.ValidTo = '${openEnd}' WHERE u.AfterEnd IS NULL`,
      "u.Id",
      async ([type, id, end, by]) => `${await this.#name(type, id, end)} came back${await this.#instance(by)}`,
    );
    const open = `EXISTS (SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = u.Mapping AND l.R1_Id = u.R1_Id AND l.R2_Id = u.R2_Id AND l.ValidTo = '${openEnd}')`;
    await this.find(
      "u.Mapping, u.R1_Id, u.R2_Id, u.Opened",
      `FROM #UndoneLink u WHERE (u.Opened = 1 AND NOT ${open}) OR (u.Opened = 0 AND ${open})`,
      "u.Mapping, u.R1_Id, u.R2_Id, u.Opened",
      async ([mapping, r1, r2, opened]) =>
        `${await this.linkName(mapping, r1, r2)} ${Number(opened) === 1 ? "was deleted" : "came back"} since`,
    );
  }

  /** Throws SYNC_UNDO_CONFLICT where there are any. */
  refuse(taskInstance: TaskInstanceId): void {
    this.#list.refuse(taskInstance);
  }

  /** `the link Team_Members T1 – P1`. */
  async linkName(mapping: Value | undefined, r1: Value | undefined, r2: Value | undefined): Promise<string> {
    const link = this.#plan.links.find(({ number }) => number === Number(mapping));
    return `the link ${link?.mapping.identifier ?? `mapping ${String(mapping)}`} ${await this.#keyOf(r1)} – ${await this.#keyOf(r2)}`;
  }

  async #name(type: Value | undefined, id: Value | undefined, end: Value | undefined): Promise<string> {
    const of = this.#plan.typeByNumber.get(Number(type));
    const slot = of?.slots[0];
    const key =
      slot === undefined
        ? null
        : await this.#db.get(`SELECT ${slot} FROM UR_Resources WHERE Id = ? AND ValidTo = ?`, Number(id), end ?? null);
    return `${of?.identifier ?? "resource"} ${String(key?.[0] ?? id)}`;
  }

  async #keyOf(id: Value | undefined): Promise<string> {
    const row = await this.#db.get("SELECT TOP (1) Type, ValidTo FROM UR_Resources WHERE Id = ? ORDER BY ValidTo DESC", Number(id));
    const slot = this.#plan.typeByNumber.get(Number(row?.[0]))?.slots[0];
    if (row === null || slot === undefined) return String(id);
    const key = await this.#db.get(`SELECT ${slot} FROM UR_Resources WHERE Id = ? AND ValidTo = ?`, Number(id), row[1] ?? null);
    return String(key?.[0] ?? id);
  }

  async #instance(task: Value | undefined): Promise<string> {
    if (task === null || task === undefined) return " since";
    const instance = (await this.#db.get("SELECT JobInstance FROM UJ_TaskInstances WHERE Id = ?", Number(task)))?.[0];
    return instance === null || instance === undefined ? " since" : ` by instance ${String(instance)}`;
  }
}
