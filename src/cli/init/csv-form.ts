import { closeSync, openSync, readSync, statSync } from "node:fs";
import { parse } from "csv-parse/sync";
import iconv from "iconv-lite";
import { SluiceError } from "../../errors/index.js";

/** How a CSV file is written: what a connection's settings have to say of it (connectors §4.3). */
export interface CsvForm {
  /** `UTF-8`, `UTF-16LE`, `UTF-16BE`, `windows-1252`. */
  readonly encoding: string;
  readonly separator: string;
  /** Lines before the header: 1 where a spreadsheet wrote `sep=;`, else 0. */
  readonly linesToSkip: number;
}

/** Bytes of the beginning by which encoding and separator are told. */
const headBytes = 1024 * 1024;
/** Records of the beginning that each separator is tried on. */
const triedRecords = 50;
const separators = [",", ";", "\t", "|"];

const unreadable = (file: string, problem: string, cause?: unknown): SluiceError =>
  new SluiceError("CMD_INIT_FILE", { file, problem }, { place: { file }, ...(cause === undefined ? {} : { cause }) });

/** Looks at the beginning of a file. Throws CMD_INIT_FILE for what is no CSV text. */
export const csvFormOf = (file: string): CsvForm => {
  const head = readHead(file);
  if (head.length === 0) throw unreadable(file, "it is empty");
  if (head.subarray(0, 4).toString("latin1") === "PK\u0003\u0004") {
    throw unreadable(
      file,
      "it is a workbook or another archive: save the sheet as CSV, or configure a connection of the package Excel by hand",
    );
  }
  const encoding = encodingOf(head);
  const text = iconv.decode(head, encoding, { stripBOM: true });
  if (text.includes("\u0000")) throw unreadable(file, "it holds NUL characters, so it is no CSV text");
  const named = /^sep=(.)\r?\n/i.exec(text)?.[1];
  if (named !== undefined) return { encoding, separator: named, linesToSkip: 1 };
  return { encoding, separator: separatorOf(text, head.length === headBytes), linesToSkip: 0 };
};

const readHead = (file: string): Buffer => {
  let descriptor: number | null = null;
  try {
    // A named pipe would be waited for without end.
    if (!statSync(file).isFile()) throw unreadable(file, "it is no file");
    descriptor = openSync(file, "r");
    const head = Buffer.alloc(headBytes);
    let length = 0;
    for (let read = -1; read !== 0 && length < headBytes; length += read)
      read = readSync(descriptor, head, length, headBytes - length, length);
    return head.subarray(0, length);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw unreadable(file, code === "ENOENT" ? "there is no such file" : error instanceof Error ? error.message : String(error), error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

/** A byte order mark decides; without one text that is no UTF-8 is taken for what Windows writes in western Europe. */
const encodingOf = (head: Buffer): string => {
  if (head[0] === 0xff && head[1] === 0xfe) return "UTF-16LE";
  if (head[0] === 0xfe && head[1] === 0xff) return "UTF-16BE";
  try {
    // `stream`: a character may be cut at the end of what was read.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return "UTF-8";
  } catch {
    return "windows-1252";
  }
};

/** The separator that cuts the first records into most columns, as many in each; the comma where none does. */
const separatorOf = (text: string, isCut: boolean): string => {
  // The last line of what was read may be half a record.
  const whole = isCut ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
  const scored = separators.map((separator) => ({ separator, score: scoreOf(whole, separator) }));
  return scored.reduce((best, each) => (each.score > best.score ? each : best)).separator;
};

const scoreOf = (text: string, delimiter: string): number => {
  try {
    const records: string[][] = parse(text, { delimiter, relax_column_count: true, to: triedRecords, skip_empty_lines: true });
    const columns = records[0]?.length ?? 0;
    return columns < 2 ? 0 : columns * (records.filter(({ length }) => length === columns).length / records.length);
  } catch {
    return 0;
  }
};
