import type { Counters, JobState, RecordedError, SkipReason } from "../../model/index.js";
import type { RehearsedSession } from "../../store/index.js";

/**
 * What a task came to in a rehearsal. `NotRun`: it would work outside of the rehearsal's folder, or is not built; what depends on it is taken as if it had
 * completed with output. `NotReached`: the job would have stopped before.
 */
export type RehearsedState = "Completed" | "Warning" | "Errored" | "Blocked" | "Skipped" | "NotRun" | "NotReached";

export interface RehearsedTask {
  /** The task's key in the job. */
  readonly task: string;
  readonly type: string;
  /** Effective group from 0. */
  readonly level: number;
  readonly connector: string | null;
  readonly state: RehearsedState;
  readonly skippedBecause: SkipReason | null;
  /** Why it was not run, or what it said of itself. */
  readonly reason: string | null;
  readonly counters: Counters;
  readonly error: RecordedError | null;
  /** Of a SynchronizeTask: what it would do. */
  readonly session: RehearsedSession | null;
}

/** A plan that `sluice apply` takes. */
export interface WrittenPlan {
  /** Absolute. */
  readonly file: string;
  readonly sha256: string;
  /** Synchronizations that would change something, in the order in which they are applied. `changes`: of resources and links, as everywhere; `claims`: what sources say of links, told apart. */
  readonly sections: readonly { readonly task: string; readonly connector: string; readonly changes: number; readonly claims: number }[];
}

/** What `run --dry-run --json` prints (design §7.9). */
export interface RehearsalReport {
  readonly format: 1;
  readonly dryRun: true;
  readonly job: string;
  /** How the job would end, as far as the rehearsal can tell. */
  readonly state: Exclude<JobState, "Waiting" | "InProgress">;
  readonly tasks: readonly RehearsedTask[];
  /** Where a plan was asked for (`run --plan`): what was written, null where a task would fail. */
  readonly plan?: WrittenPlan | null;
  /** Sentences for a person: what a run at this moment would meet besides. */
  readonly notes: readonly string[];
}
