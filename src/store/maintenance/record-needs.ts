import type { MaintenanceConnection } from "./maintenance-dialect.js";

/** Which files that belong to the record may go by their age, and which stay. */
export interface RecordNeeds {
  /** Instances that run, are blocked, or may be resumed: what they wrote is still read. */
  readonly instances: ReadonlySet<number>;
  /** Every session there is a row of. */
  readonly sessions: ReadonlySet<string>;
  /** Those of them that ended by the moment and whose files nobody needs. */
  readonly endedSessions: ReadonlySet<string>;
}

/**
 * Takes the moment by which a session must have ended (`yyyy-MM-ddTHH:mm:ss.sssZ`). Files of a session are needed until it ended; those of the head, of what came after the head, and of the session of each
 * connector that ended last, whose `errors.csv` a person looks for, stay in any case.
 */
export const readRecordNeeds = async (connection: MaintenanceConnection, before: string): Promise<RecordNeeds> => {
  const instances = await connection.all(
    `SELECT j.Id FROM UJ_JobInstances j WHERE j.State IN ('Waiting', 'InProgress', 'Blocked')
       OR EXISTS (SELECT 1 FROM UJ_TaskInstances t WHERE t.JobInstance = j.Id AND t.State IN ('Blocked', 'InProgress'))
       OR (j.State IN ('Errored', 'Aborted') AND NOT EXISTS (
         SELECT 1 FROM UJ_JobInstances n WHERE n.Job = j.Job AND n.Id > j.Id AND n.State NOT IN ('Waiting', 'InProgress')))`,
  );
  const sessions = await connection.all("SELECT Guid FROM UJ_SynchronizationSessions");
  const ended = await connection.all(
    `SELECT s.Guid FROM UJ_SynchronizationSessions s
     WHERE s.State IN ('applied', 'cancelled', 'failed', 'expired') AND s.ChangedAt <= ?
       AND EXISTS (SELECT 1 FROM UJ_SynchronizationSessions n
         WHERE n.Connector = s.Connector AND n.Sequence > s.Sequence AND n.State IN ('applied', 'cancelled', 'failed', 'expired'))
       AND NOT EXISTS (SELECT 1 FROM UM_ConnectorHeads h LEFT JOIN UJ_SynchronizationSessions g ON g.Guid = h.Session
         WHERE h.Connector = s.Connector AND (h.Session = s.Guid OR g.Sequence < s.Sequence))`,
    before,
  );
  return {
    instances: new Set(instances.map(([id]) => Number(id))),
    sessions: new Set(sessions.map(([guid]) => String(guid))),
    endedSessions: new Set(ended.map(([guid]) => String(guid))),
  };
};
