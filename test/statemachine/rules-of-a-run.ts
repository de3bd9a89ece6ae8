/**
 * The rules that hold at every step of every path, said without the machine's own functions (jobs-and-tasks §3.3, §3.4, design §7.11, §9).
 */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { isEnded, type TaskState } from "../../src/model/index.js";
import {
  accepts,
  type ChartTask,
  changedRecords,
  decisions,
  type JobSnapshot,
  jobState,
  rebuild,
  type TaskRecord,
  taskRecords,
} from "../../src/statemachine/index.js";
import type { Edge } from "./chart-walk.js";

const stateOf = (snapshot: JobSnapshot, taskKey: string): TaskState | undefined => snapshot.context.records.get(taskKey)?.state;
const tasksOf = (snapshot: JobSnapshot): TaskRecord[] => taskRecords(snapshot).filter((record) => !record.isValidation);
const has = (snapshot: JobSnapshot, ...states: TaskState[]): boolean => tasksOf(snapshot).some((record) => states.includes(record.state));

/** Rule for rule the text of jobs-and-tasks §3.3. */
const expectedVerdict = (snapshot: JobSnapshot, task: ChartTask): string => {
  const parents = task.parents.map((key) => snapshot.context.records.get(key));
  if (parents.length === 0) return "run";
  for (const parent of parents) {
    if (parent !== undefined && ["Errored", "Warning", "Blocked", "Cancelled", "Aborted"].includes(parent.state)) return "parentFailed";
  }
  for (const parent of parents) if (parent?.state === "Completed" && parent.producedOutput) return "run";
  return "parentWithoutOutput";
};

const mayEndAs: Record<string, readonly TaskState[]> = {
  completed: ["Completed", "Skipped"],
  warning: ["Completed", "Skipped", "Warning"],
};

const isJobEnd = (snapshot: JobSnapshot): boolean =>
  !["waiting", "running", "validating", "cancelling", "halting"].includes(snapshot.value);

const hasFailed = (state: TaskState | undefined): boolean => state === "Errored" || state === "Aborted";

/** What a resume takes up again, said from each task upwards: it failed, or its skip may have come from one that did. */
const isTakenUp = (snapshot: JobSnapshot, taskKey: string): boolean => {
  const record = snapshot.context.records.get(taskKey);
  if (record === undefined || record.isValidation) return false;
  if (hasFailed(record.state)) return true;
  if (record.skippedBecause !== "parentFailed" && record.skippedBecause !== "parentWithoutOutput") return false;
  const task = snapshot.context.tasks.find((each) => each.taskKey === taskKey);
  return task?.parents.some((parent) => isTakenUp(snapshot, parent)) === true;
};

/** What a rebuild would find stored after an event. */
const storedJob = (snapshot: JobSnapshot) => ({
  state: jobState(snapshot),
  cancelRequested: ["cancelling", "cancelled"].includes(snapshot.value),
  haltRequested: snapshot.value === "halting",
});

const comparable = (snapshot: JobSnapshot) => ({
  value: snapshot.value,
  status: snapshot.status,
  records: Object.fromEntries(snapshot.context.records),
  decisions: decisions(snapshot),
});

/** Checks a plain condition without the cost of an assertion object for each of some hundred thousand steps. */
const hold = (condition: boolean, rule: string, { before, event, after }: Edge): void => {
  if (condition) return;
  const text = JSON.stringify(
    [before, after].map((s) => ({ value: s.value, records: Object.fromEntries(s.context.records) })),
    null,
    1,
  );
  expect.fail(`${rule}\nevent ${JSON.stringify(event)}\n${text}`);
};

