import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { LogLevel, RunReport, RunSurroundings } from "../jobs/index.js";
import { systemTiming } from "../model/index.js";
import type { Store } from "../store/index.js";
import type { Invocation } from "./command.js";
import { instanceLines } from "./instance-view.js";
import { interruptible } from "./interruption.js";
import { LiveProgress } from "./progress/live-progress.js";
import { PlainProgress } from "./progress/plain-progress.js";
import type { ProgressView } from "./progress/progress-view.js";
import { formatNoun } from "./terminal/index.js";
import type { WaitNotice } from "./wait-notice.js";

/** The tools' names for levels beside the jobs' own (jobs-and-tasks §3.7). */
const levelNames: Readonly<Record<string, LogLevel>> = {
  Trace: "Trace",
  Verbose: "Trace",
  Debug: "Debug",
  Information: "Information",
  Warning: "Warning",
  Error: "Error",
  Critical: "Critical",
  Fatal: "Critical",
};

const progressFor = ({ arguments: given, out, err, style, env, clock }: Invocation): ProgressView => {
  // stdout is the document's alone.
  if (given.isJson) return new PlainProgress(err, clock);
  const isLive = out.isTerminal && env.TERM !== "dumb" && (env.CI ?? "") === "";
  return isLive ? new LiveProgress(out, style, clock) : new PlainProgress(out, clock);
};

/**
 * Runs or resumes a job instance for a person or a script: names the database, shows progress, obeys Ctrl-C, prints the summary or the document of
 * design §4, gives the exit code. Where there is nothing to run `start` says so itself, and gives null: 0. Whatever is thrown came before the instance existed.
 */
export const conduct = async (
  invocation: Invocation,
  configuration: Configuration,
  store: Store,
  waits: WaitNotice,
  start: (surroundings: RunSurroundings) => Promise<RunReport | null>,
): Promise<number> => {
  const { arguments: given, out, err } = invocation;
  const { exitCodeOf, startedBy } = await import("../jobs/index.js");
  await (given.isJson ? err : out).lines([`${store.database}, ${formatNoun(await store.resourceCount(), "resource")}`]);
  const progress = progressFor(invocation);
  waits.goTo((text) => progress.note(text));
  const { graceSeconds } = configuration.settings.scheduler;
  const interruption = interruptible(invocation.signals, (text) => progress.note(text), { graceSeconds, timing: systemTiming });
  let report: RunReport | null;
  try {
    report = await start({
      configuration,
      store,
      startedBy: startedBy(),
      reason: given.value("reason") ?? undefined,
      logLevel: levelNames[given.value("log-level") ?? ""],
      cancel: interruption.cancel,
      halt: interruption.halt,
      stop: interruption.stop,
      onEvent: (event) => progress.onEvent(event),
    });
  } finally {
    interruption.end();
    waits.goTo(null);
    await progress.close();
  }
  if (report === null) return 0;
  try {
    await showEnd(invocation, configuration, store, report);
  } catch (error) {
    // A full disk behind stdout must not hide from a script how the job ended: its exit code does.
    if (!(error instanceof SluiceError) || error.code !== "CMD_OUTPUT_FAILED") throw error;
    await err.lines([`error ${error.code}: ${error.message}; job instance ${report.jobInstance} is ${report.state}`]);
  }
  return exitCodeOf(report.state, { acceptWarning: given.value("accept") === "warning" });
};

const showEnd = async (invocation: Invocation, configuration: Configuration, store: Store, report: RunReport): Promise<void> => {
  const { out } = invocation;
  if (invocation.arguments.isJson) {
    await out.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const { jobLogPath, nextStepsOf } = await import("../jobs/index.js");
  const instance = await store.records.find(report.jobInstance);
  if (instance === null) throw new Error(`the row of job instance ${report.jobInstance} is gone`);
  const tasks = await store.records.tasks(report.jobInstance);
  const log = jobLogPath(configuration, report.job, report.jobInstance);
  await out.lines([
    "",
    ...instanceLines(invocation, { instance, tasks, thresholds: "exceeded", steps: nextStepsOf(instance, tasks, instance.state, log) }),
  ]);
};
