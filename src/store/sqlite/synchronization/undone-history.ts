import type { SynchronizeCounters, TaskInstanceId } from "../../../model/index.js";
import { openEnd } from "../../open-end.js";
import { ConflictList, listedConflicts, notHeld, overwrittenInPlace, type RepositoryPlan, requireHeld } from "../../plan/index.js";
import type { Database, Value } from "./database.js";

/**
 * Collects what a task instance changed, from the history: `temp.Undone` one row a resource, with the end of the version before its first change and of the one after its last (null: there
 * is none, it was inserted or deleted), `temp.UndoneLink` one row a link. Both tables are read once as a whole: versions are not indexed by who made them.
 */
export const collectUndone = (db: Database, task: TaskInstanceId): void => {
  db.exec("DROP TABLE IF EXISTS temp.Undone");
  db.exec("DROP TABLE IF EXISTS temp.UndoneLink");
  db.exec("CREATE TEMP TABLE Undone (Id INTEGER PRIMARY KEY, Type INTEGER NOT NULL, BeforeEnd TEXT, AfterEnd TEXT)");
  db.exec(
    `CREATE TEMP TABLE UndoneLink (Mapping INTEGER, R1_Id INTEGER, R2_Id INTEGER, Opened INTEGER, PRIMARY KEY (Mapping, R1_Id, R2_Id, Opened)) WITHOUT ROWID`,
  );
  db.exec(
    `INSERT INTO temp.Undone (Id, Type, AfterEnd) SELECT Id, Type, ValidTo FROM UR_Resources WHERE ChangedBy = ${task} AND ClosedBy IS NOT ${task}`,
  );
  db.exec(`INSERT INTO temp.Undone (Id, Type, BeforeEnd) SELECT Id, Type, ValidTo FROM UR_Resources WHERE ClosedBy = ${task} AND ChangedBy IS NOT ${task}
    ON CONFLICT (Id) DO UPDATE SET BeforeEnd = excluded.BeforeEnd`);
  const link = "INSERT OR IGNORE INTO temp.UndoneLink SELECT Mapping, R1_Id, R2_Id";
  db.exec(`${link}, 1 FROM UR_ResourceLinks WHERE ChangedBy = ${task}`);
  db.exec(`${link}, 0 FROM UR_ResourceLinks WHERE ClosedBy = ${task}`);
};

/**
 * Rows that later runs changed and brought back to what this task instance left are as good as untouched: an undone run is no obstacle to undoing the one before it. Their current row takes
 * the place of the version that was left.
 */
const overlookWhatCameBack = (db: Database, plan: RepositoryPlan): void => {
  for (const type of plan.types.values()) {
    const slots = db.all("SELECT DISTINCT Slot FROM UM_Properties WHERE EntityType = ?", type.number).map(([slot]) => String(slot));
    const same = slots.map((slot) => ` AND a.${slot} IS n.${slot}`).join("");
    db.exec(`UPDATE temp.Undone SET AfterEnd = '${openEnd}' WHERE Type = ${type.number} AND AfterEnd <> '${openEnd}' AND EXISTS (
      SELECT 1 FROM UR_Resources a JOIN UR_Resources n ON n.Id = a.Id AND n.ValidTo = '${openEnd}' WHERE a.Id = Undone.Id AND a.ValidTo = Undone.AfterEnd${same})`);
  }
};

/** Versions that a task instance closed and followed by one of its own: what its counter of updates says, where nothing was overwritten in place. */
const updatesOf = (db: Database, task: number): number =>
  db.count(
    `SELECT count(*) FROM UR_Resources c JOIN UR_Resources o ON o.Id = c.Id AND o.ValidFrom = c.ValidTo
     WHERE c.ClosedBy = ? AND o.ChangedBy = c.ClosedBy`,
    task,
  );

/**
 * Refuses a task instance of which the history does not hold everything: its counters say how much that was. Missing is what was overwritten in place (HistoryPrecision, connectors §2.8) and
 * what was purged. Throws SYNC_UNDO_HISTORY.
 */
export const requireHistory = (db: Database, plan: RepositoryPlan, task: TaskInstanceId): void => {
  const row = db.get("SELECT Counters, EndDate FROM UJ_TaskInstances WHERE Id = ?", task);
  if (row?.[0] == null) throw notHeld(task, "because its record is gone");
  requireHeld(task, JSON.parse(String(row[0])) as SynchronizeCounters, {
    inserted: db.count("SELECT count(*) FROM temp.Undone WHERE BeforeEnd IS NULL"),
    updated: updatesOf(db, task),
    deleted: db.count("SELECT count(*) FROM temp.Undone WHERE AfterEnd IS NULL"),
    linksInserted: db.count("SELECT count(*) FROM temp.UndoneLink WHERE Opened = 1"),
    linksDeleted: db.count("SELECT count(*) FROM temp.UndoneLink WHERE Opened = 0"),
  });
  const later = laterInPlace(db, plan, task, String(row[1] ?? ""));
  if (later !== null) throw overwrittenInPlace(task, later);
};

