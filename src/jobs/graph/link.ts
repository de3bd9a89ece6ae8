import { SluiceError } from "../../errors/index.js";
import type { StepPlace } from "./step-place.js";

/** One TaskDependsOnTask between two places of a job. */
export interface Link {
  readonly child: StepPlace;
  readonly parent: StepPlace;
}

/** The links of a job, and by child the identifiers of parents that are not in it. */
export interface Links {
  readonly links: readonly Link[];
  readonly outside: ReadonlyMap<StepPlace, readonly string[]>;
}

/**
 * Resolves the parents of every place. Of a parent that stands more than once the last place before the child is meant, so that the second
 * round of a chain hangs on its own second round; where none is before the child, the first one, which then is an error.
 */
export const linksOf = (places: readonly StepPlace[]): Links => {
  const byIdentifier = new Map<string, StepPlace[]>();
  for (const place of places) {
    const { identifier } = place.step.task;
    const same = byIdentifier.get(identifier);
    if (same === undefined) byIdentifier.set(identifier, [place]);
    else same.push(place);
  }
  const links: Link[] = [];
  const outside = new Map<StepPlace, string[]>();
  for (const child of places) {
    for (const identifier of new Set(child.step.task.parents)) {
      const candidates = byIdentifier.get(identifier) ?? [];
      const parent = candidates.findLast((place) => place.rank < child.rank) ?? candidates[0];
      if (parent === undefined) outside.set(child, [...(outside.get(child) ?? []), identifier]);
      else links.push({ child, parent });
    }
  }
  return { links, outside };
};

/** The links of each place that has any, in document order. */
export const linksByChild = (links: readonly Link[]): ReadonlyMap<StepPlace, readonly Link[]> => {
  const byChild = new Map<StepPlace, Link[]>();
  for (const link of links) {
    const own = byChild.get(link.child);
    if (own === undefined) byChild.set(link.child, [link]);
    else own.push(link);
  }
  return byChild;
};

/** Places that wait for each other, from parent to parent: the first is named again at the end. */
interface Cycle {
  readonly path: readonly string[];
  readonly links: readonly Link[];
}

/** Follows parents from each place, without recursion since a hostile job may chain as many tasks as it likes. Each place is walked once. */
const cyclesOf = (links: readonly Link[]): Cycle[] => {
  const byChild = linksByChild(links);
  const cycles: Cycle[] = [];
  const done = new Set<StepPlace>();
  for (const start of byChild.keys()) {
    if (done.has(start)) continue;
    const path: Link[] = [];
    const onPath = new Set([start]);
    const pending = [{ place: start, links: [...(byChild.get(start) ?? [])] }];
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const link = top.links.shift();
      if (link === undefined) {
        pending.pop();
        path.pop();
        onPath.delete(top.place);
        done.add(top.place);
      } else if (onPath.has(link.parent)) {
        const around = [...path.slice(pending.findIndex(({ place }) => place === link.parent)), link];
        cycles.push({ path: [link.parent, ...around.map(({ parent }) => parent)].map(({ taskKey }) => taskKey), links: around });
      } else if (!done.has(link.parent)) {
        path.push(link);
        onPath.add(link.parent);
        pending.push({ place: link.parent, links: [...(byChild.get(link.parent) ?? [])] });
      }
    }
  }
  return cycles;
};

/**
 * What is wrong with the links of a job: cycles, each named by its path, then parents that do not stand on an earlier level. The level
 * as written counts, not the batch, so that a setting never decides whether a job is right (jobs-and-tasks §3.2).
 */
export const linkErrors = (job: string, { links }: Links): SluiceError[] => {
  const cycles = cyclesOf(links);
  const onCycle = new Set(cycles.flatMap((cycle) => cycle.links));
  const notEarlier = links.filter((link) => link.parent.rank >= link.child.rank && !onCycle.has(link));
  return [
    ...cycles.map(
      ({ path, links: [first] }) => new SluiceError("JOB_GRAPH_CYCLE", { job, path }, first && { place: first.child.step.task.place }),
    ),
    ...notEarlier.map(
      ({ child, parent }) =>
        new SluiceError(
          "JOB_GRAPH_PARENT_NOT_EARLIER",
          { job, task: child.taskKey, parent: parent.taskKey },
          { place: child.step.task.place },
        ),
    ),
  ];
};
