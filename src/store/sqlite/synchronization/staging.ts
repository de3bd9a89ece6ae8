import type { Slot, TaskInstanceId } from "../../../model/index.js";
import {
  currentRows,
  movedKeys,
  type RepositoryPlan,
  type SlotChanges,
  type StagedNavigation,
  slotChanges,
  type TypePlan,
} from "../../plan/index.js";
import type { Database, Statement } from "./database.js";
import { keepNumber, lastNumber } from "./sequence.js";

interface StagedRow {
  readonly id: number;
  readonly command: "insert" | "update" | "delete";
  readonly changes: SlotChanges;
}

/** Id of a resource, and where its current version begins. */
export type CurrentVersion = readonly [number, string];

const prepareKeyMoved = (db: Database): void =>
  db.exec(`
    DROP TABLE IF EXISTS temp.KeyMoved;
    CREATE TEMP TABLE KeyMoved (Type INTEGER, Slot TEXT, Key TEXT, Id INTEGER, Added INTEGER, PRIMARY KEY (Type, Slot, Key, Id, Added)) WITHOUT ROWID`);

/** Fills KeyMoved with the look-up keys that come and go with a staged set made earlier. */
export const restoreKeyMoved = (db: Database, plan: RepositoryPlan, task: number): void => {
  prepareKeyMoved(db);
  for (const type of plan.types.values()) {
    for (const slot of type.lookupSlots) {
      for (const added of [0, 1]) {
        const key = `json_extract(Changes, '$.${slot}[${added}]')`;
        db.exec(`INSERT OR IGNORE INTO temp.KeyMoved (Type, Slot, Key, Id, Added) SELECT Type, '${slot}', ${key}, ResourceId, ${added}
          FROM UR_ResourceChanges WHERE TaskInstance = ${task} AND Type = ${type.number} AND ${key} IS NOT NULL`);
      }
    }
  }
};

/**
 * Writes staged resource changes of one task instance, one row a resource (design §6), and remembers in the temporary table KeyMoved which
 * look-up keys come and go with them.
 */
export class Staging {
  readonly #db: Database;
  readonly #task: TaskInstanceId;
  readonly #insert: Statement;
  readonly #keyMoved: Statement;
  #lastId: number;
  readonly #firstId: number;

  constructor(db: Database, task: TaskInstanceId) {
    this.#db = db;
    this.#task = task;
    prepareKeyMoved(db);
    this.#insert = db.prepare(
      `INSERT INTO UR_ResourceChanges (TaskInstance, State, Command, Type, Key, ResourceId, Version, Changes, CausedBy)
       VALUES (${task}, 'staged', ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#keyMoved = db.prepare("INSERT OR IGNORE INTO temp.KeyMoved (Type, Slot, Key, Id, Added) VALUES (?, ?, ?, ?, ?)");
    this.#firstId = lastNumber(db, "resource");
    this.#lastId = this.#firstId;
  }

  /** Gives a new resource its Id: its former one when its key was known, else the next number. */
  idFor(type: TypePlan, key: string): number {
    const retired = this.#db.get("SELECT Id FROM UR_RetiredKeys WHERE Type = ? AND Key = ?", type.number, key);
    return retired === null ? ++this.#lastId : Number(retired[0]);
  }

  /** The next Id, for a resource whose key was never known. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Keeps the sequence; to be called before the commit. */
  keepIds(): void {
    if (this.#lastId > this.#firstId) keepNumber(this.#db, "resource", this.#lastId);
  }

  /** `values` in the order of the type's slots, key first. */
  stageInsert(type: TypePlan, values: readonly (string | null)[]): void {
    const key = values[0] ?? "";
    this.#stage("insert", type, key, this.idFor(type, key), null, slotChanges(type, null, values));
  }

  /** Stages what differs between two rows of one key; nothing when they are equal field by field. `current`: id and version, where they are known. */
  stageUpdate(
    type: TypePlan,
    values: readonly (string | null)[],
    stored: readonly (string | null)[],
    current: CurrentVersion | null = null,
  ): void {
    const changes = slotChanges(type, stored, values);
    if (Object.keys(changes).length === 0) return;
    const key = values[0] ?? "";
    this.#stage("update", type, key, ...(current ?? this.#current(type, key)), changes);
  }

  stageDelete(type: TypePlan, stored: readonly (string | null)[], current: CurrentVersion | null = null): void {
    const key = stored[0] ?? "";
    this.#stage("delete", type, key, ...(current ?? this.#current(type, key)), slotChanges(type, stored, null));
  }

  #stage(command: StagedRow["command"], type: TypePlan, key: string, id: number, version: string | null, changes: SlotChanges): void {
    this.#insert.run(command, type.number, key, id, version, JSON.stringify(changes), null);
    for (const { slot, key: moved, isAdded } of movedKeys(type, changes)) this.#keyMoved.run(type.number, slot, moved, id, Number(isAdded));
  }

  /** The staged row of a resource, null when it has none. */
  rowOf(resource: number): StagedRow | null {
    const row = this.#db.get(
      "SELECT Id, Command, Changes FROM UR_ResourceChanges WHERE TaskInstance = ? AND ResourceId = ?",
      this.#task,
      resource,
    );
    if (row === null) return null;
    return { id: Number(row[0]), command: row[1] as StagedRow["command"], changes: JSON.parse(String(row[2])) as SlotChanges };
  }

  /**
   * Stages a change of a mono-valued navigation in the owner's own row, joined with what is staged of it already.
   * Gives what came of it; null when nothing changes.
   */
  stageNavigation(type: TypePlan, owner: number, slot: Slot, target: number | null, causedBy: number | null): StagedNavigation | null {
    const staged = this.rowOf(owner);
    if (staged?.command === "delete") return null;
    if (staged?.command === "insert") {
      if (target === null) return null;
      this.#rewrite(staged.id, { ...staged.changes, [slot]: [null, target] });
      return { before: null, after: target, isFirst: false, isNew: true };
    }
    const [keySlot] = type.slots;
    const row = this.#db.get(
      `SELECT ${slot}, ValidFrom, ${keySlot ?? "Id"} FROM UR_Resources WHERE Id = ? AND ${currentRows(type)}`,
      owner,
    );
    if (row === null) return null;
    const before = row[0] === null ? null : Number(row[0]);
    if (before === target) return null;
    if (staged === null) {
      this.#insert.run(
        "update",
        type.number,
        String(row[2]),
        owner,
        String(row[1]),
        JSON.stringify({ [slot]: [before, target] }),
        causedBy,
      );
      return { before, after: target, isFirst: true, isNew: false };
    }
    this.#rewrite(staged.id, { ...staged.changes, [slot]: [before, target] });
    return { before, after: target, isFirst: !Object.keys(staged.changes).some((name) => type.navigationSlots.has(name)), isNew: false };
  }

  #rewrite(id: number, changes: SlotChanges): void {
    this.#db.run("UPDATE UR_ResourceChanges SET Changes = ? WHERE Id = ?", JSON.stringify(changes), id);
  }

  #current(type: TypePlan, key: string): CurrentVersion {
    const row = this.#db.get(`SELECT Id, ValidFrom FROM UR_Resources WHERE ${currentRows(type)} AND ${type.slots[0] ?? "Id"} = ?`, key);
    if (row === null) throw new Error(`the current row of ${type.identifier} ${key} vanished inside a transaction`);
    return [Number(row[0]), String(row[1])];
  }
}
