import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { fewestSamples, flatnessOf, measures } from "./flatness.mjs";

/** A few more than a verdict needs; npm run soak is what finds small leaks. */
const jobs = String(fewestSamples + 3);

const flat = { heap: 20e6, external: 4e6, rss: 160e6, handles: 30, files: 50 };
type Sample = typeof flat & { readonly jobs: number };
const samples = (change: (index: number) => Partial<Sample>, count = 30): Sample[] =>
  Array.from({ length: count }, (_, index) => ({ ...flat, jobs: index + 1, ...change(index) }));
const leaking = (of: readonly Sample[]): readonly string[] => flatnessOf(of).flatMap(({ measure, isFlat }) => (isFlat ? [] : [measure]));

describe("soak", () => {
  test("finds what grows with each job, and takes neither warming up nor a single high sample for it", () => {
    expect(leaking(samples(() => ({})))).toEqual([]);
    expect(leaking(samples((index) => ({ heap: 20e6 + Math.min(index, 9) * 5e6, handles: 30 + Math.min(index, 9) })))).toEqual([]);
    expect(leaking(samples((index) => (index === 25 ? { heap: 200e6, rss: 900e6, handles: 300, files: 900 } : {})))).toEqual([]);
    const grown: Record<string, number> = { heap: 1e6, external: 2e6, rss: 6e6, handles: 0.5, files: 10 };
    for (const measure of measures) {
      const by = grown[measure] ?? 0;
      expect(leaking(samples((index) => ({ [measure]: flat[measure as keyof typeof flat] + index * by })))).toEqual([measure]);
    }
    expect(() => flatnessOf(samples(() => ({}), fewestSamples - 1))).toThrow("give more seconds");
  });

  test("jobs over growing data leave memory, handles and files as they were", { timeout: 300_000 }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["test/soak/run.mjs", "--seconds", "1", "--jobs", jobs, "--people", "2000"], {
      encoding: "utf8",
    });
    // What the system holds of the process still grows while it warms up: a dozen jobs say nothing of it, npm run soak does.
    const judged = measures.filter((measure) => measure !== "rss");
    for (const measure of judged) expect(stdout, stderr).toMatch(new RegExp(`^  ${measure} .*: flat$`, "m"));
  });

  test("a job that leaves a file open and memory held fails it", { timeout: 300_000 }, () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      ["test/soak/run.mjs", "--seconds", "1", "--jobs", String(fewestSamples), "--people", "200", "--leak"],
      { encoding: "utf8" },
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ {2}heap .*: NOT FLAT$/m);
    expect(stdout).toMatch(/^ {2}handles .*: NOT FLAT$/m);
  });
});
