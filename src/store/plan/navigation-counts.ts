import type { Slot } from "../../model/index.js";
import type { LinkPlan, TypePlan } from "./repository-plan.js";

/** Navigations that a session changes: what the thresholds and the population guard count. */
export interface NavigationCounts {
  /** Resources whose navigation changes its target, by type number. */
  readonly changed: Map<number, number>;
  /** The same by association mapping number: what the mapping's own thresholds count. */
  readonly byMapping: Map<number, number>;
  /** Navigations that become null, by `<type number>:<slot>`. */
  readonly cleared: Map<string, number>;
}

/** One navigation that was staged. */
export interface StagedNavigation {
  readonly before: number | null;
  readonly after: number | null;
  /** The owner had no navigation changed yet. */
  readonly isFirst: boolean;
  /** The owner is a new resource. */
  readonly isNew: boolean;
}

export const noNavigations = (): NavigationCounts => ({ changed: new Map(), byMapping: new Map(), cleared: new Map() });

const add = <K>(counts: Map<K, number>, key: K): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

export const countNavigation = (
  counts: NavigationCounts,
  link: LinkPlan,
  type: TypePlan,
  navigation: Slot,
  { before, after, isFirst, isNew }: StagedNavigation,
): void => {
  if (!isNew) add(counts.byMapping, link.number as number);
  if (isFirst) add(counts.changed, type.number as number);
  if (after === null && before !== null) add(counts.cleared, `${type.number}:${navigation}`);
};
