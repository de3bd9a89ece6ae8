import type { RunEvent } from "../../jobs/index.js";
import type { Clock } from "../../model/index.js";
import { formatNoun, type Output } from "../terminal/index.js";
import type { ProgressView } from "./progress-view.js";
import { follow, type RunState, type TaskView } from "./run-state.js";
import { elapsedText, resultText, taskName } from "./task-text.js";

/** A running task says where it is at most this often (ms). */
const progressEveryMs = 10_000;

/** Tells a run line by line, for pipes, logs of a build server and dumb terminals. */
export class PlainProgress implements ProgressView {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #told = new Map<number, number>();
  #run: RunState | null = null;

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  onEvent(event: RunEvent): void {
    const now = this.#clock.now();
    this.#run = follow(this.#run, event, now);
    const run = this.#run;
    if (run === null) return;
    if (event.kind === "opened") this.#line(now, `${event.job}, instance ${event.jobInstance}: ${formatNoun(event.tasks.length, "task")}`);
    else if (event.kind === "waiting") for (const each of run.waitingFor) this.#line(now, `waiting for ${each}`);
    else if (event.kind !== "jobState") this.#task(event, run, now);
  }

  #task(event: Exclude<RunEvent, { kind: "opened" | "waiting" | "jobState" }>, run: RunState, now: number): void {
    const task = run.tasks.find((each) => each.line.taskInstance === event.task.taskInstance);
    if (task === undefined) return;
    if (event.kind === "taskProgress") {
      const last = this.#told.get(event.task.taskInstance) ?? task.startedAt ?? now;
      if (now - last < progressEveryMs) return;
      this.#line(now, `${taskName(task)}: ${resultText(task, now)}`);
    } else {
      this.#line(now, sentence(task, now));
    }
    this.#told.set(event.task.taskInstance, now);
  }

  note(text: string): void {
    this.#line(this.#clock.now(), text);
  }

  async close(): Promise<void> {
    this.#run = null;
  }

  #line(now: number, text: string): void {
    this.#output.draw(`${new Date(now).toISOString().slice(11, 19)} ${text}\n`);
  }
}

const sentence = (task: TaskView, now: number): string => {
  const name = taskName(task);
  if (task.state === "InProgress") return `${name} started`;
  const result = resultText(task, now);
  const after = task.startedAt === null ? "" : ` after ${elapsedText(task, now)}`;
  return `${name} ${task.state}${after}${result === "" ? "" : `: ${result}`}`;
};
