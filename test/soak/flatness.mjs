/**
 * Whether what a process holds stays flat over many jobs. The first third of the samples is for warming up (caches, compiled code, pages of the database); then the lower quartile of the second third
 * is compared with that of the last: what it goes back to between the jobs. High samples say nothing, since the allocator gives memory of a thread that ended back when it likes; a leak raises all of them.
 */

/** What may differ without being a leak: a share of what is held, and at least so much. */
const allowed = {
  // Bytes after a collection.
  heap: { share: 0.05, least: 3_000_000 },
  external: { share: 0.1, least: 8_000_000 },
  // What the allocator keeps of threads that ended comes and goes, an arena (some 35 MB) at a time.
  rss: { share: 0.15, least: 40_000_000 },
  // Files, sockets and threads: none may be left, one or two may be open just then.
  handles: { share: 0, least: 2 },
  // Files in the workspace: retention runs now and then.
  files: { share: 0.1, least: 60 },
};

export const measures = Object.keys(allowed);

/** Fewer say nothing of a third. */
export const fewestSamples = 9;

const lowOf = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)];

/**
 * Takes samples in the order they were taken, each with `jobs` (run by then) and the measures; gives for each measure both, what it grew by for a job, and whether that is flat.
 */
export const flatnessOf = (samples) => {
  if (samples.length < fewestSamples)
    throw new Error(`${samples.length} samples say nothing: at least ${fewestSamples} are needed, give more seconds`);
  const third = Math.floor(samples.length / 3);
  const second = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const jobs = lowOf(last.map((sample) => sample.jobs)) - lowOf(second.map((sample) => sample.jobs));
  return measures.map((measure) => {
    const before = lowOf(second.map((sample) => sample[measure]));
    const after = lowOf(last.map((sample) => sample[measure]));
    const { share, least } = allowed[measure];
    const most = Math.max(before * share, least);
    return { measure, before, after, perJob: (after - before) / Math.max(1, jobs), most, isFlat: after - before <= most };
  });
};
