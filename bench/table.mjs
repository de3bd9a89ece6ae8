/** What was measured, as a Markdown table that a person reads in a terminal too. */
import { median } from "./measurement.mjs";

const header = ["case", "rows", "rows/s", "s", "MiB", "against", "its s", "median (min–max)", "must", "aim", "holds"];
/** Columns of numbers. */
const isRight = (column) => column !== 0 && column !== 5 && column !== 10;

const count = (value) => Math.round(value).toLocaleString("en-US");
const short = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const limit = (value) => (value === undefined ? "" : `≤ ${value}`);
const spread = (values) => `${short(median(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`;
const says = { aim: "aim", must: "must", missed: "MISSED", short: "not the aim" };

const linesOf = ({ name, rows, seconds, peakMiB, judgements }) => {
  const own = [
    name,
    rows === null ? "" : count(rows),
    rows === null ? "" : count(rows / seconds),
    seconds.toFixed(seconds < 10 ? 3 : 2),
    peakMiB.toFixed(0),
  ];
  if (judgements.length === 0) return [[...own, ...Array(6).fill("")]];
  return judgements.map(({ label, values, peerSeconds, bar, verdict }, i) => [
    ...(i === 0 ? own : Array(5).fill("")),
    label,
    peerSeconds === null ? "" : peerSeconds.toFixed(3),
    spread(values),
    limit(bar?.must),
    limit(bar?.aim),
    verdict === null ? "" : says[verdict],
  ]);
};

export const tableOf = (results) => {
  const lines = [header, ...results.flatMap(linesOf)];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const row = (cells) => `| ${cells.map((cell, i) => (isRight(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (isRight(i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  return [row(lines[0]), rule, ...lines.slice(1).map(row)].join("\n");
};

/** One line: cases, bars, skips by peer. `skippedCases`: those that did not run at all. */
export const summaryOf = (results, wrong, skippedCases) => {
  const bars = results.flatMap(({ judgements }) => judgements).filter(({ verdict }) => verdict !== null && verdict !== "short");
  const missed = bars.filter(({ verdict }) => verdict === "missed").length;
  const aims = bars.filter(({ verdict }) => verdict === "aim").length;
  const skips = new Map();
  for (const { peer, missing } of [...results.flatMap(({ skipped }) => skipped), ...skippedCases]) {
    skips.set(peer, { missing, count: (skips.get(peer)?.count ?? 0) + 1 });
  }
  return [
    `${results.length} cases`,
    bars.length === 0 ? "no bar holds for so few rows" : `${bars.length - missed} of ${bars.length} bars held, ${aims} of them at the aim`,
    wrong === 0 ? "all counts right" : `${wrong} wrong`,
    ...[...skips].map(([peer, { missing, count: number }]) => `${peer}: ${number} skipped, ${missing}`),
  ].join("; ");
};
