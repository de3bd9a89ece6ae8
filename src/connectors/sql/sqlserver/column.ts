import { type SqlColumn, UnreadableValue } from "../session.js";
import { binary, fraction, single, yesOrNo } from "../value.js";

/** What the driver tells of a column. */
export interface ColumnMetadata {
  readonly colName: string;
  readonly type: { readonly name: string };
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly dataLength?: number | undefined;
}

/** The driver gives decimals as numbers of 53 bits: below 2^52 of the last digit the text made of them is exact. */
const exactBelow = 2 ** 52;
/** Digits that a number of 53 bits always holds. */
const exactDigits = 15;

/** Whether values of a column may be too long for the driver. */
export const isLongDecimal = ({ type, precision = 0 }: ColumnMetadata): boolean =>
  (/^(Decimal|Numeric)N?$/.test(type.name) && precision > exactDigits) || /^MoneyN?$/.test(type.name);

const decimal = (value: number, scale: number): string => {
  if (Math.abs(value) * 10 ** scale >= exactBelow) {
    throw new UnreadableValue(
      "a number of more than 15 digits, which the driver does not give exactly: write CAST(… AS nvarchar(50)) in the SELECT",
    );
  }
  return value.toFixed(scale);
};

/** Times are dates of JavaScript in UTC, with what is smaller than a millisecond beside (s). */
const time = (value: unknown): { readonly day: string; readonly clock: string } => {
  const date = value as Date & { readonly nanosecondsDelta?: number };
  const iso = date.toISOString();
  const [day = "", clock = ""] = iso.split("T");
  // 100 ns are the smallest step: the seventh digit.
  const steps = Math.round((date.nanosecondsDelta ?? 0) * 1e7);
  const digits = `${clock.slice(9, 12)}${String(steps).padStart(4, "0")}`;
  return { day, clock: `${clock.slice(0, 8)}${fraction(`.${digits}`)}` };
};

const textOf = ({ type, scale = 0, dataLength }: ColumnMetadata): ((value: unknown) => string) => {
  switch (type.name) {
    case "DecimalN":
    case "NumericN":
    case "Decimal":
    case "Numeric":
      return (value) => decimal(value as number, scale);
    case "Money":
    case "MoneyN":
    case "SmallMoney":
      return (value) => decimal(value as number, 4);
    case "FloatN":
      return (value) => (dataLength === 4 ? single(value as number) : String(value));
    case "Real":
      return (value) => single(value as number);
    case "Date":
      return (value) => time(value).day;
    case "Time":
      return (value) => time(value).clock;
    case "DateTimeOffset":
      return (value) => `${time(value).day}T${time(value).clock}Z`;
    case "DateTime":
    case "DateTimeN":
    case "SmallDateTime":
    case "DateTime2":
      return (value) => `${time(value).day}T${time(value).clock}`;
    default:
      return anyText;
  }
};

/** Texts, whole numbers (long ones come as text), GUIDs, and whatever a sql_variant holds. */
const anyText = (value: unknown): string => {
  if (value instanceof Uint8Array) return binary(value);
  if (value instanceof Date) return `${time(value).day}T${time(value).clock}`;
  return typeof value === "boolean" ? yesOrNo(value) : String(value);
};

export const columnOf = (metadata: ColumnMetadata): SqlColumn => ({ name: metadata.colName, text: textOf(metadata) });
