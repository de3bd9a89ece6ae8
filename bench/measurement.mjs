/** Runs one case and judges it. */

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The bar for so many rows, or null. */
const barFor = (bars, rows) => (bars ?? []).findLast(({ from }) => rows >= from) ?? null;

/** "aim" or "must", the best that holds, or "missed"; "short" of an aim that has no must. Null without a bar. */
const verdict = (value, bar) => {
  if (bar === null) return null;
  if (value <= bar.aim) return "aim";
  if (bar.must === undefined) return "short";
  return value <= bar.must ? "must" : "missed";
};

/**
 * A B A B: the product, then each yardstick, `repeat` times. `size` is the number of rows that was asked for, which decides the bars.
 * Gives the product's figures and one judgement for each bar and each yardstick: `{ label, values, peerSeconds, bar, verdict }`, the values
 * being ratios, seconds or MiB.
 */
export const measure = ({ name, start }, bench, size, repeat) => {
  const { rows, run, against, memory, seconds } = start(bench);
  const runs = [];
  const sides = against.map((side) => ({ ...side, missing: bench.missing(side.peer), runs: [] }));
  for (let i = 0; i < repeat; i++) {
    runs.push(run());
    for (const side of sides) if (side.missing === null) side.runs.push(side.run());
  }
  const judge = (label, values, bars, peerSeconds = null) => {
    const bar = barFor(bars, size);
    return { label, values, peerSeconds, bar, verdict: verdict(median(values), bar) };
  };
  const own = (label, values, bars) => (barFor(bars, size) === null ? [] : [judge(label, values, bars)]);
  const spent = runs.map((measured) => measured.seconds);
  const used = runs.map((measured) => measured.peakMiB);
  return {
    name,
    rows,
    runs: runs.length,
    seconds: median(spent),
    peakMiB: median(used),
    judgements: [
      ...sides
        .filter(({ missing }) => missing === null)
        .map(({ peer, runs: theirs, bars }) =>
          judge(
            `÷ ${peer}`,
            spent.map((value, i) => value / theirs[i].seconds),
            bars,
            median(theirs.map((measured) => measured.seconds)),
          ),
        ),
      ...own("seconds", spent, seconds),
      ...own("peak MiB", used, memory),
    ],
    skipped: sides.filter(({ missing }) => missing !== null).map(({ peer, missing }) => ({ peer: peer.split(":")[0], missing })),
  };
};
