import { firstDifference } from "../comparison/index.js";
import { fieldBytes, fieldEnd } from "./canonical-fields.js";
import type { CanonicalFile } from "./canonical-file.js";

/** What a comparison finds, in key order. Records are `bytes[start, end)` with their line feed, valid during the call only. */
export interface FileComparisonHandler {
  /** A stretch of whole records that both files have. */
  unchanged(bytes: Buffer, start: number, end: number): void;
  inserted(bytes: Buffer, start: number, end: number): void;
  updated(bytes: Buffer, start: number, end: number, former: Buffer, formerStart: number, formerEnd: number): void;
  deleted(former: Buffer, formerStart: number, formerEnd: number): void;
}

/**
 * Outer merge of two sorted files by the bytes of their keys (connectors §2.4, the delta). Equal stretches are passed over block by block;
 * only where bytes differ are records looked for. Takes how many leading fields are the key, unique and ascending in both files.
 * @param onRead is called once a block
 * @throws SRC_BASELINE_INVALID when a file is not what it was
 */
export const compareFiles = (
  current: CanonicalFile,
  former: CanonicalFile,
  keyFields: 1 | 2,
  handler: FileComparisonHandler,
  onRead: () => void,
): void => {
  const isRead = (file: CanonicalFile): boolean => {
    if (file.at < file.end) return true;
    onRead();
    return file.more();
  };
  const insert = (): void => {
    const end = current.recordEnd();
    handler.inserted(current.bytes, current.at, end);
    current.at = end;
  };
  const remove = (): void => {
    const end = former.recordEnd();
    handler.deleted(former.bytes, former.at, end);
    former.at = end;
  };
  for (;;) {
    const hasCurrent = isRead(current);
    const hasFormer = isRead(former);
    if (!hasCurrent && !hasFormer) return;
    if (!hasFormer) {
      insert();
      continue;
    }
    if (!hasCurrent) {
      remove();
      continue;
    }
    const length = Math.min(current.end - current.at, former.end - former.at);
    const same = firstDifference(current.bytes, current.at, former.bytes, former.at, length);
    const start = current.lastStart(current.at + same);
    const passed = start - current.at;
    if (passed > 0) handler.unchanged(current.bytes, current.at, start);
    current.at = start;
    former.at += passed;
    if (same === length) {
      // What is left is the beginning of a record that one of the blocks does not hold whole.
      if (passed < same) {
        onRead();
        const shorter = current.end - current.at <= former.end - former.at ? current : former;
        if (!shorter.more()) throw shorter.changed();
      }
      continue;
    }
    const end = current.recordEnd();
    const formerEnd = former.recordEnd();
    const order = compareKeys(current.bytes, current.at, end, former.bytes, former.at, formerEnd, keyFields);
    if (order < 0) {
      handler.inserted(current.bytes, current.at, end);
      current.at = end;
    } else if (order > 0) {
      handler.deleted(former.bytes, former.at, formerEnd);
      former.at = formerEnd;
    } else {
      handler.updated(current.bytes, current.at, end, former.bytes, former.at, formerEnd);
      current.at = end;
      former.at = formerEnd;
    }
  }
};

const compareKeys = (a: Buffer, startA: number, limitA: number, b: Buffer, startB: number, limitB: number, keyFields: 1 | 2): number => {
  let fromA = startA;
  let fromB = startB;
  for (let field = 0; field < keyFields; field++) {
    const endA = fieldEnd(a, fromA, limitA);
    const endB = fieldEnd(b, fromB, limitB);
    const order = Buffer.compare(fieldBytes(a, fromA, endA), fieldBytes(b, fromB, endB));
    if (order !== 0) return order;
    fromA = endA + 1;
    fromB = endB + 1;
  }
  return 0;
};
