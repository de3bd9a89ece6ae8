/**
 * SQL that holds where two texts are equal as design §6 means it: byte by byte. SQL Server's `=` ignores trailing blanks under every collation, BIN2 too; the lengths
 * tell them apart. Both sides are columns or expressions of a BIN2 text type. `=` stands first, so that an index or a hash join serves it.
 */
export const equal = (left: string, right: string): string => `(${left} = ${right} AND DATALENGTH(${left}) = DATALENGTH(${right}))`;

/** As `equal`, where null equals null. */
export const same = (left: string, right: string): string => `(${equal(left, right)} OR (${left} IS NULL AND ${right} IS NULL))`;

/** Where two texts differ, null being a value of its own. A plain NOT would be unknown, hence not true, where one side is null. */
export const differs = (left: string, right: string): string => `(CASE WHEN ${same(left, right)} THEN 0 ELSE 1 END = 1)`;

/** As `differs`, for numbers and times. */
export const numberDiffers = (left: string, right: string): string =>
  `(CASE WHEN ${left} = ${right} OR (${left} IS NULL AND ${right} IS NULL) THEN 0 ELSE 1 END = 1)`;
