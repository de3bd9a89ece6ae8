import { SluiceError } from "../../errors/index.js";
import type { RetentionOutcome, RetentionRequest } from "../../jobs/index.js";
import type { Clock } from "../../model/index.js";
import { isoTime } from "../../model/index.js";
import type { Arguments } from "../arguments.js";
import type { Command, Invocation } from "../command.js";
import { attended, useExistingStore } from "../maintenance.js";
import { momentOption } from "../moment.js";
import { formatNoun, formatTime } from "../terminal/index.js";
import { readConfiguration, readSettings } from "../workspace.js";
import { changingExitCodes } from "./exit-codes.js";

/** Most rows that a transaction may remove: it holds the writer, and others wait. */
const largestBatch = 100_000;

/**
 * `sluice database purge`, connectors §2.8. With `--json` one document; what was not asked for is null:
 *
 *     {"format":1,"dryRun":false,"before":"2025-11-21T00:00:00.000Z","removed":{"versions":12,"links":3,"jobInstances":4,"taskInstances":9,"sessions":2},"mergedDuplicates":null,"mergedVersions":null,"retention":null}
 */
export const databasePurge: Command = {
  definition: {
    name: "database purge",
    description: [
      "Removes history that ended before a moment: former versions of resources, former links, and then job instances and sessions that ended by then and that no version left, no staged change and no connector's head names. What holds now stays, as do staged changes, and the numbers of keys that may return: asked about any later moment, the repository answers as before. The last instance of each job stays.",
      "--retention removes what the settings Retention.* no longer keep, as the scheduler does once a day: ended job instances, decisions of schedulers, sessions and their folders, job logs and mails that were written to files. History stays, and with it every instance that a version names.",
      "--clean-duplicates joins former versions of a resource that follow each other and say the same. --optimize keeps one former version an interval, the newest, which then begins where the oldest began.",
      "All of it is done in batches, each a transaction of its own. Ctrl-C ends it after the present one; the same command goes on from there. The space is used again by what is written next; MaintainIndexesTask with Offline gives it back.",
    ],
    arguments: [],
    options: [
      { name: "before", value: "DATE", help: "what ended by then goes: 2025-11-21 (its first moment, UTC) or 2025-11-21T09:30:00Z" },
      { name: "before-months", value: "N", help: "the same, so many months before now" },
      { name: "retention", help: "what the settings Retention.* no longer keep goes" },
      { name: "clean-duplicates", help: "joins neighbouring former versions that say the same" },
      {
        name: "optimize",
        value: "MINUTES:COUNT",
        help: 'keeps one former version in each of so many intervals of so many minutes, counted back from now; several stretches follow each other: "1440:30 10080:52" is days for a month, then weeks for a year',
      },
      { name: "batch", value: "N", help: "rows removed in one transaction; default: 4000" },
      { name: "dry-run", help: "counts what would go, and removes nothing" },
    ],
    formats: ["text", "json"],
    exitCodes: [...changingExitCodes, [1, "stopped by Ctrl-C; what was removed by then is gone"]],
    example: { command: "sluice database purge --before-months 24 --dry-run", says: "how much history is older than two years" },
  },
  run: async (invocation) => {
    const { arguments: given, out, clock } = invocation;
    const before = beforeOf(given, clock);
    const { parseStretches, usualBatch } = await import("../../store/index.js");
    const optimize = given.value("optimize");
    const stretches = optimize === null ? null : parseStretches(optimize);
    if (optimize !== null && stretches === null) {
      throw new SluiceError("CMD_OPTION_VALUE_INVALID", {
        option: "--optimize",
        value: optimize,
        expected: 'pairs of minutes and count such as "1440:30 10080:52"',
      });
    }
    const duplicates = given.has("clean-duplicates");
    const byRetention = given.has("retention");
    if (before === null && stretches === null && !duplicates && !byRetention) {
      throw new SluiceError("CMD_OPTION_NEEDED", {
        command: "database purge",
        options: ["--before DATE", "--before-months N", "--retention", "--clean-duplicates or --optimize MINUTES:COUNT"],
      });
    }
    const dryRun = given.has("dry-run");
    const batch = numberOf(given, "batch", largestBatch) ?? usualBatch;
    // Which tasks consume changes is for the whole configuration to say.
    const configuration = byRetention ? await readConfiguration(invocation) : null;
    const settings = configuration ?? (await readSettings(invocation));
    const { retention, removed, mergedDuplicates, mergedVersions } = await useExistingStore(settings, (store) =>
      attended(invocation, async (options) => {
        const { maintenance } = store;
        const shared = { batch, dryRun };
        const now = clock.now();
        return {
          retention: configuration === null ? null : await retain(invocation, { store, configuration, dryRun, signal: options.signal }),
          removed: before === null ? null : await maintenance.purge({ before, ...shared }, options),
          mergedDuplicates: duplicates ? (await maintenance.optimize({ by: { kind: "duplicates" }, ...shared }, options)).merged : null,
          mergedVersions:
            stretches === null
              ? null
              : (await maintenance.optimize({ by: { kind: "intervals", stretches, now }, ...shared }, options)).merged,
        };
      }),
    );
    if (given.isJson) {
      await out.write(
        `${JSON.stringify({ format: 1, dryRun, before, removed, mergedDuplicates, mergedVersions, retention: retention?.counts ?? null })}\n`,
      );
      if (retention !== null && retention.problems.length > 0) throw retention.problems[0];
      return 0;
    }
    const did = dryRun ? "would be" : "were";
    await out.lines([
      ...(retention === null ? [] : retentionLines(retention.counts, did)),
      ...(removed === null || before === null
        ? []
        : [
            `of what had ended by ${formatTime(before)} ${did} removed:`,
            `  ${formatNoun(removed.versions, "former version")} of resources, ${formatNoun(removed.links, "former link")}`,
            `  ${formatNoun(removed.jobInstances, "job instance")} with ${formatNoun(removed.taskInstances, "task instance")}, ${formatNoun(removed.sessions, "session")}`,
          ]),
      ...(mergedDuplicates === null
        ? []
        : [`${formatNoun(mergedDuplicates, "former version")} that said the same as the next ${did} joined to it`]),
      ...(mergedVersions === null
        ? []
        : [`${formatNoun(mergedVersions, "former version")} ${did} joined to the last of the same interval`]),
    ]);
    if (retention !== null && retention.problems.length > 0) throw retention.problems[0];
    return 0;
  },
};

