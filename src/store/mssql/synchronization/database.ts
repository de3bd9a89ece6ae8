import { ISOLATION_LEVEL, Request, TYPES } from "tedious";
import { ServerConnection } from "../../../sqlserver/index.js";
import { bindingOf } from "../binding.js";
import type { MssqlTarget } from "../connection-string.js";
import { errorNumber } from "../failure.js";
import { type BulkColumn, type BulkRows, prepareLoad } from "./bulk-rows.js";

export type { BulkColumn } from "./bulk-rows.js";

export type Value = string | number | null;

/**
 * Bytes of a packet that the server is asked for: four times the driver's choice, which loads in bulk nearly twice as fast; an encrypted connection takes no more
 * than 16,383.
 */
const packetSize = 16_000;

/** How often a running statement asks whether it is to stop (ms). */
const lookEveryMs = 200;

/** Lock timeout expired: another transaction holds what this one asked for longer than `SET LOCK_TIMEOUT` says. */
const lockTimeout = 1222;
/** One wait for the writer inside the server, after which the thread looks whether it is to stop (ms). */
const writerWaitMs = 500;

/** How long a commit may take once a stop is asked for (ms): what is given up then may have been applied. */
const commitGraceMs = 5_000;

/** As the driver calls it where a connection ends under a statement. */
const closed = (message: string): Error => Object.assign(new Error(message), { code: "ECLOSE" });

export interface DatabaseHooks {
  /** Throws when the runner wants an end; the statement that runs is cancelled then. */
  readonly checkStop: (step: string) => void;
  /** Called each time that another synchronization still holds the writer; throws to give up. */
  readonly onBusy: () => void;
}

/**
 * A connection of the synchronization's own. Statements take `?` for their values, which are bound. Statements without a time limit: how long a set takes depends on its
 * size, and a stop is asked for, not timed.
 */
export class Database {
  readonly #connection: ServerConnection;
  readonly #hooks: DatabaseHooks;
  #isBroken: Error | null = null;
  #isCommitUnknown = false;
  #rollbacks = 0;

  private constructor(connection: ServerConnection, hooks: DatabaseHooks) {
    this.#connection = connection;
    this.#hooks = hooks;
    connection.on("error", (error) => {
      this.#isBroken ??= error;
    });
    connection.on("end", () => {
      this.#isBroken ??= closed("the connection to the server was closed");
    });
  }

  /** Connects. Throws the driver's error. */
  static async open({ configuration }: MssqlTarget, hooks: DatabaseHooks): Promise<Database> {
    const connection = new ServerConnection({ ...configuration, options: { packetSize, ...configuration.options, requestTimeout: 0 } });
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    const db = new Database(connection, hooks);
    // A statement that fails takes its whole transaction with it: nothing half done is ever committed.
    await db.batch("SET XACT_ABORT ON");
    return db;
  }

  /** A commit was sent and nobody said what became of it: the transaction is applied, or rolled back. */
  get isCommitUnknown(): boolean {
    return this.#isCommitUnknown;
  }

  /** How often a transaction was rolled back on this connection: what it made of temporary tables is gone, and what it dropped is there again. */
  get rollbacks(): number {
    return this.#rollbacks;
  }

