import type { Knex } from "knex";
import { SluiceError } from "../errors/index.js";
import type { Timing } from "../model/index.js";
import { isBusy, storeFailure } from "./sqlite/failure.js";

/**
 * First and longest pause between two tries (ms): short enough for a start-up, long enough to leave the processor to the one that writes.
 */
const firstPauseMs = 10;
const longestPauseMs = 250;
/** How long a database may be held before somebody has to look (ms). */
const defaultPatienceMs = 300_000;

export interface WriterOptions {
  /** What a message calls the database. */
  readonly database: string;
  readonly timing: Timing;
  readonly patienceMs?: number;
  /** Asked when the patience has run out: true where a synchronization of ours is at work, which may take as long as it needs. */
  readonly isHeldByTask?: () => Promise<boolean>;
}

/**
 * Every write of the main thread goes through here. SQLite has one writer; while a synchronization applies in its worker, a write of
 * ours fails as busy, is rolled back, and is repeated after an asynchronous pause, so that the event loop goes on (design §6, SQLite).
 */
export class Writer {
  readonly knex: Knex;
  readonly timing: Timing;
  readonly #options: WriterOptions;

  constructor(knex: Knex, options: WriterOptions) {
    this.knex = knex;
    this.timing = options.timing;
    this.#options = options;
  }

  /**
   * Runs `work` in one transaction that holds the writer from its first statement on, so that what it reads cannot change before it writes
   * (two processes at once, design §10). `work` may run several times and must have no other effects; within it only `trx` may be used.
   * Throws DB_LOCKED when another program held the database for too long.
   */
  async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    let since = this.timing.now();
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (!isBusy(error)) throw storeFailure(error, this.#options.database, 0);
        const patience = this.#options.patienceMs ?? defaultPatienceMs;
        if (this.timing.now() - since >= patience) {
          if ((await this.#options.isHeldByTask?.()) !== true) {
            throw new SluiceError(
              "DB_LOCKED",
              { database: this.#options.database, seconds: Math.round(patience / 1000) },
              { cause: error },
            );
          }
          since = this.timing.now();
        }
        await this.timing.sleep(pause);
      }
    }
  }

  /** One try, for what may as well be lost (progress). Gives false where another connection holds the writer. */
  async tryOnce(work: (trx: Knex.Transaction) => Promise<unknown>): Promise<boolean> {
    try {
      await this.#attempt(work);
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  #attempt<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.knex.transaction(async (trx) => {
      // A write first: begun by a read, a transaction could find at its first write that another had written since.
      await trx("UM_Sequences")
        .where({ Name: "fence" })
        .update({ Value: trx.ref("Value") });
      return work(trx);
    });
  }
}
