import type { Invocation } from "./command.js";
import { csvLines } from "./csv.js";
import { formatNoun, TableLayout } from "./terminal/index.js";

type Values = readonly (string | null)[];

/**
 * Writes what may be millions of rows page by page, as a table, CSV or JSON (design §4), and stops when nobody reads any more.
 * In JSON each row is an object by column, inside `rows` of a document that begins with `head`. Nothing is written before the first page was read: where that
 * fails, stdout is left to the error's own document.
 */
export const writeRows = async (
  invocation: Invocation,
  columns: readonly string[],
  pages: AsyncIterable<readonly Values[]>,
  head: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { out } = invocation;
  if (invocation.arguments.format === "csv") {
    const title = csvLines([columns]);
    let hasBegun = false;
    for await (const page of pages) {
      if (out.isClosed) return;
      await out.writeData(`${hasBegun ? "" : title}${csvLines(page)}`);
      hasBegun = true;
    }
    if (!hasBegun) await out.writeData(title);
    return;
  }
  if (invocation.arguments.isJson) {
    const start = `${JSON.stringify({ format: 1, ...head }).slice(0, -1)},"rows":[`;
    let separator = start;
    for await (const page of pages) {
      if (out.isClosed) return;
      const rows = page.map((values) =>
        JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null]))),
      );
      await out.writeData(`${separator}${rows.join(",\n")}`);
      separator = ",\n";
    }
    await out.writeData(`${separator === start ? start : ""}]}\n`);
    return;
  }
  await writeTable(invocation, columns, pages);
};

/** Columns are as wide as the first page needs. */
const writeTable = async (invocation: Invocation, columns: readonly string[], pages: AsyncIterable<readonly Values[]>): Promise<void> => {
  const { out, style } = invocation;
  const width = out.columns;
  const definitions = columns.map((title, index) => ({ title, value: (row: Values) => row[index] ?? null }));
  const layoutFor = (sample: readonly Values[]) =>
    new TableLayout(definitions, sample, { style, ...(width === undefined ? {} : { width }) });
  let layout: TableLayout<Values> | null = null;
  let count = 0;
  for await (const page of pages) {
    if (out.isClosed) return;
    if (layout === null) {
      layout = layoutFor(page);
      await out.writeData(`${layout.title()}\n`);
    }
    const shown = layout;
    await out.writeData(`${page.map((row) => shown.line(row)).join("\n")}\n`);
    count += page.length;
  }
  if (layout === null) await out.writeData(`${layoutFor([]).title()}\n`);
  await invocation.err.lines([invocation.errStyle.dim(formatNoun(count, "row"))]);
};
