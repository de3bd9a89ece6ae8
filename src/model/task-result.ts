import type { Counters } from "./counters.js";
import type { ThresholdResult } from "./threshold.js";

/** An error as it is recorded and shown: no stack, no secret. */
export interface RecordedError {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** How a task ended, jobs-and-tasks §3.3 ("output") and §3.4. An error is thrown, not returned. */
export type TaskResult =
  | {
      readonly state: "Completed";
      readonly producedOutput: boolean;
      readonly reason?: string;
      readonly counters?: Counters;
      readonly thresholds?: readonly ThresholdResult[];
    }
  | { readonly state: "Blocked"; readonly message: string; readonly counters: Counters; readonly thresholds: readonly ThresholdResult[] };