/** A later task instance that may have overwritten versions of this one in place: nothing of that stands in them. What counts is when it began, since it applies before it ends. */
const laterInPlace = (db: Database, plan: RepositoryPlan, task: TaskInstanceId, ended: string): number | null => {
  const types = db.all("SELECT DISTINCT Type FROM temp.Undone WHERE AfterEnd IS NOT NULL").map(([type]) => Number(type));
  const minutes = types.flatMap((type) => [...(plan.typeByNumber.get(type)?.precision.values() ?? [])]);
  if (minutes.length === 0 || Number.isNaN(Date.parse(ended))) return null;
  const until = new Date(Date.parse(ended) + Math.max(...minutes) * 60_000).toISOString();
  const later = db.all(
    `SELECT t.Id, t.Counters FROM UJ_TaskInstances t WHERE t.Type = 'SynchronizeTask' AND t.State = 'Completed' AND t.EndDate >= ? AND (t.StartDate IS NULL OR t.StartDate <= ?) AND t.Id <> ?
       AND NOT EXISTS (SELECT 1 FROM UJ_TaskInstances v WHERE v.ValidationOf = t.Id AND v.State = 'Completed')`,
    ended,
    until,
    task,
  );
  for (const [id, counters] of later) {
    const updated = counters === null ? 0 : (JSON.parse(String(counters)) as Partial<SynchronizeCounters>).updated;
    if ((updated ?? 0) > updatesOf(db, Number(id))) return Number(id);
  }
  return null;
};

/** What later runs did to the rows of a task instance: with one of them it is not turned back. */
export class UndoConflicts {
  readonly #db: Database;
  readonly #plan: RepositoryPlan;
  readonly #list = new ConflictList();
  #named = 0;

  constructor(db: Database, plan: RepositoryPlan) {
    this.#db = db;
    this.#plan = plan;
  }

  add(text: string): void {
    this.#list.add([text]);
  }

  /** Looks for them in what `collectUndone` found. */
  look(): void {
    overlookWhatCameBack(this.#db, this.#plan);
    const changed = this.#db.prepare(
      `SELECT u.Type, u.Id, u.AfterEnd, r.ClosedBy FROM temp.Undone u JOIN UR_Resources r ON r.Id = u.Id AND r.ValidTo = u.AfterEnd
       WHERE u.AfterEnd <> '${openEnd}' AND u.Id > ? ORDER BY u.Id LIMIT 1000`,
    );
    this.#each(changed, ([type, id, end, by]) => `${this.#name(type, id, end)} was changed${this.#instance(by)}`);
    const back = this.#db.prepare(
      `SELECT u.Type, u.Id, u.BeforeEnd, r.ChangedBy FROM temp.Undone u JOIN UR_Resources r ON r.Id = u.Id AND r.ValidTo = '${openEnd}'
       WHERE u.AfterEnd IS NULL AND u.Id > ? ORDER BY u.Id LIMIT 1000`,
    );
    this.#each(back, ([type, id, end, by]) => `${this.#name(type, id, end)} came back${this.#instance(by)}`);
    const links = this.#db.all(
      `SELECT u.Mapping, u.R1_Id, u.R2_Id, u.Opened FROM temp.UndoneLink u WHERE (u.Opened = 1) <> EXISTS (
         SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = u.Mapping AND l.R1_Id = u.R1_Id AND l.R2_Id = u.R2_Id AND l.ValidTo = '${openEnd}')`,
    );
    for (const [mapping, r1, r2, opened] of links)
      this.add(`${this.linkName(mapping, r1, r2)} ${opened === 1 ? "was deleted" : "came back"} since`);
  }

  /** Throws SYNC_UNDO_CONFLICT where there are any. */
  refuse(taskInstance: TaskInstanceId): void {
    this.#list.refuse(taskInstance);
  }

  /** `the link Team_Members T1 – P1`. */
  linkName(mapping: Value | undefined, r1: Value | undefined, r2: Value | undefined): string {
    const link = this.#plan.links.find(({ number }) => number === Number(mapping));
    return `the link ${link?.mapping.identifier ?? `mapping ${String(mapping)}`} ${this.#keyOf(r1)} – ${this.#keyOf(r2)}`;
  }

  #each(page: ReturnType<Database["prepare"]>, text: (row: Value[]) => string): void {
    for (let after: Value = 0; ; ) {
      const rows = page.all(after);
      for (const row of rows) this.add(this.#named++ < listedConflicts ? text(row) : "");
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last[1] ?? null;
    }
  }

  #name(type: Value | undefined, id: Value | undefined, end: Value | undefined): string {
    const of = this.#plan.typeByNumber.get(Number(type));
    const slot = of?.slots[0];
    const key =
      slot === undefined ? null : this.#db.get(`SELECT ${slot} FROM UR_Resources WHERE Id = ? AND ValidTo = ?`, id ?? null, end ?? null);
    return `${of?.identifier ?? "resource"} ${String(key?.[0] ?? id)}`;
  }

  #keyOf(id: Value | undefined): string {
    const row = this.#db.get("SELECT Type, ValidTo FROM UR_Resources WHERE Id = ? ORDER BY ValidTo DESC LIMIT 1", id ?? null);
    const slot = this.#plan.typeByNumber.get(Number(row?.[0]))?.slots[0];
    if (row === null || slot === undefined) return String(id);
    return String(this.#db.get(`SELECT ${slot} FROM UR_Resources WHERE Id = ? AND ValidTo = ?`, id ?? null, row[1] ?? null)?.[0] ?? id);
  }

  #instance(task: Value | undefined): string {
    const instance = this.#db.get("SELECT JobInstance FROM UJ_TaskInstances WHERE Id = ?", task ?? null)?.[0];
    return instance == null ? " since" : ` by instance ${String(instance)}`;
  }
}
