/** A stretch of time in which the clock on the wall was not touched. All in milliseconds. */
export interface Stretch {
  /** The moments from `from` on, before `to`. */
  readonly from: number;
  readonly to: number;
  /** What the wall shows, less UTC. */
  readonly offset: number;
  /** The wall had shown everything before this when the stretch began: less than `from + offset` where the clock was put forward, more where it was put back. */
  readonly reached: number;
  /** The wall will show everything from this on once more, or for the first time, after the stretch: less than `to + offset` where the clock is put back. */
  readonly returnsTo: number;
}

const dayLength = 86_400_000;

/** No clock was ever put forward or back by more than a day (Samoa left one out in 2011): two days off, its traces are gone. */
const margin = 2 * dayLength;

/** Days whose offset is kept; 27 years of them in about half a megabyte. */
const keptDays = 10_000;

/** One time zone, as the time zone data of Node.js know it. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #isUtc: boolean;
  readonly #offsets = new Map<number, number>();

  /** Takes an IANA name. Throws RangeError for one that is unknown. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    this.#isUtc = this.#format.resolvedOptions().timeZone === "UTC";
  }

  /** What the wall shows at a moment, less UTC. */
  offsetAt(at: number): number {
    if (this.#isUtc) return 0;
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = (this.#format.format(at).match(/\d+/g) ?? []).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
  }

  #offsetOfDay(at: number): number {
    const known = this.#offsets.get(at);
    if (known !== undefined) return known;
    if (this.#offsets.size >= keptDays) this.#offsets.clear();
    const offset = this.offsetAt(at);
    this.#offsets.set(at, offset);
    return offset;
  }

  /** Moments between `from` and `to` at which the clock is put forward or back, ascending. Two changes of one day (UTC) that undo each other are not seen; there were none. */
  changes(from: number, to: number): readonly { readonly at: number; readonly before: number; readonly after: number }[] {
    const found: { at: number; before: number; after: number }[] = [];
    if (this.#isUtc) return found;
    for (let day = Math.floor(from / dayLength) * dayLength; day < to; day += dayLength) {
      const end = day + dayLength;
      const atEnd = this.#offsetOfDay(end);
      let before = this.#offsetOfDay(day);
      for (let start = day; before !== atEnd; ) {
        let [low, high] = [start, end];
        // The clock changes at whole seconds.
        while (high - low > 1000) {
          const middle = low + Math.floor((high - low) / 2000) * 1000;
          if (this.offsetAt(middle) === before) low = middle;
          else high = middle;
        }
        const after = this.offsetAt(high);
        if (high > from && high < to) found.push({ at: high, before, after });
        before = after;
        start = high;
      }
    }
    return found;
  }

  /** The stretches of the moments from `from` on, before `to`, ascending and without a hole. */
  stretches(from: number, to: number): readonly Stretch[] {
    const changes = this.changes(from - margin, to + margin);
    const bounds = [from - margin, ...changes.map(({ at }) => at), to + margin];
    const offsets = [changes[0]?.before ?? this.offsetAt(from), ...changes.map(({ after }) => after)];
    const pieces = offsets.map((offset, index) => ({ from: bounds[index] ?? from, to: bounds[index + 1] ?? to, offset }));
    return pieces.flatMap((piece, index) => {
      const start = Math.max(piece.from, from);
      const end = Math.min(piece.to, to);
      if (start >= end) return [];
      const before = pieces.slice(0, index).map((each) => each.to + each.offset);
      const later = pieces.slice(index + 1).map((each) => each.from + each.offset);
      const passed = start > piece.from || index === 0 ? [start + piece.offset] : [];
      return [
        {
          from: start,
          to: end,
          offset: piece.offset,
          reached: Math.max(...before, ...passed),
          returnsTo: Math.min(piece.to + piece.offset, ...later),
        },
      ];
    });
  }
}

const zones = new Map<string, TimeZone>();

/** A time zone by its IANA name; each is made once. Throws RangeError for one that is unknown. */
export const timeZoneNamed = (name: string): TimeZone => {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = new TimeZone(name);
  zones.set(name, zone);
  return zone;
};

/**
 * The IANA name of this machine's time zone, which ServerTime means (jobs-and-tasks §3.8). UTC where TZ names none that is known, since Node.js's clock goes by UTC then.
 */
export const localTimeZone = (): string => {
  // Node.js gives `undefined` or "Etc/Unknown" for a TZ that it cannot read, whatever the type says.
  const { timeZone } = new Intl.DateTimeFormat("en").resolvedOptions() as { timeZone?: string };
  return timeZone === undefined || timeZone === "Etc/Unknown" ? "UTC" : timeZone;
};
