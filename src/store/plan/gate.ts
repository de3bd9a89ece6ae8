import type { ThresholdResult } from "../../model/index.js";

/** What may block: `--force` and ForceSynchronization lift thresholds, never the population guard (design §7.5). */
export const enforced = (thresholds: readonly ThresholdResult[], force: boolean): readonly ThresholdResult[] =>
  force ? thresholds.filter(({ name }) => name === "WholePopulation") : thresholds;
