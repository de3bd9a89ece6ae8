import type { Timing } from "../../../src/model/index.js";
import type { ProcessIdentity } from "../../../src/store/index.js";
import { openStore, type Store } from "../../../src/store/index.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import type { Random } from "./random.js";

interface Sleeper {
  readonly until: number;
  readonly owner: SimulatedProcess;
  readonly wake: () => void;
}

/** Rounds of the event loop without a statement or a new sleep after which nothing more comes of itself. */
const quietRounds = 4;

/** A machine with one clock and one database, whose processes run in turn in simulated time. Nothing here waits for real time. */
export class SimulatedWorld {
  /** Time that passes for everybody (ms); what the clock shows beside it may leap. */
  elapsed = 0;
  clockOffset = Date.parse("2026-11-21T09:00:00Z");
  /** Grows with every statement and sleep. */
  activity = 0;
  readonly processes: SimulatedProcess[] = [];
  readonly #sleepers = new Set<Sleeper>();
  readonly #path: string;
  #reader: ReturnType<typeof openConnection> | null = null;
  readonly random: Random;

  constructor(path: string, random: Random) {
    this.#path = path;
    this.random = random;
  }

  get clock(): number {
    return this.clockOffset + this.elapsed;
  }

  async start(): Promise<SimulatedProcess> {
    const process = new SimulatedProcess(this, this.processes.length + 1);
    await process.open(this.#path);
    this.processes.push(process);
    return process;
  }

  sleep(owner: SimulatedProcess, milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.activity++;
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.elapsed + milliseconds, owner, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake);
    });
  }

  /** Lets time pass; sleepers of one moment wake together, those of a process that pauses when it goes on. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.elapsed + milliseconds;
    for (;;) {
      const due = [...this.#sleepers].filter(({ owner, until }) => owner.runs && until <= end);
      const first = Math.min(...due.map(({ until }) => until));
      if (!Number.isFinite(first)) break;
      this.elapsed = Math.max(this.elapsed, first);
      for (const sleeper of due) if (sleeper.until <= this.elapsed) sleeper.wake();
      await this.settle();
    }
    this.elapsed = end;
  }

  /** Resolves when all that can go on without time has done so. */
  async settle(): Promise<void> {
    for (let quiet = 0, seen = this.activity; quiet < quietRounds; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (seen === this.activity) continue;
      seen = this.activity;
      quiet = -1;
    }
  }

  /** Answers of the database to nobody in particular. */
  rows<T>(sql: string): readonly T[] {
    this.#reader ??= openConnection(this.#path, { readOnly: true });
    return this.#reader.prepare(sql).all() as T[];
  }

  async end(): Promise<void> {
    this.#reader?.close();
    for (const process of this.processes) await process.close();
  }
}

/** One process: its own connection, its own view of time. It is of a process table that nobody sees, so that leases alone say whether it lives. */
export class SimulatedProcess {
  readonly identity: ProcessIdentity;
  readonly timing: Timing;
  isDead = false;
  isPaused = false;
  /** Statements until it dies; null: it does not. */
  #left: number | null = null;
  #store: Store | null = null;
  #rollBack: () => void = () => undefined;
  readonly #world: SimulatedWorld;

  constructor(world: SimulatedWorld, number: number) {
    this.#world = world;
    this.identity = { host: "simulated", pid: number, processStart: "a table of its own/1" };
    this.timing = {
      now: () => world.clock,
      // A busy machine wakes late: what looks each second looks every few seconds, which spares the walk most of its steps.
      sleep: (milliseconds, signal) =>
        world.sleep(this, milliseconds === 1_000 ? world.random.between(3_000, 9_000) : milliseconds, signal),
    };
  }

  get runs(): boolean {
    return !this.isDead && !this.isPaused;
  }

  get store(): Store {
    if (this.#store === null) throw new Error("the process was not started");
    return this.#store;
  }

  async open(path: string): Promise<void> {
    const store = await openStore({ kind: "sqlite", path }, { timing: this.timing });
    const { client } = store.knex as unknown as {
      client: { acquireConnection(): Promise<ReturnType<typeof openConnection>>; releaseConnection(connection: unknown): Promise<void> };
    };
    const connection = await client.acquireConnection();
    connection.exec("PRAGMA synchronous = OFF");
    connection.exec("PRAGMA busy_timeout = 0");
    const prepare = connection.prepare.bind(connection);
    this.#rollBack = () => {
      if (connection.isTransaction) connection.exec("ROLLBACK");
    };
    const counted = (sql: string) => {
      this.#world.activity++;
      if (this.#left !== null && --this.#left <= 0) this.crash();
      if (this.isDead) throw new Error("this process is dead");
      return prepare(sql);
    };
    Object.defineProperty(connection, "prepare", { value: counted });
    await client.releaseConnection(connection);
    this.#store = store;
  }

  /** Dies now: what it had not committed is gone, and nothing it still does has an effect. */
  crash(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#rollBack();
  }

  /** Dies in front of one of its next statements. */
  crashAfter(statements: number): void {
    this.#left = statements;
  }

  async close(): Promise<void> {
    this.isDead = true;
    await this.#store?.close().catch(() => undefined);
  }
}
