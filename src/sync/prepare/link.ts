import { copyBytes, FieldForm } from "../csv/index.js";
import type { ExternalSort, SortedRow } from "../sort/index.js";

/**
 * A link to be sorted: a sequence number of 4 bytes, then both keys with a zero byte between them (no value holds one), so that the order
 * of the bytes is the order of the pairs. Flags: form of the first key, form of the second, length of the first.
 */
const sequenceBytes = 4;
const separator = 0;
const formBits = 3;
const formMask = (1 << formBits) - 1;

/** A link as a sort gives it out. */
export type Link = Pick<SortedRow, "bytes" | "line" | "textStart" | "keyStart" | "keyLength" | "flags">;

/** Of the links of one owner (the first key) passes on the first in file order; links come in the order of their owners. */
export class FirstOfOwner {
  private kept: Link | null = null;

  constructor(
    private readonly pass: (link: Link) => void,
    private readonly conflict: (link: Link) => void,
  ) {}

  take(link: Link): void {
    const { kept } = this;
    if (kept === null || !hasSameOwner(kept, link)) {
      this.end();
      this.kept = copied(link);
    } else if (sequenceOf(link) < sequenceOf(kept)) {
      this.conflict(kept);
      this.kept = copied(link);
    } else this.conflict(link);
  }

  end(): void {
    if (this.kept !== null) this.pass(this.kept);
    this.kept = null;
  }
}

/** The link in memory of its own. */
export const copied = ({ bytes, line, textStart, keyStart, keyLength, flags }: Link): Link => ({
  bytes: bytes.slice(textStart, keyStart + keyLength),
  line,
  textStart: 0,
  keyStart: keyStart - textStart,
  keyLength,
  flags,
});

interface Part {
  readonly start: number;
  readonly end: number;
  readonly form: number;
}

export const partsOf = ({ keyStart, keyLength, flags }: Link): readonly [Part, Part] => {
  const middle = keyStart + (flags >>> (2 * formBits));
  return [
    { start: keyStart, end: middle, form: flags & formMask },
    { start: middle + 1, end: keyStart + keyLength, form: (flags >>> formBits) & formMask },
  ];
};

export const sequenceOf = ({ bytes, textStart }: Link): number =>
  (bytes[textStart] as number) |
  ((bytes[textStart + 1] as number) << 8) |
  ((bytes[textStart + 2] as number) << 16) |
  ((bytes[textStart + 3] as number) << 24);

/** Whether the first keys of two links are equal. */
export const hasSameOwner = (a: Link, b: Link): boolean => {
  const [ownerA] = partsOf(a);
  const [ownerB] = partsOf(b);
  return Buffer.compare(a.bytes.subarray(ownerA.start, ownerA.end), b.bytes.subarray(ownerB.start, ownerB.end)) === 0;
};

export const addPair = (
  sort: ExternalSort,
  line: number,
  sequence: number,
  one: Uint8Array,
  start1: number,
  end1: number,
  form1: number,
  two: Uint8Array,
  start2: number,
  end2: number,
  form2: number,
): void => {
  const length1 = end1 - start1;
  const start = sort.reserve(sequenceBytes + length1 + 1 + end2 - start2);
  const target = sort.bytes;
  target[start] = sequence;
  target[start + 1] = sequence >>> 8;
  target[start + 2] = sequence >>> 16;
  target[start + 3] = sequence >>> 24;
  const keyAt = start + sequenceBytes;
  let at = copyBytes(target, keyAt, one, start1, end1);
  target[at++] = separator;
  at = copyBytes(target, at, two, start2, end2);
  const flags = (form1 & valueForms) | ((form2 & valueForms) << formBits) | (length1 << (2 * formBits));
  sort.commit(line, sequenceBytes, keyAt, at - keyAt, at, flags);
};

/** Adds a link with its keys in the other order. */
export const addSwapped = (sort: ExternalSort, link: Link): void => {
  const [one, two] = partsOf(link);
  addPair(sort, link.line, sequenceOf(link), link.bytes, two.start, two.end, two.form, link.bytes, one.start, one.end, one.form);
};

/** What of a field's form is the value's own, not its writer's. */
const valueForms = FieldForm.needsQuotes | FieldForm.holdsQuote;
