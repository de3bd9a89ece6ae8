import { lists } from "../reading/page.js";
import type { RunOptions } from "../synchronization.js";
import type { PurgeCounts, PurgeRequest } from "./history-purge.js";
import type { MaintenanceConnection, MaintenanceDialect } from "./maintenance-dialect.js";

/**
 * Ended sessions of each connector that stay whatever their age: as many as a synchronization looks at when it tidies the folders of old ones, so that no folder is forgotten.
 */
const keptSessions = 30;

/** States of an instance that may still go on, or that a person may still decide. */
const unfinished = "'Waiting', 'InProgress', 'Blocked'";

const endedSessions = "'applied', 'cancelled', 'failed', 'expired'";

/**
 * Removes instances that ended by the moment, with their tasks and decisions, and sessions that did. Kept are: the last instance of each job, any with a Blocked task or a lock, and those
 * whose tasks a version, a link, a staged row or a connector's head names, once what is older than the moment is left out.
 */
export const purgeRecords = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  request: PurgeRequest,
  options: RunOptions,
): Promise<Pick<PurgeCounts, "jobInstances" | "taskInstances" | "sessions">> => {
  options.onProgress({ step: "looking for instances that nothing names", rows: 0 });
  const named = await namedTasks(connection, request.before);
  const candidates = (await connection.all(candidateInstances(request.before))).map(([id]) => Number(id));
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
  }
  const purged = request.dryRun
    ? { jobInstances: instances.length, taskInstances }
    : await removeInstances(connection, instances, request, options);
  return { ...purged, sessions: await purgeSessions(connection, dialect, request, new Set(request.dryRun ? instances : []), options) };
};

/** Task instances that something tells the story of. */
const namedTasks = async (connection: MaintenanceConnection, before: string): Promise<ReadonlySet<number>> => {
  const named = new Set<number>();
  for (const table of ["UR_Resources", "UR_ResourceLinks"]) {
    for (const column of ["ChangedBy", "ClosedBy"]) {
      const sql = `SELECT DISTINCT ${column} FROM ${table} WHERE ${column} IS NOT NULL AND ValidTo > ?`;
      for (const [task] of await connection.all(sql, before)) named.add(Number(task));
    }
  }
  for (const table of ["UR_ResourceChanges", "UR_ResourceLinkChanges", "UR_LinkKeyChanges", "UM_ConnectorHeads"]) {
    for (const [task] of await connection.all(`SELECT DISTINCT TaskInstance FROM ${table}`)) named.add(Number(task));
  }
  return named;
};

/** Ended by the moment; written with a text of our own, which is a time. */
const candidateInstances = (before: string): string => `SELECT j.Id FROM UJ_JobInstances j WHERE ${ended(before)}`;

const ended = (before: string): string =>
  `j.State NOT IN (${unfinished}) AND j.EndDate <= '${before}'
   AND j.Id NOT IN (SELECT MAX(n.Id) FROM UJ_JobInstances n GROUP BY n.Job)
   AND NOT EXISTS (SELECT 1 FROM UJ_TaskInstances t WHERE t.JobInstance = j.Id AND t.State IN ('Blocked', 'InProgress'))
   AND NOT EXISTS (SELECT 1 FROM UJ_Locks l WHERE l.JobInstance = j.Id)`;

const removeInstances = async (
  connection: MaintenanceConnection,
  instances: readonly number[],
  { before, batch }: PurgeRequest,
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
      taskInstances += await connection.run(`DELETE FROM UJ_TaskInstances WHERE JobInstance IN (${ids})`);
      jobInstances += await connection.run(`DELETE FROM UJ_JobInstances WHERE Id IN (${ids})`);
    });
  }
  return { jobInstances, taskInstances };
};

const chunks = <T>(values: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) => values.slice(index * size, (index + 1) * size));

/** Sessions that ended by the moment and whose tasks are gone, but for the last ones of each connector and those that are a head. `without`: instances that a dry run counted as gone. */
const purgeSessions = async (
  connection: MaintenanceConnection,
  dialect: MaintenanceDialect,
  { before, batch, dryRun }: PurgeRequest,
  without: ReadonlySet<number>,
  { onProgress }: RunOptions,
): Promise<number> => {
  const goneTask = (column: string): string => {
    const left = without.size === 0 ? "" : ` AND t.JobInstance NOT IN (${[...without].join(", ")})`;
    return `NOT EXISTS (SELECT 1 FROM UJ_TaskInstances t WHERE t.Id = s.${column}${left})`;
  };
  const found = await connection.all(
    `SELECT s.Guid, s.Connector FROM UJ_SynchronizationSessions s
     WHERE s.State IN (${endedSessions}) AND s.ChangedAt <= '${before}' AND ${goneTask("PrepareTask")} AND ${goneTask("SynchronizeTask")}
       AND NOT EXISTS (SELECT 1 FROM UM_ConnectorHeads h WHERE h.Session = s.Guid) ORDER BY s.Sequence`,
  );
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
  }
  return removed;
};
