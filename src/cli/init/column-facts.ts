/** What the values of a column look like; `text` where they have nothing in common. */
export type ValueForm = "text" | "whole number" | "number" | "true or false" | "time" | "date in another form" | "GUID" | "e-mail address";

/** What is known of a column after its rows were seen. */
export interface ColumnFacts {
  readonly name: string;
  readonly position: number;
  readonly rows: number;
  readonly empty: number;
  /** Rows whose value stood in an earlier row; counted up to a bound, `isBounded` tells that there may be more. */
  readonly repeated: number;
  readonly isBounded: boolean;
  /** UTF-16 units. */
  readonly longest: number;
  readonly form: ValueForm;
  /** Largest whole number by amount, for the choice of its type. */
  readonly largest: number;
  /** How all values are written, digits taken together: `P9` for P1, P20; null where they differ, or there are none. */
  readonly shape: string | null;
}

/** Repetitions after which a column is no key whatever follows: its values need not be remembered any more. */
const mostRepetitions = 10_000;

/** Ordered: the first that fits every value is taken. Without leading zeros, which a number would lose. */
const forms: readonly (readonly [ValueForm, RegExp])[] = [
  ["true or false", /^(true|false)$/i],
  ["whole number", /^(0|-?[1-9]\d{0,17})$/],
  ["number", /^-?(0|[1-9]\d*)\.\d+$/],
  ["GUID", /^([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})$/i],
  [
    "time",
    /^([12]\d{3}-[01]\d-[0-3]\d([T ][0-2]\d:[0-5]\d(:[0-5]\d([.,]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?|[12]\d{3}[01]\d[0-3]\d[0-2]\d[0-5]\d[0-5]\d)$/i,
  ],
  [
    "date in another form",
    /^([0-3]?\d[./-][01]?\d[./-](\d{4}|\d{2})|[01]?\d\/[0-3]?\d\/(\d{4}|\d{2})|\d{4}\/[01]?\d\/[0-3]?\d)( [0-2]?\d:[0-5]\d(:[0-5]\d)?)?$/,
  ],
  ["e-mail address", /^[^\s@]+@[^\s@]+\.[^\s@]+$/],
];

/** The form of one value. */
export const formOf = (value: string): ValueForm => forms.find(([, pattern]) => pattern.test(value))?.[0] ?? "text";

/** A text with each run of digits as one 9. */
export const shapeOf = (text: string): string => text.replace(/\d+/g, "9");

/** A number of 53 bits for a text: two texts of a file share one about once in ten million files of 100,000 rows. */
export const fingerprint = (text: string): number => {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
};

/** Gathers the facts of one column, row by row. */
export class ColumnStudy {
  readonly #name: string;
  readonly #position: number;
  #rows = 0;
  #empty = 0;
  #repeated = 0;
  #longest = 0;
  #largest = 0;
  /** null once it repeats so much that it is no key. */
  #seen: Set<number> | null = new Set();
  /** null: they differ. */
  #shape: string | null | undefined = undefined;
  #possible: readonly (readonly [ValueForm, RegExp])[] = forms;

  constructor(name: string, position: number) {
    this.#name = name;
    this.#position = position;
  }

  add(value: string): void {
    this.#rows++;
    if (value === "") {
      this.#empty++;
      return;
    }
    this.#longest = Math.max(this.#longest, value.length);
    if (this.#shape !== null) {
      const shape = shapeOf(value);
      this.#shape = this.#shape === undefined || this.#shape === shape ? shape : null;
    }
    if (this.#possible.length > 0) this.#narrow(value);
    if (this.#seen === null) return;
    const mark = fingerprint(value);
    if (!this.#seen.has(mark)) this.#seen.add(mark);
    else if (++this.#repeated >= mostRepetitions) this.#seen = null;
  }

  /** Whole numbers and others mixed are numbers. */
  #narrow(value: string): void {
    const isWhole = forms[1]?.[1].test(value) === true;
    if (isWhole) this.#largest = Math.max(this.#largest, Math.abs(Number(value)));
    this.#possible = this.#possible.filter(([form, pattern]) => pattern.test(value) || (form === "number" && isWhole));
  }

  facts(): ColumnFacts {
    const isEmpty = this.#empty === this.#rows;
    return {
      name: this.#name,
      position: this.#position,
      rows: this.#rows,
      empty: this.#empty,
      repeated: this.#repeated,
      isBounded: this.#seen === null,
      longest: this.#longest,
      form: isEmpty ? "text" : (this.#possible[0]?.[0] ?? "text"),
      largest: this.#largest,
      shape: this.#shape ?? null,
    };
  }
}
