import fc from "fast-check";
import { expect, test } from "vitest";
import { type HeldInstance, heartbeatMs, leaseMs, type ProcessIdentity } from "../../../src/store/index.js";
import { freshDatabase, onEachDatabase } from "../../database.js";
import { elsewhere, openInstance, type Records, recordsOn, SteppedTiming } from "./temporary-store.js";

const jobs = ["One", "Two"] as const;
const runners = [1, 2, 3] as const;

type Step =
  | { readonly kind: "start"; readonly runner: number; readonly job: number }
  | { readonly kind: "heartbeat" | "crash" | "block" | "complete"; readonly runner: number }
  | { readonly kind: "resume"; readonly runner: number; readonly job: number }
  | { readonly kind: "look" }
  | { readonly kind: "pass"; readonly milliseconds: number };

const runner = fc.nat({ max: runners.length - 1 });
const job = fc.nat({ max: jobs.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("start" as const), runner, job }),
  fc.record({
    kind: fc.constantFrom("heartbeat" as const, "heartbeat" as const, "crash" as const, "block" as const, "complete" as const),
    runner,
  }),
  fc.record({ kind: fc.constant("resume" as const), runner, job }),
  fc.constant({ kind: "look" as const }),
  // Ordinary time, a whole lease, and clocks that were put forward or back.
  fc.record({
    kind: fc.constant("pass" as const),
    milliseconds: fc.constantFrom(1_000, heartbeatMs, leaseMs / 2, leaseMs, leaseMs + 1, 3_600_000, -30_000),
  }),
);

/** What one runner believes; it never learns by itself that it was taken for dead. */
interface Believed {
  readonly identity: ProcessIdentity;
  held: HeldInstance | null;
  /** Killed: it writes nothing any more, and starts anew as another process. */
  isDead: boolean;
}

/** Every holding that was ever given, and when it last gave a sign of life. */
interface Holding {
  readonly held: HeldInstance;
  aliveUntil: number;
}

class History {
  readonly store: Records;
  readonly timing: SteppedTiming;
  readonly holdings: Holding[] = [];
  readonly believed: Believed[];
  #processes = 0;

  constructor(store: Records, timing: SteppedTiming) {
    this.store = store;
    this.timing = timing;
    this.believed = runners.map(() => this.#process());
  }

  #process(): Believed {
    return { identity: elsewhere(++this.#processes), held: null, isDead: false };
  }

  async do(step: Step): Promise<void> {
    if (step.kind === "pass") return this.timing.advance(step.milliseconds);
    if (step.kind === "look") return void (await this.look());
    const known = this.believed[step.runner];
    if (known === undefined) return;
    if (known.isDead) {
      this.believed[step.runner] = this.#process();
      return;
    }
    switch (step.kind) {
      case "start":
        if (known.held === null) await this.#take(known, () => openInstance(this.store, jobs[step.job] ?? "One", ["Load"], known.identity));
        return;
      case "resume":
        if (known.held === null) await this.#resume(known, jobs[step.job] ?? "One");
        return;
      case "crash":
        known.isDead = true;
        return;
      case "heartbeat":
        return this.#write(known, (held) => this.store.records.heartbeat(held));
      case "block":
        await this.#write(known, (held) => this.store.records.advance(held, { state: "Blocked" }));
        known.held = null;
        return;
      case "complete":
        await this.#write(known, (held) => this.store.records.advance(held, { state: "Completed" }));
        known.held = null;
    }
  }

  /** Looks for dead runners as every start does; none that gave a sign of life within a lease may be among them, and none that gave none may be left. */
  async look(): Promise<void> {
    const now = this.timing.now();
    const before = new Map((await this.store.records.list()).map(({ id, fence }) => [id, fence]));
    const aborted = await this.store.records.abortDead();
    for (const { id } of aborted) {
      const holding = this.holdings.find(({ held }) => held.id === id && held.fence === before.get(id));
      expect(holding?.aliveUntil, "a living runner was taken for dead").toBeLessThan(now);
    }
    for (const { id, fence, state } of await this.store.records.list()) {
      if (state !== "Waiting" && state !== "InProgress") continue;
      const holding = this.holdings.find(({ held }) => held.id === id && held.fence === fence);
      expect(holding?.aliveUntil, "an instance was left to a runner without a sign of life").toBeGreaterThanOrEqual(now);
    }
  }

  async #take(known: Believed, take: () => Promise<HeldInstance>): Promise<void> {
    await this.store.records.abortDead();
    try {
      const { id, fence } = await take();
      known.held = { id, fence };
      this.holdings.push({ held: known.held, aliveUntil: this.timing.now() + leaseMs });
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^(LOCK_JOB_HELD|JOB_CHANGED_MEANWHILE)$/);
    }
  }

