import { nearestName } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { StepPlace } from "./step-place.js";

/**
 * The part of a job to run: `--from`, `--to`, `--task`, each a task identifier (jobs-and-tasks §4.1, design §4). A task that stands
 * more than once is meant by its first place; `identifier#2` names the second.
 */
export interface TaskSelection {
  /** First task to run, itself included. */
  readonly from?: string;
  /** Last task to run, itself included. */
  readonly to?: string;
  /** The only task to run. */
  readonly task?: string;
  /** Only tasks whose identifier contains this text. */
  readonly contains?: string;
}

/**
 * The keys of the selected tasks. `places` is in the order of the run, and that order decides what is after `from` and before `to`.
 * Throws JOB_GRAPH_UNKNOWN_TASK (names are compared with their case), JOB_GRAPH_EMPTY_SELECTION.
 */
export const selectedKeys = (
  job: string,
  places: readonly StepPlace[],
  { from, to, task, contains }: TaskSelection,
): ReadonlySet<string> => {
  const keys = places.map((place) => place.taskKey);
  const indexOf = (option: string, name: string | undefined, otherwise: number): number => {
    if (name === undefined) return otherwise;
    const index = keys.indexOf(name);
    if (index < 0) throw new SluiceError("JOB_GRAPH_UNKNOWN_TASK", { job, option, task: name, nearest: nearestName(name, keys) });
    return index;
  };
  const only = indexOf("--task", task, -1);
  const first = indexOf("--from", from, 0);
  const last = indexOf("--to", to, keys.length - 1);
  const selected = keys.filter(
    (key, index) => index >= first && index <= last && (only < 0 || index === only) && (contains === undefined || key.includes(contains)),
  );
  if (selected.length === 0 && keys.length > 0) {
    const options = Object.entries({ "--from": from, "--to": to, "--task": task, "--task-string-contains": contains }).flatMap(
      ([name, value]) => (value ? [`${name} ${value}`] : []),
    );
    throw new SluiceError("JOB_GRAPH_EMPTY_SELECTION", { job, options: options.join(" ") });
  }
  return new Set(selected);
};
