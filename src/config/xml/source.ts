/** The text of one file and where its lines start, for places in findings. */
export interface SourceText {
  /** Relative to the workspace, with `/`. */
  readonly file: string;
  readonly text: string;
}

const lineTables = new WeakMap<SourceText, readonly number[]>();

const lineStarts = (source: SourceText): readonly number[] => {
  const known = lineTables.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf("\n"); at !== -1; at = source.text.indexOf("\n", at + 1)) starts.push(at + 1);
  lineTables.set(source, starts);
  return starts;
};

/** Takes an offset in UTF-16 units, gives the 1-based line and column. */
export const positionOf = (source: SourceText, offset: number): { readonly line: number; readonly column: number } => {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
};
