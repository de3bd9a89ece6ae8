import type { RunEvent, TaskLine } from "../../jobs/index.js";
import type { Counters, JobState, Progress, TaskState } from "../../model/index.js";

/** What is known of one task while it runs. Times in ms since 1970. */
export interface TaskView {
  readonly line: TaskLine;
  readonly state: TaskState;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly progress: Progress | null;
  /** Where its present step was first heard of: what a rate is measured from. */
  readonly step: { readonly name: string; readonly since: number; readonly rows: number } | null;
  readonly counters: Counters | null;
  /** Why it was skipped, failed or blocked, in a line. */
  readonly note: string | null;
}

/** A run as its events tell it. */
export interface RunState {
  readonly jobInstance: number;
  readonly job: string;
  readonly state: JobState;
  readonly openedAt: number;
  readonly tasks: readonly TaskView[];
  /** Who holds the locks that the run waits for. */
  readonly waitingFor: readonly string[];
}

const notStarted = (line: TaskLine): TaskView => ({
  line,
  state: "NotStarted",
  startedAt: null,
  endedAt: null,
  progress: null,
  step: null,
  counters: null,
  note: null,
});

/** The state after an event; pure. Null before the first, which is `opened`. `now` in ms since 1970. */
export const follow = (run: RunState | null, event: RunEvent, now: number): RunState | null => {
  if (event.kind === "opened") {
    const { jobInstance, job, tasks } = event;
    return { jobInstance, job, state: "Waiting", openedAt: now, tasks: tasks.map(notStarted), waitingFor: [] };
  }
  if (run === null) return null;
  switch (event.kind) {
    case "waiting":
      return {
        ...run,
        waitingFor: event.waitingFor.map(
          (holder) => `${holder.lock.replace(":", " ")}, held by instance ${holder.jobInstance} of ${holder.job}`,
        ),
      };
    case "jobState":
      return { ...run, state: event.state, waitingFor: event.state === "Waiting" ? run.waitingFor : [] };
    case "taskStarted":
      return change(run, event.task, () => ({ state: "InProgress", startedAt: now }));
    case "taskProgress":
      return change(run, event.task, ({ step }) => {
        const { progress } = event;
        const isSame = step?.name === progress.step;
        return { progress, step: isSame ? step : { name: progress.step, since: now, rows: progress.rows } };
      });
    case "taskSkipped":
      return change(run, event.task, () => ({ state: "Skipped", endedAt: now, note: event.message ?? event.reason }));
    case "taskEnded":
      return change(run, event.task, () => ({
        state: event.state,
        endedAt: now,
        progress: null,
        counters: event.counters,
        note: event.error?.message ?? event.message,
      }));
  }
};

/** A task that the run did not announce is added: a validation of a resume may come later. */
const change = (run: RunState, line: TaskLine, changes: (task: TaskView) => Partial<TaskView>): RunState => {
  const isKnown = run.tasks.some((task) => task.line.taskInstance === line.taskInstance);
  const tasks = isKnown ? run.tasks : [...run.tasks, notStarted(line)];
  return { ...run, tasks: tasks.map((task) => (task.line.taskInstance === line.taskInstance ? { ...task, ...changes(task) } : task)) };
};

/** Rows a second in the present step; null before it can be told (the first half second says nothing). */
export const rateOf = ({ progress, step }: TaskView, now: number): number | null => {
  if (progress === null || step === null || now - step.since < 500) return null;
  const rate = ((progress.rows - step.rows) * 1000) / (now - step.since);
  return rate > 0 ? Math.round(rate) : null;
};
