/**
 * A record to be sorted, in memory and in run files alike: seven 32-bit words, then text and key, padded to four bytes.
 * Words are read through an Int32Array over the same memory; indexes below are in words from the record's start.
 */
export const Word = {
  /** Bytes of the whole record, header and padding included: the next record begins there. */
  size: 0,
  /** 1-based line of the source row, for errors and for "the first in file order stays". */
  line: 1,
  textLength: 2,
  keyLength: 3,
  /** Bytes from the record's start to its key: inside the text, or behind it. */
  keyOffset: 4,
  /** Bytes that its key shares with the key before it in its run. */
  common: 5,
  /** For the one who put the record in. */
  flags: 6,
} as const;

/** Bytes before the text. */
export const headerBytes = 28;
export const aligned = (bytes: number): number => (bytes + 3) & ~3;
