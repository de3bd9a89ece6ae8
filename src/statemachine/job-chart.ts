/**
 * The job chart: one job instance as one flat machine, whose context maps each task's key to its record (design §9).
 *
 * waiting     for the locks of its connectors. → running on LOCKED, → cancelled on CANCEL (also when the wait was too long), → aborted on HALT and ABORT.
 * running     group after group. A group is one launch: all its tasks are started or skipped, in any order, then each reports its end.
 *             The next group begins when every task of this one ended. An error or a block lets the mates finish and starts no later
 *             group. When nothing is left to do → completed | warning | errored | blocked | cancelled | aborted, the worst that a task came to;
 *             cancelled only where a complete run of another instance had replaced the staged changes of a task before a resume.
 *             → cancelling on CANCEL, → halting on HALT, → aborted on ABORT.
 * cancelling  a person wants no more of it: the running tasks end, none starts. → cancelled when none runs, → aborted on ABORT.
 * halting     the program that runs it has to end: the running tasks end, none starts. When none runs → where the run would have ended all the same, else → aborted,
 *             to be taken up later. → cancelling on CANCEL, → aborted on ABORT.
 * blocked     a task waits at the gate. → validating on RESUME, → cancelled on CANCEL. TASK_CANCELLED closes one Blocked task, whose
 *             staged changes were replaced; when none is left → cancelled.
 * validating  RESUME has added one validation for every Blocked task; they run one after the other, each to its own end. A validation that
 *             completes makes its task Completed with output; one that errs leaves it Blocked. Then → running at the first task not started, which
 *             ends at once where a task of an earlier group is still Blocked (→ blocked again). → cancelling on CANCEL, → halting on HALT, → aborted on ABORT.
 * errored, aborted   ends, yet not for ever: RESUME (→ validating) makes every Errored and Aborted task NotStarted, and every Skipped one whose skip may have come from
 *             them; tasks that ended well are not repeated. An aborted instance of which nothing is left to do goes on to the end that its tasks say.
 *             A Blocked task in them can also be closed (CANCEL, TASK_CANCELLED); the state then stays.
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
  /** The program that runs the instance has to end. */
  | { readonly type: "HALT" }
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

/** Reasons of a skip that its parents gave, and may no longer give once one of them is repeated. */
const parentReasons: ReadonlySet<SkipReason | null> = new Set<SkipReason>(["parentFailed", "parentWithoutOutput"]);

/** What a resume takes up again: what failed or was aborted, and what was skipped where a parent is taken up. Parents are in earlier groups, so one pass finds all. */
const withRepeated = (context: JobContext): Records => {
  const records = new Map(context.records);
  const repeated = new Set<string>();
  for (const { taskKey, parents } of context.tasks) {
    const record = records.get(taskKey);
    if (record === undefined) continue;
    const hasFailed = record.state === "Errored" || record.state === "Aborted";
    const isOpenAgain = parentReasons.has(record.skippedBecause) && parents.some((parent) => repeated.has(parent));
    const open = hasFailed || isOpenAgain ? taskAfter(record, false, { type: "REPEAT" }) : null;
    if (open === null) continue;
    repeated.add(taskKey);
    records.set(taskKey, open);
  }
  return records;
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
    restsAs: ({ context }, end: EndOfRun) => !hasRunningTask(context) && endOfRun(context) === end,
    hasNoOpenValidation: ({ context }) => !hasOpenValidation(context),
  },
  actions: {
    record: assign({ records: ({ context, event }) => (isTaskEvent(event) ? afterTaskEvent(context, event) : context.records) }),
    takeUp: assign({ records: ({ context }) => withValidations({ ...context, records: withRepeated(context) }) }),
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
const takenUp = { target: "validating", actions: "takeUp" } as const;
/** Of an instance at its end that a resume may take up. */
const stopped = {
  RESUME: takenUp,
  CANCEL: { guard: "hasBlockedTask", actions: "closeBlockedTasks" },
  TASK_CANCELLED: { guard: "isBlockedTask", actions: "record" },
} as const;

export const jobMachine = jobSetup.createMachine({
  id: "job",
  context: ({ input }) => input,
  initial: "waiting",
  states: {
    waiting: {
      on: { LOCKED: "running", CANCEL: "cancelled", HALT: "aborted", ABORT: aborted },
    },
    running: {
      on: {
        TASK_STARTED: { guard: "mayStartInGroup", actions: "record" },
        TASK_SKIPPED: { guard: "maySkip", actions: "record" },
        ...taskEnds,
        CANCEL: "cancelling",
        HALT: "halting",
        ABORT: aborted,
      },
      always: ends.map(({ state, target }) => ({ guard: { type: "endsAs" as const, params: state }, target })),
    },
    cancelling: {
      on: { ...taskEnds, ABORT: aborted },
      always: { guard: "hasNoRunningTask", target: "cancelled" },
    },
    halting: {
      on: { ...taskEnds, CANCEL: "cancelling", ABORT: aborted },
      always: [
        // Validations that never began go with what stopped them.
        ...ends.map(({ state, target }) => ({
          guard: { type: "restsAs" as const, params: state },
          target,
          actions: "abortTasks" as const,
        })),
        { ...aborted, guard: "hasNoRunningTask" as const },
      ],
    },
    blocked: {
      on: {
        RESUME: takenUp,
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
        HALT: "halting",
        ABORT: aborted,
      },
      always: { guard: "hasNoOpenValidation", target: "running" },
    },
    errored: { on: stopped },
    aborted: { on: stopped },
    completed: {},
    warning: {},
    cancelled: { entry: "closeBlockedTasks" },
  },
});

/** The machine of one job instance at one moment. Immutable; the rows are the record, this is made from them. */
export type JobSnapshot = SnapshotFrom<typeof jobMachine>;