export const checkEdge = (edge: Edge): void => {
  const { before, event, after } = edge;
  const { tasks, toSkip } = before.context;
  const check = (condition: boolean, rule: string): void => hold(condition, rule, edge);

  check(
    tasks.every((task) => after.context.records.has(task.taskKey)),
    "no task is lost",
  );
  check(tasksOf(after).length === tasks.length, "no task is invented");

  for (const record of changedRecords(before, after)) {
    const former = stateOf(before, record.taskKey);
    const task = tasks.find(({ taskKey }) => taskKey === record.taskKey);
    const isRepeated = event.type === "RESUME" && isTakenUp(before, record.taskKey);
    check(former === undefined || !isEnded(former) || isRepeated, "what has ended stays as it is, unless a resume takes it up");
    check(
      record.state !== "NotStarted" || isRepeated || (former === undefined && event.type === "RESUME" && record.isValidation),
      "only a resume adds work",
    );
    check(isEnded(record.state) === (record.producedOutput !== null), "output is known exactly when a task ended");
    check((record.state === "Skipped") === (record.skippedBecause !== null), "a reason belongs to a skip");
    if (record.state === "InProgress") {
      check(former === "NotStarted", "nothing runs twice");
      check(before.value === "running" || before.value === "validating", "nothing starts after a stop");
    }
    if (record.state === "InProgress" && task !== undefined) {
      check(before.value === "running", "tasks run in the running state");
      check(expectedVerdict(before, task) === "run", "a task runs by its parents' verdict");
      check(!toSkip.has(task.taskKey), "a task left out from the start does not run");
      check(!has(before, "Aborted"), "nothing starts beside an aborted task");
      check(
        !tasks.some((other) => other.group < task.group && ["Errored", "Blocked"].includes(stateOf(before, other.taskKey) ?? "")),
        "no later group starts after an error or a block",
      );
    }
    if (record.state === "InProgress" && record.isValidation) {
      check(
        before.value === "validating" && stateOf(before, record.validationOf ?? "") === "Blocked",
        "a validation handles a blocked task",
      );
      check(!taskRecords(before).some((other) => other.state === "InProgress"), "validations run one by one");
    }
    if (record.state === "Skipped" && task !== undefined) {
      check(record.skippedBecause === (toSkip.get(task.taskKey) ?? expectedVerdict(before, task)), "a task is skipped for its reason");
    }
    if ((record.state === "InProgress" || record.state === "Skipped") && task !== undefined) {
      check(
        tasks.every((other) => other.group >= task.group || isEnded(stateOf(before, other.taskKey) ?? "NotStarted")),
        "a level waits for the whole one before",
      );
      check(
        task.parents.every((parent) => isEnded(stateOf(before, parent) ?? "NotStarted")),
        "no child before its parent ended",
      );
    }
    if (former === "Blocked" && record.state === "Completed") {
      check(record.producedOutput === true, "a validated task has output");
      check(
        event.type === "TASK_COMPLETED" && after.context.records.get(event.taskKey)?.validationOf === record.taskKey,
        "only a validation completes a blocked task",
      );
    }
    if (event.type === "TASK_ERRORED" && record.taskKey === event.taskKey) {
      check(record.state === (task?.continueOnError === true ? "Warning" : "Errored"), "ContinueOnError turns an error into a warning");
    }
  }

  if (event.type === "RESUME") {
    const taken = tasksOf(before).filter(({ taskKey }) => isTakenUp(before, taskKey));
    check(
      taken.every(({ taskKey }) => stateOf(after, taskKey) === "NotStarted"),
      "a resume takes up all that failed",
    );
    const blocked = tasksOf(before).filter(({ state }) => state === "Blocked");
    const open = taskRecords(after).filter((record) => record.isValidation && record.state === "NotStarted");
    check(open.length === blocked.length, "a resume validates every blocked task");
  }

  const { start, skip, end } = decisions(after);
  if (isJobEnd(after)) {
    check(!taskRecords(after).some((record) => record.state === "InProgress"), "nothing runs after the end");
    check(!taskRecords(after).some((record) => record.isValidation && !isEnded(record.state)), "no validation is left open");
    check(end === jobState(after) && start.length === 0 && skip.length === 0, "the end is the only decision");
    const allowed = mayEndAs[after.value];
    check(
      allowed === undefined || tasksOf(after).every((record) => allowed.includes(record.state)),
      "completed and warning need every task",
    );
    check((after.value === "warning") <= has(after, "Warning"), "warning needs a warning");
    check((after.value === "errored") <= (has(after, "Errored") && !has(after, "Aborted")), "errored needs an error");
    check(
      (after.value === "blocked") <= (has(after, "Blocked") && !has(after, "Errored", "Aborted")),
      "blocked needs a blocked task and no error",
    );
    check((after.value === "cancelled") <= !has(after, "Blocked"), "a cancelled instance holds nothing back");
    check(
      accepts(after, { type: "RESUME" }) === ["blocked", "errored", "aborted"].includes(after.value),
      "what is blocked, errored or aborted can be resumed, nothing else",
    );
  } else {
    check(end === undefined, "a run that goes on has no end");
    const isAtWork = taskRecords(after).some((record) => record.state === "InProgress");
    check(
      after.value === "waiting" || isAtWork || (!["cancelling", "halting"].includes(after.value) && start.length + skip.length > 0),
      "a run never stands still",
    );
  }
  for (const taskKey of start) check(accepts(after, { type: "TASK_STARTED", taskKey }), "what is decided can be done");
  for (const { taskKey, reason } of skip) check(accepts(after, { type: "TASK_SKIPPED", taskKey, reason }), "what is decided can be done");
  if (event.type === "CANCEL" && before.value !== "errored" && before.value !== "aborted") {
    check(after.value === "cancelling" || after.value === "cancelled", "a cancel leads to cancelled");
  }
  if (before.value === "cancelling" && isJobEnd(after))
    check(after.value === (event.type === "ABORT" ? "aborted" : "cancelled"), "a cancel leads to cancelled");
  if (event.type === "ABORT") check(after.value === "aborted", "a crash is aborted");
  if (event.type === "HALT" && isJobEnd(after)) {
    check(after.value === "aborted" || before.value === "validating", "a halt with nothing under way is aborted");
  }
  if (before.value === "halting" && isJobEnd(after) && event.type !== "ABORT" && event.type !== "CANCEL") {
    const isLeft = tasksOf(after).some(({ state }) => state === "NotStarted");
    check(after.value === "aborted" || !isLeft || has(after, "Errored", "Blocked"), "a halt leaves what is left to a resume");
  }

  checkRebuild(edge);
};

/** As `toEqual`, which is too slow to be called at each of some hundred thousand steps, and asked only for its message. */
const same = (actual: JobSnapshot, expected: JobSnapshot, message: string): void => {
  if (!isDeepStrictEqual(comparable(actual), comparable(expected))) expect(comparable(actual), message).toEqual(comparable(expected));
};

/** Rows in reverse, those of tasks that did not begin left out: the machine made from them is the one that ran. */
const checkRebuild = ({ before, event, after }: Edge): void => {
  const graph = { nodes: after.context.tasks };
  const rows = taskRecords(after)
    .filter((record) => record.isValidation || record.state !== "NotStarted")
    .toReversed();
  const rebuilt = rebuild(graph, rows, storedJob(after), after.context.toSkip);
  same(rebuilt, after, `rebuilt after ${JSON.stringify(event)}`);
  if (before.value === "running" && "taskKey" in event) {
    const behind = rebuild(graph, rows, storedJob(before), after.context.toSkip);
    same(behind, after, `rebuilt from a job row one step behind, after ${JSON.stringify(event)}`);
  }
};
