import { compileDatePattern, type DatePattern, dayLength } from "../../model/index.js";

const compiled = (source: string): DatePattern => {
  const result = compileDatePattern(source);
  if ("problem" in result) throw new Error(result.problem);
  return result.pattern;
};

const dateOnly = compiled("yyyy-MM-dd");
const dateAndTime = compiled("yyyy-MM-ddTHH:mm:ss");

/** ISO 8601 as exports write it and prepare reads it (connectors §1.11), and the form in which times are stored; by the length of a text. */
const forms = new Map<number, readonly DatePattern[]>([
  [10, [dateOnly]],
  [14, [compiled("yyyyMMddHHmmss")]],
  [16, [compiled("yyyy-MM-ddTHH:mm"), compiled("yyyy-MM-dd HH:mm")]],
  [19, [dateAndTime, compiled("yyyy-MM-dd HH:mm:ss")]],
  [20, [compiled("yyyy-MM-ddTHH:mm:ssZ")]],
  [23, [compiled("yyyy-MM-ddTHH:mm:ss.fff"), compiled("yyyy-MM-dd HH:mm:ss.fff")]],
  [24, [compiled("yyyy-MM-ddTHH:mm:ss.fffZ")]],
]);

/** A time as it stands in a text, and how another is written in the form of that text. */
export interface ReadDate {
  /** Milliseconds since 1970 (UTC). */
  readonly time: number;
  format(time: number): string;
}

/** Reads a text of a pattern; without one of any form of ISO 8601, of which a day that gets a time of day is written with it. null where it is no date. */
export const dateReader = (pattern: DatePattern | null): ((text: string) => ReadDate | null) => {
  if (pattern !== null) {
    return (text) => {
      const time = pattern.parse(text);
      return time === null ? null : { time, format: pattern.format };
    };
  }
  return (text) => {
    for (const form of forms.get(text.length) ?? []) {
      const time = form.parse(text);
      if (time !== null) return { time, format: form === dateOnly ? formatDay : form.format };
    }
    return null;
  };
};

const formatDay = (time: number): string => (time % dayLength === 0 ? dateOnly : dateAndTime).format(time);