  async close(): Promise<void> {
    if (this.#isBroken !== null) return;
    await new Promise<void>((resolve) => {
      this.#connection.once("end", () => resolve());
      this.#connection.close();
    });
  }

  /** Runs statements without values as they stand. Temporary tables made here last as long as the connection. Gives the rows affected by all of them. */
  async batch(sql: string): Promise<number> {
    return (await this.#execute(sql, [], "batch")).affected;
  }

  async run(sql: string, ...values: Value[]): Promise<number> {
    return (await this.#execute(sql, values, "statement")).affected;
  }

  async all(sql: string, ...values: Value[]): Promise<Value[][]> {
    return (await this.#execute(sql, values, "statement")).rows;
  }

  /** First row, or null. */
  async get(sql: string, ...values: Value[]): Promise<Value[] | null> {
    return (await this.all(sql, ...values))[0] ?? null;
  }

  /** The first column of the first row as a number; 0 without a row. */
  async count(sql: string, ...values: Value[]): Promise<number> {
    return Number((await this.get(sql, ...values))?.[0] ?? 0);
  }

  /** Shows each row to `visit`, which starts no other statement; none of them is kept. Throws what `visit` throws, once the rows have gone by. */
  async each(sql: string, visit: (row: Value[]) => void): Promise<void> {
    let failure: { readonly error: unknown } | null = null;
    await this.#execute(sql, [], "statement", (row) => {
      if (failure !== null) return;
      try {
        visit(row);
      } catch (error) {
        failure = { error };
      }
    });
    if (failure !== null) throw (failure as { readonly error: unknown }).error;
  }

  /** Loads rows by the bulk protocol, as fast as the server takes them. Gives how many. */
  bulk(table: string, columns: readonly BulkColumn[], rows: BulkRows): Promise<number> {
    return this.#watched((settle) => {
      // What went wrong where the rows come from; the server then only says that they broke off.
      let failure: Error | null = null;
      // A temporary table is ours alone: locked whole, it is filled with little of it written to the log.
      const load = this.#connection.newBulkLoad(table, { lockTable: table.startsWith("#") }, (error, count) =>
        error ? settle(failure ?? error) : settle(null, count ?? 0),
      );
      const chunks = prepareLoad(load, columns, rows, (error) => {
        failure = error;
      });
      load.setTimeout(0);
      this.#connection.execBulkLoad(load, chunks as AsyncIterable<unknown> as AsyncIterable<unknown[]>);
    });
  }

  /**
   * Runs `work` in one transaction that holds the writer from its start (design §10: one at a time applies); commits, or rolls back when it throws.
   * Takes the writer by the row `writer` of UM_Sequences, which every synchronization updates first and keeps to its end.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.#begin();
    try {
      const result = await work();
      await this.#commit();
      return result;
    } catch (error) {
      await this.#rollback();
      throw error;
    }
  }

  /** Runs `work` as `transaction` does, and undoes all of it. */
  async rehearsal<T>(work: () => Promise<T>): Promise<T> {
    await this.#begin();
    try {
      return await work();
    } finally {
      await this.#rollback();
    }
  }

  async #begin(): Promise<void> {
    await this.batch(`SET LOCK_TIMEOUT ${writerWaitMs}`);
    for (;;) {
      await this.#watched<void>((settle) =>
        this.#connection.beginTransaction((error) => settle(error ?? null), "", ISOLATION_LEVEL.READ_COMMITTED),
      );
      try {
        await this.run("UPDATE UM_Sequences SET Value = Value + 1 WHERE Name = 'writer'");
        await this.batch("SET LOCK_TIMEOUT -1");
        return;
      } catch (error) {
        await this.#rollback();
        if (errorNumber(error) !== lockTimeout) throw error;
        this.#hooks.onBusy();
      }
    }
  }

  /** Is not cancelled: a stop leaves it a moment, and then hangs up. */
  async #commit(): Promise<void> {
    this.#isCommitUnknown = true;
    let asked = 0;
    const timer = setInterval(() => {
      if (asked === 0 && !this.#isToStop()) return;
      if (++asked * lookEveryMs > commitGraceMs) this.#connection.close();
    }, lookEveryMs);
    let lost = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.#isBroken !== null) reject(this.#isBroken);
        lost = () => reject(this.#isBroken ?? closed("the connection to the server was closed"));
        this.#connection.once("end", lost);
        this.#connection.commitTransaction((error) => (error ? reject(error) : resolve()));
      });
      this.#isCommitUnknown = false;
    } catch (error) {
      // The server's word that it did not commit.
      if (errorNumber(error) !== null) this.#isCommitUnknown = false;
      throw error;
    } finally {
      clearInterval(timer);
      this.#connection.off("end", lost);
    }
  }

  #isToStop(): boolean {
    try {
      this.#hooks.checkStop("committing");
      return false;
    } catch {
      return true;
    }
  }

  /** The server may have rolled back already (XACT_ABORT), or the connection may be gone, which rolls back too. */
  async #rollback(): Promise<void> {
    this.#rollbacks++;
    if (this.#isBroken !== null) return;
    try {
      // Not watched: a stop that is still asked for would cancel it.
      await new Promise<void>((resolve, reject) =>
        this.#connection.execSqlBatch(
          new Request("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", (error) => (error ? reject(error) : resolve())),
        ),
      );
    } catch {
      this.#connection.close();
      this.#isBroken ??= closed("the transaction could not be rolled back: its connection was closed");
    }
  }

  #execute(
    sql: string,
    values: readonly Value[],
    how: "batch" | "statement",
    visit?: (row: Value[]) => void,
  ): Promise<{ rows: Value[][]; affected: number }> {
    return this.#watched((settle) => {
      const rows: Value[][] = [];
      const take = visit ?? ((row: Value[]) => void rows.push(row));
      let place = 0;
      const request = new Request(
        sql.replace(/\?/g, () => `@p${place++}`),
        (error, affected) => (error ? settle(error) : settle(null, { rows, affected: affected ?? 0 })),
      );
      values.forEach((value, index) => {
        const [bound, type] = bindingOf(value) ?? [value, typeof value === "number" ? TYPES.BigInt : TYPES.NVarChar];
        request.addParameter(`p${index}`, type, bound);
      });
      request.on("row", (columns: readonly { readonly value: unknown }[]) => take(columns.map(({ value }) => given(value))));
      if (how === "batch") this.#connection.execSqlBatch(request);
      else this.#connection.execSql(request);
    });
  }

  /** Cancels what runs when a stop is asked for, and throws that instead of what the driver then says. */
  #watched<T>(start: (settle: (error: Error | null, result?: T) => void) => void): Promise<T> {
    if (this.#isBroken !== null) return Promise.reject(this.#isBroken);
    return new Promise<T>((resolve, reject) => {
      let stopped: unknown = null;
      const timer = setInterval(() => {
        if (stopped !== null) return;
        try {
          this.#hooks.checkStop("waiting for the database");
        } catch (error) {
          stopped = error;
          this.#connection.cancel();
        }
      }, lookEveryMs);
      const lost = (): void => settle(this.#isBroken ?? closed("the connection to the server was closed"));
      const settle = (error: Error | null, result?: T): void => {
        clearInterval(timer);
        this.#connection.off("end", lost);
        if (stopped !== null) reject(stopped);
        else if (error !== null) reject(error);
        else resolve(result as T);
      };
      this.#connection.once("end", lost);
      start(settle);
    });
  }
}

/** The driver gives a bigint as text. */
const given = (value: unknown): Value => {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return value;
  return String(value);
};
