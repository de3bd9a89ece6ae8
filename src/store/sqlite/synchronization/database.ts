import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { isBusy } from "../failure.js";

export type Value = string | number | null | Uint8Array;

/** A prepared statement with rows as arrays: the shape that costs least (one object a row less). */
export interface Statement {
  run(...values: Value[]): number;
  /** First row, or null. */
  get(...values: Value[]): Value[] | null;
  all(...values: Value[]): Value[][];
}

const giveUp = (error: unknown): never => {
  throw error;
};

/**
 * The worker's own connection. Statements are prepared once a text. Everything here is synchronous: it runs in a worker thread, and no statement is
 * left half read while another writes.
 */
export class Database {
  readonly #connection: DatabaseSyncInstance;
  readonly #onBusy: (error: unknown) => void;
  readonly #statements = new Map<string, Statement>();

  /** `onBusy` is called each time that another connection still holds the writer; it throws to give up. */
  constructor(connection: DatabaseSyncInstance, onBusy: (error: unknown) => void = giveUp) {
    this.#connection = connection;
    this.#onBusy = onBusy;
  }

  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    statement.setReturnArrays(true);
    const prepared: Statement = {
      run: (...values) => statement.run(...values).changes,
      get: (...values) => (statement.get(...values) as Value[] | undefined) ?? null,
      all: (...values) => statement.all(...values) as Value[][],
    };
    this.#statements.set(sql, prepared);
    return prepared;
  }

  run(sql: string, ...values: Value[]): number {
    return this.prepare(sql).run(...values);
  }

  get(sql: string, ...values: Value[]): Value[] | null {
    return this.prepare(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): Value[][] {
    return this.prepare(sql).all(...values);
  }

  /** The first column of the first row as a number; 0 without a row. */
  count(sql: string, ...values: Value[]): number {
    return Number(this.get(sql, ...values)?.[0] ?? 0);
  }

  #begin(): void {
    for (;;) {
      try {
        this.#connection.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        this.#onBusy(error);
      }
    }
  }

  /** Runs `work` in one transaction that holds the writer from its start; rolls back when it throws. */
  transaction<T>(work: () => T): T {
    this.#begin();
    try {
      const result = work();
      this.#connection.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Runs `work` in a transaction that holds the writer from its start, and undoes all of it in the end. */
  rehearsal<T>(work: () => T): T {
    this.#begin();
    try {
      return work();
    } finally {
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
    }
  }
}
