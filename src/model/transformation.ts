export type WhereOperator = "Equals" | "NotEquals" | "Contains" | "NotContains" | "StartsWith" | "EndsWith" | "Regex";

interface OfTable {
  /** Exported file without `.csv`: `<connection>` or `<connection>_<suffix>`. */
  readonly table: string;
  /** Case counts. */
  readonly column: string;
}

/** Writes to `column`, which may be new, the values of other columns joined. */
export interface ConcatColumns extends OfTable {
  readonly type: "ConcatColumns";
  readonly inputs: readonly string[];
  readonly separator: string;
  readonly removeEmpty: boolean;
  /** Of values that follow each other. */
  readonly removeDuplicates: boolean;
  readonly sortValues: boolean;
}

/** Adds days to the dates of a column. */
export interface TransformDate extends OfTable {
  readonly type: "TransformDate";
  readonly input: string;
  readonly addedDays: number;
  readonly minYear: number | null;
  readonly maxYear: number | null;
  /** How the dates are written; null: ISO 8601, or `yyyyMMddHHmmss`. */
  readonly datePattern: string | null;
}

/** Keeps the rows that match. */
export interface WhereValue extends OfTable {
  readonly type: "WhereValue";
  readonly operator: WhereOperator;
  readonly value: string;
}

/** A change of an exported file between export and prepare (connectors §1.3); patterns were checked. */
export type Transformation = ConcatColumns | TransformDate | WhereValue;
