import type { NumberMeaning } from "./number-format.js";

const secondsOfDay = 86_400;
/** Days from 1970-01-01 back to the day before 1900-03-01, the first of which the 1900 system counts right, less its number. */
const origin1900 = -25_569;
/** Days from 1970-01-01 back to 1904-01-01, day 0 of the 1904 system. */
const origin1904 = -24_107;
/** 1900-02-29, a day that never was, in the 1900 system. */
const noDay = 60;
/** 9999-12-31 in days since 1970-01-01. */
const lastDay = 2_932_896;

/** Significant digits that a spreadsheet keeps; what lies behind is noise of binary fractions. */
const significantDigits = 15;
/** The greatest number has 309 digits. */
const longestNumber = 400;

/** Days written before: a column of dates has few. */
const writtenDays = new Map<number, string>();
const mostWrittenDays = 20_000;

const dayText = (day: number): string => {
  const known = writtenDays.get(day);
  if (known !== undefined) return known;
  if (writtenDays.size === mostWrittenDays) writtenDays.clear();
  const text = new Date(day * secondsOfDay * 1000).toISOString().slice(0, 10);
  writtenDays.set(day, text);
  return text;
};

const two = (value: number): string => String(value).padStart(2, "0");
const timeText = (seconds: number): string =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

/**
 * Decimal text of a number as the file writes it, without exponent, 15 significant digits, no zeros behind; whole numbers written out in
 * digits stay as they are. null where it is no number.
 */
export const decimalText = (written: string): string | null => {
  if (written.length > longestNumber) return null;
  const whole = /^(-?)0*(\d+)$/.exec(written);
  if (whole !== null) return whole[2] === "0" ? "0" : `${whole[1]}${whole[2]}`;
  // Few digits behind a point: nothing to round.
  if (written.length <= significantDigits && /^-?(?:0|[1-9]\d*)\.\d*[1-9]$/.test(written)) return written;
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(written) ? Number(written) : Number.NaN;
  if (!Number.isFinite(value)) return null;
  const [, sign = "", first = "", rest = "", exponent = "0"] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential(significantDigits - 1)) ?? [];
  const digits = `${first}${rest}`.replace(/0+$/, "");
  if (digits === "") return "0";
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return point >= digits.length ? `${sign}${digits.padEnd(point, "0")}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};

/**
 * Text of the number of a date or time, to the second: `yyyy-MM-dd`, with a time of day `yyyy-MM-ddTHH:mm:ss`; without a day `HH:mm:ss`,
 * of elapsed ones with as many hours as there are. The number decides, not how the format shows it: who formats a column anew changes no
 * value. No time zone. null where the calendar has no such day.
 */
export const dateText = (value: number, meaning: Exclude<NumberMeaning, "number">, is1904: boolean): string | null => {
  const seconds = Math.round(value * secondsOfDay);
  if (!Number.isSafeInteger(seconds) || seconds < 0) return null;
  if (meaning === "elapsed") return timeText(seconds);
  const day = Math.floor(seconds / secondsOfDay);
  const ofDay = seconds % secondsOfDay;
  const isWithoutDay = day === 0 && (meaning === "time" || (!is1904 && ofDay > 0));
  if (isWithoutDay) return timeText(ofDay);
  if (!is1904 && (day === 0 || day === noDay)) return null;
  const sinceEpoch = is1904 ? day + origin1904 : day + origin1900 + (day < noDay ? 1 : 0);
  if (sinceEpoch > lastDay) return null;
  const date = dayText(sinceEpoch);
  return ofDay === 0 ? date : `${date}T${timeText(ofDay)}`;
};
