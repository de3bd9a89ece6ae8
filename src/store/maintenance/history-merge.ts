/** A former version of one resource: all that merging asks of it. */
export interface ClosedVersion {
  readonly validFrom: string;
  readonly validTo: string;
  /** What the version says, where only equal ones may be merged; else the same for all. */
  readonly content?: string;
}

/** One stretch of an optimization: so many intervals of so many minutes (connectors §2.8). */
export interface KeptStretch {
  readonly minutes: number;
  readonly count: number;
}

/** Several versions become the newest of them, which then begins where the oldest began. */
export interface Merge {
  readonly kept: ClosedVersion;
  readonly validFrom: string;
  /** Their ends, which name them. */
  readonly removed: readonly string[];
}

/**
 * The number of the interval that a moment lies in, counted back from `now`: first `count` intervals of the first stretch, then those of the next. Null before the last of them: what is
 * older stays as it is, a purge removes it.
 */
export const intervalOf = (stretches: readonly KeptStretch[], now: number, moment: number): number | null => {
  let end = now;
  let number = 0;
  for (const { minutes, count } of stretches) {
    const length = minutes * 60_000;
    const index = Math.floor((end - moment) / length);
    if (moment > end) return null;
    if (index < count) return number + index;
    end -= length * count;
    number += count;
  }
  return null;
};

/**
 * Which of one resource's former versions, in the order of their time, become one. Merged are neighbours without a gap (a gap is a time in which the resource was not there, which stays
 * told) that `group` gives the same value; those that it gives null stay.
 */
export const mergesOf = (versions: readonly ClosedVersion[], group: (version: ClosedVersion) => unknown): readonly Merge[] => {
  const runs: ClosedVersion[][] = [];
  for (const version of versions) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const key = group(version);
    const joins = last !== undefined && key !== null && last.validTo === version.validFrom && Object.is(group(last), key);
    if (run !== undefined && joins) run.push(version);
    else runs.push([version]);
  }
  return runs.flatMap((run): Merge[] => {
    const [first] = run;
    const kept = run.at(-1);
    if (first === undefined || kept === undefined || run.length === 1) return [];
    return [{ kept, validFrom: first.validFrom, removed: run.slice(0, -1).map(({ validTo }) => validTo) }];
  });
};

/** Parts `1440:30 10080:52`: days for a month, then weeks for a year. Null where it is none. */
export const parseStretches = (text: string): readonly KeptStretch[] | null => {
  const parts = text.trim().split(/[\s,;]+/);
  const stretches = parts.map((part) => {
    const [, minutes = "", count = ""] = /^([1-9]\d{0,6}):([1-9]\d{0,5})$/.exec(part) ?? [];
    return { minutes: Number(minutes), count: Number(count) };
  });
  return stretches.every(({ minutes, count }) => minutes > 0 && count > 0) ? stretches : null;
};
