import type { TaskInstanceId } from "../../../model/index.js";
import { movedKeys, type RepositoryPlan, type SlotChanges, type TypePlan } from "../../plan/index.js";
import { equal } from "../equality.js";
import type { BulkColumn, Database, Value } from "./database.js";
import { keepNumber, lastNumber } from "./sequence.js";
import { columnTypes, createTemporary, keyColumn } from "./temporary-tables.js";

export type { SlotChanges } from "../../plan/index.js";

/** One row of UR_ResourceChanges to be. */
export interface StagedRow {
  readonly command: "insert" | "update" | "delete";
  readonly type: TypePlan;
  readonly key: string;
  readonly resource: number;
  /** ValidFrom of the row compared with; null for an insert. */
  readonly version: string | null;
  readonly changes: SlotChanges;
  readonly causedBy: number | null;
}

const stagedColumns: readonly BulkColumn[] = [
  { name: "TaskInstance", type: "int", required: true },
  { name: "State", type: "word", required: true },
  { name: "Command", type: "word", required: true },
  { name: "Type", type: "int", required: true },
  { ...keyColumn("Key"), required: true },
  { name: "ResourceId", type: "integer", required: true },
  { name: "Version", type: "time" },
  { name: "Changes", type: "long", required: true },
  { name: "CausedBy", type: "integer" },
];

/** Characters of a key that a link can name: longer values of a look-up slot never meet one. */
const longestKey = 442;

const movedColumns: readonly BulkColumn[] = [
  { name: "Type", type: "int", required: true },
  { name: "Slot", type: "word", required: true },
  { ...keyColumn("Key"), required: true },
  { name: "Id", type: "integer", required: true },
  { name: "Added", type: "int", required: true },
];

/** `#KeyMoved`: the look-up keys that come (Added = 1) and go (0) with the staged rows. */
const prepareKeyMoved = async (db: Database): Promise<void> => {
  await createTemporary(db, "#KeyMoved", [
    "Type int NOT NULL",
    `Slot ${columnTypes.word} NOT NULL`,
    `[Key] ${columnTypes.key} NOT NULL`,
    "Id bigint NOT NULL",
    "Added int NOT NULL",
  ]);
};

function* movedRows(rows: readonly StagedRow[]): Generator<Value[]> {
  for (const { type, resource, changes } of rows) {
    for (const { slot, key, isAdded } of movedKeys(type, changes)) {
      if (key.length <= longestKey) yield [type.number, slot, key, resource, Number(isAdded)];
    }
  }
}

/** Rows read at a time. */
const pageSize = 5_000;

/** Fills #KeyMoved with the look-up keys that come and go with a staged set made earlier. */
export const restoreKeyMoved = async (db: Database, plan: RepositoryPlan, task: number): Promise<void> => {
  await prepareKeyMoved(db);
  const withLookups = [...plan.types.values()].filter(({ lookupSlots }) => lookupSlots.size > 0);
  if (withLookups.length === 0) return;
  const types = withLookups.map(({ number }) => number).join(", ");
  for (let after = 0; ; ) {
    const rows = await db.all(
      `SELECT TOP (${pageSize}) Id, Type, ResourceId, Changes FROM UR_ResourceChanges
       WHERE TaskInstance = ? AND Type IN (${types}) AND Id > ? ORDER BY Id`,
      task,
      after,
    );
    const moved: Value[][] = [];
    for (const [, number, resource, text] of rows) {
      const type = plan.typeByNumber.get(Number(number));
      if (type === undefined) continue;
      const changes = JSON.parse(String(text)) as SlotChanges;
      moved.push(...movedRows([{ command: "update", type, key: "", resource: Number(resource), version: null, changes, causedBy: null }]));
    }
    if (moved.length > 0) await db.bulk("#KeyMoved", movedColumns, moved);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = Number(last[0]);
  }
};

/**
 * Writes staged resource changes of one task instance, one row a resource (design §6), and remembers in `#KeyMoved` which look-up keys come and go with them.
 * It also gives new resources their Ids.
 */
export class Staging {
  readonly #db: Database;
  readonly task: TaskInstanceId;
  readonly #firstId: number;
  #lastId: number;

  private constructor(db: Database, task: TaskInstanceId, lastId: number) {
    this.#db = db;
    this.task = task;
    this.#firstId = lastId;
    this.#lastId = lastId;
  }

  /** Takes the instance that will own the rows. */
  static async open(db: Database, task: TaskInstanceId): Promise<Staging> {
    await prepareKeyMoved(db);
    return new Staging(db, task, await lastNumber(db, "resource"));
  }

  /** The next Id, for a resource whose key was never known. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** The Ids of new resources, in the order of their keys: its former one where a key was known, else the next number. */
  async idsFor(type: TypePlan, keys: readonly string[]): Promise<number[]> {
    if ((await this.#db.get(`SELECT TOP (1) 1 AS One FROM UR_RetiredKeys WHERE Type = ${type.number}`)) === null) {
      return keys.map(() => this.nextId());
    }
    await createTemporary(this.#db, "#Known", ["N bigint NOT NULL", `[Key] ${columnTypes.key} NOT NULL`]);
    await this.#db.bulk(
      "#Known",
      [
        { name: "N", type: "integer", required: true },
        { ...keyColumn("Key"), required: true },
      ],
      keys.map((key, n) => [n, key]),
    );
    const former = new Map(
      (
        await this.#db.all(
          `SELECT w.N, k.Id FROM #Known w JOIN UR_RetiredKeys k ON k.Type = ${type.number} AND ${equal("k.[Key]", "w.[Key]")}`,
        )
      ).map(([n, id]) => [Number(n), Number(id)]),
    );
    return keys.map((_, n) => former.get(n) ?? this.nextId());
  }

  /** Keeps the sequence; to be called before the commit. */
  async keepIds(): Promise<void> {
    if (this.#lastId > this.#firstId) await keepNumber(this.#db, "resource", this.#lastId);
  }

  /** Stages a page of rows, of resources that have none yet. */
  async stage(rows: readonly StagedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#db.bulk("UR_ResourceChanges", stagedColumns, this.#values(rows));
    const moved = [...movedRows(rows)];
    if (moved.length > 0) await this.#db.bulk("#KeyMoved", movedColumns, moved);
  }

  *#values(rows: readonly StagedRow[]): Generator<Value[]> {
    for (const { command, type, key, resource, version, changes, causedBy } of rows) {
      yield [this.task, "staged", command, type.number, key, resource, version, JSON.stringify(changes), causedBy];
    }
  }

  /** Writes other changes into staged rows: Id of the row and what it is to say. */
  async rewrite(rows: readonly (readonly [id: number, changes: SlotChanges])[]): Promise<void> {
    if (rows.length === 0) return;
    await createTemporary(this.#db, "#Rewrite", ["Id int NOT NULL PRIMARY KEY", `Changes ${columnTypes.long} NOT NULL`]);
    await this.#db.bulk(
      "#Rewrite",
      [
        { name: "Id", type: "int", required: true },
        { name: "Changes", type: "long", required: true },
      ],
      rows.map(([id, changes]) => [id, JSON.stringify(changes)]),
    );
    await this.#db.run("UPDATE c SET Changes = w.Changes FROM UR_ResourceChanges c JOIN #Rewrite w ON w.Id = c.Id");
  }
}
