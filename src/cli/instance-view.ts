import type { NextStep } from "../jobs/index.js";
import { isRunning, type ThresholdResult } from "../model/index.js";
import type { JobAttempt, JobInstance, TaskAttempt, TaskInstance } from "../store/index.js";
import type { Invocation } from "./command.js";
import { counterText } from "./counters.js";
import { hintLines } from "./hint.js";
import { formatCount, formatDuration, formatTime, paintState, printable, type Style, table, wrap } from "./terminal/index.js";

/** A task without progress for this long is said to be stalled (ms, design §9). */
const stalledAfterMs = 10 * 60_000;

/** Since when a running task has not moved; null while it does. */
export const stalledSince = (task: TaskInstance, now: number): string | null => {
  if (task.state !== "InProgress") return null;
  const last = task.lastProgressAt ?? task.startedAt;
  return last !== null && now - Date.parse(last) > stalledAfterMs ? last : null;
};

export interface InstanceView {
  readonly instance: JobInstance;
  readonly tasks: readonly TaskInstance[];
  /** Every active threshold, or the exceeded ones only. */
  readonly thresholds: "all" | "exceeded";
  /** `nextStepsOf` it. */
  readonly steps: readonly NextStep[];
  /** How former attempts ended; absent: nothing is said of them. */
  readonly attempts?: { readonly job: readonly JobAttempt[]; readonly tasks: readonly TaskAttempt[] };
}

/** One job instance for a person: tasks, counters, thresholds, errors, and what to do next. */
export const instanceLines = (invocation: Invocation, view: InstanceView): string[] => {
  const { style, out, clock } = invocation;
  const { instance, tasks } = view;
  const now = clock.now();
  const width = out.columns;
  const options = { style, indent: 2, ...(width === undefined ? {} : { width }) };
  const elapsed = Date.parse(instance.endedAt ?? new Date(now).toISOString()) - Date.parse(instance.startedAt);
  const by = instance.startedBy === "" ? "" : ` by ${printable(instance.startedBy)}`;
  const lines = [
    `${style.bold(instance.job)}, instance ${instance.id}: ${paintState(style, instance.state)} ${instance.endedAt === null ? "for" : "after"} ${formatDuration(elapsed)}`,
    style.dim(
      `started ${formatTime(instance.startedAt)}${by}${view.attempts !== undefined && instance.attempt > 1 ? `, attempt ${instance.attempt}` : ""}${instance.force ? ", thresholds not enforced (--force)" : ""}`,
    ),
  ];
  if (isRunning(instance.state) && instance.haltReason !== null) {
    lines.push(`${printable(instance.haltReason)}: the running tasks end, none is started`);
  }
  if (instance.message !== null) lines.push(printable(instance.message));
  for (const holder of instance.waitingFor) {
    lines.push(
      `waiting for ${printable(holder.lock.replace(":", " "))}, held by instance ${holder.jobInstance} of ${holder.job} since ${formatTime(holder.since)}`,
    );
  }
  lines.push(
    "",
    ...table<TaskInstance>(
      [
        { title: "Level", value: (task) => (task.isValidation ? "" : String(task.level)), align: "right" },
        { title: "Task", value: (task) => (task.isValidation ? `${task.task} (validation)` : task.taskKey) },
        { title: "State", value: (task) => task.state, paint: (text, task) => paintState(style, task.state, text) },
        { title: "Time", value: (task) => timeText(task, now), align: "right" },
        { title: "Result", value: (task) => resultText(task, now) },
      ],
      tasks,
      options,
    ),
  );
  lines.push(...thresholdLines(view, style, options));
  lines.push(...messageLines(tasks, style, width));
  lines.push(...attemptLines(view, style, options));
  lines.push(...nextLines(invocation, view));
  return lines;
};

const timeText = (task: TaskInstance, now: number): string | null => {
  if (task.startedAt === null) return null;
  return formatDuration((task.endedAt === null ? now : Date.parse(task.endedAt)) - Date.parse(task.startedAt));
};

const skipped: Readonly<Record<string, string>> = {
  parentFailed: "a task it depends on did not complete",
  parentWithoutOutput: "no task it depends on produced anything",
  connectorBlocked: "its connector is blocked",
  connectorDeactivated: "its connector is deactivated",
};

/** Why a task was skipped, for a person. */
export const skipText = (reason: string): string => skipped[reason] ?? reason;

const resultText = (task: TaskInstance, now: number): string => {
  if (task.skippedBecause !== null) return task.message ?? skipText(task.skippedBecause);
  const stalled = stalledSince(task, now);
  const parts = [stalled === null ? "" : `stalled since ${formatTime(stalled)}`];
  if (task.state === "InProgress" && task.progress !== null) {
    const { step, rows, of } = task.progress;
    parts.push(`${step} ${formatCount(rows)}${of === undefined ? "" : ` of ${formatCount(of)}`}`);
  }
  if (task.error !== null) parts.push(task.error.code);
  parts.push(counterText(task.counters));
  // What blocked is told below the table in full; of what was resumed since it is history.
  if (task.message !== null && !task.thresholds.some((threshold) => threshold.exceeded)) parts.push(task.message);
  return parts.filter((part) => part !== "").join(", ");
};

