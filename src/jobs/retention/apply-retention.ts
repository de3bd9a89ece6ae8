import { dirname, join } from "node:path";
import type { Configuration } from "../../config/index.js";
import type { Clock } from "../../model/index.js";
import { type RecordNeeds, type RecordPurgeCounts, type Store, usualBatch } from "../../store/index.js";
import { sessionsFolder } from "../../tasks/index.js";
import { jobLogPath } from "../job-log.js";
import type { ServiceLog } from "../service-log.js";
import { removeOldEntries } from "./old-entries.js";

export interface RetentionRequest {
  readonly store: Pick<Store, "maintenance">;
  readonly configuration: Configuration;
  readonly timing: Clock;
  readonly log: Pick<ServiceLog, "write">;
  /** Ends it after the present batch; what was removed by then is gone. */
  readonly signal?: AbortSignal | undefined;
  /** Counts what would go, and removes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What went, or would go. */
export interface RetentionOutcome extends RecordPurgeCounts {
  readonly sessionFolders: number;
  readonly jobLogs: number;
  readonly mails: number;
  /** What failed; the rest was done all the same. */
  readonly problems: readonly unknown[];
}

const nothing: RecordPurgeCounts = { jobInstances: 0, taskInstances: 0, sessions: 0, scheduledRuns: 0, appliedChanges: 0 };

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Removes what ended longer ago than the settings `Retention.*` keep it: job instances and sessions in the database, then folders of sessions, job logs and mails that were written to files. Never
 * what runs, is blocked or may be resumed, never a connector's head or what its next incremental run needs, never history of resources. Each batch is a transaction of its own; being stopped or killed in between
 * costs nothing, and twice is as once. Says what went and what failed in `log`. Never rejects.
 */
export const applyRetention = async (request: RetentionRequest): Promise<RetentionOutcome> => {
  const { configuration, timing, log, dryRun = false } = request;
  const { retention, tempFolder } = configuration.settings;
  const signal = request.signal ?? new AbortController().signal;
  const problems: unknown[] = [];
  const part = async <T>(what: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) return otherwise;
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return otherwise;
      problems.push(error);
      log.write("warn", `what ended long ago could not be removed: ${what}`, { error });
      return otherwise;
    }
  };
  /** The moment before which something is old; null: never. */
  const moment = (days: number | null): string | null => (days === null ? null : new Date(timing.now() - days * dayMs).toISOString());

  const { maintenance } = request.store;
  const options = { signal, onProgress: () => undefined };
  const records = await part("job instances and sessions", nothing, () =>
    maintenance.purgeRecords(
      {
        instances: moment(retention.instances),
        sessions: moment(retention.sessions),
        history: null,
        keepsAppliedChanges: consumesChanges(configuration),
        batch: usualBatch,
        dryRun,
      },
      options,
    ),
  );
  const sessionsBefore = moment(retention.sessions);
  // Without the database nobody knows what is needed: then no file goes.
  const needs = await part<RecordNeeds | null>("files of sessions and jobs", null, () =>
    maintenance.recordNeeds(sessionsBefore ?? "", options),
  );
  const entries = (
    what: string,
    folder: string,
    before: string | null,
    mayGo: (name: string, isOld: boolean) => boolean,
  ): Promise<number> =>
    before === null || needs === null
      ? Promise.resolve(0)
      : part(what, 0, () => removeOldEntries({ folder, before: Date.parse(before), mayGo, dryRun, signal }));
  const counts = {
    ...records,
    sessionFolders: await entries("folders of sessions", sessionsFolder(configuration), sessionsBefore, (name, isOld) => {
      if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) return false;
      return needs?.endedSessions.has(name) === true || (isOld && needs?.sessions.has(name) === false);
    }),
    jobLogs: await entries("job logs", dirname(jobLogPath(configuration, "", 0)), moment(retention.logs), (name, isOld) => {
      const instance = /_(\d{1,15})\.log$/.exec(name)?.[1];
      return isOld && instance !== undefined && needs?.instances.has(Number(instance)) === false;
    }),
    mails: await entries("mails", join(tempFolder, "Mails"), moment(retention.mails), (name, isOld) => isOld && name.endsWith(".eml")),
  };
  const isAnything = Object.values(counts).some((count) => count > 0);
  if (!dryRun)
    log.write(
      isAnything ? "info" : "debug",
      isAnything ? "what ended long ago was removed" : "nothing ended so long ago that it goes",
      counts,
    );
  return { ...counts, problems };
};

/** Whether a task of the configuration reads changes that were applied (jobs-and-tasks §2.2). */
const consumesChanges = ({ jobs, rootTasks }: Configuration): boolean =>
  [...rootTasks.values(), ...[...jobs.values()].flatMap(({ steps }) => steps.map(({ task }) => task))].some(
    ({ type }) => type === "SetRecentlyModifiedFlagTask",
  );
