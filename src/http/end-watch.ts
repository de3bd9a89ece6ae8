import { type Clock, isoTime, isRunning } from "../model/index.js";
import type { RecordMarks, SeenInstance, ServiceReading } from "../store/index.js";

/** An end of an instance that was not seen before. */
export interface SeenEnd {
  readonly instance: SeenInstance;
  readonly endedAt: string;
  /** What ended by then was counted before, or before anybody counted. */
  readonly after: string;
}

export interface Look {
  readonly ends: readonly SeenEnd[];
  /** Instances that run, wait or are blocked now. */
  readonly open: readonly SeenInstance[];
}

/** Numbers are given in order and not always seen in order: so many before the last one are looked at again. */
const lookBack = 100;
/** Instances whose last end is remembered: several times as many as end between two looks, however fast jobs follow each other. */
const remembered = 10_000;

/**
 * Finds each end of an instance once, whoever ran it: this process, another scheduler, the command line; one that is resumed ends again. What had ended before the first look is not told of. Nothing is missed
 * between two looks, however far they are apart: new instances, those that were open, and those that somebody took a decision on are looked at.
 */
export class EndWatch {
  readonly #reading: ServiceReading;
  readonly #clock: Clock;
  readonly #lastEnds = new Map<number, string>();
  #open: readonly SeenInstance[] = [];
  #first: { readonly marks: RecordMarks; readonly at: string } | null = null;
  #marks: RecordMarks = { instance: 0, decision: 0 };

  constructor(reading: ServiceReading, clock: Clock) {
    this.#reading = reading;
    this.#clock = clock;
  }

  /** One at a time. Throws what the database refuses with; the next look then goes on from the last. */
  async look(): Promise<Look> {
    const first = this.#first;
    if (first === null) return this.#begin();
    // Asked for before the rows: what comes in between is looked at again.
    const marks = await this.#reading.marks();
    const from = {
      instance: Math.max(first.marks.instance, this.#marks.instance - lookBack),
      decision: Math.max(first.marks.decision, this.#marks.decision - lookBack),
    };
    const wasOpen = new Set(this.#open.map(({ id }) => Number(id)));
    const ends = (await this.#reading.since(from, [...wasOpen])).flatMap((instance): SeenEnd[] => {
      const { id, endedAt, state } = instance;
      const last = this.#lastEnds.get(id);
      if (isRunning(state) || endedAt === null || endedAt === last) return [];
      const isNew = id > first.marks.instance;
      if (!isNew && last === undefined && !wasOpen.has(id) && endedAt <= first.at) return [];
      return [{ instance, endedAt, after: last ?? (isNew ? "" : first.at) }];
    });
    const open = await this.#reading.open();
    this.#marks = marks;
    this.#open = open;
    for (const { instance, endedAt } of ends) this.#remember(instance.id, endedAt);
    return { ends, open };
  }

  async #begin(): Promise<Look> {
    const at = isoTime(this.#clock);
    const marks = await this.#reading.marks();
    const open = await this.#reading.open();
    this.#first = { marks, at };
    this.#marks = marks;
    this.#open = open;
    for (const { id, endedAt } of open) if (endedAt !== null) this.#remember(id, endedAt);
    return { ends: [], open };
  }

  #remember(id: number, endedAt: string): void {
    this.#lastEnds.delete(id);
    this.#lastEnds.set(id, endedAt);
    for (const oldest of this.#lastEnds.keys()) {
      if (this.#lastEnds.size <= remembered) return;
      this.#lastEnds.delete(oldest);
    }
  }
}
