import { isEnded } from "../model/index.js";
import { type TaskRecord, verdict } from "../statemachine/index.js";
import type { LeftWork, TaskInstance } from "../store/index.js";
import type { TaskNode } from "./graph/index.js";

/**
 * What the tasks that a resume starts go on from (design §7.4): a synchronization from the session that its connector's preparation left, a preparation from the files that its connector's exports
 * left. Tasks that are left out, or that their parents' ends already keep from running, go on from nothing.
 * `records`: after RESUME, by task key. `rows`: as they were found. `leftOut`: keys of tasks that are left out.
 */
export const leftWork = (
  nodes: readonly TaskNode[],
  records: ReadonlyMap<string, TaskRecord>,
  rows: readonly TaskInstance[],
  leftOut: ReadonlySet<string>,
): readonly LeftWork[] => {
  const rowOf = new Map(rows.map((row) => [row.taskKey, row]));
  const isRemaining = ({ taskKey }: TaskNode): boolean => records.get(taskKey)?.state === "NotStarted";
  const mayRun = ({ taskKey, parents }: TaskNode): boolean => {
    if (leftOut.has(taskKey)) return false;
    const all = parents.flatMap((parent) => records.get(parent) ?? []);
    const ended = all.filter(({ state }) => isEnded(state));
    const found = verdict(ended);
    return ended.length < all.length ? found !== "parentFailed" : found === "run";
  };
  /** Earlier tasks of a type for the same connector. */
  const before = (node: TaskNode, type: string): TaskNode[] => {
    const connector = rowOf.get(node.taskKey)?.connector;
    return nodes.filter(
      (other) => other.group < node.group && other.task.type === type && rowOf.get(other.taskKey)?.connector === connector,
    );
  };
  const completed = (others: readonly TaskNode[]): TaskInstance[] =>
    others.flatMap(({ taskKey }) => {
      const row = rowOf.get(taskKey);
      return row !== undefined && row.producedOutput === true && records.get(taskKey)?.state === "Completed" ? [row] : [];
    });

  return nodes.flatMap((node): LeftWork[] => {
    const { taskKey } = node;
    const connector = rowOf.get(taskKey)?.connector ?? null;
    if (connector === null || !isRemaining(node) || !mayRun(node)) return [];
    if (node.task.type === "SynchronizeTask") {
      const prepares = before(node, "PrepareSynchronizationTask");
      // One that is still to come hands over another session.
      if (prepares.some((other) => isRemaining(other) && mayRun(other))) return [];
      const session = completed(prepares).at(-1)?.session ?? null;
      const isLoaded = rows.some((row) => row.type === "SynchronizeTask" && row.state === "Completed" && row.session === session);
      return session === null || isLoaded ? [] : [{ taskKey, connector, session }];
    }
    if (node.task.type === "PrepareSynchronizationTask") {
      const [exportedAt] = completed(before(node, "ExportTask"))
        .flatMap(({ endedAt }) => endedAt ?? [])
        .sort();
      return exportedAt === undefined ? [] : [{ taskKey, connector, exportedAt }];
    }
    return [];
  });
};
