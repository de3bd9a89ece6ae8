import { EventEmitter } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interruptible } from "../../src/cli/interruption.js";
import { LiveProgress } from "../../src/cli/progress/live-progress.js";
import { PlainProgress } from "../../src/cli/progress/plain-progress.js";
import { Output, plainStyle, styleFor } from "../../src/cli/terminal/index.js";
import type { RunEvent, TaskLine } from "../../src/jobs/index.js";
import { ManualTiming } from "../jobs/runner/manual-timing.js";
import { Capture, shownBy } from "./screen.js";

const line = (taskInstance: number, level: number, task = `Task_${taskInstance}`): TaskLine => ({
  taskInstance,
  task,
  type: "ExportTask",
  level,
  connector: null,
  isValidation: false,
});
const tasks = [line(1, 0, "HR_Export"), line(2, 1, "HR_Prepare_漢字"), line(3, 2, "HR_Synchronize")];
const [exportTask, prepareTask, synchronizeTask] = tasks as [TaskLine, TaskLine, TaskLine];
const opened: RunEvent = { kind: "opened", jobInstance: 12, job: "Job_HR", tasks };
const progress = (task: TaskLine, step: string, rows: number, of?: number): RunEvent => ({
  kind: "taskProgress",
  task,
  progress: { step, rows, ...(of === undefined ? {} : { of }) },
});
const ended = (task: TaskLine, changes: Partial<Extract<RunEvent, { kind: "taskEnded" }>> = {}): RunEvent => ({
  kind: "taskEnded",
  task,
  state: "Completed",
  producedOutput: true,
  counters: null,
  thresholds: [],
  error: null,
  message: null,
  ...changes,
});

/** A live view on a terminal of its own, with a clock and a ticker that the test moves. */
const live = (size: { columns: number; rows: number }) => {
  const stream = new Capture(size);
  const clock = { time: Date.parse("2026-11-21T09:30:00Z"), now: () => clock.time };
  const ticks: (() => void)[] = [];
  const view = new LiveProgress(new Output(stream), plainStyle, clock, (_, tick) => {
    ticks.push(tick);
    return () => ticks.splice(0);
  });
  return {
    view,
    stream,
    clock,
    ticks,
    tick: (ms: number) => {
      clock.time += ms;
      for (const tick of ticks) tick();
    },
    screen: () => shownBy(stream.text, size).filter((each) => each !== ""),
  };
};

