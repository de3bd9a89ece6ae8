import { timeZoneNamed } from "./time-zone.js";

/** A moment at which the clock on the wall is put forward or back. */
export interface ClockPut {
  readonly at: Date;
  /** What the wall would have shown, and what it shows: `2027-03-28T02:00:00`, `2027-03-28T03:00:00`. */
  readonly from: string;
  readonly to: string;
}

/** The changes of the clock in a time zone (IANA name) with after < at <= until. Throws RangeError for an unknown one. */
export const clockPuts = (timeZone: string, after: Date, until: Date): readonly ClockPut[] =>
  timeZoneNamed(timeZone)
    .changes(after.getTime(), until.getTime() + 1)
    .map(({ at, before, after: offset }) => ({
      at: new Date(at),
      from: new Date(at + before).toISOString().slice(0, 19),
      to: new Date(at + offset).toISOString().slice(0, 19),
    }));
