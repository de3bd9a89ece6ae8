import type { Configuration, Job } from "../../config/index.js";
import type { JobRecords } from "../../store/index.js";
import { lockedConnectors } from "../connector-lock.js";
import { compileTaskGraph } from "../graph/index.js";

/** A job with a schedule, and what is to be known of it to tell how its runs go together with others. */
export interface PlannedJob {
  readonly job: string;
  readonly cron: string;
  readonly cronTimeZone: "UTC" | "ServerTime";
  /** Connectors whose locks its runs hold (design §10). */
  readonly connectors: readonly string[];
  /** What the longest of its last runs took, in milliseconds; null where none is known. */
  readonly longestRun: number | null;
}

/** Runs that are looked at to find those that ended; and how many of them are enough to know how long a job takes. */
const listedRuns = 20;
const enoughRuns = 5;

/** The jobs of a configuration that have a schedule, in its order. `longest`: what `longestRuns` gives, milliseconds by job. */
export const plannedJobs = (configuration: Configuration, longest: ReadonlyMap<string, number>): readonly PlannedJob[] =>
  [...configuration.jobs.values()].flatMap((job): PlannedJob[] => {
    const { identifier, cron, cronTimeZone } = job;
    if (cron === null) return [];
    return [
      { job: identifier, cron, cronTimeZone, connectors: connectorsOf(job, configuration), longestRun: longest.get(identifier) ?? null },
    ];
  });

const connectorsOf = (job: Job, configuration: Configuration): readonly string[] => {
  const { nodes } = compileTaskGraph(job, { maxTaskBatchSize: configuration.settings.maxTaskBatchSize });
  return lockedConnectors(nodes, configuration);
};

/**
 * What the longest of the last five runs of each job took that ended Completed or with Warning, in milliseconds; a job without such a run is absent. Runs that a person
 * resumed or that ran a part of the job are left out: they say nothing of how long a run takes. Reads the record only.
 */
export const longestRuns = async (records: JobRecords, jobs: Iterable<string>): Promise<ReadonlyMap<string, number>> => {
  const longest = new Map<string, number>();
  for (const job of jobs) {
    let known = 0;
    for (const instance of await records.list({ job, limit: listedRuns })) {
      const { startedAt, endedAt, state, plan } = instance;
      if (endedAt === null || (state !== "Completed" && state !== "Warning") || plan.kind !== "job" || isPart(plan.selection)) continue;
      if ((await records.decisions(instance.id)).some(({ decision }) => decision === "resume")) continue;
      longest.set(job, Math.max(longest.get(job) ?? 0, Date.parse(endedAt) - Date.parse(startedAt)));
      known++;
      if (known >= enoughRuns) break;
    }
  }
  return longest;
};

const isPart = (selection: object | null): boolean => selection !== null && Object.keys(selection).length > 0;