describe("live", () => {
  test("tasks by level with state, rate, counters; drawn in place; gone when closed", async () => {
    const { view, stream, tick, screen, ticks } = live({ columns: 100, rows: 24 });
    stream.write("before\n");
    view.onEvent(opened);
    view.onEvent({ kind: "jobState", jobInstance: 12, state: "InProgress", message: null });
    view.onEvent({ kind: "taskStarted", task: exportTask });
    tick(2000);
    view.onEvent(ended(exportTask, { counters: { read: 2000, written: 1998, rejected: 0 } }));
    view.onEvent({ kind: "taskStarted", task: prepareTask });
    view.onEvent(progress(prepareTask, "sorting Person", 0, 100_000));
    tick(999);
    view.onEvent(progress(prepareTask, "sorting Person", 45_678, 100_000));
    tick(1);
    expect(screen()).toEqual([
      "before",
      "Job_HR, instance 12: InProgress, 3.0 s",
      "Level     Task             State             Time",
      "    0  ✓  HR_Export        Completed        2.0 s  2,000 read, 1,998 written",
      "    1  ▸  HR_Prepare_漢字  InProgress       1.0 s  sorting Person 45,678 of 100,000, 45,678 rows/s",
      "    2  ·  HR_Synchronize",
    ]);
    tick(500);
    expect(screen()[1]).toBe("Job_HR, instance 12: InProgress, 3.5 s");
    view.note("cancelling");
    expect(screen().at(-1)).toBe("cancelling");
    await view.close();
    expect(screen()).toEqual(["before"]);
    expect(ticks).toEqual([]);
  });

  test("skips, errors and blocks say why", () => {
    const { view, screen } = live({ columns: 120, rows: 24 });
    view.onEvent(opened);
    view.onEvent({ kind: "taskSkipped", task: prepareTask, reason: "parentFailed", message: null });
    view.onEvent(ended(exportTask, { state: "Errored", error: { code: "SRC_X", message: "the file is not there\nsecond" } }));
    view.onEvent(ended(synchronizeTask, { state: "Blocked", message: "Threshold Exceeded: 240 of 2,000" }));
    expect(screen().slice(2)).toEqual([
      "    0  ✗  HR_Export        Errored              the file is not there",
      "    1  -  HR_Prepare_漢字  Skipped              a task it depends on did not complete",
      "    2  ■  HR_Synchronize   Blocked              Threshold Exceeded: 240 of 2,000",
    ]);
  });

  test("a flood of progress is drawn ten times a second", () => {
    const { view, stream, clock } = live({ columns: 80, rows: 24 });
    view.onEvent(opened);
    view.onEvent({ kind: "taskStarted", task: exportTask });
    const before = stream.text.length;
    for (let n = 0; n < 10_000; n++) {
      clock.time += 0.1;
      view.onEvent(progress(exportTask, "reading", n));
    }
    const picture = before / 2;
    expect((stream.text.length - before) / picture).toBeLessThan(15);
  });

  test("waits and later validations are shown", () => {
    const { view, screen } = live({ columns: 100, rows: 24 });
    view.onEvent(opened);
    const holder = {
      lock: "connector:AD",
      jobInstance: 7 as never,
      job: "Job_AD",
      host: "h",
      pid: 1,
      processStart: "1",
      since: "2026-11-21T09:00:00.000Z",
    };
    view.onEvent({ kind: "waiting", jobInstance: 12, waitingFor: [holder] });
    expect(screen()[1]).toBe("waiting for connector AD, held by instance 7 of Job_AD");
    view.onEvent({ kind: "jobState", jobInstance: 12, state: "InProgress", message: null });
    expect(screen().join("\n")).not.toContain("waiting for");
    view.onEvent({ kind: "taskStarted", task: { ...line(9, 2, "HR_Synchronize"), isValidation: true } });
    expect(screen().at(-1)).toContain("HR_Synchronize (validation)");
  });

  test("on any terminal, however small or resized: what was there before stays, and nothing of old pictures is left", async () => {
    const size = fc.record({ columns: fc.integer({ min: 30, max: 120 }), rows: fc.integer({ min: 8, max: 40 }) });
    const step = fc.constantFrom("tick", "start", "progress", "end", "note");
    await fc.assert(
      fc.asyncProperty(size, fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 40 }), async (terminal, count, steps) => {
        const { view, stream, screen, tick } = live(terminal);
        stream.write("before\n");
        const many = Array.from({ length: count }, (_, n) => line(n + 1, n, `Task_${n}_${"漢".repeat(n % 7)}`));
        view.onEvent({ kind: "opened", jobInstance: 1, job: "Job", tasks: many });
        let at = 0;
        let notes = 0;
        for (const each of steps) {
          const task = many[at % count] ?? line(1, 0);
          if (each === "tick") tick(700);
          if (each === "start") view.onEvent({ kind: "taskStarted", task });
          if (each === "progress") view.onEvent(progress(task, "x".repeat(200), 5));
          if (each === "end") {
            view.onEvent(ended(task));
            at++;
          }
          if (each === "note" && notes++ < 2) view.note("n".repeat(200));
          const heads = screen().filter((text) => text.startsWith("Job, instance 1"));
          expect(heads).toHaveLength(1);
        }
        await view.close();
        expect(screen()).toEqual(["before"]);
      }),
      { numRuns: 30 },
    );
  });

  test("no colour reaches a terminal that wants none", () => {
    const stream = new Capture({ columns: 80, rows: 24 });
    const view = new LiveProgress(new Output(stream), styleFor(true, { NO_COLOR: "1" }), { now: () => 0 }, () => () => undefined);
    view.onEvent(opened);
    expect(stream.text).not.toContain("\u001b[3");
  });
});

