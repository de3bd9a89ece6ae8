import type { JobStep } from "../../config/index.js";

/** A step of a job with its key and its place in the order of the run. */
export interface StepPlace {
  readonly step: JobStep;
  /** Place in the job, in document order, from 0. */
  readonly position: number;
  /** The task's identifier; for the n-th place of a task that stands more than once `identifier#n`. Unique in the job. */
  readonly taskKey: string;
  /** Level without gaps, from 0, before batches are cut. Steps of one rank are on one level. */
  readonly rank: number;
}

/** A task may stand twice in one job (jobs-and-tasks §1): `Load`, `Load#2`, and further on where a task bears that very name. */
const keysOf = (steps: readonly JobStep[]): string[] => {
  const taken = new Set(steps.map((step) => step.task.identifier));
  const places = new Map<string, number>();
  return steps.map(({ task: { identifier } }) => {
    const former = places.get(identifier) ?? 0;
    let place = former + 1;
    while (former > 0 && taken.has(`${identifier}#${place}`)) place++;
    places.set(identifier, place);
    const key = former === 0 ? identifier : `${identifier}#${place}`;
    taken.add(key);
    return key;
  });
};

interface LaunchPlace {
  readonly step: JobStep;
  readonly position: number;
  readonly taskKey: string;
  readonly level: number;
  readonly isAlone: boolean;
}

/**
 * The steps in the order of the run (jobs-and-tasks §3.2). A step with a level goes to that level. One without goes alone, at its
 * document place: after the highest level written above it, so that what stands above it has run.
 */
export const placesOf = (steps: readonly JobStep[]): StepPlace[] => {
  const keys = keysOf(steps);
  let highest = -1;
  const launches = steps.map((step, position): LaunchPlace => {
    highest = Math.max(highest, step.level);
    return { step, position, taskKey: keys[position] ?? "", level: step.level < 0 ? highest : step.level, isAlone: step.level < 0 };
  });
  launches.sort((a, b) => a.level - b.level || Number(a.isAlone) - Number(b.isAlone) || a.position - b.position);
  let rank = -1;
  let last: LaunchPlace | undefined;
  return launches.map((launch) => {
    if (last === undefined || launch.isAlone || last.isAlone || launch.level !== last.level) rank++;
    last = launch;
    const { step, position, taskKey } = launch;
    return { step, position, taskKey, rank };
  });
};

/** Effective level of each place, from 0: a rank of more than `batchSize` (at least 1) steps becomes several groups, in document order. */
export const groupsOf = (places: readonly StepPlace[], batchSize: number): number[] => {
  let group = -1;
  let inGroup = 0;
  let rank = -1;
  return places.map((place) => {
    if (place.rank !== rank || inGroup >= batchSize) {
      group++;
      inGroup = 0;
    }
    rank = place.rank;
    inGroup++;
    return group;
  });
};
