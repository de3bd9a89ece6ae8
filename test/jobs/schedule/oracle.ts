/**
 * What is due and when, found by looking at the clock on the wall minute by minute: the rule of jobs-and-tasks §3.8 once more, by other means. Nothing of it is shared with
 * the program: texts are read, zones asked and moments chosen by code of its own. The zone is asked every quarter of an hour: no clock of the tests changes
 * in between.
 */

const minute = 60_000;

const names: Readonly<Record<string, number>> = Object.fromEntries([
  ...["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].map((name, index) => [name, index + 1] as const),
  ...["sun", "mon", "tue", "wed", "thu", "fri", "sat"].map((name, index) => [name, index] as const),
]);
const number = (text: string): number => names[text.toLowerCase()] ?? Number(text);

/** Whether a field allows a value: `*`, `a`, `a-b`, each with `/n`, in a list. A step counts from the start of its range, of `*` from `lowest`. */
const allows = (field: string, value: number, lowest: number): boolean =>
  field.split(",").some((member) => {
    const [range = "", step] = member.split("/");
    const [from, to] = range === "*" ? [lowest, Number.POSITIVE_INFINITY] : (range.split("-").map(number) as [number, number?]);
    const last = to ?? (step === undefined ? from : Number.POSITIVE_INFINITY);
    return value >= from && value <= last && (value - from) % Number(step ?? 1) === 0;
  });

/** The wall of a zone, minute by minute: `wall[i]` is what it shows at `from + i` minutes, as if it showed UTC. */
export interface Wall {
  readonly from: number;
  readonly shown: Float64Array;
}

/** Minutes before the first day of a wall, so that what it showed before is known: two days, since no clock was ever changed by more than one. */
const lookBack = 2 * 1440;

/** A wall of some days from a date on: `2026-01-01`. */
export const wallOf = (timeZone: string, date: string, days: number): Wall => {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const from = Date.parse(date) - lookBack * minute;
  const shown = new Float64Array(lookBack + days * 1440);
  for (let index = 0; index < shown.length; index++) {
    shown[index] =
      index % 15 === 0 ? Date.parse(`${format.format(from + index * minute).replace(" ", "T")}Z`) : (shown[index - 1] ?? 0) + minute;
  }
  return { from, shown };
};

/** Some days of a wall, from its n-th on. */
export const partOf = ({ from, shown }: Wall, day: number, days: number): Wall => ({
  from: from + day * 1440 * minute,
  shown: shown.subarray(day * 1440, (day + days) * 1440 + lookBack),
});

/** Days of a wall, from 0, on which the clock is changed. */
export const changesOf = ({ shown }: Wall): readonly number[] => {
  const days = new Set<number>();
  for (let index = lookBack; index < shown.length; index++) {
    if ((shown[index] ?? 0) - (shown[index - 1] ?? 0) !== minute) days.add(Math.floor((index - lookBack) / 1440));
  }
  return [...days];
};

/** The due times, in milliseconds, of a wall from its first day on, before its end. */
export const dueOn = ({ from, shown }: Wall, cron: string): readonly number[] => {
  const fields = cron.trim().split(/\s+/);
  const [second = "", atMinute = "", hour = "", day = "", month = "", weekday = ""] = fields.length === 5 ? ["0", ...fields] : fields;
  const seconds = Array.from({ length: 60 }, (_, value) => value).filter((value) => allows(second, value, 0));
  const minutes = Array.from({ length: 1440 }, (_, value) => allows(atMinute, value % 60, 0) && allows(hour, Math.floor(value / 60), 0));
  const dates = new Map<number, boolean>();
  const isNamed = (wall: number): boolean => {
    const date = Math.floor(wall / 86_400_000) * 86_400_000;
    if (!dates.has(date)) {
      const at = new Date(date);
      dates.set(date, allows(day, at.getUTCDate(), 1) && allows(month, at.getUTCMonth() + 1, 1) && allows(weekday, at.getUTCDay(), 0));
    }
    return dates.get(date) === true && minutes[(wall - date) / minute] === true;
  };
  const isFixed = !hour.split(",").some((member) => member.startsWith("*"));
  const due: number[] = [];
  /** Everything before this was shown. */
  let reached = shown[0] ?? 0;
  for (let index = 0; index < shown.length; index++) {
    const at = from + index * minute;
    const wall = shown[index] ?? 0;
    let isMoved = false;
    let isShown = isNamed(wall);
    if (isFixed) {
      // What the wall left out since the minute before comes now, once; what it shows again does not come again.
      for (let missing = reached; missing < wall && !isMoved; missing += minute) isMoved = isNamed(missing);
      isShown &&= wall >= reached;
      reached = Math.max(reached, wall + minute);
    }
    if (index < lookBack) continue;
    if (isMoved && !(isShown && seconds[0] === 0)) due.push(at);
    if (isShown) for (const each of seconds) due.push(at + each * 1000);
  }
  return due;
};
