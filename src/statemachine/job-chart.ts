/**
 * The job chart: one job instance as one flat machine, whose context maps each task's key to its record (design §9).
 *
 * waiting     for the locks of its connectors. → running on LOCKED, → cancelled on CANCEL (also when the wait was too long), → aborted on ABORT.
 * running     group after group. A group is one launch: all its tasks are started or skipped, in any order, then each reports its end.
 *             The next group begins when every task of this one ended. An error or a block lets the mates finish and starts no later
 *             group. When nothing is left to do → completed | warning | errored | blocked | cancelled | aborted, the worst that a task came to;
 *             cancelled only where a complete run of another instance had replaced the staged changes of a task before a resume.
 *             → cancelling on CANCEL, → aborted on ABORT.
 * cancelling  the running tasks end, none starts. → cancelled when none runs, → aborted on ABORT.
 * blocked     a task waits at the gate. → validating on RESUME, → cancelled on CANCEL. TASK_CANCELLED closes one Blocked task, whose
 *             staged changes were replaced; when none is left → cancelled.
 * validating  RESUME has added one validation for every Blocked task; they run one after the other, each to its own end. A validation that
 *             completes makes its task Completed with output; one that errs leaves it Blocked. Then → running at the first task not started, which
 *             ends at once as it had ended where a task is still Blocked (→ blocked again) or failed. → cancelling on CANCEL, → aborted on ABORT.
 * errored, aborted   ends, but a Blocked task in them can still be resumed (→ validating) or closed (CANCEL, TASK_CANCELLED); the run then
 *             ends as it had ended, because the failed task is still there.
 * completed, warning, cancelled   ends. On its way to cancelled an instance closes its Blocked tasks: their staged changes are dropped.
 *
 * The machine has no effects. The runner computes the snapshot after an event with `advance`, writes what `changedRecords` and `jobState`
 * say of it in one transaction, and goes on from it (design §9: write the row, then send the event). What to do next says `decisions`.
 */
import { assign, type SnapshotFrom, setup } from "xstate";
import type { SkipReason } from "../model/index.js";
import {
  decisionsWhileRunning,
  decisionsWhileValidating,
  type EndOfRun,
  endOfRun,
  hasBlockedTask,
  hasOpenValidation,
  hasRunningTask,
} from "./decision.js";
import type { JobContext } from "./job-context.js";
import { taskAfter } from "./task-chart.js";
import { newValidation, type TaskRecord } from "./task-record.js";

type TaskEventOfJob =
  | { readonly type: "TASK_STARTED"; readonly taskKey: string }
  | { readonly type: "TASK_COMPLETED"; readonly taskKey: string; readonly producedOutput: boolean }
  /** Any error of a task, a passed deadline included. */
  | { readonly type: "TASK_ERRORED"; readonly taskKey: string }
  | { readonly type: "TASK_BLOCKED"; readonly taskKey: string }
  | { readonly type: "TASK_SKIPPED"; readonly taskKey: string; readonly reason: SkipReason }
  /** A complete run of another instance replaced the staged changes of this Blocked task. */
  | { readonly type: "TASK_CANCELLED"; readonly taskKey: string };

/** What happens to a job instance. */
export type JobEvent =
  | { readonly type: "LOCKED" }
  | TaskEventOfJob
  | { readonly type: "CANCEL" }
  | { readonly type: "RESUME" }
  | { readonly type: "ABORT" };

const isTaskEvent = (event: JobEvent): event is TaskEventOfJob => "taskKey" in event;

const continuesOnError = (context: JobContext, taskKey: string): boolean =>
  context.tasks.some((task) => task.taskKey === taskKey && task.continueOnError);

/** The record after a task's event, by the task chart; null where that chart refuses it. */
const recordAfter = (context: JobContext, event: TaskEventOfJob): TaskRecord | null => {
  const record = context.records.get(event.taskKey);
  if (record === undefined) return null;
  const continueOnError = continuesOnError(context, event.taskKey);
  switch (event.type) {
    case "TASK_STARTED":
      return taskAfter(record, continueOnError, { type: "START" });
    case "TASK_COMPLETED":
      return taskAfter(record, continueOnError, { type: "COMPLETE", producedOutput: event.producedOutput });
    case "TASK_ERRORED":
      return taskAfter(record, continueOnError, { type: "ERROR" });
    case "TASK_BLOCKED":
      return taskAfter(record, continueOnError, { type: "BLOCK" });
    case "TASK_SKIPPED":
      return taskAfter(record, continueOnError, { type: "SKIP", reason: event.reason });
    case "TASK_CANCELLED":
      return taskAfter(record, continueOnError, { type: "CANCEL" });
  }
};

type Records = ReadonlyMap<string, TaskRecord>;

const withRecord = (records: Records, record: TaskRecord): Records => new Map(records).set(record.taskKey, record);

/** Gives each record that `applies` names what the task chart says of the event; the others stay. */
const applied = (
  records: Records,
  event: { readonly type: "CANCEL" } | { readonly type: "ABORT" },
  applies: (record: TaskRecord) => boolean,
): Records =>
  new Map([...records].map(([taskKey, record]) => [taskKey, (applies(record) ? taskAfter(record, false, event) : null) ?? record]));

const afterTaskEvent = (context: JobContext, event: TaskEventOfJob): Records => {
  const record = recordAfter(context, event);
  if (record === null) return context.records;
  const records = withRecord(context.records, record);
  const validated = record.validationOf === null || record.state !== "Completed" ? undefined : records.get(record.validationOf);
  const completed = validated === undefined ? null : taskAfter(validated, false, { type: "VALIDATE" });
  return completed === null ? records : withRecord(records, completed);
};

