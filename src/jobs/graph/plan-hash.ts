import { createHash } from "node:crypto";
import type { TaskGraph, TaskNode } from "./task-graph.js";

/** One task of a plan as it is stored with an instance, to tell later whether the plan is still the same (design §8, resume). JSON. */
export interface PlannedTask {
  readonly taskKey: string;
  /** Tasks of one level have the same rank; ranks ascend from 0 and do not depend on the batch size. */
  readonly rank: number;
  /** Lower-case hex SHA-256 over what the task does and which parents it has; labels and places in files do not count. */
  readonly hash: string;
}

/** How a remaining task differs from the stored plan. `moved`: it runs before, with or after another remaining task than it did. */
export interface PlanDifference {
  readonly taskKey: string;
  readonly difference: "added" | "removed" | "changed" | "moved";
}

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

const inCodeUnitOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** JSON with the keys of every object in code unit order and no blanks: equal values give equal text. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => inCodeUnitOrder(a, b)))
      : inner,
  );

const isLabel = (attribute: string): boolean => attribute.startsWith("DisplayName_L");

const hashOf = ({ task, parents }: TaskNode): string => {
  const { identifier, type, side, agent, openIdClient, connector, connection, continueOnError, entityTypes, resourceTypes } = task;
  const attributes = Object.fromEntries(Object.entries(task.attributes).filter(([name]) => !isLabel(name)));
  return sha256(
    canonicalJson({
      identifier,
      type,
      side,
      agent,
      openIdClient,
      connector,
      connection,
      continueOnError,
      attributes,
      entityTypes,
      resourceTypes,
      parents,
    }),
  );
};

/** The selected tasks in the order of the run, for storage with the instance. */
export const plannedTasks = (graph: TaskGraph): readonly PlannedTask[] => {
  let rank = -1;
  let last: TaskNode | undefined;
  return graph.nodes
    .filter((node) => node.isSelected)
    .map((node) => {
      if (last === undefined || node.level < 0 || node.level !== last.level) rank++;
      last = node;
      return { taskKey: node.taskKey, rank, hash: hashOf(node) };
    });
};

/** Those of the tasks that have not ended, with ranks counted anew: what ran before them no longer matters, nor does the order in a level. */
const remaining = (tasks: readonly PlannedTask[], ended: ReadonlySet<string>): PlannedTask[] => {
  const left = tasks.filter((task) => !ended.has(task.taskKey));
  const ranks = new Map([...new Set(left.map((task) => task.rank))].map((rank, index) => [rank, index]));
  return left
    .map((task) => ({ ...task, rank: ranks.get(task.rank) ?? 0 }))
    .sort((a, b) => a.rank - b.rank || inCodeUnitOrder(a.taskKey, b.taskKey));
};

/** Lower-case hex SHA-256 of the whole plan: the job and its selected tasks. */
export const planHash = (graph: TaskGraph): string => remainingTasksHash(graph, new Set());

/** The same over the tasks that have not ended; `ended` holds the keys of those that have. */
export const remainingTasksHash = (graph: TaskGraph, ended: ReadonlySet<string>): string =>
  sha256(canonicalJson({ job: graph.job, tasks: remaining(plannedTasks(graph), ended) }));

/**
 * What keeps an instance from being resumed under another plan, task by task; empty when the remaining tasks are the same (design §8).
 * Takes the tasks stored when the instance began, the graph compiled now, and the keys of the tasks that ended.
 */
export const planDifferences = (
  stored: readonly PlannedTask[],
  graph: TaskGraph,
  ended: ReadonlySet<string>,
): readonly PlanDifference[] => {
  const before = remaining(stored, ended);
  const after = remaining(plannedTasks(graph), ended);
  const beforeByKey = new Map(before.map((task) => [task.taskKey, task]));
  const afterKeys = new Set(after.map((task) => task.taskKey));
  const differences = after.flatMap(({ taskKey, hash }): PlanDifference[] => {
    const former = beforeByKey.get(taskKey);
    if (former === undefined) return [{ taskKey, difference: "added" }];
    return former.hash === hash ? [] : [{ taskKey, difference: "changed" }];
  });
  const removed = before
    .filter((task) => !afterKeys.has(task.taskKey))
    .map(({ taskKey }): PlanDifference => ({ taskKey, difference: "removed" }));
  if (differences.length + removed.length > 0) return [...differences, ...removed];
  return after.filter((task) => beforeByKey.get(task.taskKey)?.rank !== task.rank).map(({ taskKey }) => ({ taskKey, difference: "moved" }));
};
