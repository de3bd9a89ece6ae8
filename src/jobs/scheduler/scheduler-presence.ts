import { isoTime } from "../../model/index.js";
import { heartbeatMs, type ProcessIdentity, type ScheduleAlarm } from "../../store/index.js";
import type { RunGround } from "./runs-under-way.js";

/** What a scheduler says of itself to others, and sees of them: its sign of life, alarms, schedulers with another configuration. */
export class SchedulerPresence {
  readonly #ground: RunGround;
  readonly #startedAt: string;
  #signedAt: number | null = null;
  #signedSource = "";
  #alarms: readonly ScheduleAlarm[] = [];
  readonly #toldAlarms = new Set<string>();
  #saidOthers = "";

  constructor(ground: RunGround) {
    this.#ground = ground;
    this.#startedAt = isoTime(ground.timing);
  }

  /** As they were read last. */
  get alarms(): readonly ScheduleAlarm[] {
    return this.#alarms;
  }

  /** The next sign is due at once: the clock that says otherwise was put back. */
  forget(): void {
    this.#signedAt = null;
  }

  /** Says that this scheduler lives, and with which configuration; reads the alarms along with it. */
  async sign(): Promise<void> {
    const { store, source, timing, scheduler } = this.#ground;
    const { configuration, since } = source.inForce;
    const now = timing.now();
    const signed = `${configuration.hash} ${since} ${source.refused?.at ?? ""}`;
    if (this.#signedAt !== null && signed === this.#signedSource && now - this.#signedAt < heartbeatMs) return;
    const isWritten = await store.schedules.sign({
      scheduler,
      workspace: configuration.workspace,
      startedAt: this.#startedAt,
      configurationHash: configuration.hash,
      configurationSince: since,
      refused: source.refused,
    });
    if (!isWritten) return;
    this.#signedAt = now;
    this.#signedSource = signed;
    await this.#readAlarms();
    await this.#sayOthers();
  }

  async #readAlarms(): Promise<void> {
    const { store, log } = this.#ground;
    this.#alarms = await store.schedules.alarms();
    for (const { job, dueAt, state, since } of this.#alarms) {
      // The others were told of when they were decided.
      const key = `${job} ${dueAt}`;
      if (state !== "claimed" || this.#toldAlarms.has(key)) continue;
      this.#toldAlarms.add(key);
      log.write("error", `${job}: the run due at ${dueAt} did not start within a minute`, { job, dueAt, claimedAt: since });
    }
  }

  /** Two schedulers with different configurations decide by different schedules: a person has to know. */
  async #sayOthers(): Promise<void> {
    const { store, source, scheduler, log } = this.#ground;
    const { hash } = source.inForce.configuration;
    const others = (await store.schedules.schedulers()).filter(
      (other) => other.isAlive && other.configurationHash !== hash && !isSameProcess(other.scheduler, scheduler),
    );
    const names = others.map((other) => `process ${other.scheduler.pid} on ${other.scheduler.host} (${other.workspace})`).join(", ");
    // The configuration moves through all of them within seconds: what is still different at the next look is said.
    if (names !== "" && names === this.#saidOthers.slice(1) && this.#saidOthers.startsWith("?")) {
      log.write("warn", `another scheduler works on this database with another configuration: ${names}`);
      this.#saidOthers = `!${names}`;
    } else if (names !== this.#saidOthers.slice(1)) this.#saidOthers = `?${names}`;
  }
}

export const isSameProcess = (a: ProcessIdentity, b: ProcessIdentity): boolean =>
  a.host === b.host && a.pid === b.pid && a.processStart === b.processStart;