/** A limit as a table shows it. */
export const limitText = ({ name, limit }: ThresholdResult): string => {
  if (name === "WholePopulation") return "never all";
  return name.includes("Percentage") ? `${formatCount(limit)} %` : formatCount(limit);
};

const exceededText = (task: TaskInstance, isResumed: boolean): string => {
  if (isResumed) return "exceeded, resumed";
  return task.state === "Completed" || task.state === "Warning" ? "exceeded, not enforced" : "exceeded";
};

const thresholdLines = (view: InstanceView, style: Style, options: { readonly width?: number; readonly indent: number }): string[] => {
  // What a validation applied was decided on by a person: its thresholds only repeat those of the task it handles.
  const resumed = new Set(view.tasks.flatMap((task) => task.validationOf ?? []));
  const rows = view.tasks.filter((task) => !task.isValidation).flatMap((task) => task.thresholds.map((threshold) => ({ task, threshold })));
  const shown = view.thresholds === "all" ? rows : rows.filter((row) => row.threshold.exceeded && !resumed.has(row.task.id));
  if (shown.length === 0) return [];
  return [
    "",
    style.bold(view.thresholds === "all" ? "Thresholds" : "Thresholds exceeded"),
    ...table(
      [
        { title: "Task", value: ({ task }) => task.taskKey },
        { title: "Scope", value: ({ threshold }) => threshold.scope },
        { title: "Threshold", value: ({ threshold }) => threshold.name },
        { title: "Limit", value: ({ threshold }) => limitText(threshold), align: "right" },
        { title: "Count", value: ({ threshold }) => formatCount(threshold.count), align: "right" },
        { title: "Of", value: ({ threshold }) => formatCount(threshold.of), align: "right" },
        {
          title: "",
          value: ({ task, threshold }) => (threshold.exceeded ? exceededText(task, resumed.has(task.id)) : ""),
          paint: (text, { threshold }) => (threshold.exceeded ? style.warning(text) : text),
        },
      ],
      shown,
      { ...options, style },
    ),
  ];
};

/** Errors with their place, and why a task blocked. */
const messageLines = (tasks: readonly TaskInstance[], style: Style, width: number | undefined): string[] => {
  const room = width === undefined ? Number.POSITIVE_INFINITY : width - 2;
  const text = (message: string): string[] => message.split("\n").flatMap((line) => wrap(printable(line), room).map((part) => `  ${part}`));
  return tasks.flatMap((task) => {
    if (task.error !== null) {
      const { file, line, column, code, message } = task.error;
      const place = [file, line, column].filter((part) => part !== undefined).join(":");
      return [
        "",
        `${style.bold(task.taskKey)}: ${style.bad("error")} ${code}`,
        ...text(message),
        ...(place === "" ? [] : [`  in ${printable(place)}`]),
      ];
    }
    if (task.state === "Blocked" && task.message !== null) {
      return ["", `${style.bold(task.taskKey)}: ${style.warning("blocked")}`, ...text(task.message.replaceAll("; ", "\n"))];
    }
    return [];
  });
};

interface AttemptLine {
  readonly attempt: number;
  readonly what: string;
  readonly state: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly result: string;
}

/** How former attempts ended: of the instance first, then of its tasks in the order of the run. */
const attemptLines = (
  { tasks, attempts }: InstanceView,
  style: Style,
  options: { readonly width?: number; readonly indent: number },
): string[] => {
  if (attempts === undefined || attempts.job.length === 0) return [];
  const rows: AttemptLine[] = [
    ...attempts.job.map((each) => ({
      ...each,
      what: "",
      result: [`by ${each.startedBy}`, each.message ?? ""].filter((part) => part !== "").join(": "),
    })),
    ...attempts.tasks.map((each) => ({
      ...each,
      what: tasks.find(({ id }) => id === each.taskInstance)?.taskKey ?? "",
      result: each.error === null ? (each.message ?? "") : `${each.error.code}: ${each.error.message}`,
    })),
  ];
  return [
    "",
    style.bold("Former attempts"),
    ...table<AttemptLine>(
      [
        { title: "Attempt", value: (row) => String(row.attempt), align: "right" },
        { title: "Task", value: (row) => row.what },
        { title: "State", value: (row) => row.state, paint: (text, row) => paintState(style, row.state, text) },
        { title: "Started", value: (row) => (row.startedAt === null ? null : formatTime(row.startedAt)) },
        {
          title: "Time",
          value: (row) =>
            row.startedAt === null || row.endedAt === null ? null : formatDuration(Date.parse(row.endedAt) - Date.parse(row.startedAt)),
          align: "right",
        },
        { title: "Result", value: (row) => row.result.split("\n")[0] ?? "" },
      ],
      rows,
      { ...options, style },
    ),
  ];
};

/** What a person can do next; who cancelled something has decided already. */
const nextLines = (invocation: Invocation, { instance, steps }: InstanceView): string[] => {
  if (steps.length === 0 || instance.state === "Cancelled") return [];
  const hints = steps.map(({ command, does }) => [command, does] as const);
  return ["", invocation.style.bold("What to do next"), ...hintLines(invocation, hints)];
};
