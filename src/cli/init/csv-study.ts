import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import iconv from "iconv-lite";
import { SluiceError } from "../../errors/index.js";
import { type ColumnFacts, ColumnStudy, fingerprint, formOf, shapeOf } from "./column-facts.js";
import type { CsvForm } from "./csv-form.js";

/** Rows that are looked at: enough to know the columns, few enough for a moment's wait. */
export const studiedRows = 100_000;

/** A CSV file as far as it was looked at. */
export interface CsvStudy {
  readonly file: string;
  readonly form: CsvForm;
  /** Every column, in the file's order. */
  readonly columns: readonly ColumnFacts[];
  /** Names that stand more than once in the header: such columns cannot be told apart. */
  readonly repeatedNames: readonly string[];
  readonly rows: number;
  /** All rows were seen, so that what holds for them holds for the file. */
  readonly isWhole: boolean;
  /** Rows that have more or fewer fields than the header. */
  readonly uneven: number;
  /** Line of the first of them. */
  readonly firstUneven: number | null;
  /** Names or values have blanks around them, which are cut off. */
  readonly hasOuterBlanks: boolean;
}

/**
 * Reads a file's header and first rows. Memory does not grow with the width of values, only with the number of rows.
 * Throws CMD_INIT_FILE, CMD_INIT_HEADER.
 */
export const studyCsv = async (file: string, form: CsvForm): Promise<CsvStudy> => {
  let header: readonly string[] | null = null;
  let studies: readonly ColumnStudy[] = [];
  let hasOuterBlanks = false;
  let [rows, uneven] = [0, 0];
  let firstUneven: number | null = null;
  let isWhole = true;
  for await (const { record, line } of recordsOf(file, form)) {
    if (header === null) {
      header = record.map((name) => name.trim());
      hasOuterBlanks = record.some((name) => name !== name.trim());
      requireHeader(file, header, form.separator);
      studies = header.map((name, position) => new ColumnStudy(name, position));
      continue;
    }
    if (rows === studiedRows) {
      isWhole = false;
      break;
    }
    rows++;
    if (record.length !== header.length) {
      uneven++;
      firstUneven ??= line;
      continue;
    }
    for (const [index, study] of studies.entries()) study.add((record[index] ?? "").trim());
  }
  if (header === null) throw new SluiceError("CMD_INIT_FILE", { file, problem: "it holds no line" }, { place: { file } });
  if (rows === 0) throw new SluiceError("CMD_INIT_FILE", { file, problem: "it holds a header and no row to look at" }, { place: { file } });
  const names = header;
  const columns = studies.map((study) => study.facts());
  const like = columns.find(({ name, shape }) => shape !== null && /\d/.test(name) && shapeOf(name) === shape);
  if (like !== undefined) {
    const problem = `its first row looks like data, not like names of columns: '${like.name}' is written like every value below it`;
    throw new SluiceError("CMD_INIT_HEADER", { file, problem }, { place: { file, line: 1 } });
  }
  return {
    file,
    form,
    columns,
    repeatedNames: [...new Set(names.filter((name, index) => names.indexOf(name) !== index))],
    rows,
    isWhole,
    uneven,
    firstUneven,
    hasOuterBlanks,
  };
};

/** How many values of each column name a key of the same file. */
export const countReferences = async (
  { file, form, rows }: CsvStudy,
  key: number,
): Promise<readonly { readonly found: number; readonly own: number; readonly values: number }[]> => {
  const keys = new Set<number>();
  for await (const record of dataOf(file, form, rows)) keys.add(fingerprint((record[key] ?? "").trim()));
  const counts: { found: number; own: number; values: number }[] = [];
  for await (const record of dataOf(file, form, rows)) {
    const own = (record[key] ?? "").trim();
    for (const [index, cell] of record.entries()) {
      counts[index] ??= { found: 0, own: 0, values: 0 };
      const count = counts[index];
      const value = cell.trim();
      if (value === "" || count === undefined) continue;
      count.values++;
      if (value === own) count.own++;
      if (keys.has(fingerprint(value))) count.found++;
    }
  }
  return counts;
};

async function* dataOf(file: string, form: CsvForm, rows: number): AsyncGenerator<readonly string[]> {
  let seen = -1;
  for await (const { record } of recordsOf(file, form)) {
    if (++seen === 0) continue;
    if (seen > rows) return;
    yield record;
  }
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly line: number;
}

async function* recordsOf(file: string, { encoding, separator, linesToSkip }: CsvForm): AsyncGenerator<CsvRecord> {
  const source = createReadStream(file);
  const parser = parse({
    delimiter: separator,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    from_line: linesToSkip + 1,
    info: true,
  });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(iconv.decodeStream(encoding)).pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { record, line: info.lines };
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new SluiceError("CMD_INIT_FILE", { file, problem }, { place: { file }, cause: error });
  } finally {
    source.destroy();
  }
}

/** A first row of values is no header, and a file of one column has nothing but its key. Throws CMD_INIT_HEADER. */
const requireHeader = (file: string, header: readonly string[], separator: string): void => {
  const refuse = (problem: string): never => {
    throw new SluiceError("CMD_INIT_HEADER", { file, problem }, { place: { file, line: 1 } });
  };
  if (header.length < 2) {
    refuse(`it has one column (${header[0] ?? ""}) with any of the separators , ; | and tab; one column has nothing but a key`);
  }
  const value = header.find((name) => formOf(name) !== "text");
  if (value !== undefined) refuse(`its first row looks like data, not like names of columns: '${value}' is a ${formOf(value)}`);
  if (header.every((name) => name === "")) refuse(`its first row holds nothing between the separators '${separator}'`);
};
