import { isEnded, type JobState } from "../model/index.js";
import { endOfRun, hasOpenValidation } from "./decision.js";
import { type JobSnapshot, jobMachine } from "./job-chart.js";
import { type ChartGraph, type JobContext, newContext, type TasksToSkip } from "./job-context.js";
import { advance } from "./job-snapshot.js";
import type { TaskRecord } from "./task-record.js";

/** The part of a `UJ_JobInstances` row that a rebuild needs. */
export interface JobRow {
  readonly state: JobState;
  /** A cancel was asked since the instance was started or last resumed. */
  readonly cancelRequested: boolean;
  /** The program that runs it was asked to end since then. */
  readonly haltRequested: boolean;
}

const chartStateOf = {
  Waiting: "waiting",
  Completed: "completed",
  Warning: "warning",
  Errored: "errored",
  Blocked: "blocked",
  Cancelled: "cancelled",
  Aborted: "aborted",
} as const satisfies Record<Exclude<JobState, "InProgress">, JobSnapshot["value"]>;

/** A row still InProgress whose tasks all ended is one step behind: the chart goes on by itself to the end that the tasks say. */
const chartState = (job: JobRow, context: JobContext): JobSnapshot["value"] => {
  if (job.state !== "InProgress") return chartStateOf[job.state];
  if (hasOpenValidation(context)) return "validating";
  const end = endOfRun(context);
  return end === null ? "running" : chartStateOf[end];
};

/**
 * The machine of an instance made again from its stored rows (design §7.11): a fold of the rows into the records, then `resolveState`.
 * Takes the graph compiled again with the same selection, the task rows in any order (a task without a row is NotStarted), the job row, and
 * the tasks left out from the start. Expects that the rows of one event were written in one transaction.
 * The row of an ended task that the graph has no more is kept, since it counts for how the job ends; a row not ended without its
 * task throws: the remaining tasks are others, which resume has to refuse first (design §8).
 */
export const rebuild = (graph: ChartGraph, rows: readonly TaskRecord[], job: JobRow, toSkip: TasksToSkip = new Map()): JobSnapshot => {
  const fresh = newContext(graph, toSkip);
  const records = new Map(fresh.records);
  for (const row of [...rows].sort((a, b) => Number(a.isValidation) - Number(b.isValidation))) {
    const taskKey = row.validationOf ?? row.taskKey;
    if (!fresh.records.has(taskKey) && !isEnded(row.state)) throw new Error(`${taskKey} is ${row.state}, but the plan has no such task`);
    records.set(row.taskKey, row);
  }
  const context = { ...fresh, records };
  const resolved = jobMachine.resolveState({ value: chartState(job, context), context });
  const isRunning = resolved.value === "waiting" || resolved.value === "running" || resolved.value === "validating";
  if (!isRunning) return resolved;
  if (job.cancelRequested) return advance(resolved, { type: "CANCEL" });
  return job.haltRequested ? advance(resolved, { type: "HALT" }) : resolved;
};
