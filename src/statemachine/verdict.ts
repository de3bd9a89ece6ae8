import type { SkipReason, TaskState } from "../model/index.js";

/** What a child has to know of one of its parents. */
export interface ParentOutcome {
  readonly state: TaskState;
  /** null while the parent has not ended. */
  readonly producedOutput: boolean | null;
}

/** `run`, or the reason for which the child is skipped. */
export type Verdict = "run" | Extract<SkipReason, "parentFailed" | "parentWithoutOutput">;

const vetoes = (state: TaskState): boolean =>
  state === "Errored" || state === "Warning" || state === "Blocked" || state === "Cancelled" || state === "Aborted";

/**
 * Takes the outcomes of the parents that are part of this run, gives whether the child runs (jobs-and-tasks §3.3).
 * A failed parent vetoes; else one parent with output is enough; else the child is skipped, which is no error.
 * A child without parents in this run always runs (rule 5).
 */
export const verdict = (parents: readonly ParentOutcome[]): Verdict => {
  if (parents.length === 0) return "run";
  if (parents.some((parent) => vetoes(parent.state))) return "parentFailed";
  return parents.some((parent) => parent.state === "Completed" && parent.producedOutput === true) ? "run" : "parentWithoutOutput";
};
