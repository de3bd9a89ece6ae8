import type { Knex } from "knex";
import { SluiceError } from "../errors/index.js";
import type { Timing } from "../model/index.js";
import type { FailureDialect } from "./failure-dialect.js";
import { type DatabaseHolder, holdersText } from "./records/database-holder.js";

/**
 * First and longest pause between two tries (ms): short enough for a start-up, long enough to leave the processor to the one that writes.
 */
const firstPauseMs = 10;
const longestPauseMs = 250;
/** How long a database may be held before somebody has to look (ms). */
const defaultPatienceMs = 300_000;
/** How long a statement may still take once its wait is to end (ms): a server that neither answers nor hangs up must not keep a person who pressed Ctrl-C. */
const silenceMs = 2_000;
/** A wait shorter than this is nobody's business; afterwards it is looked this often who holds the database (ms). */
const noticeMs = 1_000;

export interface WriterOptions {
  /** What a message calls the database. */
  readonly database: string;
  readonly failures: FailureDialect;
  readonly timing: Timing;
  readonly patienceMs?: number;
  /** Synchronizations of ours that may be the one that holds the writer, which may take as long as they need. Absent: none ever does. */
  readonly holders?: () => Promise<readonly DatabaseHolder[]>;
  /** Told once a wait has lasted a second, and again when somebody else holds the database. Never told of a wait for this process's own synchronization. */
  readonly onWait?: (wait: DatabaseWait) => void;
  /** The clock of leases in ms since 1970: the server's, where one server has many clients. Absent: this process's. */
  readonly databaseTime?: (knex: Knex | Knex.Transaction) => Promise<number>;
}

/** A write waits for the database. */
export interface DatabaseWait {
  /** Instances of which one holds it; none: another program does. */
  readonly holders: readonly DatabaseHolder[];
  /** For a person: `waiting for the database, held by instance 12 (Job_HR)`. */
  readonly text: string;
}

/**
 * Every write of the main thread goes through here. SQLite has one writer; while a synchronization applies in its worker, a write of
 * ours fails as busy, is rolled back, and is repeated after an asynchronous pause, so that the event loop goes on (design §6, SQLite). On SQL Server such writes wait
 * for each other alone, never for a synchronization; a deadlock or a lock that was not to be had is repeated likewise, and a server that fails over is
 * given a minute, unless the commit had been sent: then nobody knows what became of it, and nothing is repeated.
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
   * Throws DB_LOCKED when another program held the database for too long, JOB_WAIT_ENDED when `signal` ended the wait; then nothing was written.
   */
  async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const begun = this.timing.now();
    let since = begun;
    let looked = begun;
    let told: string | null = null;
    let failed = 0;
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      let isCommitSent = false;
      try {
        const attempt = this.#attempt(async (trx) => {
          const result = await work(trx);
          isCommitSent = true;
          return result;
        });
        // An embedded database always answers.
        const isServer = this.#options.failures.retryAfter !== undefined;
        return await (signal === undefined || !isServer ? attempt : this.#unlessSilent(attempt, signal));
      } catch (error) {
        if (!this.isBusy(error)) {
          const again = this.#options.failures.retryAfter?.(error, { tries: ++failed, isCommitSent }) ?? null;
          if (again === null || signal?.aborted === true) throw this.failure(error);
          await this.timing.sleep(again, signal);
          continue;
        }
        if (signal?.aborted === true) {
          throw new SluiceError("JOB_WAIT_ENDED", { holders: holdersText(await this.#holders()) }, { cause: error });
        }
        const patience = this.#options.patienceMs ?? defaultPatienceMs;
        if (this.timing.now() - since >= patience) {
          if ((await this.#holders()).length === 0) {
            throw new SluiceError(
              "DB_LOCKED",
              { database: this.#options.database, seconds: Math.round(patience / 1000) },
              { cause: error },
            );
          }
          since = this.timing.now();
        }
        if (this.timing.now() - looked >= noticeMs) {
          looked = this.timing.now();
          told = await this.#tell(told);
        }
        await this.timing.sleep(pause, signal);
      }
    }
  }

  /** The clock of leases: ms since 1970. */
  async databaseTime(knex: Knex | Knex.Transaction): Promise<number> {
    return (await this.#options.databaseTime?.(knex)) ?? this.timing.now();
  }

  /** Whether an error of the driver says that another transaction was in the way, and that nothing was written. */
  isBusy(error: unknown): boolean {
    return this.#options.failures.isBusy(error);
  }

  /** What an error of the driver means for a person: a SluiceError with its cause, or the error itself where it says nothing of the database. */
  failure(error: unknown): unknown {
    return this.#options.failures.failure(error, this.#options.database, 0);
  }

  /** One try, for what may as well be lost (progress). Gives false where another connection holds the writer. */
  async tryOnce(work: (trx: Knex.Transaction) => Promise<unknown>): Promise<boolean> {
    try {
      await this.#attempt(work);
      return true;
    } catch (error) {
      if (this.isBusy(error)) return false;
      throw this.failure(error);
    }
  }

  /** What the attempt gives, or JOB_WAIT_ENDED where the wait is to end and nothing is heard of it. */
  #unlessSilent<T>(attempt: Promise<T>, signal: AbortSignal): Promise<T> {
    const settled = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const giveUp = async (): Promise<void> => {
        await this.timing.sleep(silenceMs, settled.signal);
        if (!settled.signal.aborted) reject(new SluiceError("JOB_WAIT_ENDED", { holders: "a server that does not answer" }));
      };
      if (signal.aborted) void giveUp();
      else signal.addEventListener("abort", () => void giveUp(), { once: true, signal: settled.signal });
      void attempt.then(resolve, reject).finally(() => settled.abort());
    });
  }

  async #holders(): Promise<readonly DatabaseHolder[]> {
    return (await this.#options.holders?.()) ?? [];
  }

  /** Tells of a wait unless it was told so already; gives what was told last. */
  async #tell(told: string | null): Promise<string | null> {
    if (this.#options.onWait === undefined) return told;
    const holders = await this.#holders();
    const text = `waiting for the database, held by ${holdersText(holders)}`;
    if (text === told || holders.some(({ isOwn }) => isOwn)) return told;
    this.#options.onWait({ holders, text });
    return text;
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
