/**
 * The task chart: the life of one task instance (jobs-and-tasks §3.4, design §9).
 *
 * NotStarted  → InProgress on START, when its group runs and its parents' verdict is to run.
 *             → Skipped on SKIP, with the reason; a validation is never skipped.
 *             → Cancelled on CANCEL, a validation only: the task that it would have validated was closed.
 * InProgress  → Completed on COMPLETE, with or without output.
 *             → Warning on ERROR with ContinueOnError, else → Errored. A passed deadline is an error like any other.
 *               A validation has no ContinueOnError: one that errs (a conflict, for one) is Errored, and its task stays Blocked.
 *             → Blocked on BLOCK, when a threshold is exceeded. A validation passes the gate by a person's decision and cannot block.
 *             → Aborted on ABORT, when its runner died or was stopped.
 * Blocked     → Completed with output on VALIDATE, when its validation is Completed.
 *             → Cancelled on CANCEL, when its instance is cancelled or a complete run replaced its staged changes.
 * Errored, Aborted, Skipped   → NotStarted on REPEAT, when its instance is resumed: a new attempt, or a skip that is decided anew. A validation is never
 *             repeated: a later resume adds another one.
 *
 * Every other state is the end. Whether a task may start now is the job chart's concern, not this one's.
 */
import { assign, setup, transition } from "xstate";
import type { SkipReason } from "../model/index.js";
import type { TaskRecord } from "./task-record.js";

type TaskEvent =
  | { readonly type: "START" }
  | { readonly type: "COMPLETE"; readonly producedOutput: boolean }
  | { readonly type: "ERROR" }
  | { readonly type: "BLOCK" }
  | { readonly type: "SKIP"; readonly reason: SkipReason }
  | { readonly type: "VALIDATE" }
  | { readonly type: "CANCEL" }
  | { readonly type: "ABORT" }
  | { readonly type: "REPEAT" };

interface TaskContext {
  readonly continueOnError: boolean;
  readonly isValidation: boolean;
  readonly producedOutput: boolean | null;
  readonly skippedBecause: SkipReason | null;
}

const taskSetup = setup({
  types: { context: {} as TaskContext, events: {} as TaskEvent, input: {} as TaskContext },
  guards: {
    isValidation: ({ context }) => context.isValidation,
    isNoValidation: ({ context }) => !context.isValidation,
    continuesOnError: ({ context }) => context.continueOnError,
  },
  actions: {
    noteOutput: assign({ producedOutput: ({ event }) => event.type === "VALIDATE" || (event.type === "COMPLETE" && event.producedOutput) }),
    noteReason: assign({ skippedBecause: ({ event }) => (event.type === "SKIP" ? event.reason : null) }),
    forget: assign({ producedOutput: null, skippedBecause: null }),
  },
});
const repeat = { REPEAT: { target: "NotStarted", guard: "isNoValidation", actions: "forget" } } as const;

const taskMachine = taskSetup.createMachine({
  id: "task",
  context: ({ input }) => input,
  initial: "NotStarted",
  states: {
    NotStarted: {
      on: {
        START: "InProgress",
        SKIP: { target: "Skipped", guard: "isNoValidation", actions: ["noteOutput", "noteReason"] },
        CANCEL: { target: "Cancelled", guard: "isValidation", actions: "noteOutput" },
      },
    },
    InProgress: {
      on: {
        COMPLETE: { target: "Completed", actions: "noteOutput" },
        ERROR: [
          { target: "Warning", guard: "continuesOnError", actions: "noteOutput" },
          { target: "Errored", actions: "noteOutput" },
        ],
        BLOCK: { target: "Blocked", guard: "isNoValidation" },
        ABORT: { target: "Aborted", actions: "noteOutput" },
      },
    },
    Blocked: {
      on: {
        VALIDATE: { target: "Completed", actions: "noteOutput" },
        CANCEL: { target: "Cancelled", actions: "noteOutput" },
      },
    },
    Completed: {},
    Warning: {},
    Errored: { on: repeat },
    Skipped: { on: repeat },
    Cancelled: {},
    Aborted: { on: repeat },
  },
});

/**
 * Applies one event to one record by the task chart.
 * Gives the record after the event, or null where the chart does not know this event in the record's state.
 */
export const taskAfter = (record: TaskRecord, continueOnError: boolean, event: TaskEvent): TaskRecord | null => {
  const { isValidation, producedOutput, skippedBecause } = record;
  const before = taskMachine.resolveState({
    value: record.state,
    context: { continueOnError, isValidation, producedOutput, skippedBecause },
  });
  if (!before.can(event)) return null;
  const [after] = transition(taskMachine, before, event);
  return { ...record, state: after.value, producedOutput: after.context.producedOutput, skippedBecause: after.context.skippedBecause };
};
