import { TYPES } from "tedious";

/** Longest text that a parameter takes without becoming a `max` type (bytes). */
const longestPlain = 8000;

const ascii = /^[\x00-\x7f]*$/;

/**
 * How a value is bound. A text of ASCII goes as varchar: compared with an nvarchar column it is widened, and the index serves; an nvarchar parameter beside a varchar
 * column would widen the column instead, row by row. Gives null where knex's own choice is right.
 */
export const bindingOf = (value: unknown): [unknown, (typeof TYPES)[keyof typeof TYPES]] | null => {
  if (typeof value === "string" && value.length <= longestPlain && ascii.test(value)) return [value, TYPES.VarChar];
  if (typeof value === "bigint") return [value.toString(), TYPES.BigInt];
  return null;
};
