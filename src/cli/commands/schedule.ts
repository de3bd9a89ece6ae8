import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { ClockPut, DueSpan, PlannedJob, PlannedRun } from "../../jobs/index.js";
import type { Arguments } from "../arguments.js";
import type { Command, Invocation } from "../command.js";
import { useStoreForReading } from "../repository.js";
import { writeRows } from "../rows-writer.js";
import { formatDuration, formatTime, printable } from "../terminal/index.js";
import { jobNamed, readConfigurationInForce } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/** Runs written together: a page of some hundred kilobytes. */
const pageRuns = 1000;

const switchedOff = "Scheduler.Enabled is false: the scheduler starts none of these";

/** What was found; the runs are gone through once each time they are asked for. */
interface Answer {
  readonly configuration: Configuration;
  readonly from: Date;
  readonly until: Date;
  readonly serverTimeZone: string;
  readonly jobs: readonly (PlannedJob & { readonly span: DueSpan | null })[];
  readonly withoutSchedule: readonly string[];
  readonly clockPuts: readonly ClockPut[];
  readonly runs: () => Iterable<PlannedRun>;
}

/**
 * `sluice schedule`, jobs-and-tasks §3.8. The JSON document is `{"format":1,"from","until","serverTimeZone","isEnabled","jobs":[…],"withoutSchedule":[…],"clockChanges":[…],"runs":[…]}`;
 * `runs` comes last and is written as it is found.
 */
export const schedule: Command = {
  definition: {
    name: "schedule",
    description: [
      "Prints every run that the schedules name from now on, in UTC and in the time of this machine, which is what ServerTime means: what a change of the clock does to it, whether another job that needs a lock of the same connector is due at the same instant, and whether it comes sooner than the last runs of the job took.",
      "Nothing is started, and nothing is changed. While the files have errors, the configuration that a scheduler last took is shown, and stderr says so.",
    ],
    arguments: [{ name: "JOB", optional: true, help: "identifier of a job; default: all" }],
    options: [
      {
        name: "next",
        value: "TIME",
        help: "how far to look: 90min, 12h, 7d, 8w or 1y; default: 24h. A long time with many runs is printed as it is found",
      },
    ],
    formats: ["table", "csv", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice schedule --next 1y --format csv", says: "every run of a year, one line each" },
  },
  run: async (invocation) => {
    const from = new Date(invocation.clock.now());
    const until = untilOption(invocation.arguments, from);
    const configuration = await readConfigurationInForce(invocation);
    const name = invocation.arguments.optional("JOB");
    const only = name === null ? null : await jobNamed(configuration, name);
    const { clockPuts, dueSpan, localTimeZone, longestRuns, plannedRuns, plannedJobs } = await import("../../jobs/index.js");
    const serverTimeZone = localTimeZone();
    const longest = await useStoreForReading(invocation, configuration, async (store) =>
      store === null ? new Map<string, number>() : await longestRuns(store.records, scheduledNames(configuration)),
    );
    const all = plannedJobs(configuration, longest);
    const asked = only === null ? all : all.filter(({ job }) => job === only.identifier);
    const answer: Answer = {
      configuration,
      from,
      until,
      serverTimeZone,
      jobs: asked.map((job) => ({ ...job, span: dueSpan(job.cron, job.cronTimeZone, from, until, serverTimeZone) })),
      withoutSchedule: (only === null ? [...configuration.jobs.values()] : [only])
        .filter(({ cron }) => cron === null)
        .map(({ identifier }) => identifier),
      clockPuts: clockPuts(serverTimeZone, from, until),
      // With one job too the others are gone through: a collision is with them.
      runs: function* () {
        if (asked.length === 0) return;
        for (const run of plannedRuns(all, from, until, serverTimeZone)) if (only === null || run.job === only.identifier) yield run;
      },
    };
    const { isEnabled } = configuration.settings.scheduler;
    if (!isEnabled && !invocation.arguments.isJson) await invocation.err.lines([invocation.errStyle.warning(switchedOff)]);
    if (invocation.arguments.isJson) await writeDocument(invocation, answer);
    else if (invocation.arguments.format === "csv") await writeRows(invocation, csvColumns, pagesOf(answer.runs(), csvRow), {});
    else await writeTable(invocation, answer);
    return 0;
  },
};

const scheduledNames = ({ jobs }: Configuration): readonly string[] =>
  [...jobs.values()].filter(({ cron }) => cron !== null).map(({ identifier }) => identifier);

/** Years are the calendar's, the others have a fixed length; a century is further than anybody plans. */
const longestYears = 100;
const lengths: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const untilOption = (given: Arguments, from: Date): Date => {
  const text = given.value("next") ?? "24h";
  const [, count, unit = ""] = /^(\d{1,9}) ?(min|h|d|w|y)$/i.exec(text) ?? [];
  const length = lengths[unit.toLowerCase()];
  const latest = yearsLater(from, longestYears);
  const until =
    length === undefined ? yearsLater(from, Math.min(Number(count), longestYears + 1)) : new Date(from.getTime() + Number(count) * length);
  // A count that is missing gives no date at all, which is not within the century either.
  if (until > from && until <= latest) return until;
  const expected = `a time such as 90min, 12h, 7d, 8w or 1y, up to ${longestYears} years`;
  throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option: "--next", value: text, expected });
};

const yearsLater = (from: Date, years: number): Date => {
  const later = new Date(from);
  later.setUTCFullYear(from.getUTCFullYear() + years);
  return later;
};