const withValidations = (context: JobContext): Records => {
  const records = new Map(context.records);
  for (const { taskKey } of context.tasks) {
    if (records.get(taskKey)?.state !== "Blocked") continue;
    const former = [...context.records.values()].filter((record) => record.validationOf === taskKey).length;
    const validation = newValidation(taskKey, former + 1);
    records.set(validation.taskKey, validation);
  }
  return records;
};

const isNewValidation = (record: TaskRecord): boolean => record.isValidation && record.state === "NotStarted";

const ends = [
  { state: "Aborted", target: "aborted" },
  { state: "Errored", target: "errored" },
  { state: "Blocked", target: "blocked" },
  { state: "Cancelled", target: "cancelled" },
  { state: "Warning", target: "warning" },
  { state: "Completed", target: "completed" },
] as const;

const jobSetup = setup({
  types: { context: {} as JobContext, events: {} as JobEvent, input: {} as JobContext },
  guards: {
    mayStartInGroup: ({ context, event }) => event.type === "TASK_STARTED" && decisionsWhileRunning(context).start.includes(event.taskKey),
    mayValidate: ({ context, event }) => event.type === "TASK_STARTED" && decisionsWhileValidating(context).start.includes(event.taskKey),
    maySkip: ({ context, event }) =>
      event.type === "TASK_SKIPPED" &&
      decisionsWhileRunning(context).skip.some(({ taskKey, reason }) => taskKey === event.taskKey && reason === event.reason),
    isTasksNext: ({ context, event }) => isTaskEvent(event) && recordAfter(context, event) !== null,
    isBlockedTask: ({ context, event }) => isTaskEvent(event) && context.records.get(event.taskKey)?.state === "Blocked",
    hasBlockedTask: ({ context }) => hasBlockedTask(context),
    hasNoBlockedTask: ({ context }) => !hasBlockedTask(context),
    hasNoRunningTask: ({ context }) => !hasRunningTask(context),
    endsAs: ({ context }, end: EndOfRun) => endOfRun(context) === end,
    hasNoOpenValidation: ({ context }) => !hasOpenValidation(context),
  },
  actions: {
    record: assign({ records: ({ context, event }) => (isTaskEvent(event) ? afterTaskEvent(context, event) : context.records) }),
    addValidations: assign({ records: ({ context }) => withValidations(context) }),
    closeBlockedTasks: assign({
      records: ({ context }) =>
        applied(context.records, { type: "CANCEL" }, (record) => record.state === "Blocked" || isNewValidation(record)),
    }),
    abortTasks: assign({
      records: ({ context }) =>
        applied(
          applied(context.records, { type: "ABORT" }, (record) => record.state === "InProgress"),
          { type: "CANCEL" },
          isNewValidation,
        ),
    }),
  },
});

const taskEnds = {
  TASK_COMPLETED: { guard: "isTasksNext", actions: "record" },
  TASK_ERRORED: { guard: "isTasksNext", actions: "record" },
  TASK_BLOCKED: { guard: "isTasksNext", actions: "record" },
} as const;
const aborted = { target: "aborted", actions: "abortTasks" } as const;

export const jobMachine = jobSetup.createMachine({
  id: "job",
  context: ({ input }) => input,
  initial: "waiting",
  states: {
    waiting: {
      on: { LOCKED: "running", CANCEL: "cancelled", ABORT: aborted },
    },
    running: {
      on: {
        TASK_STARTED: { guard: "mayStartInGroup", actions: "record" },
        TASK_SKIPPED: { guard: "maySkip", actions: "record" },
        ...taskEnds,
        CANCEL: "cancelling",
        ABORT: aborted,
      },
      always: ends.map(({ state, target }) => ({ guard: { type: "endsAs" as const, params: state }, target })),
    },
    cancelling: {
      on: { ...taskEnds, ABORT: aborted },
      always: { guard: "hasNoRunningTask", target: "cancelled" },
    },
    blocked: {
      on: {
        RESUME: { target: "validating", actions: "addValidations" },
        CANCEL: "cancelled",
        TASK_CANCELLED: { guard: "isBlockedTask", actions: "record" },
      },
      always: { guard: "hasNoBlockedTask", target: "cancelled" },
    },
    validating: {
      on: {
        TASK_STARTED: { guard: "mayValidate", actions: "record" },
        ...taskEnds,
        CANCEL: "cancelling",
        ABORT: aborted,
      },
      always: { guard: "hasNoOpenValidation", target: "running" },
    },
    errored: {
      on: {
        RESUME: { guard: "hasBlockedTask", target: "validating", actions: "addValidations" },
        CANCEL: { guard: "hasBlockedTask", actions: "closeBlockedTasks" },
        TASK_CANCELLED: { guard: "isBlockedTask", actions: "record" },
      },
    },
    aborted: {
      on: {
        RESUME: { guard: "hasBlockedTask", target: "validating", actions: "addValidations" },
        CANCEL: { guard: "hasBlockedTask", actions: "closeBlockedTasks" },
        TASK_CANCELLED: { guard: "isBlockedTask", actions: "record" },
      },
    },
    completed: {},
    warning: {},
    cancelled: { entry: "closeBlockedTasks" },
  },
});

/** The machine of one job instance at one moment. Immutable; the rows are the record, this is made from them. */
export type JobSnapshot = SnapshotFrom<typeof jobMachine>;
