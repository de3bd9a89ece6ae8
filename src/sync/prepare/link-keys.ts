import { fieldText, type RecordBatch } from "../csv/index.js";
import type { ColumnValue } from "./column-value.js";
import { linesOf } from "./keys-aside.js";
import type { RowFault } from "./row-errors.js";

/** The keys that a value names, one a line, converted to what is stored; or what is wrong with one of them. */
export const keysNamed = (value: ColumnValue, batch: RecordBatch, record: number): Buffer[] | RowFault => {
  const line = batch.lines[record] as number;
  const keys: Buffer[] = [];
  for (const text of linesOf(fieldText(batch, (batch.firstFields[record] as number) + value.column))) {
    const bytes = Buffer.from(text);
    const fault = value.convertBytes(bytes, 0, bytes.length, line) ?? value.measureText(text, line);
    if (fault !== null) return fault;
    keys.push(value.length >= 0 ? Buffer.from(value.text.subarray(0, value.length)) : bytes);
  }
  return keys;
};
