import { lists } from "../reading/page.js";
import type { RunOptions } from "../synchronization.js";
import { purgeAppliedChanges } from "./applied-changes.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";
import { namedTasks } from "./named-tasks.js";
import { othersTurn } from "./others-turn.js";
import { purgeSchedules } from "./schedule-purge.js";

/** What of the record of jobs is to go. Moments are `yyyy-MM-ddTHH:mm:ss.sssZ`: what had ended by then goes; null: nothing of the kind. */
export interface RecordPurgeRequest {
  /** Job instances with all that belongs to them, and what a scheduler decided of due times. */
  readonly instances: string | null;
  /** Sessions, once the tasks that prepared and synchronized them are gone. */
  readonly sessions: string | null;
  /** Former versions and links that had ended by then name nobody any more, since they are gone or going; null: every version names its tasks. */
  readonly history: string | null;
  /** Whether changes that were applied are kept, whatever their age, since a task of the configuration consumes them (SetRecentlyModifiedFlag). */
  readonly keepsAppliedChanges: boolean;
  /** Rows removed in one transaction. */
  readonly batch: number;
  readonly dryRun: boolean;
}

/** What went, or would go. */
export interface RecordPurgeCounts {
  readonly jobInstances: number;
  readonly taskInstances: number;
  readonly sessions: number;
  /** Due times whose decision was kept. */
  readonly scheduledRuns: number;
  /** Changes that were applied, and that nothing consumes. */
  readonly appliedChanges: number;
}

/**
 * Ended sessions of each connector that stay whatever their age: as many as a synchronization looks at when it tidies the folders of old ones, so that no folder is forgotten.
 */
const keptSessions = 30;

/** Numbers of instances that one statement goes over: some tens of milliseconds on an embedded database, during which nothing else of this process runs. */
const stretch = 2_000;

/** States of an instance that may still go on, or that a person may still decide. */
const unfinished = "'Waiting', 'InProgress', 'Blocked'";

const endedSessions = "'applied', 'cancelled', 'failed', 'expired'";

/**
 * Removes instances that ended by the moment, with their tasks, attempts and decisions, and sessions that did. Kept are: the last instance of each job, an Errored or Aborted one that no later instance of
 * its job followed to an end (it may be resumed), any with a Blocked task or a lock, and those whose tasks a version, a link, a staged row or a connector's head names. A session stays while its connector
 * may need it: the head, what came after the head, and the last ones of each connector.
 */
export const purgeRecords = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  request: RecordPurgeRequest,
  options: RunOptions,
): Promise<RecordPurgeCounts> => {
  const { instances: before, keepsAppliedChanges } = request;
  const appliedChanges =
    before === null || keepsAppliedChanges ? 0 : await purgeAppliedChanges(connection, dialect, { ...request, before }, options);
  const found = before === null ? { instances: [], taskInstances: 0 } : await instancesToRemove(connection, request, before, options);
  const removed =
    before === null || request.dryRun
      ? { jobInstances: found.instances.length, taskInstances: found.taskInstances }
      : await removeInstances(connection, found.instances, before, request.batch, options);
  const scheduledRuns = before === null ? 0 : await purgeSchedules(connection, dialect, { ...request, before }, options);
  const without = new Set(request.dryRun ? found.instances : []);
  const sessions =
    request.sessions === null ? 0 : await purgeSessions(connection, dialect, { ...request, before: request.sessions }, without, options);
  return { ...removed, sessions, scheduledRuns, appliedChanges };
};

const instancesToRemove = async (
  connection: MaintenanceConnection,
  { history, keepsAppliedChanges, dryRun }: RecordPurgeRequest,
  before: string,
  options: RunOptions,
): Promise<{ readonly instances: readonly number[]; readonly taskInstances: number }> => {
  options.onProgress({ step: "looking for instances that nothing names", rows: 0 });
  const candidates = await candidatesOf(connection, before);
  // The look at the whole history that follows is the dear one.
  if (candidates.length === 0) return { instances: [], taskInstances: 0 };
  const named = await namedTasks(connection, { history, withApplied: !dryRun || keepsAppliedChanges }, options);
  const instances: number[] = [];
  let taskInstances = 0;
  for (const list of lists(candidates)) {
    const tasks = new Map<number, number[]>(list.map((id) => [id, []]));
    const rows = await connection.all(`SELECT Id, JobInstance FROM UJ_TaskInstances WHERE JobInstance IN (${list.join(", ")})`);
    for (const [task, instance] of rows) tasks.get(Number(instance))?.push(Number(task));
    for (const [instance, own] of tasks) {
      if (own.some((task) => named.has(task))) continue;
      instances.push(instance);
      taskInstances += own.length;
    }
    await othersTurn();
  }
  return { instances, taskInstances };
};

const candidatesOf = async (connection: MaintenanceConnection, before: string): Promise<readonly number[]> => {
  const [[least, most] = [null, null]] = await connection.all("SELECT MIN(Id), MAX(Id) FROM UJ_JobInstances");
  const candidates: number[] = [];
  if (least === null || least === undefined) return candidates;
  for (let from = Number(least); from <= Number(most); from += stretch) {
    const sql = `${candidateInstances(before)} AND j.Id BETWEEN ${from} AND ${from + stretch - 1}`;
    for (const [id] of await connection.all(sql)) candidates.push(Number(id));
    await othersTurn();
  }
  return candidates;
};

