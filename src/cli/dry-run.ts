import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { RehearsalReport, RehearsedTask, RunTarget } from "../jobs/index.js";
import type { SynchronizeCounters } from "../model/index.js";
import type { Invocation } from "./command.js";
import { counterText } from "./counters.js";
import { hintLines } from "./hint.js";
import { limitText, skipText } from "./instance-view.js";
import { attended } from "./maintenance.js";
import { plannedText } from "./planned-text.js";
import { changeLines } from "./rehearsed-changes.js";
import { useStore } from "./repository.js";
import { formatCount, formatNoun, paintState, printable, table, wrap } from "./terminal/index.js";
import { WaitNotice } from "./wait-notice.js";

/** Exit code of a dry run that was stopped: the same as of a job that was cancelled. */
const cancelledExit = 4;

/**
 * `sluice run --dry-run`, design §7.9: rehearses the job and says what it would do. The JSON document is `RehearsalReport`. Exit code 0, 2 where the gate would stop, 1 where a task would
 * fail, 3 where one would end with a warning, 4 where Ctrl-C ended it.
 */
export const dryRun = async (invocation: Invocation, configuration: Configuration, target: RunTarget, force: boolean): Promise<number> => {
  const { arguments: given, out, err, clock } = invocation;
  const { exitCodeOf, rehearseJob, withRehearsalFolder } = await import("../jobs/index.js");
  const planFile = planFileOf(invocation);
  const report = await attended(invocation, async ({ signal, onProgress }) => {
    try {
      return await withRehearsalFolder(configuration, clock, async (folder) => {
        const { database } = configuration.settings;
        // A dry run does not make the database either: the first run would find an empty one, and so does this.
        const isAbsent = database.kind === "sqlite" && !existsSync(database.path);
        const compared = isAbsent ? ({ kind: "sqlite", path: join(folder.path, "empty.db") } as const) : database;
        return await useStore(
          { settings: { ...configuration.settings, database: compared } },
          async (store) => {
            const named = isAbsent ? `no database yet at ${database.path}: compared with an empty one` : store.database;
            const to = given.isJson ? err : out;
            await to.lines([isAbsent ? named : `${named}, ${formatNoun(await store.resourceCount(), "resource")}`]);
            return await rehearseJob({ configuration, folder, store, what: target, force, planFile, signal, onProgress });
          },
          new WaitNotice(invocation).options,
        );
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      return null;
    }
  });
  if (report === null) {
    await err.lines(["the dry run was stopped; nothing was changed"]);
    return cancelledExit;
  }
  if (given.isJson) await out.write(`${JSON.stringify(report)}\n`);
  else await out.lines(reportLines(invocation, report, force));
  return exitCodeOf(report.state, { acceptWarning: given.value("accept") === "warning" });
};

/** Where `--plan` writes. A plan that somebody looked at is not written over: CMD_FILE_EXISTS. */
const planFileOf = ({ arguments: given, cwd }: Invocation): string | undefined => {
  const name = given.value("plan");
  if (name === null) return undefined;
  const file = resolve(cwd, name);
  if (existsSync(file)) throw new SluiceError("CMD_PLAN_EXISTS", { file });
  return file;
};

/** What was written, and how to go on. */
const planLines = (invocation: Invocation, { plan }: RehearsalReport): string[] => {
  if (plan === undefined) return [];
  if (plan === null) return ["", "no plan was written: a task would fail"];
  const { file, sha256, sections } = plan;
  if (sections.length === 0) return ["", `${printable(file)}: nothing would change`];
  const counts = sections.map((section) => `${section.task} ${plannedText(section.changes, section.claims)}`).join(", ");
  return [
    "",
    `${invocation.style.bold("Plan")} ${printable(file)}: ${printable(counts)}`,
    `SHA-256 ${sha256}`,
    ...hintLines(invocation, [[`apply ${/^[\w./:\\~-]+$/.test(file) ? file : `"${file}"`}`, "applies exactly this"]]),
  ];
};

const reportLines = (invocation: Invocation, report: RehearsalReport, force: boolean): string[] => {
  const { style, out } = invocation;
  const options = { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) };
  const lines = [
    "",
    `${style.bold(report.job)}, dry run: would be ${paintState(style, report.state)}${force ? ", thresholds not enforced (--force)" : ""}`,
    style.dim("nothing was recorded or changed"),
    "",
    ...table<RehearsedTask>(
      [
        { title: "Level", value: (task) => String(task.level), align: "right" },
        { title: "Task", value: (task) => task.task },
        { title: "State", value: (task) => words[task.state] ?? task.state, paint: (text, task) => paintState(style, task.state, text) },
        { title: "Result", value: resultText },
      ],
      report.tasks,
      options,
    ),
    ...report.notes.flatMap((note) => ["", ...wrap(printable(note), out.columns ?? Number.POSITIVE_INFINITY)]),
    ...thresholdLines(invocation, report.tasks),
    ...report.tasks.flatMap((task) => messageLines(invocation, task)),
  ];
  for (const { task, session } of report.tasks) {
    if (session !== null) lines.push(...changeLines(invocation, `${task} would`, session.changes, changesIn(session.counters)));
  }
  return [...lines, ...planLines(invocation, report)];
};

const words: Readonly<Record<string, string>> = { NotRun: "not run", NotReached: "not reached" };

const changesIn = ({ inserted, updated, deleted, linksInserted, linksDeleted }: SynchronizeCounters): number =>
  inserted + updated + deleted + linksInserted + linksDeleted;

const resultText = (task: RehearsedTask): string => {
  if (task.skippedBecause !== null) return task.reason ?? skipText(task.skippedBecause);
  const parts = [task.error?.code ?? "", counterText(task.counters), task.reason ?? ""];
  return parts.filter((part) => part !== "").join(", ");
};

const thresholdLines = ({ style, out }: Invocation, tasks: readonly RehearsedTask[]): string[] => {
  const rows = tasks.flatMap(({ task, session }) => (session?.thresholds ?? []).map((threshold) => ({ task, threshold })));
  if (rows.length === 0) return [];
  return [
    "",
    style.bold("Thresholds"),
    ...table(
      [
        { title: "Task", value: ({ task }) => task },
        { title: "Scope", value: ({ threshold }) => threshold.scope },
        { title: "Threshold", value: ({ threshold }) => threshold.name },
        { title: "Limit", value: ({ threshold }) => limitText(threshold), align: "right" },
        { title: "Count", value: ({ threshold }) => formatCount(threshold.count), align: "right" },
        { title: "Of", value: ({ threshold }) => formatCount(threshold.of), align: "right" },
        {
          title: "",
          value: ({ threshold }) => (threshold.exceeded ? "would be exceeded" : ""),
          paint: (text, { threshold }) => (threshold.exceeded ? style.warning(text) : text),
        },
      ],
      rows,
      { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) },
    ),
  ];
};

/** Errors with their place, and why a task would block. */
const messageLines = ({ style, out }: Invocation, { task, state, error, session }: RehearsedTask): string[] => {
  const room = out.columns === undefined ? Number.POSITIVE_INFINITY : out.columns - 2;
  const text = (message: string): string[] => message.split("\n").flatMap((line) => wrap(printable(line), room).map((part) => `  ${part}`));
  if (error !== null) {
    const place = [error.file, error.line, error.column].filter((part) => part !== undefined).join(":");
    return [
      "",
      `${style.bold(task)}: ${style.bad("error")} ${error.code}`,
      ...text(error.message),
      ...(place === "" ? [] : [`  in ${printable(place)}`]),
    ];
  }
  if (state !== "Blocked" || session?.message == null) return [];
  return ["", `${style.bold(task)}: ${style.warning("would block")}`, ...text(session.message.replaceAll("; ", "\n"))];
};
