import { cutTo, formatDuration, paintState, type Style, table } from "../terminal/index.js";
import type { RunState, TaskView } from "./run-state.js";
import { elapsedText, resultText, taskName } from "./task-text.js";

const signs: Readonly<Record<string, string>> = {
  NotStarted: "·",
  InProgress: "▸",
  Completed: "✓",
  Skipped: "-",
  Warning: "!",
  Blocked: "■",
  Errored: "✗",
  Cancelled: "✗",
  Aborted: "✗",
};

/**
 * The live picture of a run: tasks by level with state, time and what they do. No line is wider than `columns`, and there are at most `rows` lines:
 * on a small terminal tasks that ended, then those that wait, are told by their number.
 */
export const screenLines = (
  run: RunState,
  notes: readonly string[],
  now: number,
  size: { columns: number; rows: number },
  style: Style,
): string[] => {
  // The last column stays free: some terminals break a line that fills it.
  const width = size.columns - 1;
  const head = [
    `${run.job}, instance ${run.jobInstance}: ${run.state}, ${formatDuration(now - run.openedAt)}`,
    ...run.waitingFor.map((each) => `waiting for ${each}`),
  ];
  // Besides the tasks: their titles, the two lines that tell of hidden ones, and the line where the cursor rests.
  const room = Math.max(1, size.rows - head.length - notes.length - 4);
  const { shown, before, after } = visible(run.tasks, room);
  return [
    ...head.map((line, index) => (index === 0 ? style.bold(cutTo(line, width)) : style.warning(cutTo(line, width)))),
    ...(before > 0 ? [style.dim(cutTo(`  ${before} more tasks ended`, width))] : []),
    ...taskTable(shown, now, width, style),
    ...(after > 0 ? [style.dim(cutTo(`  ${after} more tasks wait`, width))] : []),
    ...notes.map((note) => style.warning(cutTo(note, width))),
  ];
};

const taskTable = (tasks: readonly TaskView[], now: number, width: number, style: Style): string[] =>
  table<TaskView>(
    [
      { title: "Level", value: ({ line }) => (line.isValidation ? "" : String(line.level)), align: "right" },
      { title: " ", value: ({ state }) => signs[state] ?? "", paint: (text, { state }) => paintState(style, state, text) },
      { title: "Task", value: taskName },
      {
        title: "State",
        value: ({ state }) => (state === "NotStarted" ? "" : state),
        paint: (text, { state }) => paintState(style, state, text),
      },
      { title: "      Time", value: (task) => elapsedText(task, now), align: "right" },
      { title: "", value: (task) => resultText(task, now) },
    ],
    tasks,
    { style, width },
  );

/** The tasks that fit into `room` lines: running ones first, then what ended last and what comes next. */
const visible = (tasks: readonly TaskView[], room: number): { shown: readonly TaskView[]; before: number; after: number } => {
  if (tasks.length <= room) return { shown: tasks, before: 0, after: 0 };
  const firstOpen = tasks.findIndex((task) => task.endedAt === null);
  // One ended task above the running ones shows that the picture moves.
  const start = Math.max(0, Math.min((firstOpen === -1 ? tasks.length : firstOpen) - 1, tasks.length - room));
  return { shown: tasks.slice(start, start + room), before: start, after: tasks.length - start - room };
};
