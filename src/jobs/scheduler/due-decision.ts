import type { MissedRuns, Overlap } from "../../config/index.js";
import type { DecidedRun, LockHolder, ScheduleDecision, ScheduledRun } from "../../store/index.js";
import type { DueSpan } from "../schedule/index.js";
import { type DueTimes, isOnTime } from "./due-times.js";

/** Runs made up for that are queued in one go; the next ones follow when these have started. Few enough for one short transaction. */
export const mostMadeUpFor = 100;

/** What a decision rests on. */
export interface DueGround {
  readonly policy: { readonly missedRuns: MissedRuns; readonly overlap: Overlap };
  /** `Scheduler.Enabled`. */
  readonly isEnabled: boolean;
  readonly now: Date;
  /** The instance of the job that runs. */
  readonly holder: LockHolder | null;
  /** Runs of the job that are claimed or queued. */
  readonly open: readonly ScheduledRun[];
}

/** What stands for disabled runs in record, log and status. */
export const disabledReason = "Scheduler.Enabled is false";

const unseenReason = "no scheduler looked when it was due, or the database was held";

const stretch = ({ first, last, count }: DueSpan, state: "missed" | "skipped", reason: string): DecidedRun => ({
  dueAt: last.toISOString(),
  firstDueAt: first.toISOString(),
  runs: count,
  state,
  reason,
});

const single = (at: Date, state: DecidedRun["state"], reason: string | null): DecidedRun => ({
  dueAt: at.toISOString(),
  firstDueAt: at.toISOString(),
  runs: 1,
  state,
  reason,
});

/** Why a run does not start now: what stands in its way. */
const obstacleOf = ({ holder, open }: Pick<DueGround, "holder" | "open">): string | null => {
  if (holder !== null) return `instance ${holder.jobInstance} was running, since ${holder.since}`;
  const [first] = open;
  return first === undefined ? null : `the run due at ${first.dueAt} was about to start`;
};

/** A run that finds its job busy: skipped, or the one that waits (jobs-and-tasks §3.8: never two at once). */
export const overlapOf = (due: Date, obstacle: string, overlap: Overlap, open: readonly ScheduledRun[]): DecidedRun => {
  if (overlap === "Skip") return single(due, "skipped", obstacle);
  const waiting = open.find(({ state }) => state === "queued");
  return waiting === undefined
    ? single(due, "queued", obstacle)
    : single(due, "skipped", `${obstacle}; the run due at ${waiting.dueAt} waits for its end already`);
};

/**
 * What becomes of due times that nobody decided (jobs-and-tasks §3.8): each is in exactly one row of the answer, or lies after its `decidedUntil`. A run that is due alone and
 * on time starts, or meets the job's rule for overlap. Several, or a late one, are missed runs: none of them starts (but for the last, where it is on time), the
 * last, or all, one after the other. Pure.
 */
export const decideDue = (due: DueTimes, ground: DueGround): ScheduleDecision => {
  const { policy, now, open } = ground;
  const until = due.until.toISOString();
  if (!ground.isEnabled) return { runs: [stretch(due.all, "skipped", disabledReason)], decidedUntil: until };
  const { last, count } = due.all;
  const isAlone = count === 1 && isOnTime(last, now);
  const obstacle = obstacleOf(ground);

  if (policy.missedRuns === "All" && !isAlone) {
    // Those that are queued start first; nothing is lost, since time stands still until then.
    if (open.some(({ state }) => state === "queued")) return { runs: [], decidedUntil: null };
    const runs = due.listed.map((at, index) =>
      index === 0 && obstacle === null ? single(at, "claimed", null) : single(at, "queued", obstacle ?? "made up for, one after the other"),
    );
    const isWhole = due.listed.length === count;
    return { runs, decidedUntil: isWhole ? until : (due.listed.at(-1)?.toISOString() ?? null) };
  }

  const { start, missed } = due.missedRuns;
  if (start === null) return { runs: [stretch(due.all, "missed", unseenReason)], decidedUntil: until };
  const stoodFor = `${unseenReason}; the run due at ${last.toISOString()} stands for it`;
  const run = obstacle === null ? single(last, "claimed", null) : overlapOf(last, obstacle, policy.overlap, open);
  return { runs: [...(missed === null ? [] : [stretch(missed, "missed", stoodFor)]), run], decidedUntil: until };
};