  async #resume(known: Believed, job: string): Promise<void> {
    const instance = (await this.store.records.list({ job })).find(({ state }) => state === "Blocked");
    if (instance === undefined) return;
    const attempt = { repeated: [], planOf: () => ({ plan: instance.plan, works: [] }) };
    const taking = { instance, runner: known.identity, attempt, validations: [], decisions: [] };
    await this.#take(known, async () => {
      const { held, holders } = await this.store.records.take({ ...taking, locks: [`job:${job}`, `instance:${instance.id}`] });
      if (holders.length > 0) throw Object.assign(new Error("held"), { code: "LOCK_JOB_HELD" });
      return held;
    });
  }

  async #write(known: Believed, write: (held: HeldInstance) => Promise<unknown>): Promise<void> {
    const { held } = known;
    if (held === null) return;
    try {
      await write(held);
      const holding = this.holdings.find((one) => one.held === held);
      if (holding !== undefined) holding.aliveUntil = this.timing.now() + leaseMs;
    } catch (error) {
      expect((error as { code?: string }).code).toBe("JOB_FENCED");
      known.held = null;
    }
  }

  /** What must hold after every step. */
  async check(): Promise<void> {
    const writers = new Map<number, number>();
    for (const { held } of this.holdings) {
      // A write that changes nothing: whoever may do it may do any.
      const mayWrite = await this.store.records.advance(held, {}).then(
        () => true,
        () => false,
      );
      if (mayWrite) writers.set(held.id, (writers.get(held.id) ?? 0) + 1);
    }
    const locks = await this.store.locks.all();
    for (const { id, job, state } of await this.store.records.list()) {
      const isRunning = state === "Waiting" || state === "InProgress";
      expect(writers.get(id) ?? 0, "two runners can write for one instance").toBeLessThanOrEqual(1);
      if (isRunning) expect(writers.get(id), "nobody can write for a running instance").toBe(1);
      if (state === "Aborted") expect(writers.get(id) ?? 0, "a runner that was found dead can still write").toBe(0);
      const own = locks.filter(({ jobInstance }) => jobInstance === id).map(({ lock }) => lock);
      if (isRunning) expect(own).toContain(`job:${job}`);
      else expect(own).toEqual([]);
    }
  }
}

onEachDatabase((kind) => {
  test("whatever starts, stops, sleeps and dies: one writer for an instance, one instance for a job, none lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const database = await freshDatabase(kind);
        const timing = new SteppedTiming();
        const store = await recordsOn(database, timing);
        const history = new History(store, timing);
        for (const each of steps) {
          await history.do(each);
          await history.check();
        }
        // However it went: a lease after the last sign of life every job can be started again.
        timing.advance(2 * 3_600_000);
        await history.look();
        expect(await store.locks.all()).toEqual([]);
        for (const name of jobs) await openInstance(store, name, ["Load"], elsewhere(999));
        await database.close();
      }),
      { numRuns: kind === "SQLite" ? 60 : 5 },
    );
  }, 120_000);
});
