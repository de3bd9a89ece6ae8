import type { Job } from "../../config/index.js";
import type { JobInstance } from "../../store/index.js";
import type { Command, Invocation } from "../command.js";
import { useStoreForReading } from "../repository.js";
import { alarmLines, schedulerView } from "../scheduler-state.js";
import { formatTime, paintState, table } from "../terminal/index.js";
import { readConfigurationInForce } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

interface JobLine {
  readonly job: Job;
  readonly nextRun: string | null;
  readonly last: JobInstance | null;
}

/** `sluice jobs`, design §4. The JSON document is `{"format":1,"jobs":[{…,"last":{…}|null}],"alarms":[{…}]}`. */
export const jobs: Command = {
  definition: {
    name: "jobs",
    description: [
      "Lists the jobs of the configuration with their schedule, the next time it names, and how the last run of each ended. Below stand the alarms of sluice status.",
      "While the files have errors, the configuration that a scheduler last took is listed, and stderr says so.",
    ],
    arguments: [],
    options: [],
    formats: ["table", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice jobs --workspace examples", says: "one line for each job" },
  },
  run: async (invocation) => {
    const configuration = await readConfigurationInForce(invocation);
    const { latest, view } = await useStoreForReading(invocation, configuration, async (store) => ({
      latest: (await store?.records.latestByJob()) ?? new Map<string, JobInstance>(),
      view: await schedulerView(store, configuration, null),
    }));
    const { localTimeZone, nextRun } = await import("../../jobs/index.js");
    const now = new Date(invocation.clock.now());
    const serverTimeZone = localTimeZone();
    const lines = [...configuration.jobs.values()].map((job): JobLine => {
      const next = job.cron === null ? null : nextRun(job.cron, job.cronTimeZone, now, serverTimeZone);
      return { job, nextRun: next?.toISOString() ?? null, last: latest.get(job.identifier) ?? null };
    });
    if (invocation.arguments.isJson) {
      await invocation.out.write(`${JSON.stringify({ format: 1, jobs: lines.map(documentOf), alarms: view.alarms })}\n`);
    } else {
      const alarms = alarmLines(invocation, view);
      await invocation.out.lines([...tableOf(lines, invocation), ...(alarms.length === 0 ? [] : ["", ...alarms])]);
    }
    return 0;
  },
};

const documentOf = ({ job, nextRun, last }: JobLine): object => ({
  job: job.identifier,
  displayName: job.displayName,
  agent: job.agent,
  cron: job.cron,
  cronTimeZone: job.cronTimeZone,
  nextRun,
  isIncremental: job.isIncremental,
  isConnectorJob: job.isConnectorJob,
  isInitializationJob: job.isInitializationJob,
  tasks: job.steps.length,
  last: last === null ? null : { jobInstance: last.id, state: last.state, startedAt: last.startedAt, endedAt: last.endedAt },
});

const tableOf = (lines: readonly JobLine[], { out, style }: Invocation): string[] => {
  if (lines.length === 0) return ["the configuration has no jobs"];
  return table<JobLine>(
    [
      { title: "Job", value: ({ job }) => job.identifier },
      { title: "Name", value: ({ job }) => job.displayName },
      { title: "Tasks", value: ({ job }) => String(job.steps.length), align: "right" },
      {
        title: "Schedule",
        value: ({ job }) => (job.cron === null ? "" : `${job.cron} ${job.cronTimeZone === "UTC" ? "UTC" : "server time"}`),
      },
      { title: "Next run", value: ({ nextRun }) => (nextRun === null ? "" : formatTime(nextRun)) },
      { title: "Last run", value: ({ last }) => (last === null ? "never" : formatTime(last.startedAt)) },
      {
        title: "State",
        value: ({ last }) => last?.state ?? "",
        paint: (text, { last }) => (last === null ? text : paintState(style, last.state, text)),
      },
      { title: "Instance", value: ({ last }) => (last === null ? "" : String(last.id)), align: "right" },
    ],
    lines,
    { style, ...(out.columns === undefined ? {} : { width: out.columns }) },
  );
};
