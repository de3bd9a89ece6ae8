import type { BulkColumn } from "../mssql/synchronization/database.js";

/** A value as both databases give it. */
export type Stored = string | number | null;

/** A column of a table on SQL Server that rows are copied into. */
export interface CopiedColumn {
  readonly name: string;
  readonly type: BulkColumn["type"];
  /** UTF-16 units that it takes; null: no bound. */
  readonly length: number | null;
  readonly isNullable: boolean;
  /** The server gives its values, unless told otherwise. */
  readonly isIdentity: boolean;
}

/** As INFORMATION_SCHEMA.COLUMNS describes a column. */
export interface DescribedColumn {
  readonly name: string;
  readonly dataType: string;
  readonly length: number | null;
  readonly isNullable: boolean;
  readonly isIdentity: boolean;
}

const types: Readonly<Record<string, BulkColumn["type"]>> = {
  bigint: "integer",
  int: "int",
  nvarchar: "text",
  char: "time",
  varchar: "word",
};

/** Throws for a type that no migration makes. */
export const copiedColumn = ({ name, dataType, length, isNullable, isIdentity }: DescribedColumn): CopiedColumn => {
  const type = types[dataType.toLowerCase()];
  if (type === undefined) throw new Error(`column ${name} is of type ${dataType}, which cannot be copied`);
  // The server says -1 for a text without a bound.
  return length === -1 ? { name, type: "long", length: null, isNullable, isIdentity } : { name, type, length, isNullable, isIdentity };
};

export const bulkColumn = ({ name, type, length, isNullable }: CopiedColumn): BulkColumn => ({
  name,
  type,
  ...(type === "text" && length !== null ? { length } : {}),
  ...(isNullable ? {} : { required: true as const }),
});

/** Declaration of the column in a temporary table, whose default collation would be the server's. */
export const declaration = ({ name, type, length, isNullable }: CopiedColumn, collation: string): string => {
  const types: Readonly<Record<CopiedColumn["type"], string>> = {
    integer: "bigint",
    int: "int",
    text: `nvarchar(${length ?? "max"}) COLLATE ${collation}`,
    long: `nvarchar(max) COLLATE ${collation}`,
    word: `varchar(${length ?? 120}) COLLATE ${collation}`,
    time: `char(${length ?? 24}) COLLATE ${collation}`,
  };
  return `[${name}] ${types[type]} ${isNullable ? "NULL" : "NOT NULL"}`;
};

/** Bounds of a 32-bit number. */
const leastInt = -(2 ** 31);
const mostInt = 2 ** 31 - 1;

const ascii = /^[\x00-\x7f]*$/;

/** Why a value of the embedded database, which bounds nothing, cannot stand in the column; null where it can. The server would cut it, pad it or read it as other values. */
export const misfit = ({ type, length, isNullable }: CopiedColumn, value: unknown): string | null => {
  if (value === null) return isNullable ? null : "it is empty, and the column takes no empty value";
  if (type === "integer" || type === "int") {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return "it is no whole number";
    return type === "int" && (value < leastInt || value > mostInt) ? "it needs more than 32 bits" : null;
  }
  if (typeof value !== "string") return "it is no text";
  if (type === "time") return value.length === length && ascii.test(value) ? null : `it is no time of ${length} characters`;
  if (length !== null && value.length > length) return `it has ${value.length} characters, and the column takes ${length}`;
  return type === "word" && !ascii.test(value) ? "it has characters other than ASCII" : null;
};
