// `npm run soak -- [--seconds N] [--jobs N] [--people N] [--growth N] [--leak] [--keep]`: see docs/operations.md.
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { flatnessOf } from "./flatness.mjs";
import { soak } from "./soak.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    // People in the sources at the start, and more in each round. So many that pages of the database fill what is kept of them while the process warms up: with fewer, memory grows with the data up to there.
    people: { type: "string", default: "25000" },
    growth: { type: "string", default: "50" },
    // At least so many, however long they take.
    jobs: { type: "string", default: "0" },
    // Leaves a file open and some memory held after each job: it must be found.
    leak: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

/** Seconds between two lines. */
const tellEvery = 10;

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const line = (cells) =>
  process.stdout.write(`${cells.map((cell, index) => String(cell)[index === 0 ? "padEnd" : "padStart"](12)).join("")}\n`);

const held = [];
const leak = () =>
  held.push(
    openSync(process.execPath, "r"),
    Array.from({ length: 250_000 }, (_, index) => index + 0.5),
  );

const workspace = mkdtempSync(join(tmpdir(), "sluice-soak-"));
let isFlat = false;
try {
  line(["jobs", "people", "heap MB", "external MB", "rss MB", "handles", "files"]);
  let told = 0;
  const samples = await soak({
    workspace,
    seconds: Number(values.seconds),
    fewestJobs: Number(values.jobs),
    people: Number(values.people),
    growth: Number(values.growth),
    disturb: values.leak ? leak : undefined,
    onSample: ({ jobs, people, heap, external, rss, handles, files }) => {
      if (Date.now() - told < tellEvery * 1000) return;
      told = Date.now();
      line([jobs, people, megabytes(heap), megabytes(external), megabytes(rss), handles, files]);
    },
  });
  const found = flatnessOf(samples);
  isFlat = found.every((each) => each.isFlat);
  process.stdout.write(
    `\n${samples.at(-1).jobs} jobs, ${samples[0].people} to ${samples.at(-1).people} people; lower quartile of the second third and of the last:\n`,
  );
  for (const { measure, before, after, perJob, most, isFlat: flat } of found) {
    const isCount = measure === "handles" || measure === "files";
    const [from, to, by, bound] = [before, after, perJob, most].map((value) => (isCount ? value.toFixed(2) : `${megabytes(value)} MB`));
    const each = isCount ? by : `${(perJob / 1000).toFixed(1)} kB`;
    process.stdout.write(`  ${measure.padEnd(9)} ${from} → ${to}, ${each} a job, at most ${bound} more: ${flat ? "flat" : "NOT FLAT"}\n`);
  }
} finally {
  if (values.keep) process.stdout.write(`kept: ${workspace}\n`);
  else rmSync(workspace, { recursive: true, force: true, maxRetries: 3 });
}
process.exitCode = isFlat ? 0 : 1;
