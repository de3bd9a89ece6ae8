import { escapeByte, recordSeparator, splitRecord, unitSeparator } from "./joined-form.js";

/** Records in key order, in blocks of joined form that hold whole records. */
export interface RecordSource {
  /** The next block, or null at the end. The block is the caller's until the next call. */
  next(): Buffer | null;
}

/** The repository's side. Its blocks are built by the database, which does not escape. */
export interface StoredSource extends RecordSource {
  /** Gives the rest of the last block in exact joined form, without its first `consumed` records. */
  refetch(consumed: number): Buffer;
  /** Fields a record has. */
  readonly fieldCount: number;
}

/** What a comparison finds, in key order. Records are joined form without their separator, valid during the call only. */
export interface ComparisonHandler {
  inserted(record: Buffer): void;
  updated(record: Buffer, stored: Buffer): void;
  deleted(stored: Buffer): void;
}

/** Records below this many bytes are searched for their first difference byte by byte. */
const shortRun = 32;

/** Gives the offset of the first byte in which a[from…] and b[from…] differ, at most `length`. */
export const firstDifference = (a: Buffer, fromA: number, b: Buffer, fromB: number, length: number): number => {
  let at = 0;
  let step = 64;
  while (at < length) {
    const run = Math.min(step, length - at);
    if (a.compare(b, fromB + at, fromB + at + run, fromA + at, fromA + at + run) === 0) {
      at += run;
      step *= 2;
    } else if (run <= shortRun) {
      while (a[fromA + at] === b[fromB + at]) at++;
      return at;
    } else {
      step = run >> 1;
    }
  }
  return length;
};

const endOfRecord = (block: Buffer, from: number): number => block.indexOf(recordSeparator, from);

/** Whether a record holds as many fields as its table: a stored value with a separator in it would show here. */
const hasFields = (block: Buffer, from: number, end: number, fieldCount: number): boolean => {
  let found = 1;
  for (let i = block.indexOf(unitSeparator, from); i >= 0 && i < end; i = block.indexOf(unitSeparator, i + 1)) found++;
  return found === fieldCount;
};

/** Compares the first `keyFields` fields of two records by bytes, field by field (a field is less than one it begins). */
const compareKeys = (a: Buffer, fromA: number, endA: number, b: Buffer, fromB: number, endB: number, keyFields: 1 | 2): number => {
  let startA = fromA;
  let startB = fromB;
  for (let field = 0; field < keyFields; field++) {
    const separatorA = a.indexOf(unitSeparator, startA);
    const separatorB = b.indexOf(unitSeparator, startB);
    const stopA = separatorA < 0 || separatorA > endA ? endA : separatorA;
    const stopB = separatorB < 0 || separatorB > endB ? endB : separatorB;
    const order = compareField(a.subarray(startA, stopA), b.subarray(startB, stopB));
    if (order !== 0) return order;
    startA = stopA + 1;
    startB = stopB + 1;
  }
  return 0;
};

const compareField = (a: Buffer, b: Buffer): number => {
  // Escaped bytes sort elsewhere than what they stand for.
  if (a.includes(escapeByte) || b.includes(escapeByte)) {
    const [rawA] = splitRecord(a);
    const [rawB] = splitRecord(b);
    return Buffer.compare(rawA ?? a, rawB ?? b);
  }
  return Buffer.compare(a, b);
};

/**
 * Outer merge of a sorted file with the stored rows, by the bytes of the key (connectors §2.6; design §6). Equal stretches are passed over by whole
 * blocks without looking at a record; only where bytes differ are keys compared. Both sides must be in ascending, unique key order.
 * Takes how many leading fields are the key (1 a resource, 2 a link). Calls the handler in key order.
 */
export const mergeSorted = (file: RecordSource, stored: StoredSource, keyFields: 1 | 2, handler: ComparisonHandler): void => {
  let a: Buffer | null = file.next();
  let b: Buffer | null = stored.next();
  let pa = 0;
  let pb = 0;
  let isExact = false;

  const useExactBlock = (block: Buffer): void => {
    let consumed = 0;
    for (let i = endOfRecord(block, 0); i >= 0 && i < pb; i = endOfRecord(block, i + 1)) consumed++;
    b = stored.refetch(consumed);
    pb = 0;
    isExact = true;
  };

  for (;;) {
    if (a !== null && pa === a.length) {
      a = file.next();
      pa = 0;
      continue;
    }
    if (b !== null && pb === b.length) {
      b = stored.next();
      pb = 0;
      isExact = false;
      continue;
    }
    if (a === null && b === null) return;

    if (a !== null && b !== null) {
      const length = Math.min(a.length - pa, b.length - pb);
      const offset = firstDifference(a, pa, b, pb, length);
      if (offset === length) {
        pa += length;
        pb += length;
        continue;
      }
      // Back to the start of the record that holds the difference: the same distance in both, as all before is equal.
      const recordStart = offset === 0 ? pa : Math.max(pa, a.lastIndexOf(recordSeparator, pa + offset - 1) + 1);
      pb += recordStart - pa;
      pa = recordStart;
      const endB = endOfRecord(b, pb);
      if (!isExact && !hasFields(b, pb, endB, stored.fieldCount)) {
        useExactBlock(b);
        continue;
      }
      const endA = endOfRecord(a, pa);
      const order = compareKeys(a, pa, endA, b, pb, endB, keyFields);
      if (order < 0) {
        handler.inserted(a.subarray(pa, endA));
        pa = endA + 1;
      } else if (order > 0) {
        handler.deleted(b.subarray(pb, endB));
        pb = endB + 1;
      } else {
        handler.updated(a.subarray(pa, endA), b.subarray(pb, endB));
        pa = endA + 1;
        pb = endB + 1;
      }
    } else if (a !== null) {
      const endA = endOfRecord(a, pa);
      handler.inserted(a.subarray(pa, endA));
      pa = endA + 1;
    } else if (b !== null) {
      const endB = endOfRecord(b, pb);
      if (!isExact && !hasFields(b, pb, endB, stored.fieldCount)) {
        useExactBlock(b);
        continue;
      }
      handler.deleted(b.subarray(pb, endB));
      pb = endB + 1;
    }
  }
};