type RetentionCounts = Omit<RetentionOutcome, "problems">;

const retain = async (
  { clock, err }: Invocation,
  request: Pick<RetentionRequest, "store" | "configuration" | "dryRun" | "signal">,
): Promise<{ readonly counts: RetentionCounts; readonly problems: readonly unknown[] }> => {
  const { applyRetention } = await import("../../jobs/index.js");
  const write = (level: string, message: string): void => {
    if (level === "warn") err.draw(`${message}\n`);
  };
  const { problems, ...counts } = await applyRetention({ ...request, timing: clock, log: { write } });
  if (request.signal?.aborted === true) throw new SluiceError("DB_MAINTENANCE_STOPPED", { step: "removing what is no longer kept" });
  return { counts, problems };
};

const retentionLines = (counts: RetentionCounts, did: string): readonly string[] => [
  `of what the settings Retention.* no longer keep ${did} removed:`,
  `  ${formatNoun(counts.jobInstances, "job instance")} with ${formatNoun(counts.taskInstances, "task instance")}, ${formatNoun(counts.scheduledRuns, "decision")} of schedulers, ${formatNoun(counts.appliedChanges, "applied change")}`,
  `  ${formatNoun(counts.sessions, "session")}, ${formatNoun(counts.sessionFolders, "folder")} of sessions, ${formatNoun(counts.jobLogs, "job log")}, ${formatNoun(counts.mails, "mail")}`,
];

const numberOf = (given: Arguments, option: string, most: number): number | null => {
  const value = given.value(option);
  if (value === null) return null;
  const number = /^[1-9]\d{0,8}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= most)) {
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option: `--${option}`, value, expected: `a whole number from 1 to ${most}` });
  }
  return number;
};

/** Longest time back that makes sense (months): a hundred years. */
const mostMonths = 1_200;

/** The moment that is asked for; never one to come, since what ends until then is not known. */
const beforeOf = (given: Arguments, clock: Clock): string | null => {
  const months = numberOf(given, "before-months", mostMonths);
  const moment = momentOption(given, "before");
  if (months !== null && moment !== null) throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: "--before", second: "--before-months" });
  if (months !== null) return monthsBefore(clock.now(), months);
  if (moment !== null && moment > isoTime(clock)) {
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", {
      option: "--before",
      value: given.value("before") ?? "",
      expected: "a moment that has passed",
    });
  }
  return moment;
};

/** The same day and time so many months before, or the last day of a month that is shorter (UTC). */
const monthsBefore = (now: number, months: number): string => {
  const date = new Date(now);
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() - months, date.getUTCDate()];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  date.setUTCFullYear(year, month, Math.min(dayOfMonth, lastDay));
  return date.toISOString();
};