describe("plain", () => {
  test("a line for what happens, progress every ten seconds, no escapes", () => {
    const stream = new Capture();
    const clock = { time: Date.parse("2026-11-21T09:30:00Z"), now: () => clock.time };
    const view = new PlainProgress(new Output(stream), clock);
    view.onEvent(opened);
    view.onEvent({ kind: "taskStarted", task: exportTask });
    for (let second = 1; second <= 25; second++) {
      clock.time += 1000;
      view.onEvent(progress(exportTask, "reading", second * 10));
    }
    view.onEvent(ended(exportTask, { counters: { read: 250 } }));
    view.onEvent({ kind: "taskSkipped", task: prepareTask, reason: "connectorBlocked", message: null });
    view.note("cancelling");
    expect(stream.text.split("\n")).toEqual([
      "09:30:00 Job_HR, instance 12: 3 tasks",
      "09:30:00 HR_Export started",
      "09:30:10 HR_Export: reading 100, 10 rows/s",
      "09:30:20 HR_Export: reading 200, 10 rows/s",
      "09:30:25 HR_Export Completed after 25.0 s: 250 read",
      "09:30:25 HR_Prepare_漢字 Skipped: its connector is blocked",
      "09:30:25 cancelling",
      "",
    ]);
  });
});

describe("Ctrl-C", () => {
  const grace = () => ({ graceSeconds: 60, timing: new ManualTiming() });

  test("the first cancels, the second stops, a third is the system's", () => {
    const signals = new EventEmitter();
    const said: string[] = [];
    const { cancel, halt, stop } = interruptible(signals, (text) => said.push(text), grace());
    signals.emit("SIGINT");
    expect([cancel.aborted, halt.aborted, stop.aborted, said.length]).toEqual([true, false, false, 1]);
    signals.emit("SIGINT");
    expect([stop.aborted, said.length, signals.listenerCount("SIGINT"), signals.listenerCount("SIGTERM")]).toEqual([true, 2, 0, 0]);
  });

  test("SIGTERM halts; after the grace time, and not before, it stops, saying why", async () => {
    const signals = new EventEmitter();
    const said: string[] = [];
    const { timing, graceSeconds } = grace();
    const { cancel, halt, stop } = interruptible(signals, (text) => said.push(text), { timing, graceSeconds });
    signals.emit("SIGTERM");
    expect([cancel.aborted, halt.reason, stop.aborted]).toEqual([false, "stopped by SIGTERM", false]);
    expect(said).toEqual([expect.stringContaining("60 s")]);
    timing.advance(59_999);
    await Promise.resolve();
    expect(stop.aborted).toBe(false);
    timing.advance(1);
    await Promise.resolve();
    expect(stop.reason).toBe("stopped by SIGTERM; tasks that still ran after 60 s were aborted");
    expect(signals.listenerCount("SIGTERM")).toBe(0);
  });

  test.each([
    ["SIGTERM", "SIGTERM"],
    ["SIGTERM", "SIGINT"],
    ["SIGINT", "SIGTERM"],
  ])("%s, then %s: the second stops at once", (first, second) => {
    const signals = new EventEmitter();
    const { cancel, halt, stop } = interruptible(signals, () => undefined, grace());
    signals.emit(first);
    signals.emit(second);
    expect([cancel.aborted, halt.aborted, stop.aborted]).toEqual([first === "SIGINT", first === "SIGTERM", true]);
  });

  test("a run that ends within the grace time is not stopped afterwards", async () => {
    const signals = new EventEmitter();
    const { timing, graceSeconds } = grace();
    const { stop, end } = interruptible(signals, () => undefined, { timing, graceSeconds });
    signals.emit("SIGTERM");
    end();
    timing.advance(120_000);
    await Promise.resolve();
    expect(stop.aborted).toBe(false);
  });

  test("after the end the signals are the system's again", () => {
    const signals = new EventEmitter();
    const { cancel, end } = interruptible(signals, () => undefined, grace());
    end();
    signals.emit("SIGINT");
    expect([cancel.aborted, signals.listenerCount("SIGINT")]).toEqual([false, 0]);
  });
});
