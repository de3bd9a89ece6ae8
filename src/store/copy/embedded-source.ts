import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { SluiceError } from "../../errors/index.js";
import type { Slot, Timing } from "../../model/index.js";
import { ownIndexOf } from "../maintenance/key-index-set.js";
import { openConnection } from "../sqlite/connection.js";
import { isBusy, storeFailure } from "../sqlite/failure.js";
import type { Stored } from "./column.js";

/** How long another program may hold the database before the copy gives up, and how often it asks (ms): no run of ours is under way. */
const patienceMs = 15_000;
const pauseMs = 100;

/** A table as the embedded database has it at the moment of the copy. */
export interface SourceTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly string[];
  /** Columns that hold a value in some row, in the table's order: the others need not be carried. */
  readonly filled: readonly string[];
  /** The highest number that the table ever gave a row, also where that row is gone; null where it gives none. */
  readonly lastId: number | null;
}

/** An index over one slot of a type's current rows. */
export interface KeyIndex {
  readonly type: number;
  readonly slot: Slot;
}

interface RunningInstance {
  readonly id: number;
  readonly job: string;
  readonly runner: string;
}

/** Tables of the repository, by their documented prefixes; the list of migrations is each database's own. */
const isCopied = (name: string): boolean => /^U[MRJP]_/.test(name) && name !== "UM_Migrations";

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The embedded repository while it is copied: one moment of it, read on one connection that holds the writer, so that nobody changes it meanwhile. Whoever wants
 * to write waits, or finds the database locked.
 */
export class EmbeddedSource {
  readonly #connection: DatabaseSyncInstance;

  private constructor(connection: DatabaseSyncInstance) {
    this.#connection = connection;
  }

  /** Takes the absolute path of a database that is there and up to date. Throws DB_LOCKED, DB_UNREACHABLE, DB_DAMAGED. */
  static async hold(path: string, timing: Timing): Promise<EmbeddedSource> {
    const connection = openConnection(path);
    const since = timing.now();
    for (;;) {
      try {
        connection.exec("BEGIN IMMEDIATE");
        return new EmbeddedSource(connection);
      } catch (error) {
        if (isBusy(error) && timing.now() - since < patienceMs) {
          await timing.sleep(pauseMs);
          continue;
        }
        connection.close();
        throw storeFailure(error, path, patienceMs / 1_000);
      }
    }
  }

  close(): void {
    if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
    this.#connection.close();
  }

  #all(sql: string, ...values: Stored[]): Stored[][] {
    const statement = this.#connection.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as Stored[][];
  }

  /** Throws DB_COPY_RUNNING where an instance runs, or is being resumed or closed: its runner would go on here, and not in the copy. */
  requireIdle(): void {
    const [found] = this.#all(
      `SELECT j.Id, j.Job, coalesce(l.Pid, j.Pid), coalesce(l.Host, j.Host) FROM UJ_JobInstances j LEFT JOIN UJ_Locks l ON l.JobInstance = j.Id
       WHERE j.State IN ('Waiting', 'InProgress') OR l.Name IS NOT NULL ORDER BY j.Id LIMIT 1`,
    ).map(([id, job, pid, host]): RunningInstance => ({ id: Number(id), job: String(job), runner: `process ${pid} on ${host}` }));
    if (found !== undefined) throw new SluiceError("DB_COPY_RUNNING", { jobInstance: found.id, job: found.job, runner: found.runner });
  }

  /** All tables of the repository, those that others refer to first. */
  tables(): readonly SourceTable[] {
    const names = this.#all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .map(([name]) => String(name))
      .filter(isCopied);
    const ordered: string[] = [];
    const place = (name: string): void => {
      if (ordered.includes(name)) return;
      for (const [, , referred] of this.#all(`PRAGMA foreign_key_list(${quoted(name)})`)) if (referred !== name) place(String(referred));
      ordered.push(name);
    };
    for (const name of names) place(name);
    const lastIds = new Map(this.#all("SELECT name, seq FROM sqlite_sequence").map(([name, seq]) => [String(name), Number(seq)]));
    return ordered.map((name) => {
      const columns = this.#all(`PRAGMA table_info(${quoted(name)})`).map(([, column]) => String(column));
      const [counts = []] = this.#all(
        `SELECT count(*), ${columns.map((column) => `count(${quoted(column)})`).join(", ")} FROM ${quoted(name)}`,
      );
      return {
        name,
        rows: Number(counts[0]),
        columns,
        filled: columns.filter((_, index) => Number(counts[index + 1]) > 0),
        lastId: lastIds.get(name) ?? null,
      };
    });
  }

  /** The rows of a table, one at a time; nothing else may be asked until they are read. */
  *rows(table: string, columns: readonly string[]): Generator<Stored[]> {
    const statement = this.#connection.prepare(`SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(table)}`);
    statement.setReturnArrays(true);
    yield* statement.iterate() as IterableIterator<Stored[]>;
  }

  /** The indexes by which keys are looked up: made on first use there, so that they tell which are needed. */
  keyIndexes(): readonly KeyIndex[] {
    const names = this.#all("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'UR_Resources' ORDER BY name");
    const found = names.map(([name]) => ownIndexOf(String(name))).filter((index) => index !== null);
    return [...new Map(found.map(({ type, slot }) => [`${type} ${slot}`, { type, slot }])).values()];
  }
}
