/**
 * The product's delta step and nothing else: compares two sorted files of the entries, as an incremental preparation with Type None does
 * once it has sorted its input. In a process of its own, because no job runs this step alone.
 *
 *     node bench/delta.mjs FORMER CURRENT FOLDER      two sorted files; FOLDER takes the delta
 *
 * The last line of stdout: seconds=… peakMiB=… and what was counted. The former file's hash, which its baseline would know, is made before.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { compareWithBaseline } from "../dist/sync/prepare/baseline-comparison.js";
import { mappedColumns } from "./columns.mjs";
import { linkFile } from "./files.mjs";

const [former, current, folder] = process.argv.slice(2);
const name = "Entry.sorted.csv";

const described = (path) => {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(2 ** 18);
  const descriptor = openSync(path, "r");
  for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) hash.update(buffer.subarray(0, read));
  closeSync(descriptor);
  // How many rows there are is only shown, as progress.
  return { name, kind: "entityType", mapping: "Entry", content: "sorted", rows: 0, bytes: statSync(path).size, sha256: hash.digest("hex") };
};

linkFile(former, join(folder, "baseline", name));
linkFile(current, join(folder, "Collect", name));
const baseline = join(folder, "baseline", name);
const sorted = join(folder, "Collect", name);
const [first, ...others] = mappedColumns.map((column) => ({ property: column, column, isUniqueKey: false }));
const entry = {
  identifier: "Entry",
  connector: "Directory",
  connection: "Entries",
  table: "Entries",
  properties: [first, ...others],
  limits: {},
};
const counters = { written: 0, inserted: 0, updated: 0, deleted: 0 };
const request = {
  mappings: { connector: "Directory", limits: {}, entityTypes: [entry], associations: [] },
  collectFolder: dirname(sorted),
  baseline: { folder: dirname(baseline), files: [described(baseline)] },
};
const files = [described(sorted)];
const from = performance.now();
compareWithBaseline(request, files, counters, { checkStop: () => {}, onProgress: () => {} });
const seconds = (performance.now() - from) / 1000;
const peakKiB =
  process.platform === "linux"
    ? Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
    : process.resourceUsage().maxRSS;
const counted = Object.entries(counters).map(([counter, value]) => `${counter}=${value}`);
console.log(`seconds=${seconds.toFixed(3)} peakMiB=${(peakKiB / 1024).toFixed(1)} ${counted.join(" ")}`);
