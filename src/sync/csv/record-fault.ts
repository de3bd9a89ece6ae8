import { SluiceError } from "../../errors/index.js";
import { carriageReturn, lineFeed } from "./byte.js";
import { headerHint } from "./header-hint.js";
import { type RecordBatch, RecordProblem } from "./record-batch.js";
import type { RecordReader } from "./record-reader.js";
import { invalidUtf8At } from "./utf8.js";

/** What a record is compared with, and what errors say. */
export interface RecordExpectation {
  /** As people know the file. */
  readonly file: string;
  readonly header: readonly string[];
  /** Name of the source's encoding; positions in bytes are known for UTF-8 only. */
  readonly encoding: string;
}

/** Whether a record is well-formed, has as many fields as the header, and holds text. */
export const isSound = (batch: RecordBatch, record: number, columns: number): boolean =>
  batch.problems[record] === RecordProblem.none &&
  (batch.firstFields[record + 1] as number) - (batch.firstFields[record] as number) === columns;

/** The error of a record that is not sound. */
export const recordFault = (batch: RecordBatch, record: number, reader: RecordReader, expectation: RecordExpectation): SluiceError => {
  const { file, header, encoding } = expectation;
  const at = { place: { file, line: batch.lines[record] as number } };
  const found = (batch.firstFields[record + 1] as number) - (batch.firstFields[record] as number);
  const expected = header.length;
  switch (batch.problems[record]) {
    case RecordProblem.strayQuote:
      return new SluiceError("DATA_QUOTE_STRAY", { file }, at);
    case RecordProblem.quoteNotClosed:
      return new SluiceError("DATA_QUOTE_NOT_CLOSED", { file }, at);
    case RecordProblem.nul:
      return new SluiceError("DATA_NUL", { file }, at);
    case RecordProblem.encoding: {
      const start = batch.recordStarts[record] as number;
      const offset = reader.offsetOf(start) + invalidUtf8At(batch.bytes.subarray(start, batch.recordEnds[record]));
      return new SluiceError("DATA_ENCODING", { file, encoding, offset: encoding === "UTF-8" ? offset : null }, at);
    }
  }
  const isLast = record === batch.count - 1 && batch.endsWithoutLineBreak;
  if (isLast && found < expected) return new SluiceError("DATA_CUT_OFF", { file, expected, found }, at);
  return new SluiceError("DATA_FIELD_COUNT", { file, expected, found, hint: headerHint(header) }, at);
};

/** Not the fault of one row: what follows it is missing. */
const wholeFileFaults: ReadonlySet<string> = new Set(["DATA_CUT_OFF", "DATA_QUOTE_NOT_CLOSED"]);

/**
 * Whether a row that is not sound may be set aside (design §5, OnRowError): not where rows behind it are lost, and not where it spans
 * several lines, for it may have swallowed whole rows, for whose keys nothing would stand.
 */
export const maySetAside = (batch: RecordBatch, record: number, error: SluiceError): boolean => {
  if (wholeFileFaults.has(error.code)) return false;
  const bytes = batch.bytes.subarray(batch.recordStarts[record], batch.recordEnds[record]);
  return !bytes.includes(lineFeed) && !bytes.includes(carriageReturn);
};

/** The text of field `index` of a batch. */
export const fieldText = (batch: RecordBatch, index: number): string => {
  const start = batch.fieldStarts[index] as number;
  return Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset + start, (batch.fieldEnds[index] as number) - start).toString();
};

/** The fields of a record as far as they could be read; bytes that are no text become U+FFFD. */
export const readableFields = (batch: RecordBatch, record: number): string[] => {
  const fields: string[] = [];
  for (let field = batch.firstFields[record] as number; field < (batch.firstFields[record + 1] as number); field++) {
    fields.push(fieldText(batch, field));
  }
  // The field with the stray quote is the last that was cut, and is no value.
  if (batch.problems[record] === RecordProblem.strayQuote) fields.pop();
  return fields;
};
