import { counterText } from "../counters.js";
import { skipText } from "../instance-view.js";
import { formatCount, formatDuration, printable } from "../terminal/index.js";
import { rateOf, type TaskView } from "./run-state.js";

/** The first sentence of a note: the summary has the rest. */
const firstLine = (text: string): string => printable(text.split("\n")[0] ?? "");

/** How long a task has run, or ran. */
export const elapsedText = (task: TaskView, now: number): string =>
  task.startedAt === null ? "" : formatDuration((task.endedAt ?? now) - task.startedAt);

/** What a task does now, or what came of it. */
export const resultText = (task: TaskView, now: number): string => {
  if (task.state === "Skipped") return printable(skipText(task.note ?? ""));
  if (task.progress !== null) {
    const { step, rows, of } = task.progress;
    const rate = rateOf(task, now);
    const amount = of === undefined ? formatCount(rows) : `${formatCount(rows)} of ${formatCount(of)}`;
    return `${printable(step)} ${amount}${rate === null ? "" : `, ${formatCount(rate)} rows/s`}`;
  }
  return [counterText(task.counters), task.note === null ? "" : firstLine(task.note)].filter((part) => part !== "").join(", ");
};

export const taskName = ({ line }: TaskView): string => (line.isValidation ? `${line.task} (validation)` : line.task);