async function* pagesOf<T>(runs: Iterable<PlannedRun>, row: (run: PlannedRun) => T): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for (const run of runs) {
    page.push(row(run));
    if (page.length < pageRuns) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

const csvColumns = ["job", "at", "local", "change", "movedFrom", "collisions", "overlapAfterSeconds"];

const csvRow = (run: PlannedRun): readonly (string | null)[] => [
  run.job,
  run.at.toISOString(),
  run.local,
  run.change,
  run.movedFrom,
  run.collisions.length === 0 ? null : run.collisions.map(({ job, connectors }) => `${job}:${connectors.join("+")}`).join(";"),
  run.overlapAfter === null ? null : String(run.overlapAfter / 1000),
];

const writeDocument = async ({ out }: Invocation, answer: Answer): Promise<void> => {
  const { policyOf } = await import("../../jobs/index.js");
  const { scheduler } = answer.configuration.settings;
  const head = {
    format: 1,
    from: answer.from.toISOString(),
    until: answer.until.toISOString(),
    serverTimeZone: answer.serverTimeZone,
    isEnabled: scheduler.isEnabled,
    jobs: answer.jobs.map(({ job, cron, cronTimeZone, connectors, longestRun, span }) => ({
      job,
      cron,
      cronTimeZone,
      ...policyOf(scheduler, job),
      connectors,
      longestRunSeconds: longestRun === null ? null : longestRun / 1000,
      runs: span?.count ?? 0,
      first: span?.first.toISOString() ?? null,
      last: span?.last.toISOString() ?? null,
    })),
    withoutSchedule: answer.withoutSchedule,
    clockChanges: answer.clockPuts.map(({ at, from, to }) => ({ at: at.toISOString(), from, to })),
  };
  await out.write(`${JSON.stringify(head).slice(0, -1)},"runs":[`);
  let separator = "";
  for await (const page of pagesOf(answer.runs(), runDocument)) {
    if (out.isClosed) return;
    await out.writeData(`${separator}${page.join(",\n")}`);
    separator = ",\n";
  }
  await out.writeData("]}\n");
};

const runDocument = ({ job, at, local, change, movedFrom, collisions, overlapAfter }: PlannedRun): string =>
  JSON.stringify({
    job,
    at,
    local,
    change,
    movedFrom,
    collisions,
    overlapAfterSeconds: overlapAfter === null ? null : overlapAfter / 1000,
  });

const writeTable = async (invocation: Invocation, answer: Answer): Promise<void> => {
  const { policyOf, nextRun } = await import("../../jobs/index.js");
  const { out, style } = invocation;
  const { scheduler } = answer.configuration.settings;
  const longest = new Map(answer.jobs.map(({ job, longestRun }) => [job, longestRun]));
  const lines = [
    `from ${formatTime(answer.from.toISOString())} to ${formatTime(answer.until.toISOString())}; server time is ${answer.serverTimeZone}`,
  ];
  for (const { at, from, to } of answer.clockPuts) {
    lines.push(`the clock changes at ${formatTime(at.toISOString())}: ${wallOf(from, to)} becomes ${wallOf(to, from)}`);
  }
  if (answer.withoutSchedule.length > 0) lines.push(`without a schedule: ${printable(answer.withoutSchedule.join(", "))}`);
  for (const { job, cron, cronTimeZone, span } of answer.jobs) {
    if (span !== null) continue;
    const next = nextRun(cron, cronTimeZone, answer.until, answer.serverTimeZone);
    lines.push(
      `${printable(job)} is not due in this time; ${next === null ? style.warning("its schedule never comes") : `next at ${formatTime(next.toISOString())}`}`,
    );
  }
  await out.lines(lines);
  if (answer.jobs.every(({ span }) => span === null)) return;
  await out.lines([""]);
  const row = (run: PlannedRun): readonly string[] => [
    run.at.toISOString().slice(0, 19).replace("T", " "),
    run.local.replace("T", " ").replace(/(?=[+-]\d\d:\d\d$)/, " "),
    run.job,
    noteOf(run, longest.get(run.job) ?? null, policyOf(scheduler, run.job).overlap),
  ];
  await writeRows(invocation, ["UTC", "Server time", "Job", "Note"], pagesOf(answer.runs(), row), {});
};

/** A wall time as a person says it beside another one: the day only where they are of two. */
const wallOf = (wall: string, other: string): string =>
  wall.slice(0, 10) === other.slice(0, 10) ? wall.slice(11, 16) : wall.slice(0, 16).replace("T", " ");

const noteOf = (run: PlannedRun, longestRun: number | null, overlap: "Skip" | "Queue"): string => {
  const time = run.local.slice(11, 16);
  const notes: string[] = [];
  if (run.movedFrom !== null) notes.push(`moved: ${wallOf(run.movedFrom, run.local)} is missing that day`);
  if (run.change === "once") notes.push(`${time} comes twice: runs the first time only`);
  if (run.change === "firstOfTwo") notes.push(`${time} comes twice: first run`);
  if (run.change === "secondOfTwo") notes.push(`${time} comes twice: second run`);
  for (const { job, connectors } of run.collisions) notes.push(`collides with ${job}: both need ${connectors.join(", ")}, one waits`);
  if (run.overlapAfter !== null && longestRun !== null) {
    const end = overlap === "Skip" ? "it is skipped while that one runs" : "it waits for the end of that one";
    notes.push(`${formatDuration(run.overlapAfter)} after the one before, and runs took up to ${formatDuration(longestRun)}: ${end}`);
  }
  return notes.join("; ");
};
