import type { Configuration, Finding, Job, JobStep, Task } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { ChartTask } from "../../statemachine/index.js";
import { linkErrors, linksByChild, linksOf } from "./link.js";
import { selectedKeys, type TaskSelection } from "./selection.js";
import { groupsOf, placesOf, type StepPlace } from "./step-place.js";

/** A task at its place in a run. Has what the state machine needs of it (`ChartTask`). */
export interface TaskNode extends ChartTask {
  /** Place in the job, in document order, from 0. */
  readonly position: number;
  /** The task's identifier; for the n-th place of a task that stands more than once `identifier#n`. Unique in the job. */
  readonly taskKey: string;
  readonly task: Task;
  /** As written: -1 = none. */
  readonly level: number;
  /** Effective level in the whole job, from 0 without gaps, whatever is selected: the same number in `plan`, logs and `status`. */
  readonly group: number;
  readonly side: Task["side"];
  /** Keys of the parents that are part of this run, in document order of the links. */
  readonly parents: readonly string[];
  /** Parents outside this run (jobs-and-tasks §3.3 rule 5). */
  readonly ignoredParents: readonly string[];
  readonly continueOnError: boolean;
  /** False: `--from`, `--to` or `--task` leaves it out of this run. */
  readonly isSelected: boolean;
}

/** A job, or a part of it, as it runs. Frozen. */
export interface TaskGraph {
  /** Identifier of the job; null for one root task without a job. */
  readonly job: string | null;
  readonly displayName: string;
  /** Every task of the job in the order of the run: by group, then by document order. */
  readonly nodes: readonly TaskNode[];
  /** Levels mixed with none, parents outside this run. */
  readonly warnings: readonly Finding[];
}

export interface TaskGraphOptions {
  /** Jobs.MaxTaskBatchSize: tasks of a level that run at the same time, at least 1. */
  readonly maxTaskBatchSize: number;
  readonly selection?: TaskSelection;
}

const findingOf = (severity: Finding["severity"], { code, message, place }: SluiceError): Finding => ({
  severity,
  code,
  message,
  file: place.file ?? "",
  ...(place.line === undefined ? {} : { line: place.line }),
  ...(place.column === undefined ? {} : { column: place.column }),
});

const mixedLevels = (job: string, steps: readonly JobStep[]): Finding[] => {
  const without = steps.filter((step) => step.level < 0);
  const [first] = without;
  if (first === undefined || without.length === steps.length) return [];
  const { identifier, place } = first.task;
  return [findingOf("warning", new SluiceError("JOB_GRAPH_LEVELS_MIXED", { job, without: identifier, count: without.length }, { place }))];
};

const compile = (
  job: Pick<Job, "identifier" | "displayName" | "steps">,
  options: TaskGraphOptions,
): { graph: TaskGraph; errors: readonly SluiceError[] } => {
  const places = placesOf(job.steps);
  const groups = groupsOf(places, options.maxTaskBatchSize);
  const links = linksOf(places);
  const selected = options.selection === undefined ? null : selectedKeys(job.identifier, places, options.selection);
  const isSelected = ({ taskKey }: StepPlace): boolean => selected === null || selected.has(taskKey);
  const where = selected === null ? job.identifier : `this run of ${job.identifier}`;
  const byChild = linksByChild(links.links);

  const nodes = places.map((place, index): TaskNode => {
    const { task, level } = place.step;
    const own = byChild.get(place) ?? [];
    const unselected = own.filter(({ parent }) => !isSelected(parent)).map(({ parent }) => parent.taskKey);
    return Object.freeze({
      position: place.position,
      taskKey: place.taskKey,
      task,
      level,
      group: groups[index] ?? 0,
      side: task.side,
      parents: Object.freeze(own.filter(({ parent }) => isSelected(parent)).map(({ parent }) => parent.taskKey)),
      ignoredParents: Object.freeze([...unselected, ...(links.outside.get(place) ?? [])]),
      continueOnError: task.continueOnError,
      isSelected: isSelected(place),
    });
  });
  const ignored = nodes
    .filter((node) => node.isSelected)
    .flatMap(({ taskKey, task: { place }, ignoredParents }) =>
      ignoredParents.map((parent) =>
        findingOf("warning", new SluiceError("JOB_GRAPH_PARENT_IGNORED", { task: taskKey, parent, where }, { place })),
      ),
    );
  const warnings = [...mixedLevels(job.identifier, job.steps), ...ignored];
  const graph = { job: job.identifier, displayName: job.displayName, nodes: Object.freeze(nodes), warnings: Object.freeze(warnings) };
  return { graph: Object.freeze(graph), errors: linkErrors(job.identifier, links) };
};

/**
 * The task graph of a job, or of the part of it that is selected (jobs-and-tasks §3.2, §3.3 rule 5).
 * Throws JOB_GRAPH_CYCLE, JOB_GRAPH_PARENT_NOT_EARLIER, JOB_GRAPH_UNKNOWN_TASK or JOB_GRAPH_EMPTY_SELECTION, all exit 64.
 */
export const compileTaskGraph = (job: Job, options: TaskGraphOptions): TaskGraph => {
  const { graph, errors } = compile(job, options);
  const [error] = errors;
  if (error !== undefined) throw error;
  return graph;
};

/** The graph of one root task, for `run --task ID` without a job (design §4). All its parents are outside this run. */
export const singleTaskGraph = (task: Task): TaskGraph => {
  const parents = task.parents.filter((parent) => parent !== task.identifier);
  const steps = [{ task: { ...task, parents }, level: -1 }];
  const { graph } = compile({ identifier: task.identifier, displayName: task.displayName, steps }, { maxTaskBatchSize: 1 });
  return Object.freeze({ ...graph, job: null });
};

/** Everything that `validate` says of the graphs of a configuration: errors and warnings of every whole job, in the order of the jobs. */
export const graphFindings = ({ jobs, settings }: Pick<Configuration, "jobs" | "settings">): readonly Finding[] =>
  [...jobs.values()].flatMap((job) => {
    const { graph, errors } = compile(job, { maxTaskBatchSize: settings.maxTaskBatchSize });
    return [...errors.map((error) => findingOf("error", error)), ...graph.warnings];
  });
