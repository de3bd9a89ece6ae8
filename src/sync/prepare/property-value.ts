import { maximumLength, type Property, type PropertyType } from "../../model/index.js";

/**
 * Turns the value `source[start, end)` into the text that is stored (connectors §1.11): gives `unchanged`, `invalid`,
 * or the length of the new text written to the front of `scratch` (64 bytes are enough). Never called with an empty value, which is null.
 */
type Convert = (source: Uint8Array, start: number, end: number, scratch: Uint8Array) => number;
export const unchanged = -1;
export const invalid = -2;

/** What the values of one property have to be. */
export interface ValueRule {
  readonly property: string;
  /** null: any text. */
  readonly convert: Convert | null;
  /** For the error: `a whole number from 0 to 255 (Byte)`. */
  readonly expected: string;
  /** UTF-16 units; Infinity where nothing bounds it. */
  readonly maximum: number;
}

/** Keys fit the narrow slots even where the property has none of its own (design §6). */
const narrowIndex = 4;

/** The rule of a property; `isKey`: its values name resources. */
export const valueRuleOf = (property: Property, isKey: boolean): ValueRule => {
  const isScalarSlot = property.index >= 0 && property.index < 128;
  return {
    property: property.identifier,
    convert: conversions[property.type]?.convert ?? null,
    expected: conversions[property.type]?.expected ?? "text",
    maximum: isScalarSlot ? maximumLength(property.index) : isKey ? maximumLength(narrowIndex) : Number.POSITIVE_INFINITY,
  };
};

const textOf = (source: Uint8Array, start: number, end: number): string =>
  Buffer.from(source.buffer, source.byteOffset + start, end - start).toString("latin1");

const write = (text: string, original: string, scratch: Uint8Array): number => {
  if (text === original) return unchanged;
  for (let i = 0; i < text.length; i++) scratch[i] = text.charCodeAt(i);
  return text.length;
};

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Longest number that is looked at: longer ones are no integer of 64 bits and no sensible double. */
const longestNumber = 64;

const integer =
  (minimum: bigint, maximum: bigint): Convert =>
  (source, start, end, scratch) => {
    // Up to 4 digits without leading zero fit all but Byte, and are nearly all there is.
    const first = source[start] as number;
    if (end - start <= 4 && first !== 0x30 && maximum > 9999n) {
      let p = start;
      while (p < end && isDigit(source[p] as number)) p++;
      if (p === end) return unchanged;
    }
    if (end - start > longestNumber) return invalid;
    const text = textOf(source, start, end);
    if (!/^[+-]?\d+$/.test(text)) return invalid;
    const value = BigInt(text.replace(/^\+/, ""));
    return value < minimum || value > maximum ? invalid : write(String(value), text, scratch);
  };

const double: Convert = (source, start, end, scratch) => {
  if (end - start > longestNumber) return invalid;
  const text = textOf(source, start, end);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) return invalid;
  return write(text.replace(/^\+/, ""), text, scratch);
};

const bool: Convert = (source, start, end, scratch) => {
  const text = textOf(source, start, Math.min(end, start + 6));
  switch (text.toLowerCase()) {
    case "true":
    case "1":
      return write("true", text, scratch);
    case "false":
    case "0":
      return write("false", text, scratch);
    default:
      return invalid;
  }
};

/** 1 + the value of a hexadecimal digit; 0 for any other byte. */
const hexDigits = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 0 : digit + 1;
});
const dash = 0x2d;

const guid: Convert = (source, start, end, scratch) => {
  const hasDashes = end - start === 36;
  if (!hasDashes && end - start !== 32) return invalid;
  let isSame = !hasDashes;
  let at = 0;
  for (let p = start; p < end; p++) {
    const byte = source[p] as number;
    const place = p - start;
    if (hasDashes && (place === 8 || place === 13 || place === 18 || place === 23)) {
      if (byte !== dash) return invalid;
      continue;
    }
    if (hexDigits[byte] === 0) return invalid;
    // Capital letters A–F become small ones.
    const lower = byte < 0x41 ? byte : byte | 0x20;
    if (lower !== byte) isSame = false;
    scratch[at++] = lower;
  }
  return isSame ? unchanged : at;
};

const isoTime = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const internalTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()$/;

const dateTime: Convert = (source, start, end, scratch) => {
  if (end - start > longestNumber) return invalid;
  const text = textOf(source, start, end);
  const parts = (end - start === 14 ? internalTime : isoTime).exec(text);
  if (parts === null) return invalid;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return invalid;
  time.setUTCHours(hour, minute, second);
  const offset = offsetMinutes(parts[7] ?? "");
  if (offset === null) return invalid;
  time.setTime(time.getTime() - offset * 60_000);
  if (year === 0 || time.getUTCFullYear() < 1 || time.getUTCFullYear() > 9999) return invalid;
  return write(time.toISOString().slice(0, 19).replace(/[-T:]/g, ""), text, scratch);
};

/** `Z`, nothing, `+02`, `+0200`, `-05:30`; null where there is no such zone. */
const offsetMinutes = (zone: string): number | null => {
  const parts = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (parts === null) return 0;
  const hours = Number(parts[2]);
  const minutes = Number(parts[3] ?? 0);
  // Zones reach from -12:00 to +14:00.
  return hours > 14 || minutes > 59 ? null : (parts[1] === "-" ? -1 : 1) * (hours * 60 + minutes);
};

const base64: Convert = (source, start, end) => {
  if ((end - start) % 4 !== 0) return invalid;
  return /^[A-Za-z0-9+/]*={0,2}$/.test(textOf(source, start, end)) ? unchanged : invalid;
};

const whole = (type: string, minimum: bigint, maximum: bigint) => ({
  convert: integer(minimum, maximum),
  expected: `a whole number from ${minimum} to ${maximum} (${type})`,
});

/** Types that are not here hold any text. */
const conversions: Partial<Record<PropertyType, { readonly convert: Convert; readonly expected: string }>> = {
  Byte: whole("Byte", 0n, 255n),
  Int16: whole("Int16", -(2n ** 15n), 2n ** 15n - 1n),
  Int32: whole("Int32", -(2n ** 31n), 2n ** 31n - 1n),
  Int64: whole("Int64", -(2n ** 63n), 2n ** 63n - 1n),
  Double: { convert: double, expected: "a number with a decimal point (Double)" },
  Bool: { convert: bool, expected: "true, false, 1 or 0 (Bool)" },
  Guid: { convert: guid, expected: "a GUID of 32 hexadecimal digits, with or without dashes (Guid)" },
  DateTime: { convert: dateTime, expected: "a time as yyyyMMddHHmmss or ISO 8601 (DateTime)" },
  Bytes: { convert: base64, expected: "base64 text (Bytes)" },
  Binary: { convert: base64, expected: "base64 text (Binary)" },
};
