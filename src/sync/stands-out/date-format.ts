/** A day as a text tells it in one format. */
interface ReadDay {
  /** As people write it: `dd/MM/yyyy`, `yyyy-MM-ddTHH:mm:ss`. */
  readonly pattern: string;
  /** Days since 1970-01-01. */
  readonly day: number;
}

/** Days from 1970 to 2000 of which two years of two digits tell: 00 to 69 are of this century. */
const pivotYear = 70;

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Spreadsheets count the days since 1899-12-30. A number of five digits is one from 1927 to 2173. */
const serialOfEpoch = 25_569;

const dayOf = (year: number, month: number, day: number): number | null => {
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  return time.getUTCMonth() === month - 1 && time.getUTCDate() === day ? Math.floor(time.getTime() / 86_400_000) : null;
};

/** The time of day behind a date, as a pattern: `T09:30:00Z` gives `THH:mm:ssZ`; null where it is none. */
const timePattern = (text: string): string | null => {
  if (text === "") return "";
  if (/^([01]\d|2[0-3])[0-5]\d[0-5]\d$/.test(text)) return "HHmmss";
  const parts = /^([T ])\d{1,2}:\d\d(:\d\d)?([.,]\d+)?( ?[AP]M)?(Z|[+-]\d\d:?\d\d)?$/i.exec(text);
  if (parts === null) return null;
  const [, separator = "", seconds, fraction, half, zone] = parts;
  return `${separator}HH:mm${seconds === undefined ? "" : ":ss"}${fraction === undefined ? "" : ".fff"}${half === undefined ? "" : " tt"}${zone === undefined ? "" : zone.toUpperCase() === "Z" ? "Z" : "zzz"}`;
};

const fullYear = (text: string): number => {
  if (text.length === 4) return Number(text);
  return Number(text) + (Number(text) < pivotYear ? 2000 : 1900);
};

/**
 * Every way to read a text as a date: one for each order of day and month that gives a day of the calendar. Takes any text; gives none where it is no date.
 */
export const daysIn = (text: string): ReadDay[] => {
  // Nothing longer is a date, and nothing shorter.
  if (text.length < 5 || text.length > 40) return [];
  const found: ReadDay[] = [];
  const add = (pattern: string, rest: string, year: number, month: number, day: number): void => {
    const time = timePattern(rest);
    const days = time === null ? null : dayOf(year, month, day);
    if (days !== null) found.push({ pattern: `${pattern}${time}`, day: days });
  };
  if (/^[1-9]\d{4}$/.test(text)) return [{ pattern: "days of a spreadsheet", day: Number(text) - serialOfEpoch }];
  const packed = /^(\d{4})(\d\d)(\d\d)(\d{6}|[T ].*)?$/.exec(text);
  if (packed !== null) {
    const [, year = "", second = "", third = "", rest = ""] = packed;
    add("yyyyMMdd", rest, Number(year), Number(second), Number(third));
    add("yyyyddMM", rest, Number(year), Number(third), Number(second));
    if (rest === "") {
      add("ddMMyyyy", "", Number(text.slice(4)), Number(text.slice(2, 4)), Number(text.slice(0, 2)));
      add("MMddyyyy", "", Number(text.slice(4)), Number(text.slice(0, 2)), Number(text.slice(2, 4)));
    }
    return found;
  }
  const yearFirst = /^(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})(?!\d)(.*)$/.exec(text);
  if (yearFirst !== null) {
    const [, year = "", separator = "", second = "", third = "", rest = ""] = yearFirst;
    add(`yyyy${separator}MM${separator}dd`, rest, Number(year), Number(second), Number(third));
    add(`yyyy${separator}dd${separator}MM`, rest, Number(year), Number(third), Number(second));
    return found;
  }
  const yearLast = /^(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d\d)(?!\d)(.*)$/.exec(text);
  if (yearLast !== null) {
    const [, first = "", separator = "", second = "", year = "", rest = ""] = yearLast;
    const years = "y".repeat(year.length);
    add(`dd${separator}MM${separator}${years}`, rest, fullYear(year), Number(second), Number(first));
    add(`MM${separator}dd${separator}${years}`, rest, fullYear(year), Number(first), Number(second));
    return found;
  }
  const named = /^(\d{1,2})([-/. ])([A-Za-z]{3,9})\.?\2(\d{4}|\d\d)(?!\d)(.*)$/.exec(text);
  if (named !== null) {
    const [, day = "", separator = "", name = "", year = "", rest = ""] = named;
    const month = months.indexOf(name.slice(0, 3).toLowerCase()) + 1;
    if (month > 0) add(`dd${separator}MMM${separator}${"y".repeat(year.length)}`, rest, fullYear(year), month, Number(day));
  }
  return found;
};

/** The pairs of formats in which two different texts are the same day: `dd/MM/yyyy` → `yyyy-MM-dd`. Takes any texts. */
export const movedFormats = (before: string, after: string): { readonly from: string; readonly to: string }[] => {
  const read = daysIn(before);
  if (read.length === 0) return [];
  const now = daysIn(after);
  return read.flatMap((then) =>
    now
      .filter(({ day, pattern }) => day === then.day && pattern !== then.pattern)
      .map(({ pattern }) => ({ from: then.pattern, to: pattern })),
  );
};