/** Ended by the moment; written with a text of our own, which is a time. */
const candidateInstances = (before: string): string => `SELECT j.Id FROM UJ_JobInstances j WHERE ${ended(before)}`;

const ended = (before: string): string =>
  `j.State NOT IN (${unfinished}) AND j.EndDate <= '${before}'
   AND j.Id NOT IN (SELECT MAX(n.Id) FROM UJ_JobInstances n GROUP BY n.Job)
   AND (j.State NOT IN ('Errored', 'Aborted')
     OR EXISTS (SELECT 1 FROM UJ_JobInstances n WHERE n.Job = j.Job AND n.Id > j.Id AND n.State NOT IN ('Waiting', 'InProgress')))
   AND NOT EXISTS (SELECT 1 FROM UJ_TaskInstances t WHERE t.JobInstance = j.Id AND t.State IN ('Blocked', 'InProgress'))
   AND NOT EXISTS (SELECT 1 FROM UJ_Locks l WHERE l.JobInstance = j.Id)`;

const removeInstances = async (
  connection: MaintenanceConnection,
  instances: readonly number[],
  before: string,
  batch: number,
  { onProgress }: RunOptions,
): Promise<{ readonly jobInstances: number; readonly taskInstances: number }> => {
  let [jobInstances, taskInstances] = [0, 0];
  for (const list of lists(instances).flatMap((each) => chunks(each, batch))) {
    onProgress({ step: "removing job instances", rows: jobInstances, of: instances.length });
    await connection.transaction(async () => {
      // The record of jobs is written by others, who hold this row: an instance that one of them takes up at this moment must not be removed under it.
      await connection.run("UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence'");
      const still = await connection.all(`${candidateInstances(before)} AND j.Id IN (${list.join(", ")})`);
      const ids = still.map(([id]) => Number(id)).join(", ");
      if (ids === "") return;
      await connection.run(`DELETE FROM UJ_Decisions WHERE JobInstance IN (${ids})`);
      await connection.run(
        `DELETE FROM UJ_TaskAttempts WHERE TaskInstance IN (SELECT Id FROM UJ_TaskInstances WHERE JobInstance IN (${ids}))`,
      );
      await connection.run(`DELETE FROM UJ_JobAttempts WHERE JobInstance IN (${ids})`);
      taskInstances += await connection.run(`DELETE FROM UJ_TaskInstances WHERE JobInstance IN (${ids})`);
      jobInstances += await connection.run(`DELETE FROM UJ_JobInstances WHERE Id IN (${ids})`);
    });
    await othersTurn();
  }
  return { jobInstances, taskInstances };
};

const chunks = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) => values.slice(index * size, (index + 1) * size));

interface SessionPurge {
  readonly before: string;
  readonly batch: number;
  readonly dryRun: boolean;
}

/** Sessions that ended by the moment and whose tasks are gone, but for those a chain may need. `without`: instances that a dry run counted as gone. */
const purgeSessions = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  { before, batch, dryRun }: SessionPurge,
  without: ReadonlySet<number>,
  { onProgress }: RunOptions,
): Promise<number> => {
  // A dry run may count a hundred thousand instances as gone: too many for a list in a statement.
  const tasksGone = without.size === 0 ? "AND p.Id IS NULL AND y.Id IS NULL" : "";
  // What came after the head and was not applied tells the next incremental run that there are changes which it must carry on, or refuse (design §7.4).
  const old = await connection.all(
    `SELECT s.Guid, s.Connector, p.JobInstance, y.JobInstance FROM UJ_SynchronizationSessions s
     LEFT JOIN UJ_TaskInstances p ON p.Id = s.PrepareTask LEFT JOIN UJ_TaskInstances y ON y.Id = s.SynchronizeTask
     WHERE s.State IN (${endedSessions}) AND s.ChangedAt <= '${before}' ${tasksGone}
       AND NOT EXISTS (SELECT 1 FROM UM_ConnectorHeads h WHERE h.Session = s.Guid)
       AND (s.State = 'applied' OR NOT EXISTS (SELECT 1 FROM UM_ConnectorHeads h JOIN UJ_SynchronizationSessions g ON g.Guid = h.Session
         WHERE h.Connector = s.Connector AND g.Sequence < s.Sequence))
     ORDER BY s.Sequence`,
  );
  const found = old.filter(([, , ...instances]) => instances.every((instance) => instance === null || without.has(Number(instance))));
  const kept = new Set<string>();
  for (const connector of new Set(found.map(([, each]) => String(each)))) {
    const newest = dialect.first(
      keptSessions,
      `SELECT Guid FROM UJ_SynchronizationSessions WHERE Connector = ? AND State IN (${endedSessions}) ORDER BY Sequence DESC`,
    );
    for (const [guid] of await connection.all(newest, connector)) kept.add(String(guid));
  }
  const guids = found.map(([guid]) => String(guid)).filter((guid) => !kept.has(guid));
  if (dryRun) return guids.length;
  let removed = 0;
  // A session has one row: some hundreds to a statement are few enough for every database's parameters.
  for (const list of chunks(guids, Math.min(batch, 500))) {
    onProgress({ step: "removing sessions", rows: removed, of: guids.length });
    removed += await connection.transaction(async () => {
      await connection.run("UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence'");
      return connection.run(`DELETE FROM UJ_SynchronizationSessions WHERE Guid IN (${list.map(() => "?").join(", ")})`, ...list);
    });
    await othersTurn();
  }
  return removed;
};
